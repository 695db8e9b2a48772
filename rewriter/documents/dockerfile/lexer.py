"""Take a word apart as BuildKit's shell lexer does: quotes, escapes and variables.

One pass, never a fault: what BuildKit would reject is read as best it can be, and `Lexed.error` says why.
Reference: `frontend/dockerfile/shell/lex.go` of BuildKit.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from rewriter.record import Record

MAX_DEPTH: Final = 50
TOO_DEEP: Final = "variables are nested more than 50 deep"

_NAME: Final = re.compile(r"\d+|[@*#?\-$!]|\w+")


class Literal(Record):
    """Hold plain text of a word, quotes and escapes resolved.

    `quote` is the quote around it, the escape character for one escaped character, or empty.
    """

    text: str
    start: int
    end: int
    quote: str


class Variable(Record):
    """Hold one variable of a word: `$NAME`, or `${NAME<operator><word>}`.

    `operator` is empty, or one of `:- - :+ + :? ? # % / //`; another one is an error of the file.
    """

    name: str
    operator: str
    word: tuple[Literal | Variable, ...]
    replacement: tuple[Literal | Variable, ...]
    start: int
    end: int
    name_start: int
    quote: str


Part = Literal | Variable


class Lexed(Record):
    """Hold the parts of a word, the ranges of its outermost quotes, and what is wrong with it (or empty)."""

    parts: tuple[Part, ...]
    quoted: tuple[tuple[int, int], ...]
    error: str


@lru_cache(maxsize=32)
def _run(stops: str) -> re.Pattern[str]:
    """Return the pattern of a run of characters that are none of `stops`."""
    return re.compile(f"[^{re.escape(stops)}]+")


class _Lexer:
    """Walk over one word."""

    __slots__ = ("depth", "error", "escape", "position", "quoted", "quotes", "text")

    def __init__(self, text: str, escape: str, *, quotes: bool) -> None:
        self.text = text
        self.escape = escape
        self.quotes = "\"'" if quotes else ""
        self.position = 0
        self.depth = 0
        self.error = ""
        self.quoted: list[tuple[int, int]] = []

    def fail(self, what: str) -> None:
        """Keep the first error."""
        self.error = self.error or what

    def until(self, stop: str, *, raw: bool, quote: str = "") -> list[Part]:
        """Read up to the character `stop`, or to the end when it is empty; `raw` keeps escapes."""
        text, size = self.text, len(self.text)
        run = _run("$" + self.quotes + self.escape + stop)
        parts: list[Part] = []
        while self.position < size:
            start = self.position
            char = text[start]
            if char == stop:
                self.position += 1
                return parts
            if char == "$":
                parts.append(self.dollar(quote))
            elif char == self.escape:
                self.position = min(start + 2, size)
                kept = text[start if raw else start + 1 : self.position]
                parts.append(Literal(kept, start, self.position, self.escape))
            elif char in self.quotes:
                parts += self.quotation(char, raw=raw)
            else:
                found = run.match(text, start)
                self.position = found.end() if found else start + 1
                parts.append(Literal(text[start : self.position], start, self.position, quote))
        if stop:
            self.fail(f"a `${{` without its `{stop}`")
        return parts

    def quotation(self, mark: str, *, raw: bool) -> list[Part]:
        """Read a quoted string, from its opening quote on."""
        start = self.position
        parts = self.double(raw=raw) if mark == '"' else self.single()
        if self.depth == 0:
            self.quoted.append((start, self.position))
        return parts

    def single(self) -> list[Part]:
        """Read `'...'`; without its end, take the quote for a plain character."""
        start = self.position
        end = self.text.find("'", start + 1)
        if end < 0:
            self.fail("a single quote without its partner")
            self.position += 1
            return [Literal("'", start, start + 1, "")]
        self.position = end + 1
        return [Literal(self.text[start + 1 : end], start + 1, end, "'")]

    def double(self, *, raw: bool) -> list[Part]:
        """Read `"..."`; without its end, take all that follows for quoted."""
        text, size = self.text, len(self.text)
        run = _run('"$' + self.escape)
        parts: list[Part] = []
        self.position += 1
        while self.position < size:
            start = self.position
            char = text[start]
            if char == '"':
                self.position += 1
                return parts
            if char == "$":
                parts.append(self.dollar('"'))
                continue
            if char == self.escape:
                special = text[start + 1 : start + 2] in ('"', "$", self.escape)
                self.position += 2 if special else 1
                kept = text[start + 1 if special and not raw else start : self.position]
            else:
                found = run.match(text, start)
                self.position = found.end() if found else start + 1
                kept = text[start : self.position]
            parts.append(Literal(kept, start, self.position, '"'))
        self.fail("a double quote without its partner")
        return parts

    def name(self) -> str:
        """Read a variable's name, which may be empty."""
        found = _NAME.match(self.text, self.position)
        name = found[0] if found else ""
        if not name.isascii():
            size = next((i for i, c in enumerate(name) if not (c.isalpha() or c.isdecimal() or c == "_")), None)
            name = name[:size]
        self.position += len(name)
        return name

    def dollar(self, quote: str) -> Part:
        """Read a variable, from its `$` on."""
        start = self.position
        if self.text[start + 1 : start + 2] == "{":
            return self.braced(start, quote)
        self.position += 1
        name = self.name()
        if not name:
            return Literal("$", start, self.position, quote)
        return Variable(name, "", (), (), start, self.position, start + 1, quote)

    def braced(self, start: int, quote: str) -> Part:
        """Read `${...}`; what is no substitution stays two plain characters."""
        text = self.text
        self.position = start + 2
        name = "" if text[start + 2 : start + 3] in ("", "{", "}", ":") else self.name()
        operator = text[self.position : self.position + 1]
        if name and operator == "}":
            self.position += 1
            return Variable(name, "", (), (), start, self.position, start + 2, quote)
        if not name or operator not in (":", "+", "-", "?", "#", "%", "/"):
            self.fail("a `${` that is no substitution BuildKit knows")
        elif self.depth >= MAX_DEPTH:
            self.fail(TOO_DEEP)
        else:
            self.depth += 1
            part = self.substitution(name, operator, start, quote)
            self.depth -= 1
            return part
        self.position = start + 2
        return Literal("${", start, start + 2, quote)

    def substitution(self, name: str, operator: str, start: int, quote: str) -> Part:
        """Read what follows the name in `${NAME...}`."""
        self.position += 1
        if operator in (":", "/"):
            following = self.text[self.position : self.position + 1]
            if operator == ":" or following == "/":
                operator += following
                self.position += 1
        if operator in (":#", ":%"):
            self.fail("a `${` with `:#` or `:%`, which BuildKit does not know")
        word: list[Part]
        replacement: list[Part] = []
        if operator in ("/", "//"):
            word = self.until("/", raw=True, quote=quote)
            replacement = self.until("}", raw=True, quote=quote)
        else:
            word = self.until("}", raw=operator in ("#", "%"), quote=quote)
        self.position = min(self.position, len(self.text))
        return Variable(name, operator, tuple(word), tuple(replacement), start, self.position, start + 2, quote)


def lex(text: str, escape: str, *, quotes: bool = True) -> Lexed:
    """Return the parts of a word; without `quotes`, quotes are plain characters."""
    lexer = _Lexer(text, escape, quotes=quotes)
    parts = lexer.until("", raw=False)
    return Lexed(tuple(parts), tuple(lexer.quoted), lexer.error)


def unquote(text: str, escape: str) -> str:
    """Return a word without quotes and escapes, its variables as written; a broken word stays as it is."""
    if '"' not in text and "'" not in text and escape not in text:
        return text
    lexed = lex(text, escape)
    if lexed.error:
        return text
    return "".join(part.text if isinstance(part, Literal) else text[part.start : part.end] for part in lexed.parts)


def quote_of(text: str, escape: str) -> str:
    """Return the quote that encloses the whole word, or nothing."""
    if text[:1] not in ("'", '"') or text[-1] != text[0]:
        return ""
    lexed = lex(text, escape)
    return text[0] if not lexed.error and lexed.quoted == ((0, len(text)),) else ""
