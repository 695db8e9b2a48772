"""Read the lines of a Dockerfile: directives, comments, blank lines, and the lines of each instruction.

Lines end at a line feed alone. Reference: `Parse` in `frontend/dockerfile/parser/parser.go` of BuildKit.
"""

from __future__ import annotations

import re
from itertools import accumulate
from typing import Final

from rewriter.documents.dockerfile.logical import Logical
from rewriter.documents.dockerfile.model import Directive, ParseWarning, Piece, PieceKind
from rewriter.documents.dockerfile.split import SPACES
from rewriter.errors import ParseError
from rewriter.model.text import Source, Span
from rewriter.record import Record

BOM: Final = "\ufeff"
MAX_LINE: Final = 65_536
_DIRECTIVE: Final = re.compile(r"([a-zA-Z][a-zA-Z0-9]*)[ \t\n\f\r]*=[ \t\n\f\r]*(.*)", re.DOTALL)
_KNOWN: Final = ("syntax", "escape", "check")


class Block(Record):
    """Hold the lines of one instruction, joined; heredoc bodies are not read yet."""

    start: int
    line: int
    logical: Logical
    comments: tuple[Span, ...]


class Reader:
    """Walk over the lines of one source."""

    def __init__(self, source: Source) -> None:
        self.path = source.path
        self.text = source.text
        self.lines = source.text.split("\n")
        self.starts = [0, *accumulate(len(line) + 1 for line in self.lines)]
        if not self.lines[-1]:
            self.lines.pop()
        self.starts[len(self.lines)] = len(source.text)
        self.next = 0
        self.escape = "\\"
        self.pieces: list[Piece] = []
        self.warnings: list[ParseWarning] = []
        self._refuse_binary()
        self._refuse_long_lines()

    def fail(self, line: int, what: str) -> ParseError:
        """Return the error to raise about a line."""
        return ParseError(self.path, line, what)

    def _refuse_binary(self) -> None:
        place = self.text.find("\0")
        if place >= 0:
            line = self.text.count("\n", 0, place) + 1
            raise self.fail(line, "holds a NUL byte: this is a binary file, or text in UTF-16; save it as UTF-8")

    def _refuse_long_lines(self) -> None:
        if max(map(len, self.lines), default=0) < MAX_LINE // 4:
            return
        for number, line in enumerate(self.lines, 1):
            if len(line.encode("utf-8", "surrogateescape")) >= MAX_LINE:
                raise self.fail(number, "is longer than the 65535 bytes that BuildKit reads; break the line")

    def _add(self, kind: PieceKind, start: int) -> None:
        self.pieces.append(Piece(kind, Span(start, self.starts[self.next])))

    def _add_blank(self, start: int) -> None:
        """Add a blank line; a run of them is one piece."""
        if self.pieces and self.pieces[-1].kind is PieceKind.BLANK:
            start = self.pieces.pop().span.start
        self._add(PieceKind.BLANK, start)

    def directives(self) -> tuple[Directive, ...]:
        """Read the byte-order mark and the parser directives, which stand before everything else."""
        if self.text.startswith(BOM):
            self.pieces.append(Piece(PieceKind.BOM, Span(0, 1)))
            self.lines[0] = self.lines[0][1:]
            self.starts[0] = 1
        found: dict[str, Directive] = {}
        while self.next < len(self.lines):
            directive = read_directive(self.lines[self.next], self.starts[self.next])
            if directive is None:
                break
            self.next += 1
            if directive.name in found:
                raise self.fail(self.next, f"a second {directive.name} directive: keep one of them")
            if directive.name == "escape":
                if directive.value not in ("\\", "`"):
                    raise self.fail(self.next, "the escape directive must name \\ or `")
                self.escape = directive.value
            found[directive.name] = directive
            self._add(PieceKind.DIRECTIVE, self.starts[self.next - 1])
        return tuple(found.values())

    def block(self) -> Block | None:
        """Read up to the next instruction and its lines, or to the end of the file."""
        while self.next < len(self.lines):
            line = self.lines[self.next]
            start = self.starts[self.next]
            self.next += 1
            head = line.lstrip(SPACES)
            if not head:
                self._add_blank(start)
            elif head[0] == "#":
                self._add(PieceKind.COMMENT, start)
            else:
                return self._join(head.rstrip("\r"), start, start + len(line) - len(head))
        return None

    def _join(self, text: str, start: int, source: int) -> Block:
        """Join the continuation lines of an instruction to its first line."""
        line = self.next
        stripped = text.rstrip(" \t")
        if stripped[-1:] != self.escape or stripped[-2:-1] == self.escape:
            return Block(start, line, Logical(text, 0, (0,), (source,)), ())
        chunks, starts, sources = [stripped[:-1]], [0], [source]
        size = len(stripped) - 1
        comments: list[Span] = []
        blank = 0
        more = True
        while more and self.next < len(self.lines):
            source = self.starts[self.next]
            text = self.lines[self.next].rstrip("\r")
            self.next += 1
            head = text.lstrip(SPACES)
            if not head:
                blank = blank or self.next
            elif head[0] == "#":
                comments.append(Span(source, self.starts[self.next]))
            else:
                stripped = text.rstrip(" \t")
                more = stripped[-1:] == self.escape and stripped[-2:-1] != self.escape
                text = stripped[:-1] if more else text
                if text:
                    chunks.append(text)
                    starts.append(size)
                    sources.append(source)
                    size += len(text)
        if blank:
            self.warnings.append(ParseWarning(blank, "an empty line inside of an instruction"))
        if len(starts) > 1 and starts[1] == 0:
            del starts[0], sources[0]
        return Block(start, line, Logical("".join(chunks), 0, tuple(starts), tuple(sources)), tuple(comments))

    def heredoc(self, name: str, *, strip_tabs: bool) -> tuple[Span, Span] | None:
        """Read a heredoc's body and terminator; None when the file ends before."""
        start = self.starts[self.next]
        for number in range(self.next, len(self.lines)):
            line = self.lines[number].rstrip("\r")
            if not line.endswith(name):
                continue
            if (line.lstrip("\t") if strip_tabs else line) == name:
                end = self.starts[number] + len(line)
                self.next = number + 1
                return Span(start, self.starts[number]), Span(end - len(name), end)
        return None

    def close(self, block: Block) -> Span:
        """Return the span of a block that is read to its end, and keep it as a piece."""
        self._add(PieceKind.INSTRUCTION, block.start)
        return self.pieces[-1].span


def read_directive(line: str, start: int, *, indented: bool = True) -> Directive | None:
    """Return the parser directive that a line holds, if it holds one that BuildKit knows."""
    head = line.lstrip(SPACES) if indented else line
    if head[:1] != "#":
        return None
    inner = head[1:].lstrip(SPACES)
    found = _DIRECTIVE.match(inner)
    if found is None or found[1].lower() not in _KNOWN:
        return None
    value = found[2].rstrip(" \t\n\f\r")
    if not value and inner[-1] == "=":
        return None
    origin = start + len(line) - len(inner)
    span = Span(start + len(line) - len(head), start + len(line.rstrip("\r")))
    return Directive(found[1].lower(), value, span, Span(origin + found.start(2), origin + found.start(2) + len(value)))
