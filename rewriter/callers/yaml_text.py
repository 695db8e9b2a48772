"""Map the value of a YAML scalar to the characters that it is written with."""

from __future__ import annotations

import re
from typing import Final

from rewriter.callers.embedded import Embedded, Quoting
from rewriter.documents.yaml import Scalar, Style
from rewriter.model.text import Source

_ESCAPES: Final = {
    "0": "\0", "a": "\x07", "b": "\x08", "t": "\t", "\t": "\t", "n": "\n", "v": "\x0b", "f": "\x0c",
    "r": "\r", "e": "\x1b", " ": " ", '"': '"', "\\": "\\", "/": "/", "N": "\x85", "_": "\xa0",
    "L": "\u2028", "P": "\u2029",
}  # fmt: skip
_CODES: Final = {"x": 2, "u": 4, "U": 8}
_QUOTINGS: Final = {
    Style.PLAIN: Quoting.YAML_PLAIN,
    Style.SINGLE: Quoting.SINGLE,
    Style.DOUBLE: Quoting.JSON,
    Style.LITERAL: Quoting.NONE,
    Style.FOLDED: Quoting.NONE,
}
_FOLD: Final = re.compile(r"[ \t]*\r?\n(?:[ \t]*\r?\n)*[ \t]*")


class _Builder:
    def __init__(self) -> None:
        self.text: list[str] = []
        self.starts: list[int] = []
        self.ends: list[int] = []

    def add(self, char: str, start: int, end: int) -> None:
        self.text.append(char)
        self.starts.append(start)
        self.ends.append(end)


def embed(source: Source, scalar: Scalar) -> Embedded | None:
    """Return a scalar's value with its places, or `None` where they cannot be told.

    The result is compared with what the YAML reader makes of the scalar: where they differ, there is none.
    """
    built = _Builder()
    match scalar.style:
        case Style.LITERAL | Style.FOLDED:
            _block(source.text, scalar, built)
        case Style.PLAIN:
            _flow(source.text, scalar.span.start, scalar.span.end, built, style=scalar.style)
        case Style.SINGLE | Style.DOUBLE:
            _flow(source.text, scalar.span.start + 1, scalar.span.end - 1, built, style=scalar.style)
    text = "".join(built.text)
    if text.rstrip("\n") != scalar.value.rstrip("\n"):
        return None
    end = built.ends[-1] if built.ends else scalar.span.end
    if not built.ends and scalar.style in {Style.SINGLE, Style.DOUBLE}:
        end = scalar.span.end - 1
    quoting = _QUOTINGS[scalar.style]
    if scalar.in_flow and quoting is Quoting.YAML_PLAIN:
        quoting = Quoting.YAML_PLAIN_IN_FLOW
    return Embedded(text, built.starts, built.ends, end, (quoting,))


def _flow(text: str, start: int, end: int, built: _Builder, *, style: Style) -> None:
    position = start
    while position < end:
        char = text[position]
        fold = _FOLD.match(text, position, end) if char in " \t\r\n" else None
        if fold:
            breaks = fold.group().count("\n")
            for number in range(max(1, breaks - 1)):
                built.add(" " if breaks == 1 else "\n", position if number == 0 else fold.end(), fold.end())
            position = fold.end()
        elif char == "'" and style is Style.SINGLE:
            built.add("'", position, position + 2)
            position += 2
        elif char == "\\" and style is Style.DOUBLE:
            position = _escape(text, position, end, built)
        else:
            built.add(char, position, position + 1)
            position += 1


def _escape(text: str, position: int, end: int, built: _Builder) -> int:
    following = text[position + 1 : position + 2]
    if following in _CODES:
        stop = position + 2 + _CODES[following]
        try:
            built.add(chr(int(text[position + 2 : stop], 16)), position, stop)
        except (ValueError, OverflowError):
            return end
        return stop
    fold = _FOLD.match(text, position + 1, end)
    if fold and "\n" in fold.group() and following in "\r\n":
        return fold.end()
    built.add(_ESCAPES.get(following, following), position, position + 2)
    return position + 2


def _block(text: str, scalar: Scalar, built: _Builder) -> None:
    lines = _block_lines(text, scalar)
    indent = _block_indent(text, scalar, lines)
    folded = scalar.style is Style.FOLDED
    breaks: list[tuple[int, int]] = []
    spaced = False
    for start, stop, after in lines:
        begin = min(start + indent, stop)
        blank = begin == stop
        if not blank:
            now = text[begin] in " \t"
            _break(built, breaks, folded=folded and bool(built.text) and not spaced and not now)
            spaced, breaks = now, []
            for offset in range(begin, stop):
                built.add(text[offset], offset, offset + 1)
        breaks.append((stop, after))
    if breaks and breaks[0][1] > breaks[0][0]:
        built.add("\n", *breaks[0])


def _break(built: _Builder, breaks: list[tuple[int, int]], *, folded: bool) -> None:
    if folded and len(breaks) == 1:
        built.add(" ", *breaks[0])
        return
    for start, stop in breaks[1:] if folded else breaks:
        built.add("\n", start, stop)


def _block_lines(text: str, scalar: Scalar) -> list[tuple[int, int, int]]:
    lines: list[tuple[int, int, int]] = []
    position = text.find("\n", scalar.span.start, scalar.span.end) + 1
    while 0 < position <= scalar.span.end:
        found = text.find("\n", position)
        after = len(text) if found < 0 else found + 1
        stop = len(text) if found < 0 else found
        if stop > position and text[stop - 1] == "\r" and found >= 0:
            stop -= 1
        lines.append((position, stop, after))
        position = after
        if found < 0:
            break
    return lines


def _block_indent(text: str, scalar: Scalar, lines: list[tuple[int, int, int]]) -> int:
    header = text[scalar.span.start : lines[0][0] if lines else scalar.span.end].split("#", 1)[0]
    digit = next((char for char in header if char.isdigit()), None)
    first = next((text[start:stop] for start, stop, _ in lines if text[start:stop].strip(" ")), "")
    indent = len(first) - len(first.lstrip(" "))
    if digit is None:
        return indent
    value_first = scalar.value.lstrip("\n").split("\n", 1)[0]
    return indent - (len(value_first) - len(value_first.lstrip(" ")))
