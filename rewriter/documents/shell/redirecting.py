"""Read redirections, here-documents and assignments."""

from __future__ import annotations

import re
from typing import Final

from rewriter.documents.shell.parameters import ParameterReader
from rewriter.documents.shell.tree import (
    Array,
    DoubleQuoted,
    Heredoc,
    Literal,
    Part,
    Redirect,
    ShellAssignment,
    SingleQuoted,
    Word,
)
from rewriter.documents.shell.wording import HEREDOC

_REDIRECT: Final = re.compile(
    r"(?:([0-9]{1,9})|\{([A-Za-z_][A-Za-z0-9_]*)\})?(<<<|<<-?|<&|<>|<(?!\()|>>|>&|>\||>(?!\())|(&>>?)"
)
_ANGLES: Final = ("<", ">")
_BASH_ONLY: Final = frozenset({"<<<", "&>", "&>>"})
_STARTS_REDIRECT: Final = frozenset("<>&{0123456789")
_BROKEN: Final = re.compile(r"\\\r?\n[<>&|-]")
_NAME: Final = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(?:(\+?)=|(?=\[))")
_DECLARED: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\+?=(?=\()")
_EQUALS: Final = re.compile(r"(\+?)=")
_RESERVED: Final = re.compile(
    r"if|then|elif|else|fi|do|done|case|esac|while|until|for|select|function|coproc|\{|\}|!|\[\[|time"
)
_ASSIGNS: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:\[[\s\S]*\])?\+?=[\s\S]*")


class RedirectReader(ParameterReader):
    """Read what a simple command has besides its plain words."""

    def redirect(self) -> Redirect | None:
        """Read the redirection that starts here, if one does."""
        if self.at >= self.end or self.text[self.at] not in _STARTS_REDIRECT:
            return None
        start = self.at
        match = _REDIRECT.match(self.text, start, self.end)
        if match is None:
            return None
        digits, name, plain, both = match.groups()
        operator = plain or both
        if operator in _BASH_ONLY or name is not None:
            self.require_bash(operator)
        self.at = match.end()
        if _BROKEN.match(self.text, self.at, self.end):
            raise self.fault("operator broken by a continuation")
        self.skip_blanks()
        target = self.token()
        if not target.parts:
            raise self.fault(f"nothing after {operator!r}")
        if target.text.isdecimal() and self.peek() in _ANGLES:
            raise self.fault("a number between two redirections")
        span = self.span(start, self.at)
        heredoc = self._heredoc(target, strip=operator == "<<-") if operator in ("<<", "<<-") else None
        return Redirect(operator, target, span, int(digits) if digits else None, name, heredoc)

    def redirects(self) -> tuple[Redirect, ...]:
        """Read the redirections after a compound command."""
        found: list[Redirect] = []
        while True:
            before = self.at
            self.skip_blanks()
            redirect = self.redirect()
            if redirect is None:
                self.at = before
                return tuple(found)
            found.append(redirect)

    def _heredoc(self, target: Word, *, strip: bool) -> Heredoc:
        """Read the body that belongs to the `<<` just read, which starts on the next line."""
        if not all(_is_plain(part) for part in target.parts) or target.value is None:
            raise self.fault("delimiter of a here-document with an expansion")
        expand = not any(char in target.text for char in "'\"\\")
        begin = self.start_bodies()
        indent = "\t*" if strip else ""
        pattern = re.compile(rf"^{indent}{re.escape(target.value)}\r?$", re.MULTILINE)
        position = begin
        while True:
            match = pattern.search(self.text, position, self.end)
            if match is None:
                raise self.fault(f"here-document without its delimiter {target.value!r}")
            if not (expand and self._continued(begin, match.start())):
                break
            position = self.text.find("\n", match.start(), self.end) + 1
            if position == 0:
                raise self.fault(f"here-document without its delimiter {target.value!r}")
        line_end = self.text.find("\n", match.end(), self.end)
        self.body_at = self.end if line_end < 0 else line_end + 1
        body = self.span(begin, match.start())
        parts = self._body(begin, match.start(), expand=expand)
        return Heredoc(target.value, expand, body, self.span(match.start(), match.end()), parts)

    def _continued(self, begin: int, line: int) -> bool:
        """Tell whether the line before the one at `line` ends in a backslash that joins the two."""
        stop = line - 1
        if stop > begin and self.text[stop - 1] == "\r":
            stop -= 1
        count = 0
        while stop - count > begin and self.text[stop - count - 1] == "\\":
            count += 1
        return count % 2 == 1

    def _body(self, begin: int, stop: int, *, expand: bool) -> tuple[Part, ...]:
        if begin == stop:
            return ()
        if not expand:
            span = self.span(begin, stop)
            return (Literal(span.of(self.source), span),)
        outer = (self.at, self.end, self.line_end, self.body_at)
        self.enter()
        self.at, self.end, self.body_at = begin, stop, -1
        parts = self.parts(HEREDOC)
        self.leave()
        self.at, self.end, self.line_end, self.body_at = outer
        return parts

    def assignment(self) -> ShellAssignment | None:
        """Read `NAME=word`, if it starts here."""
        start = self.at
        match = _NAME.match(self.text, start, self.end)
        if match is None:
            return None
        name, plus = match.groups()
        self.at = match.end()
        index: tuple[Part, ...] = ()
        if plus is None:
            index = self.index()
            equals = _EQUALS.match(self.text, self.at, self.end)
            if equals is None:
                raise self.fault("subscript without an assignment", start)
            plus = equals[1]
            self.at = equals.end()
        if plus or index:
            self.require_bash("NAME[...]= or NAME+=")
        value = self.array() if self.ahead("(") else self.word()
        return ShellAssignment(name, value, self.span(start, self.at), append=bool(plus), index=index)

    def array(self) -> Word:
        """Read the `(...)` of an array."""
        self.require_bash("an array")
        self.enter()
        start = self.at
        self.at += 1
        words: list[Word] = []
        while True:
            self.skip_lines()
            if self.peek() == ")":
                break
            word = self.token()
            if not word.parts:
                raise self.fault("array is not closed", start)
            words.append(word)
        self.at += 1
        self.leave()
        return self.make_word(start, (Array(tuple(words), self.span(start, self.at)),))

    def declared(self) -> Word | None:
        """Read `NAME=(...)` as it may follow `declare` and its like, if it starts here."""
        start = self.at
        match = _DECLARED.match(self.text, start, self.end)
        if match is None:
            return None
        self.at = match.end()
        name = Literal(match.group(), self.span(start, self.at))
        return self.make_word(start, (name, *self.array().parts))

    def check_command_word(self, start: int) -> None:
        """Refuse a first word that is a reserved word or an assignment once its continuations are gone."""
        self.forbid_continuation(start, _RESERVED, "reserved word")
        self.forbid_continuation(start, _ASSIGNS, "assignment")


def _is_plain(part: Part) -> bool:
    match part:
        case Literal() | SingleQuoted():
            return True
        case DoubleQuoted(parts):
            return all(isinstance(inner, Literal) for inner in parts)
        case _:
            return False
