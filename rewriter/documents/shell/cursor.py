"""Move through shell text: blanks, line ends, comments, here-document bodies, the depth of nesting."""

from __future__ import annotations

import re
from typing import Final

from rewriter.documents.shell.error import ShellError
from rewriter.documents.shell.tree import Dialect
from rewriter.model.text import Span

MAX_DEPTH: Final = 40

_BLANKS: Final = re.compile(r"(?:[ \t]+|\\\r?\n)*")
_COMMENT: Final = re.compile(r"#(?:[^\r\n]|\r(?!\n|\Z))*")
_NEWLINE: Final = re.compile(r"\n|\r(?:\n|\Z)")
_BODY_START: Final = re.compile(r"(?:[^\\\n]++|\\(?:\r\n|[\s\S]))*+\n")
_CONTINUATION: Final = re.compile(r"\\\r?\n")


class Cursor:
    """Hold a place in a text; `places`, where given, maps the text's offsets to those of `source`.

    The map serves backquotes with escapes, whose text is read without these escapes.
    """

    def __init__(self, source: str, dialect: Dialect, *, text: str | None = None, places: tuple[int, ...] = ()) -> None:
        self.source: Final = source
        self.text: Final = source if text is None else text
        self.places: Final = places
        self.dialect: Final = dialect
        self.bash: Final = dialect is not Dialect.POSIX
        self.end = len(self.text)
        self.at = 0
        self.depth = 0
        self.comments: list[Span] = []
        self.line_end = -1
        self.body_at = -1
        self.lookahead = 0

    def span(self, start: int, end: int) -> Span:
        """Return the span of the outermost text for two offsets of the text being read."""
        if self.places:
            return Span(self.places[start], self.places[end])
        return Span(start, end)

    def place(self, offset: int) -> int:
        """Return the offset in the outermost text."""
        return self.places[offset] if self.places else offset

    def fault(self, what: str, at: int | None = None) -> ShellError:
        """Return the error to raise for what stands at an offset (or here)."""
        return ShellError(self.place(min(self.at if at is None else at, len(self.text))), what)

    def enter(self) -> None:
        """Go one level deeper, or refuse."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise self.fault(f"nested deeper than {MAX_DEPTH} levels")

    def leave(self) -> None:
        """Come back from one level."""
        self.depth -= 1

    def require_bash(self, what: str) -> None:
        """Refuse a form that POSIX does not know, in a text that must be POSIX."""
        if not self.bash:
            raise self.fault(f"{what}: not POSIX")

    def peek(self) -> str:
        """Return the character here, or nothing at the end."""
        return self.text[self.at] if self.at < self.end else ""

    def ahead(self, token: str) -> bool:
        """Tell whether `token` stands here."""
        return self.text.startswith(token, self.at, self.end)

    def expect(self, token: str, what: str) -> None:
        """Step over `token`, or refuse."""
        if not self.ahead(token):
            raise self.fault(f"expected {token!r} {what}")
        self.at += len(token)

    def skip_blanks(self) -> None:
        """Step over blanks and continuations."""
        match = _BLANKS.match(self.text, self.at, self.end)
        if match:
            self.at = match.end()

    def skip_comment(self) -> None:
        """Step over a comment, if one starts here; only to be called where a token may start."""
        match = _COMMENT.match(self.text, self.at, self.end)
        if match:
            self.comments.append(self.span(self.at, match.end()))
            self.at = match.end()

    def newline(self) -> Span | None:
        """Step over a line end and the here-document bodies behind it; return the span of the line end."""
        match = _NEWLINE.match(self.text, self.at, self.end)
        if match is None:
            return None
        start = self.at
        self.at = match.end()
        if self.body_at >= 0:
            if self.at != self.line_end:
                raise self.fault("line break inside a word after `<<`", start)
            self.at = self.body_at
            self.body_at = -1
        return self.span(start, match.end())

    def skip_lines(self) -> None:
        """Step over blanks, comments and line ends."""
        while True:
            self.skip_blanks()
            self.skip_comment()
            if self.newline() is None:
                return

    def start_bodies(self) -> int:
        """Return where the body of the next here-document starts."""
        if self.body_at < 0:
            match = _BODY_START.match(self.text, self.at, self.end)
            if match is None:
                raise self.fault("here-document without a body")
            self.line_end = match.end()
            self.body_at = self.line_end
        return self.body_at

    def forbid_continuation(self, start: int, pattern: re.Pattern[str], what: str) -> None:
        """Refuse a word that only means something special once its continuations are gone."""
        raw = self.text[start : self.at]
        if "\\" in raw and pattern.fullmatch(_CONTINUATION.sub("", raw)):
            raise self.fault(f"{what} broken by a continuation", start)
