"""Read the scripts that stand in arguments: `sh -c '...'`, `su -c "..."`, `eval "..."`, `trap '...' EXIT`."""

from __future__ import annotations

from typing import Final

from rewriter.documents.shell.error import ShellError
from rewriter.documents.shell.reader import parse
from rewriter.documents.shell.tree import Command, Dialect, DoubleQuoted, Literal, Script, SingleQuoted, Word
from rewriter.documents.shell.unwrap import basename, unwrap
from rewriter.model.text import Span
from rewriter.record import Record

SHELLS: Final = frozenset({"sh", "dash", "ash", "bash", "ksh", "zsh"})
_EXECUTES: Final = frozenset({"-exec", "-execdir", "-ok", "-okdir"})
_VALUED: Final = frozenset({"-o", "+o", "-O", "+O", "--rcfile", "--init-file"})


class NestedScript(Record):
    """Hold the script in one argument of a command.

    `word` is that argument, `interpreter` what reads it. `offset` maps places: one at `n` in `script.text` is
    at `n + offset` in the outer text; None where quoting makes it otherwise.
    """

    script: Script
    word: Word
    interpreter: str
    offset: int | None
    user: str | None = None

    def outer(self, span: Span) -> Span | None:
        """Return the span of the outer text for one of the script, if it can be told."""
        if self.offset is None:
            return None
        return Span(span.start + self.offset, span.end + self.offset)


def nested_scripts(command: Command) -> tuple[NestedScript, ...]:
    """Return the scripts in the arguments of `command` that are literal text.

    A text that depends on a variable is left out, and so is one that is not understood: `script_words` tells.
    """
    words = script_words(command)
    values = [word.value for word in words if word.value is not None]
    if not words or len(values) < len(words):
        return ()
    try:
        script = parse(" ".join(values), dialect=Dialect.POSIX_OR_BASH)
    except ShellError:
        return ()
    unwrapped = unwrap(command)
    offset = _offset(words[0]) if len(words) == 1 else None
    return (NestedScript(script, words[0], unwrapped.name or "", offset, unwrapped.user),)


def script_words(command: Command) -> tuple[Word, ...]:
    """Return the arguments of `command` that a shell reads as text, literal or not; `eval` joins several."""
    unwrapped = unwrap(command)
    match unwrapped.program:
        case "eval":
            first = unwrapped.args[:1]
            return unwrapped.args[1:] if first and first[0].value == "--" else unwrapped.args
        case "su" | "runuser":
            return _of_switch(unwrapped.args)
        case "trap":
            first = unwrapped.args[:1]
            return first if len(unwrapped.args) > 1 and not (first[0].value or "").startswith("-") else ()
        case "find":
            return _of_find(unwrapped.args)
        case str(name) if name in SHELLS:
            return _of_shell(unwrapped.args)
        case _:
            return ()


def _of_shell(args: tuple[Word, ...]) -> tuple[Word, ...]:
    """Return the text that a shell is given with `-c`."""
    at = 0
    chosen = False
    while at < len(args):
        value = args[at].value
        if value is None or value in ("-", "--") or not value.startswith(("-", "+")):
            break
        chosen = chosen or (value.startswith("-") and not value.startswith("--") and "c" in value)
        ends_in_o = not value.startswith("--") and value[-1:] in ("o", "O")
        at += 2 if value in _VALUED or ends_in_o else 1
    if at < len(args) and args[at].value in ("-", "--"):
        at += 1
    return args[at : at + 1] if chosen else ()


def _of_find(args: tuple[Word, ...]) -> tuple[Word, ...]:
    """Return the text that the first shell behind an `-exec` is given with `-c`."""
    for number, word in enumerate(args[:-1]):
        following = args[number + 1].value
        if word.value in _EXECUTES and following is not None and basename(following) in SHELLS:
            return _of_shell(args[number + 2 :])
    return ()


def _of_switch(args: tuple[Word, ...]) -> tuple[Word, ...]:
    """Return the text that `su` is given with `-c`."""
    for number, word in enumerate(args):
        match word.value:
            case "-c" | "--command" | "-lc" | "-mc" | "-pc":
                return args[number + 1 : number + 2]
            case _:
                pass
    return ()


def _offset(word: Word) -> int | None:
    """Return the distance of places in the word's value and in the text, if it is the same everywhere."""
    match word.parts:
        case (SingleQuoted(text, span),):
            return span.start + 1 if span.end - span.start == len(text) + 2 else None
        case (DoubleQuoted((Literal(text, inner),), _),) | (Literal(text, inner),):
            return inner.start if inner.end - inner.start == len(text) else None
        case _:
            return None
