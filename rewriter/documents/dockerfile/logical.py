"""Read text that lies in several places of a file as one line, and know where each character stands.

BuildKit joins the lines of an instruction before it reads them: continuations go, and so do the comment and
blank lines inside. A `Logical` is that joined text, or a part of it, with the way back to the file.
"""

from __future__ import annotations

from bisect import bisect_right

from rewriter.model.text import Span
from rewriter.record import Record


class Logical(Record):
    """Hold joined text; parts made by `slice` share one map to the source.

    `base` is where `text` begins in the whole joined text. Piece number i of that text begins there at
    `starts[i]`, and in the source at `sources[i]`.
    """

    _hidden = ("base", "starts", "sources")

    text: str
    base: int
    starts: tuple[int, ...]
    sources: tuple[int, ...]

    @classmethod
    def verbatim(cls, text: str, span: Span) -> Logical:
        """Return the characters of `text` in `span`, as they stand."""
        return cls(text[span.start : span.end], 0, (0,), (span.start,))

    def __len__(self) -> int:
        return len(self.text)

    def offset(self, index: int) -> int:
        """Return the source offset of the character at `index`; behind the last one, where the text ends."""
        size = len(self.text)
        if not 0 <= index <= size:
            raise IndexError(f"index {index} is outside of a text of {size} characters")
        if index == size and size:
            return self._source(self.base + index - 1) + 1
        return self._source(self.base + index)

    def span(self, start: int, end: int) -> Span:
        """Return the smallest source span that holds `[start, end)`; it may hold continuations inside."""
        if len(self.starts) == 1 and 0 <= start <= end <= len(self.text):  # one line, as nearly all are
            first = self.sources[0] - self.starts[0] + self.base + start
            return Span(first, first + end - start)
        first = self.offset(start)
        return Span(first, self.offset(end - 1) + 1 if end > start else first)

    @property
    def extent(self) -> Span:
        """Return the smallest source span that holds the whole text."""
        return self.span(0, len(self.text))

    def slice(self, start: int, end: int) -> Logical:
        """Return the part `[start, end)`."""
        return Logical(self.text[start:end], self.base + start, self.starts, self.sources)

    def _source(self, place: int) -> int:
        piece = bisect_right(self.starts, place) - 1 if len(self.starts) > 1 else 0
        return self.sources[piece] + place - self.starts[piece]
