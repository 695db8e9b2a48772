"""Read environment files (`.env`) as compose's `env_file` does: one `NAME=value` a line, each with its place.

See https://docs.docker.com/compose/how-tos/environment-variables/variable-interpolation/#env-file-syntax. A value
that compose would make from something else (`$NAME`, an escape, a quote that another line closes) has no literal.
"""

from __future__ import annotations

import re
from typing import Final

from rewriter.model.masked import Masked
from rewriter.model.text import Edit, Source, Span
from rewriter.record import Record

_LINE: Final = re.compile(r"[ \t]*(?:export[ \t]+)?(?P<name>[A-Za-z_][A-Za-z0-9_.\-]*)[ \t]*(?P<equals>[=:])[ \t]*")
_COMMENT: Final = re.compile(r"[ \t]#")
LIMIT: Final = 10_000


class EnvLine(Record):
    """Hold one variable; `span` is the name with its value, `lines` all of its lines, line end included."""

    _hidden = ("literal",)

    name: str
    span: Span
    lines: Span
    literal: Masked | None


def parse(source: Source) -> tuple[EnvLine, ...]:
    """Return the variables of an environment file, in order; a line that is none is left out."""
    found: list[EnvLine] = []
    text, position = source.text, 1 if source.text.startswith("\ufeff") else 0
    while position < len(text) and len(found) < LIMIT:
        stop = text.find("\n", position)
        stop = len(text) if stop < 0 else stop
        match = _LINE.match(text, position, stop)
        if match is None or text[position:stop].lstrip().startswith("#"):
            position = stop + 1
            continue
        end, literal = _value(text, match.end(), stop)
        line_end = text.find("\n", end)
        line_end = len(text) if line_end < 0 else line_end + 1
        found.append(EnvLine(match["name"], Span(match.start("name"), end), Span(position, line_end), literal))
        position = line_end
    return tuple(found)


def remove(line: EnvLine) -> Edit:
    """Return the edit that takes a variable out of its file."""
    return Edit(line.lines, "")


def _value(text: str, start: int, stop: int) -> tuple[int, Masked | None]:
    """Return where a value ends, and the value if it stands for itself."""
    quote = text[start : start + 1]
    if quote in ("'", '"') and start < stop:
        end = _closing(text, start + 1, quote)
        if end is None:
            return stop, None
        inner = text[start + 1 : end]
        plain = "\n" not in inner and (quote == "'" or not re.search(r"[\\$`]", inner))
        return end + 1, Masked(inner) if plain and inner else None
    comment = _COMMENT.search(text, start, stop)
    written = text[start : comment.start() if comment else stop].rstrip(" \t\r")
    if text[start : start + 1] == "#":
        written = ""
    literal = Masked(written) if written and "$" not in written else None
    return start + len(written), literal


def _closing(text: str, position: int, quote: str) -> int | None:
    """Return the quote that closes a value; in double quotes a backslash takes the next character with it."""
    while True:
        end = text.find(quote, position)
        if end < 0:
            return None
        before = end
        while before > position and text[before - 1] == "\\":
            before -= 1
        if quote == "'" or (end - before) % 2 == 0:
            return end
        position = end + 1
