"""Read the commands that documentation shows: fenced blocks and code in lines."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from rewriter.callers.kind import Kind
from rewriter.callers.lexical import Area, in_prose, read
from rewriter.callers.model import CallerKind, Files, Reading
from rewriter.model.text import Source, Span

_SUFFIXES: Final = (".md", ".markdown", ".mdx", ".rst", ".adoc")
_FENCE: Final = re.compile(r"(?m)^[ \t>*-]*(?P<fence>```+|~~~+)[^\n]*\n")
_CODE: Final = re.compile(r"`([^`\n]+)`")


def _matches(path: str) -> bool:
    return path.lower().endswith(_SUFFIXES)


def _read(source: Source, files: Files) -> Reading:  # noqa: ARG001
    if "build" not in source.text and "--secret" not in source.text:
        return Reading()
    return Reading(
        tuple(
            caller for span in _code(source.text) for caller in read(source, Area(span, CallerKind.MARKDOWN, in_prose))
        )
    )


def _code(text: str) -> Iterator[Span]:
    """Yield the stretches of code; in a text without fences every indented or plain line may be some."""
    position = 0
    while True:
        opening = _FENCE.search(text, position)
        stop = opening.start() if opening else len(text)
        yield from _in_lines(text, position, stop)
        if opening is None:
            return
        closing = re.compile(rf"(?m)^[ \t>]*{re.escape(opening['fence'])}").search(text, opening.end())
        end = closing.start() if closing else len(text)
        yield Span(opening.end(), end)
        position = closing.end() if closing else len(text)


def _in_lines(text: str, start: int, stop: int) -> Iterator[Span]:
    """Yield code spans and indented blocks of a stretch outside of fences."""
    indented: Span | None = None
    position = start
    while position < stop:
        found = text.find("\n", position, stop)
        end = stop if found < 0 else found + 1
        line = text[position:end]
        if line.startswith(("    ", "\t", "$ ")):
            indented = Span(indented.start if indented else position, end)
        else:
            if indented:
                yield indented
            indented = None
            for match in _CODE.finditer(text, position, end):
                yield Span(*match.span(1))
        position = end
    if indented:
        yield indented


KIND: Final = Kind(_matches, _read)
