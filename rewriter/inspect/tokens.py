"""Find provider tokens in bytes, window by window: a cheap look for their beginnings, then the analyzer's own rules.

The rules of `judgement` read a few megabytes a second, a layer has gigabytes. So each row of its table is looked
for by its hint first, and only what surrounds a hit of the row's own pattern is judged.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator
from functools import cache
from typing import Final

from rewriter.judgement import ProviderMatch, provider_token
from rewriter.judgement.provider_table import SHAPES
from rewriter.model.text import decode
from rewriter.record import Record

WINDOW: Final = 1 << 20
OVERLAP: Final = 24 * 1024
"""Longer than the longest private key that `judgement` reads."""

_SHORTEST_HINT: Final = 3
_BEFORE: Final = 320
_BEHIND: Final = 900
_KEY_BEHIND: Final = 22_000
_ANCHORS: Final = "_~:=/-."
_LONG_BEHIND: Final = "_."
"""Behind these a token goes on for some length, unlike an identifier."""
_AHEAD: Final = rb"(?=[A-Za-z0-9_\-./+=~]{15})"
_KEY: Final = b"PRIVATE KEY"
_KEY_BODY: Final = re.compile(rb"PRIVATE KEY(?: BLOCK)?-----[^-]{0,400}?[A-Za-z0-9+/]{16}")
_SIGNED: Final = re.compile(rb"eyJ[A-Za-z0-9_\-]{10,2000}+\.eyJ[A-Za-z0-9_\-]{10,}")
_BASE64: Final = re.compile(rb"[A-Za-z0-9+/]{24,}")
_WRAPPED: Final = range(60, 77)
"""The lengths of line into which base64 is wrapped."""
_ENCODED_LIMIT: Final = 1 << 16


class Found(Record):
    """Hold one token: what `judgement` says of it, and its text; `encoded` where it stood in base64."""

    match: ProviderMatch
    text: str
    encoded: bool = False


def tokens(window: bytes, *, text: bool) -> Iterator[Found]:
    """Yield the tokens of a window; in text, those in base64 too. Examples of manuals are left out."""
    for start, end in _joined(_near(window)):
        piece = decode(window[start:end])
        yield from (Found(match, piece[match.start : match.end]) for match in provider_token(piece) if _counts(match))
    if text:
        yield from _encoded(window)


def _counts(match: ProviderMatch) -> bool:
    return not match.dummy and not match.companion


def _near(window: bytes) -> Iterator[tuple[int, int]]:
    """Yield ranges around what the pattern of a row, a private key or a signed token matches."""
    for search in _searches():
        for at in search.places(window):
            for row in search.rows:
                begin = at - row.offset
                if begin >= 0 and window.startswith(row.hint, begin):
                    low = max(0, begin - _BEFORE)
                    if row.pattern.search(window, low, begin + _BEHIND):
                        yield low, min(len(window), begin + _BEHIND)
                        break
    at = window.find(_KEY)
    while at >= 0:
        if _KEY_BODY.match(window, at):
            yield max(0, at - 60), min(len(window), at + _KEY_BEHIND)
        at = window.find(_KEY, at + len(_KEY))
    if b"eyJ" in window:
        yield from ((hit.start(), min(len(window), hit.end() + 2100)) for hit in _SIGNED.finditer(window))


def _joined(ranges: Iterator[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    start, end = -1, -1
    for low, high in sorted(ranges):
        if low > end:
            if end >= 0:
                yield start, end
            start, end = low, high
        else:
            end = max(end, high)
    if end >= 0:
        yield start, end


class _Row(Record):
    """Hold a hint, how far before the place that is looked for it begins, and the pattern of its row."""

    hint: bytes
    offset: int
    pattern: re.Pattern[bytes]


class _Search(Record):
    """Look for some hints: by a pattern that begins with their rarest character, or for one hint as it is."""

    rows: tuple[_Row, ...]
    pattern: re.Pattern[bytes] | None = None

    def places(self, window: bytes) -> Iterator[int]:
        """Yield where a hint may be."""
        if self.pattern is not None:
            yield from (hit.start() for hit in self.pattern.finditer(window))
            return
        hint = self.rows[0].hint
        at = window.find(hint)
        while at >= 0:
            yield at
            at = window.find(hint, at + 1)


@cache
def _searches() -> tuple[_Search, ...]:
    """Return how the hints are looked for.

    A pattern that begins with one character is looked for with `memchr`, and what stands before that character is
    looked at from there: that is ten times as fast as an alternation of all hints.
    """
    groups: dict[str, list[_Row]] = {}
    plain: dict[bytes, list[_Row]] = {}
    for shape in SHAPES:
        pattern = re.compile(shape.pattern.encode())
        for hint in shape.hints:
            anchor = next((char for char in _ANCHORS if char in hint), None)
            if anchor is not None:
                groups.setdefault(anchor, []).append(_Row(hint.encode(), hint.index(anchor), pattern))
            elif len(hint) >= _SHORTEST_HINT:
                plain.setdefault(hint.encode(), []).append(_Row(hint.encode(), 0, pattern))
    found = [_Search(tuple(rows), _anchored(anchor, rows)) for anchor, rows in groups.items()]
    return (*found, *(_Search(tuple(rows)) for rows in plain.values()))


def _anchored(anchor: str, rows: list[_Row]) -> re.Pattern[bytes]:
    own = re.escape(anchor.encode())
    ends: list[bytes] = []
    for hint in sorted({row.hint for row in rows}):
        before, _, behind = hint.partition(anchor.encode())
        ends.append((b"(?<=" + re.escape(before) + own + b")" if before else b"") + re.escape(behind))
    ahead = _AHEAD if anchor in _LONG_BEHIND else b""
    return re.compile(own + ahead + b"(?:" + b"|".join(ends) + b")")


def _encoded(window: bytes) -> Iterator[Found]:
    """Yield the tokens that stand in base64, be it on one line or wrapped."""
    for run in _runs(window):
        inner = decoded(run)
        if inner and len(inner) <= _ENCODED_LIMIT:
            yield from (Found(found.match, found.text, encoded=True) for found in tokens(inner, text=False))


def _runs(window: bytes) -> Iterator[bytes]:
    """Yield the runs of base64 characters, lines that are wrapped at one length joined."""
    pieces: list[bytes] = []
    end = width = 0
    for hit in _BASE64.finditer(window):
        size = hit.end() - hit.start()
        follows = width in _WRAPPED and size <= width and window[end : hit.start()] in (b"\n", b"\r\n")
        if pieces and not follows:
            yield b"".join(pieces)
            pieces = []
        width = width if pieces else size
        pieces.append(hit[0])
        end = hit.end()
        if size < width:
            width = 0
    if pieces:
        yield b"".join(pieces)


def decoded(run: bytes) -> bytes:
    """Return what base64 text holds if that is text again, else nothing."""
    plain = run[:-1] if len(run) % 4 == 1 else run
    try:
        inner = binascii.a2b_base64(plain + b"=" * (-len(plain) % 4))
    except binascii.Error:
        return b""
    return inner if inner.isascii() and b"\0" not in inner else b""
