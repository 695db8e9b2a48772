"""Express edits that were made one after the other as edits of the first text."""

from __future__ import annotations

from collections.abc import Iterable

from rewriter.model.text import Edit, Span, apply
from rewriter.record import Record


class _Piece(Record):
    """Hold text of the result, and its place in the first text unless it is new."""

    text: str
    origin: int | None

    def cut(self, start: int, end: int) -> _Piece:
        return _Piece(self.text[start:end], None if self.origin is None else self.origin + start)


class Rebase(Record):
    """Hold a text that is edited step by step, and what of it stood in the first one."""

    first: str
    text: str
    pieces: tuple[_Piece, ...]

    @classmethod
    def start(cls, text: str) -> Rebase:
        """Return the state before any edit."""
        return cls(text, text, (_Piece(text, 0),))

    def then(self, edits: Iterable[Edit]) -> Rebase:
        """Return the state after edits of the present text."""
        ordered = sorted(dict.fromkeys(edits), key=lambda edit: (edit.span.start, edit.span.end))
        text = apply(self.text, ordered)
        pieces: list[_Piece] = []
        position = 0
        for edit in ordered:
            pieces += self._between(position, edit.span.start)
            pieces.append(_Piece(edit.text, None))
            position = edit.span.end
        pieces += self._between(position, len(self.text))
        return Rebase(self.first, text, tuple(piece for piece in pieces if piece.text))

    def _between(self, start: int, end: int) -> list[_Piece]:
        found: list[_Piece] = []
        position = 0
        for piece in self.pieces:
            stop = position + len(piece.text)
            if stop > start and position < end:
                found.append(piece.cut(max(0, start - position), min(len(piece.text), end - position)))
            position = stop
        return found

    def origin(self, offset: int) -> int:
        """Return where the text at an offset stood in the first one (for new text: what precedes it)."""
        position = last = 0
        for piece in self.pieces:
            if piece.origin is not None:
                last = piece.origin + max(0, min(offset - position, len(piece.text)))
            position += len(piece.text)
            if offset < position:
                break
        return last

    def edits(self) -> tuple[Edit, ...]:
        """Return the edits of the first text that give the present one."""
        found: list[Edit] = []
        position, new = 0, ""
        for piece in (*self.pieces, _Piece("", len(self.first))):
            if piece.origin is None:
                new += piece.text
                continue
            if new or piece.origin > position:
                found.append(Edit(Span(position, piece.origin), new))
            position, new = piece.origin + len(piece.text), ""
        return tuple(found)
