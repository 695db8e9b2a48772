"""Find what sets a variable, and what exports one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum
from typing import Final, NamedTuple

from rewriter.documents.shell.tree import (
    Command,
    DoubleQuoted,
    Literal,
    Loop,
    Part,
    Script,
    ShellAssignment,
    SingleQuoted,
    Word,
)
from rewriter.documents.shell.uses import variables
from rewriter.documents.shell.walk import commands, nodes
from rewriter.documents.shell.wording import literal_value
from rewriter.model.text import Span
from rewriter.record import Record

_PREFIX: Final = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(\+?)=")
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_DECLARING: Final = frozenset({"export", "readonly", "declare", "typeset", "local"})


class Means(StrEnum):
    """Name how a variable is set."""

    PLAIN = "plain"
    """A command that is nothing but assignments: holds for the rest of the shell."""
    PREFIX = "prefix"
    """In front of a command: holds for that command."""
    DECLARED = "declared"
    """By `export`, `readonly`, `declare`, `typeset` or `local`."""
    LOOP = "loop"
    READ = "read"
    DEFAULT = "default"
    """By `${NAME:=word}` or `${NAME=word}`."""
    UNSET = "unset"


class Assigned(Record):
    """Hold one place that sets a variable; `value` is None where no single word holds the value."""

    name: str
    value: Word | None
    span: Span
    command: Command | None
    means: Means


class Export(NamedTuple):
    """Hold one place that exports a variable; `value` is None where the place does not set it."""

    name: str
    value: Word | None
    command: Command


def split_assignment(word: Word) -> ShellAssignment | None:
    """Read a word of the form `NAME=value`, as `env` and `export` take it; quotes may surround the whole."""
    if not word.parts:
        return None
    match word.parts[0]:
        case Literal(text, span) if found := _PREFIX.match(text):
            if not word.text.startswith(found.group()):
                return None
            start = word.span.start + found.end()
            rest: tuple[Part, ...] = ()
            if found.end() < len(text):
                rest = (Literal(text[found.end() :], Span(start, span.end)),)
            parts = (*rest, *word.parts[1:])
            value = Word(Span(start, word.span.end), parts, literal_value(parts), word.text[found.end() :])
            return ShellAssignment(found[1], value, word.span, append=bool(found[2]))
        case SingleQuoted(text, span) if len(word.parts) == 1 and (found := _PREFIX.match(text)):
            inside = Span(span.start + 1 + found.end(), span.end - 1)
            part = SingleQuoted(text[found.end() :], inside)
            return _whole(word, found, (part,), inside)
        case DoubleQuoted((Literal(text, literal), *others), span) if len(word.parts) == 1 and (
            found := _PREFIX.match(text)
        ):
            if not word.text.startswith(found.group(), 1):
                return None
            inside = Span(span.start + 1 + found.end(), span.end - 1)
            inner: tuple[Part, ...] = tuple(others)
            if found.end() < len(text):
                inner = (Literal(text[found.end() :], Span(inside.start, literal.end)), *others)
            return _whole(word, found, (DoubleQuoted(inner, inside),), inside)
        case _:
            return None


def _whole(word: Word, found: re.Match[str], parts: tuple[Part, ...], inside: Span) -> ShellAssignment:
    value = Word(inside, parts, literal_value(parts), word.text[1 + found.end() : -1])
    return ShellAssignment(found[1], value, word.span, append=bool(found[2]))


def assignments(script: Script) -> tuple[Assigned, ...]:
    """Return every place that sets (or unsets) a variable by name, in the order of the text."""
    found: list[Assigned] = []
    for node in nodes(script):
        match node:
            case Command():
                found += _of_command(node)
            case Loop(variable=str(name)):
                found.append(Assigned(name, None, node.span, None, Means.LOOP))
            case _:
                pass
    for use in variables(script):
        if use.modifier in (":=", "="):
            found.append(Assigned(use.name, None, use.span, use.command, Means.DEFAULT))
    return tuple(sorted(found, key=lambda one: one.span.start))


def _of_command(command: Command) -> Iterator[Assigned]:
    means = Means.PREFIX if command.words else Means.PLAIN
    for one in command.assignments:
        yield Assigned(one.name, one.value, one.span, command, means)
    arguments = command.words[1:]
    match command.name:
        case str(name) if name in _DECLARING:
            for word in arguments:
                if declared := split_assignment(word):
                    yield Assigned(declared.name, declared.value, word.span, command, Means.DECLARED)
        case "read" | "unset" | "mapfile" | "readarray" | "getopts":
            means = Means.UNSET if command.name == "unset" else Means.READ
            for word in arguments:
                if word.value is not None and _NAME.fullmatch(word.value):
                    yield Assigned(word.value, None, word.span, command, means)
        case "printf" if len(arguments) > 1 and arguments[0].value == "-v" and arguments[1].value:
            yield Assigned(arguments[1].value, None, arguments[1].span, command, Means.READ)
        case _:
            pass


def exports(script: Script) -> tuple[Export, ...]:
    """Return every place that exports a variable: `export`, `declare -x`, plain assignments under `set -a`.

    `export -n` and `export -p` export nothing. A name that is not literal is left out.
    """
    found: list[Export] = []
    automatic = False
    for visit in commands(script):
        command = visit.command
        values = [word.value or "" for word in command.words]
        match values:
            case []:
                if automatic:
                    found += [Export(one.name, one.value, command) for one in command.assignments]
            case ["set", *options]:
                automatic = _switch(options, automatic)
            case ["export", *options] if not any(_has(option, "np") for option in options):
                found += _named(command)
            case ["declare" | "typeset" | "local", *options] if any(_has(option, "x") for option in options):
                found += _named(command)
            case _:
                pass
    return tuple(found)


def _switch(options: list[str], automatic: bool) -> bool:  # noqa: FBT001 - a state, not a choice
    for number, option in enumerate(options):
        following = options[number + 1] if number + 1 < len(options) else ""
        if _has(option, "a") or (_has(option, "o") and following == "allexport"):
            automatic = True
        elif option.startswith("+") and ("a" in option or ("o" in option and following == "allexport")):
            automatic = False
    return automatic


def _has(option: str, letters: str) -> bool:
    return option.startswith("-") and not option.startswith("--") and any(one in option for one in letters)


def _named(command: Command) -> Iterator[Export]:
    for word in command.words[1:]:
        if assignment := split_assignment(word):
            yield Export(assignment.name, assignment.value, command)
        elif word.value is not None and _NAME.fullmatch(word.value):
            yield Export(word.value, None, command)
