"""Find every expansion of a variable."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

from rewriter.documents.shell.tree import (
    Arithmetic,
    Array,
    Command,
    DoubleQuoted,
    Part,
    Script,
    Variable,
)
from rewriter.documents.shell.walk import nodes, redirects_of, words_of
from rewriter.model.text import Span
from rewriter.record import Record


class Quoted(StrEnum):
    """Name what surrounds an expansion."""

    NONE = "none"
    DOUBLE = "double"
    HEREDOC = "heredoc"
    ARITHMETIC = "arith"


class VariableUse(Record):
    """Hold one expansion of a variable and the simple command it stands in, if it stands in one."""

    name: str
    span: Span
    modifier: str
    quoted: Quoted
    command: Command | None
    variable: Variable


def variables(script: Script) -> tuple[VariableUse, ...]:
    """Return every expansion of a variable anywhere in `script`, in the order of the text.

    What single quotes, a quoted here-document or a backslash protect is no use. A bare name in arithmetic is.
    """
    found: list[VariableUse] = []
    for node in nodes(script):
        command = node if isinstance(node, Command) else None
        for word in words_of(node):
            if word.value is None:
                found += _uses(word.parts, Quoted.NONE, command)
        for redirect in redirects_of(node):
            if redirect.heredoc is not None:
                found += _uses(redirect.heredoc.parts, Quoted.HEREDOC, command)
    return tuple(sorted(found, key=lambda use: (use.span.start, -use.span.end)))


def _uses(parts: tuple[Part, ...], quoted: Quoted, command: Command | None) -> Iterator[VariableUse]:
    for part in parts:
        match part:
            case Variable():
                surrounding = Quoted.ARITHMETIC if part.bare else quoted
                yield VariableUse(part.name, part.span, part.operator, surrounding, command, part)
                yield from _uses((*part.index, *part.argument), quoted, command)
            case DoubleQuoted(inner):
                yield from _uses(inner, Quoted.DOUBLE if quoted is Quoted.NONE else quoted, command)
            case Arithmetic(parts=inner):
                yield from _uses(inner, Quoted.ARITHMETIC, command)
            case Array(words):
                for word in words:
                    yield from _uses(word.parts, quoted, command)
            case _:
                pass
