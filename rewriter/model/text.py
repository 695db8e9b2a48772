"""Represent text as it stands in a file, places in it, and edits of it.

Bytes are decoded as UTF-8 with `surrogateescape`, so any file round-trips byte for byte; offsets count
code points of that text. Lines end at a line feed alone, as BuildKit splits them (docs/design.md, "Documents").
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from functools import cached_property

from rewriter.record import Record


class Span(Record, order=True):
    """Mark the half-open range `[start, end)` of a text."""

    start: int
    end: int

    def __post_init__(self) -> None:
        if not 0 <= self.start <= self.end:
            raise ValueError(f"not a span: {self.start}..{self.end}")

    def __contains__(self, offset: int) -> bool:
        return self.start <= offset < self.end

    def covers(self, other: Span) -> bool:
        """Tell whether `other` lies wholly inside this span."""
        return self.start <= other.start and other.end <= self.end

    def overlaps(self, other: Span) -> bool:
        """Tell whether the two spans share a character, or one inserts strictly inside the other."""
        if self.start == self.end or other.start == other.end:
            return self.start < other.end and other.start < self.end
        return max(self.start, other.start) < min(self.end, other.end)

    def of(self, text: str) -> str:
        """Return the characters of `text` in this span."""
        return text[self.start : self.end]


class Edit(Record, order=True):
    """Replace what stands at `span` by `text`; an empty span inserts, an empty text deletes."""

    span: Span
    text: str


class OverlapError(ValueError):
    """Report two edits of one text that touch the same characters."""


def apply(text: str, edits: Iterable[Edit]) -> str:
    """Return `text` with all `edits` made, whatever their order.

    Equal edits count once. Insertions at one offset keep the order in which they were given.
    Raises `OverlapError` when two edits overlap.
    """
    unique = list(dict.fromkeys(edits))
    ordered = sorted(unique, key=lambda edit: (edit.span.start, edit.span.end))
    pieces: list[str] = []
    position = 0
    for edit in ordered:
        if edit.span.start < position:
            raise OverlapError(f"edits overlap at offset {edit.span.start}")
        if edit.span.end > len(text):
            raise OverlapError(f"edit ends at {edit.span.end}, behind the text")
        pieces += (text[position : edit.span.start], edit.text)
        position = edit.span.end
    pieces.append(text[position:])
    return "".join(pieces)


def decode(data: bytes) -> str:
    """Return the text of a file's bytes; `encode` gives the same bytes back, whatever they are."""
    return data.decode("utf-8", "surrogateescape")


def encode(text: str) -> bytes:
    """Return the bytes of a text made by `decode`."""
    return text.encode("utf-8", "surrogateescape")


class Source(Record, dict=True):
    """Hold the text of one file under its path (relative to the repository, separated by `/`)."""

    path: str
    text: str

    @cached_property
    def _starts(self) -> tuple[int, ...]:
        """Return the offset at which each line starts."""
        starts = [0]
        find = self.text.find
        position = find("\n")
        while position >= 0:
            starts.append(position + 1)
            position = find("\n", position + 1)
        return tuple(starts)

    @property
    def newline(self) -> str:
        """Return the line end of the first line, or a line feed where there is none."""
        first = self.text.find("\n")
        return "\r\n" if first > 0 and self.text[first - 1] == "\r" else "\n"

    def line(self, offset: int) -> int:
        """Return the line of an offset, counted from 1."""
        return bisect_right(self._starts, offset)

    def column(self, offset: int) -> int:
        """Return the column of an offset, counted from 1."""
        return offset - self._starts[self.line(offset) - 1] + 1

    def line_span(self, line: int) -> Span:
        """Return the span of a line (counted from 1), its line end included."""
        start = self._starts[line - 1]
        end = self._starts[line] if line < len(self._starts) else len(self.text)
        return Span(start, end)
