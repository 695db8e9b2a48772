"""Find the strings of Groovy text, comments left out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from rewriter.model.text import Span
from rewriter.record import Record

_NEXT: Final = re.compile(r"//[^\n]*|/\*|'''|\"\"\"|'|\"")
_INSIDE: Final = {
    "'''": re.compile(r"\\[\s\S]|'''"),
    '"""': re.compile(r'\\[\s\S]|"""'),
    "'": re.compile(r"\\[\s\S]|['\n]"),
    '"': re.compile(r"\\[\s\S]|[\"\n]"),
}
_BEFORE: Final = 200


class GroovyString(Record):
    """Hold what stands between quotes, and the code in front of them, back to the string before.

    `interpolates` tells whether `${...}` is resolved by Groovy. `index` counts the strings of the text.
    """

    span: Span
    interpolates: bool
    before: str
    index: int


def strings(text: str) -> Iterator[GroovyString]:
    """Yield the strings in order; one that is not closed ends the search."""
    position = previous = index = 0
    while True:
        match = _NEXT.search(text, position)
        if match is None:
            return
        mark = match.group()
        if mark == "/*":
            closing = text.find("*/", match.end())
            position = len(text) if closing < 0 else closing + 2
            continue
        if mark not in _INSIDE:
            position = match.end()
            continue
        end = _end(text, match.end(), mark)
        if end is None:
            return
        closed = text.startswith(mark, end)
        if closed:
            before = text[max(previous, match.start() - _BEFORE) : match.start()]
            yield GroovyString(Span(match.end(), end), mark.startswith('"'), before, index)
            index += 1
            previous = end + len(mark)
        position = end + (len(mark) if closed else 1)


def _end(text: str, position: int, quote: str) -> int | None:
    """Return where the closing quote stands (or the line end that cuts a string off), or `None`."""
    for match in _INSIDE[quote].finditer(text, position):
        if not match.group().startswith("\\"):
            return match.start()
    return None
