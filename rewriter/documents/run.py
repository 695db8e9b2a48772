"""Read what a RUN instruction does: its form, and every piece of shell in it with places in the file.

Three forms (facts in docs/design.md, "Dockerfiles"): shell form, exec form (a JSON array, no shell unless the
array calls one) and heredocs (the body is the script, or the input of a command).
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterator
from enum import StrEnum
from functools import cached_property
from typing import Final

from rewriter.documents.dockerfile import Heredoc, Instruction
from rewriter.documents.shell import (
    Assigned,
    Command,
    Script,
    ShellError,
    VariableUse,
    Visit,
    Word,
    assignments,
    commands,
    nested_scripts,
    parse,
    unwrap,
    variables,
)
from rewriter.model.text import Source, Span
from rewriter.record import Record


class Form(StrEnum):
    """Name the form of a RUN, CMD or ENTRYPOINT instruction."""

    SHELL = "shell"
    EXEC = "exec"
    HEREDOC = "heredoc"


class Fragment(Record, eq=False, dict=True):
    """Hold one script inside a RUN; `locate` maps a range of its text to the file, or is None."""

    script: Script
    locate: Callable[[int, int], Span] | None
    nested: bool

    @cached_property
    def visits(self) -> tuple[Visit, ...]:
        """Return every simple command of the script."""
        return tuple(commands(self.script))

    @cached_property
    def uses(self) -> tuple[VariableUse, ...]:
        """Return every expansion of a variable in the script."""
        return variables(self.script)

    @cached_property
    def assigned(self) -> tuple[Assigned, ...]:
        """Return every place that sets a variable."""
        return assignments(self.script)

    def names_in(self, span: Span) -> tuple[str, ...]:
        """Return the names of the variables that are expanded inside a range, each once."""
        first = bisect_left(self.uses, span.start, key=lambda use: use.span.start)
        last = bisect_left(self.uses, span.end, key=lambda use: use.span.start)
        inside = [use.name for use in self.uses[first:last] if use.span.end <= span.end and not use.variable.special]
        return tuple(dict.fromkeys(inside))

    def span(self, span: Span) -> Span | None:
        """Return the place in the file of a range of the script, if it can be told."""
        return self.locate(span.start, span.end) if self.locate else None


class RunBody(Record, eq=False, dict=True):
    """Hold what one RUN executes.

    `text` is all that it says, for word searches. `problem` says why the shell in it cannot be read; then
    `fragments` is empty or partial.
    """

    instruction: Instruction
    form: Form
    text: str
    argv: tuple[str, ...]
    fragments: tuple[Fragment, ...]
    problem: str | None

    @cached_property
    def command_lines(self) -> tuple[tuple[str, ...], ...]:
        """Return the words of every command that runs in the end, wrappers such as `sudo` taken off.

        A word with an expansion in it is given as written; a command whose name is dynamic begins with `$`.
        """
        if self.argv and not self.fragments:
            return (self.argv,)
        lines = (bare_words(visit.command) for _, visit in self.commands())
        return tuple(
            tuple(word.text if word.value is None else word.value for word in words) for words in lines if words
        )

    def commands(self) -> Iterator[tuple[Fragment, Visit]]:
        """Yield every simple command with the fragment that holds it."""
        for fragment in self.fragments:
            for visit in fragment.visits:
                yield fragment, visit

    def mentions(self, name: str) -> bool:
        """Tell whether the name stands in the text as a word of its own."""
        return _word(name).search(self.text) is not None

    def only_spells(self, name: str) -> bool:
        """Tell whether the name stands only where nothing takes it for a variable: `https://TOKEN@host`."""
        inert = re.compile(rf"://{re.escape(name)}(?=[:@])|://[\w.-]{{1,100}}:{re.escape(name)}(?=@)")
        return len(inert.findall(self.text)) == len(_word(name).findall(self.text))

    def mentions_path(self, path: str) -> bool:
        """Tell whether the path stands in the text, not as a part of a longer name."""
        return re.search(rf"(?<![A-Za-z0-9_.-]){re.escape(path)}(?![A-Za-z0-9_.-])", self.text) is not None


def _word(name: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![A-Za-z0-9_]){re.escape(name)}(?![A-Za-z0-9_])")


_SHELLS: Final = frozenset({"sh", "bash", "dash", "ash", "zsh", "ksh", "busybox"})


def bare_words(command: Command) -> tuple[Word, ...]:
    """Return the words of what a command runs in the end, wrappers such as `sudo` and `env` taken off."""
    size = len(unwrap(command).args) + 1
    return command.words[-size:] if command.words else ()


def is_posix_shell(shell: tuple[str, ...] | None, escape: str) -> bool:
    """Tell whether shell-form instructions run in a POSIX-like shell (None: the default one)."""
    if shell is None:
        return escape == "\\"
    return shell[0].rsplit("/", 1)[-1] in _SHELLS


def written(source: Source, instruction: Instruction) -> str:
    """Return the text in which everything stands that a RUN executes, without reading the shell in it."""
    if instruction.json is not None or instruction.heredocs:
        return instruction.span.of(source.text)
    return instruction.command.text


def read_run(source: Source, instruction: Instruction) -> RunBody:
    """Return the body of a RUN, CMD or ENTRYPOINT instruction."""
    if instruction.json is not None:
        return _exec_form(source, instruction)
    if instruction.heredocs:
        return _heredoc_form(source, instruction)
    command = instruction.command
    return _shell(instruction, Form.SHELL, command.text, command.span)


def _shell(instruction: Instruction, form: Form, text: str, locate: Callable[[int, int], Span]) -> RunBody:
    fragments: list[Fragment] = []
    problem = _collect(text, locate, fragments)
    return RunBody(instruction, form, text, (), tuple(fragments), problem)


def _collect(
    text: str, locate: Callable[[int, int], Span] | None, into: list[Fragment], *, nested: bool = False
) -> str | None:
    """Add the script of a text and the scripts that its commands hold; return the problem, if any."""
    try:
        script = parse(text)
    except ShellError as error:
        return str(error)
    fragment = Fragment(script, locate, nested)
    into.append(fragment)
    problem = None
    for visit in fragment.visits:
        for script_inside in nested_scripts(visit.command):
            offset = script_inside.offset
            mapped = _shifted(locate, offset) if locate and offset is not None else None
            into.append(Fragment(script_inside.script, mapped, nested=True))
        problem = _heredoc_scripts(visit.command, script, locate, into) or problem
    return problem


def _heredoc_scripts(
    command: Command, script: Script, locate: Callable[[int, int], Span] | None, into: list[Fragment]
) -> str | None:
    """Read the heredocs that a bare `<<EOF` or a shell takes as its script."""
    if command.words:
        name = (command.name or "").rsplit("/", 1)[-1]
        arguments = [word.value or "-" for word in command.words[1:]]
        if name not in _SHELLS or any(not word.startswith("-") or "c" in word for word in arguments):
            return None
    problem = None
    for redirect in command.redirects:
        heredoc = redirect.heredoc
        if heredoc is None:
            continue
        body = heredoc.body.of(script.text)
        if body.startswith("#!") and not re.match(r"#![^\n]*\b(?:ba|da|a|z|k)?sh\b", body):
            continue
        problem = _collect(body, _shifted(locate, heredoc.body.start), into, nested=bool(command.words))
    return problem


def _shifted(locate: Callable[[int, int], Span] | None, by: int) -> Callable[[int, int], Span] | None:
    if locate is None:
        return None
    outer = locate
    return lambda start, end: outer(start + by, end + by)


def _heredoc_form(source: Source, instruction: Instruction) -> RunBody:
    arguments = instruction.arguments
    head = arguments.text
    first: Heredoc = instruction.heredocs[0]
    tail = Span(first.body.start, instruction.span.end).of(source.text)
    begin = len(head) + 1

    def locate(start: int, end: int) -> Span:
        if end <= len(head):
            return arguments.span(start, end)
        if start >= begin:
            return Span(first.body.start + start - begin, first.body.start + end - begin)
        return Span(arguments.offset(start), first.body.start + end - begin)

    return _shell(instruction, Form.HEREDOC, f"{head}\n{tail}", locate)


def _exec_form(source: Source, instruction: Instruction) -> RunBody:
    words = instruction.json or ()
    argv = tuple(word.value for word in words)
    text = "\n".join(argv)
    fragments: list[Fragment] = []
    problem = None
    command = _shell_argument(argv)
    if command is not None:
        word = words[command]
        raw = word.span.of(source.text)[1:-1]
        plain = raw == word.value
        start = word.span.start + 1
        locate = (lambda begin, end: Span(start + begin, start + end)) if plain else None
        problem = _collect(word.value, locate, fragments, nested=True)
    return RunBody(instruction, Form.EXEC, text, argv, tuple(fragments), problem)


def _shell_argument(argv: tuple[str, ...]) -> int | None:
    """Return the index of the script in `["sh", "-c", "script"]`."""
    if not argv or argv[0].rsplit("/", 1)[-1] not in _SHELLS:
        return None
    for index, word in enumerate(argv[1:], start=1):
        if word.startswith("-") and word.endswith("c") and index + 1 < len(argv):
            return index + 1
    return None
