"""Read words: quotes, escapes, and the expansions that stand in them."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from typing import Final

from rewriter.documents.shell.ansi import resolve
from rewriter.documents.shell.cursor import Cursor
from rewriter.documents.shell.tree import (
    AnsiQuoted,
    Arithmetic,
    CommandSubstitution,
    DoubleQuoted,
    Literal,
    Part,
    ProcessSubstitution,
    Script,
    SingleQuoted,
    Variable,
    Word,
)
from rewriter.record import Record


class Mode(Record):
    """Describe how characters count at one kind of place.

    `run` matches characters that mean nothing there, `stops` end the text (and are not consumed), `escapes`
    are the characters that a backslash quotes (None: any), `single`, `double` and `dollar` tell whether
    `'`, `"` and `$'` open quotes; `quoted` tells whether double quotes surround the place.
    """

    run: re.Pattern[str]
    stops: str
    escapes: str | None = None
    single: bool = True
    double: bool = True
    dollar: bool = True
    quoted: bool = False
    patterns: bool = False


_BREAKS: Final = " \t\n|&;<>()"

WORD: Final = Mode(re.compile(r"[^ \t\n\r'\"\\$`|&;<>()]+"), _BREAKS, patterns=True)
PATTERN_LIST: Final = Mode(re.compile(r"[^\n\r'\"\\$`&;()]+"), "\n&;()", patterns=True)
REGEX: Final = Mode(re.compile(r"[^ \t\n\r'\"\\$`&;()]+"), " \t\n&;)")
REGEX_GROUP: Final = Mode(re.compile(r"[^\n\r'\"\\$`()]+"), "\n)")
ARGUMENT: Final = Mode(re.compile(r"[^'\"\\$`}<>]+"), "}")
ARGUMENT_IN_QUOTES: Final = Mode(re.compile(r"[^'\"\\$`}]+"), "}", '$`"\\}\n', single=False, dollar=False, quoted=True)
PATTERN_IN_QUOTES: Final = Mode(re.compile(r"[^'\"\\$`}]+"), "}", quoted=True)
IN_QUOTES: Final = Mode(
    re.compile(r"[^\"\\$`]+"), '"', '$`"\\\n', single=False, double=False, dollar=False, quoted=True
)
HEREDOC: Final = Mode(re.compile(r"[^\\$`]+"), "", "$`\\\n", single=False, double=False, dollar=False, quoted=True)

_SHORT: Final = re.compile(r"\$(?:([A-Za-z_][A-Za-z0-9_]*)|([0-9@*#?$!-]))")
_SINGLE: Final = re.compile(r"'([^']*+)'")
_ANSI: Final = re.compile(r"\$'((?:[^'\\]++|\\[\s\S])*+)'")
_BACKQUOTED: Final = re.compile(r"`((?:[^`\\]++|\\[\s\S])*+)`")
_SPLIT_NAME: Final = re.compile(r"\\\r?\n[A-Za-z0-9_]")
_CONTINUATIONS: Final = re.compile(r"(?:\\\r?\n){1,2}")
_ESCAPED: Final = re.compile(r"\\[\s\S]")
_ENDS_WORD: Final = frozenset(" \t\n;|&)")
_OPENS_PATTERN: Final = frozenset("?*+@!")


class WordReader(Cursor, ABC):
    """Read words and what they are made of."""

    @abstractmethod
    def script(self) -> Script:
        """Read a list up to whatever cannot go on with it."""

    @abstractmethod
    def parameter(self, mode: Mode) -> Variable:
        """Read `${...}`."""

    @abstractmethod
    def arithmetic(self) -> Arithmetic | None:
        """Read `$((...))`, or return None where that opens a subshell in a substitution."""

    def word(self, mode: Mode = WORD) -> Word:
        """Read a word; it is empty where none starts here."""
        start = self.at
        match = mode.run.match(self.text, start, self.end)
        if match:
            stop = match.end()
            if stop == self.end or self.text[stop] in _ENDS_WORD:
                self.at = stop
                raw = match.group()
                span = self.span(start, stop)
                text = span.of(self.source) if self.places else raw
                return Word(span, (Literal(raw, span),), raw, text)
        parts = self.parts(mode)
        return self.make_word(start, parts)

    def token(self) -> Word:
        """Read a word where a token starts; it is empty where a comment or no word does."""
        if self.peek() == "#":
            return Word(self.span(self.at, self.at), (), "", "")
        return self.word()

    def make_word(self, start: int, parts: tuple[Part, ...]) -> Word:
        """Return the word of `parts` that ends here."""
        span = self.span(start, self.at)
        return Word(span, parts, literal_value(parts), span.of(self.source))

    def parts(self, mode: Mode) -> tuple[Part, ...]:
        """Read parts up to one of the mode's stops, or the end."""
        found: list[Part] = []
        pieces: list[str] = []
        start = self.at
        while self.at < self.end:
            match = mode.run.match(self.text, self.at, self.end)
            if match:
                pieces.append(match.group())
                self.at = match.end()
                continue
            begin = self.at
            char = self.text[begin]
            if char == "\\":
                joint = _CONTINUATIONS.match(self.text, begin, self.end) if mode is WORD else None
                if joint and (joint.end() == self.end or self.text[joint.end()] in _BREAKS):
                    break
                pieces.append(self._escape(mode))
                continue
            part = self._part(char, mode)
            if part is not None:
                if begin > start:
                    found.append(Literal("".join(pieces), self.span(start, begin)))
                    pieces.clear()
                found.append(part)
                start = self.at
            elif char == "(" and self._opens_group(mode, start):
                self._pattern(mode, pieces, found, start)
                start = self.at - 1
            elif char in mode.stops or (char == "\r" and self._ends_line(mode)):
                break
            else:
                pieces.append(char)
                self.at += 1
        if self.at > start:
            found.append(Literal("".join(pieces), self.span(start, self.at)))
        return tuple(found)

    def _ends_line(self, mode: Mode) -> bool:
        return "\n" in mode.stops and (self.at + 1 == self.end or self.text[self.at + 1] == "\n")

    def _part(self, char: str, mode: Mode) -> Part | None:
        """Read the part that starts here, if one does."""
        match char:
            case "$":
                return self._dollar(mode)
            case "`":
                return self._backquoted(mode)
            case "'" if mode.single:
                return self._single()
            case '"' if mode.double:
                return self.double(self.at)
            case "<" | ">" if mode in (WORD, ARGUMENT) and self.text.startswith("(", self.at + 1, self.end):
                return self._process()
            case _:
                return None

    def _escape(self, mode: Mode) -> str:
        """Step over a backslash and what it quotes; return the text that this stands for."""
        text = self.text
        following = text[self.at + 1 : min(self.at + 3, self.end)]
        if following.startswith("\r\n"):
            self.at += 3
            return ""
        self.at += 1
        if not following:
            return "\\"
        char = following[0]
        if mode.escapes is not None and char not in mode.escapes:
            return "\\"
        self.at += 1
        return "" if char == "\n" else char

    def _opens_group(self, mode: Mode, start: int) -> bool:
        """Tell whether the parenthesis here belongs to a pattern such as `@(a|b)` or a regular expression."""
        if mode in (REGEX, REGEX_GROUP):
            return True
        if not (self.bash and mode.patterns and self.at > start and self.text[self.at - 1] in _OPENS_PATTERN):
            return False
        return not self.text.startswith(")", self.at + 1) and self.text[self.at - 2 : self.at - 1] != "\\"

    def _pattern(self, mode: Mode, pieces: list[str], found: list[Part], start: int) -> None:
        """Read a parenthesis within a word; leave the closing one in `pieces`."""
        self.enter()
        self.at += 1
        found.append(Literal("".join((*pieces, "(")), self.span(start, self.at)))
        found += self.parts(REGEX_GROUP if mode in (REGEX, REGEX_GROUP) else PATTERN_LIST)
        self.expect(")", "to end the pattern")
        pieces[:] = [")"]
        self.leave()

    def _single(self) -> SingleQuoted:
        match = _SINGLE.match(self.text, self.at, self.end)
        if match is None:
            raise self.fault("single quote is not closed")
        start, self.at = self.at, match.end()
        return SingleQuoted(match[1], self.span(start, self.at))

    def double(self, start: int) -> DoubleQuoted:
        """Read the double quotes that open here; `start` is where the part starts."""
        self.at += 1
        parts = self.parts(IN_QUOTES)
        if self.at >= self.end:
            raise self.fault("double quote is not closed", start)
        self.at += 1
        return DoubleQuoted(parts, self.span(start, self.at))

    def _dollar(self, mode: Mode) -> Part | None:
        """Read the expansion that the dollar here opens; None if it is an ordinary character."""
        start = self.at
        match = _SHORT.match(self.text, start, self.end)
        if match:
            self.at = match.end()
            if match[1] is None:
                return Variable(match[2], self.span(start, self.at), special=True)
            if _SPLIT_NAME.match(self.text, self.at, self.end):
                raise self.fault("variable name broken by a continuation")
            return Variable(match[1], self.span(start, self.at))
        following = self.text[start + 1 : min(start + 2, self.end)]
        match following:
            case "{":
                return self.parameter(mode)
            case "(":
                if self.text.startswith("(", start + 2, self.end):
                    expression = self.arithmetic()
                    if expression is not None:
                        return expression
                self.at += 2
                return CommandSubstitution(self.enclosed(start), self.span(start, self.at))
            case "'" if mode.dollar:
                return self._ansi()
            case '"' if mode.dollar:
                self.require_bash('$"..."')
                self.at += 1
                return self.double(start)
            case "[" if self.bash:
                raise self.fault("`$[`: not every shell expands it")
            case "\\" if self.text.startswith(("\n", "\r\n"), start + 2):
                raise self.fault("dollar before a continuation")
            case _:
                return None

    def _ansi(self) -> AnsiQuoted:
        self.require_bash("$'...'")
        match = _ANSI.match(self.text, self.at, self.end)
        if match is None:
            raise self.fault("single quote is not closed")
        start, self.at = self.at, match.end()
        return AnsiQuoted(resolve(match[1]), self.span(start, self.at))

    def enclosed(self, start: int) -> Script:
        """Read a list and the `)` after it; here-documents must begin and end within."""
        self.enter()
        waiting = (self.line_end, self.body_at)
        self.body_at = -1
        script = self.script()
        if self.at >= self.end:
            raise self.fault("parenthesis is not closed", start)
        self.expect(")", "to end the substitution")
        if self.body_at >= 0:
            raise self.fault("here-document outlasts its substitution")
        self.line_end, self.body_at = waiting
        self.leave()
        return script

    def _process(self) -> ProcessSubstitution:
        self.require_bash("process substitution")
        start = self.at
        self.at += 2
        return ProcessSubstitution(self.enclosed(start), self.span(start, self.at), self.text[start])

    def _backquoted(self, mode: Mode) -> CommandSubstitution:
        start = self.at
        match = _BACKQUOTED.match(self.text, start, self.end)
        if match is None:
            raise self.fault("backquote is not closed")
        self.enter()
        if "\\" in match[1]:
            inner = self._unescaped(match.start(1), match.end(1), '$`\\"' if mode is IN_QUOTES else "$`\\")
            script = inner.whole()
        else:
            outer = (self.end, self.line_end, self.body_at)
            self.at, self.end, self.body_at = match.start(1), match.end(1), -1
            script = self.whole()
            self.end, self.line_end, self.body_at = outer
        self.at = match.end()
        self.leave()
        return CommandSubstitution(script, self.span(start, self.at), backtick=True)

    def whole(self) -> Script:
        """Read a list that must go up to the end."""
        script = self.script()
        if self.at < self.end:
            raise self.fault(f"unexpected {self.text[self.at : self.at + 10]!r}")
        if self.body_at >= 0:
            raise self.fault("line break inside a word after `<<`")
        return script

    def _unescaped(self, start: int, end: int, escapes: str) -> WordReader:
        """Return a reader of a piece of the text with one level of backslashes removed."""
        pieces: list[str] = []
        places: list[int] = []
        position = start
        for match in _ESCAPED.finditer(self.text, start, end):
            if match.group()[1] in escapes:
                pieces += (self.text[position : match.start()], match.group()[1])
                places += range(position, match.start() + 1)
                position = match.end()
        pieces.append(self.text[position:end])
        places += range(position, end + 1)
        if self.places:
            places = [self.places[place] for place in places]
        inner = type(self)(self.source, self.dialect, text="".join(pieces), places=tuple(places))
        inner.depth = self.depth
        inner.comments = self.comments
        return inner


def literal_value(parts: tuple[Part, ...]) -> str | None:
    """Return the text that `parts` stand for in every shell, or None if one is expanded."""
    pieces: list[str] = []
    for part in parts:
        match part:
            case Literal(text) | SingleQuoted(text):
                pieces.append(text)
            case DoubleQuoted(inner):
                text_of_inner = literal_value(inner)
                if text_of_inner is None:
                    return None
                pieces.append(text_of_inner)
            case _:
                return None
    return "".join(pieces)
