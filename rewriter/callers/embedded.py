"""Map text that is quoted or indented inside another document to the place where it stands.

A shell command in a YAML scalar, a JSON string or a make recipe is read as the shell would get it; every
character of that logical text knows its source characters. What the host expands before the shell sees it
(`${{ ... }}`, `$(make_variable)`) is one private-use character in the logical text: an opaque word part.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum
from typing import Final

from rewriter.model.text import Edit, Span
from rewriter.record import Record, replace

_FIRST: Final = 0xF0000
_LAST: Final = 0xFFFFD
_HOLE: Final = re.compile("[\U000f0000-\U000ffffd]")
_YAML_UNSAFE: Final = re.compile(r"[\r\n]|: | #|:$")


class Quoting(StrEnum):
    """Say how text must be written to stand in the host document."""

    NONE = "none"
    MAKE = "make"
    DOLLARS = "dollars"
    YAML_PLAIN = "yaml-plain"
    YAML_PLAIN_IN_FLOW = "yaml-plain-in-flow"
    SINGLE = "single"
    JSON = "json"
    GROOVY_SINGLE = "groovy-single"
    GROOVY_DOUBLE = "groovy-double"


class Embedded(Record, eq=False):
    """Hold logical text; character `i` stands at `[starts[i], ends[i])` of the source.

    `end` is where text may be added behind the last character. New text is written with `inner`, then gets
    its holes filled with the host's expressions, then is written with each of `quoting`.
    """

    text: str
    starts: Sequence[int]
    ends: Sequence[int]
    end: int
    quoting: tuple[Quoting, ...] = ()
    inner: Quoting = Quoting.NONE
    holes: tuple[str, ...] = ()

    def span(self, start: int, end: int) -> Span:
        """Return the source span of logical `[start, end)`."""
        if start >= end:
            return Span(self.at(start), self.at(start))
        return Span(self.starts[start], max(self.starts[start], self.ends[end - 1]))

    def at(self, offset: int) -> int:
        """Return the source offset of a logical one."""
        return self.starts[offset] if offset < len(self.starts) else self.end

    def show(self, text: str) -> str:
        """Return logical text with the host's expressions as they are written."""
        return _HOLE.sub(lambda hole: self.holes[ord(hole.group()) - _FIRST], text)

    def encode(self, text: str) -> str | None:
        """Return how logical text is written in the source, or `None` where it cannot be."""
        inner = _quote(text, self.inner)
        encoded = self.show(inner) if inner is not None else None
        for quoting in self.quoting:
            encoded = _quote(encoded, quoting) if encoded is not None else None
        return encoded

    def replace(self, start: int, end: int, text: str) -> Edit | None:
        """Return the edit that puts `text` in the place of logical `[start, end)`."""
        encoded = self.encode(text)
        return None if encoded is None else Edit(self.span(start, end), encoded)

    def remove(self, start: int, end: int) -> Edit:
        """Return the edit that removes logical `[start, end)` and the indentation up to what follows."""
        return Edit(Span(self.at(start), max(self.at(start), self.at(end))), "")

    def slice(self, start: int, end: int) -> Embedded:
        """Return a part of the logical text."""
        stop = self.ends[end - 1] if end > start else self.at(start)
        return replace(
            self,
            text=self.text[start:end],
            starts=self.starts[start:end],
            ends=self.ends[start:end],
            end=stop,
        )

    def is_hole(self, text: str) -> str | None:
        """Return the host's expression if `text` is exactly one, as it is written."""
        return self.show(text) if len(text) == 1 and _HOLE.match(text) else None

    def has_hole(self, text: str) -> bool:
        """Tell whether a host's expression stands in `text`."""
        return _HOLE.search(text) is not None

    def rewrite(
        self,
        pattern: re.Pattern[str],
        plain: Callable[[re.Match[str]], str | None],
        *,
        inner: Quoting = Quoting.NONE,
    ) -> Embedded:
        """Resolve one layer of the host's syntax, in which new text is written as `inner` says.

        For each match `plain` returns the text that the shell gets, or `None` if the host expands it.
        """
        return self.resolve(((match.span(), plain(match)) for match in pattern.finditer(self.text)), inner=inner)

    def resolve(
        self, found: Iterable[tuple[tuple[int, int], str | None]], *, inner: Quoting = Quoting.NONE
    ) -> Embedded:
        """Put texts in the place of logical stretches, in order; `None` stands for what the host expands."""
        text: list[str] = []
        starts: list[int] = []
        ends: list[int] = []
        holes = list(self.holes)
        position = 0
        for (start, end), plain in found:
            text.append(self.text[position:start])
            starts += self.starts[position:start]
            ends += self.ends[position:start]
            known = plain
            if known is None and _FIRST + len(holes) <= _LAST:
                known = chr(_FIRST + len(holes))
                holes.append(self.show(self.text[start:end]))
            span = self.span(start, end)
            new = known or ""
            text.append(new)
            starts += [span.start] * min(1, len(new)) + [span.end] * (len(new) - 1)
            ends += [span.end] * len(new)
            position = end
        text.append(self.text[position:])
        starts += self.starts[position:]
        ends += self.ends[position:]
        return replace(self, text="".join(text), starts=starts, ends=ends, holes=tuple(holes), inner=inner)


def without_private_use(text: str) -> str:
    """Return a text of the same length without the characters that this module needs for itself."""
    return _HOLE.sub("\ufffd", text)


def identity(text: str, span: Span, *, quoting: tuple[Quoting, ...] = ()) -> Embedded:
    """Return a part of the source as it is."""
    return Embedded(
        span.of(text),
        range(span.start, span.end),
        range(span.start + 1, span.end + 1),
        span.end,
        quoting,
    )


def _quote(text: str, quoting: Quoting) -> str | None:
    match quoting:
        case Quoting.NONE:
            return text if "\n" not in text else None
        case Quoting.MAKE:
            return text.replace("$", "$$") if "\n" not in text and "#" not in text else None
        case Quoting.DOLLARS:
            return text.replace("$", "$$") if "\n" not in text else None
        case Quoting.YAML_PLAIN:
            return None if _YAML_UNSAFE.search(text) else text
        case Quoting.YAML_PLAIN_IN_FLOW:
            return None if _YAML_UNSAFE.search(text) or set(text) & set(",[]{}") else text
        case Quoting.SINGLE:
            return text.replace("'", "''") if "\n" not in text else None
        case Quoting.JSON:
            return json.dumps(text, ensure_ascii=False)[1:-1]
        case Quoting.GROOVY_SINGLE:
            return text.replace("\\", "\\\\").replace("'", "\\'")
        case Quoting.GROOVY_DOUBLE:
            return text.replace("\\", "\\\\").replace('"', '\\"').replace("$", "\\$")
