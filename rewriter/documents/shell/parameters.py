"""Read what stands in `${...}` and in `$((...))`."""

from __future__ import annotations

import re
from typing import Final

from rewriter.documents.shell.tree import Arithmetic, Literal, Part, Variable
from rewriter.documents.shell.wording import (
    ARGUMENT,
    ARGUMENT_IN_QUOTES,
    PATTERN_IN_QUOTES,
    Mode,
    WordReader,
)

_PLAIN: Final = re.compile(r"\$\{(?:([A-Za-z_][A-Za-z0-9_]*)|([0-9]+|[@*#?$!-]))\}")
_LENGTH: Final = re.compile(r"#(?=(?:[A-Za-z_][A-Za-z0-9_]*|[0-9]+|[@*?$!#-])[\[}])")
_INDIRECT: Final = re.compile(r"!(?=[A-Za-z0-9_]|[#@*]\})")
_NAME: Final = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)|[0-9]+|[@*#?$!-]")
_PREFIX: Final = re.compile(r"[@*](?=\})")
_OPERATOR: Final = re.compile(r":[-=?+]|[-=?+]|##?|%%?|//|/[#%]?|\^\^?|,,?|~~?|@[A-Za-z](?=\})|:")
_POSIX_OPERATORS: Final = frozenset({":-", "-", ":=", "=", ":?", "?", ":+", "+", "#", "##", "%", "%%"})
_DEFAULTS: Final = frozenset({":-", "-", ":=", "=", ":?", "?", ":+", "+"})

_TOKEN: Final = re.compile(
    r"(?:[ \t\r\n]|\\\r?\n)+|[-+*/%<>=!&|^~?:,]+|[0-9][0-9A-Za-z_@#]*|(?P<name>[A-Za-z_][A-Za-z0-9_]*)"
)
_OPERAND: Final = re.compile(r"(?<=[A-Za-z0-9_@#])(?:[ \t\r\n]|\\\r?\n)+[A-Za-z0-9_]")
_BRACKETS: Final = {"(": ")", "[": "]"}
_LOOKS: Final = 10
_NESTING: Final = re.compile(
    r"""[^()'"\\`]++|\\[\s\S]|'[^']*+'|"(?:[^"\\]++|\\[\s\S])*+"|`(?:[^`\\]++|\\[\s\S])*+`|([()])"""
)


class ParameterReader(WordReader):
    """Read parameter expansions and arithmetic."""

    def parameter(self, mode: Mode) -> Variable:
        """Read `${...}`."""
        start = self.at
        match = _PLAIN.match(self.text, start, self.end)
        if match:
            self.at = match.end()
            return Variable(match[1] or match[2], self.span(start, self.at), special=match[1] is None)
        self.enter()
        self.at += 2
        length = self._step(_LENGTH) != ""
        indirect = not length and self._step(_INDIRECT) != ""
        name = _NAME.match(self.text, self.at, self.end)
        if name is None:
            raise self.fault("bad substitution", start)
        self.at = name.end()
        index = self.index() if name[1] is not None and self.ahead("[") else ()
        operator = ""
        argument: tuple[Part, ...] = ()
        if not length and not self.ahead("}"):
            operator, argument = self._operation(mode, prefix=indirect)
        if indirect or index:
            self.require_bash("${!...} or an array")
        self.expect("}", "to end the expansion")
        self.leave()
        return Variable(
            name.group(),
            self.span(start, self.at),
            operator=operator,
            argument=argument,
            index=index,
            indirect=indirect,
            special=name[1] is None,
            length=length,
        )

    def _step(self, pattern: re.Pattern[str]) -> str:
        match = pattern.match(self.text, self.at, self.end)
        if match is None:
            return ""
        self.at = match.end()
        return match.group()

    def _operation(self, mode: Mode, *, prefix: bool) -> tuple[str, tuple[Part, ...]]:
        """Read the operator of an expansion and its argument."""
        names = self._step(_PREFIX) if prefix else ""
        if names:
            return names, ()
        operator = self._step(_OPERATOR)
        if not operator:
            raise self.fault("bad substitution")
        if operator not in _POSIX_OPERATORS:
            self.require_bash(f"${{...{operator}}}")
        if operator.startswith("@"):
            return operator, ()
        if operator == ":":
            return operator, self.expression("}")
        if not mode.quoted:
            return operator, self.parts(ARGUMENT)
        if operator not in _DEFAULTS:
            return operator, self.parts(PATTERN_IN_QUOTES)
        return operator, self._default_in_quotes()

    def _default_in_quotes(self) -> tuple[Part, ...]:
        """Read a default within double quotes, where `'` quotes nothing; bash rejects a lone one."""
        start = self.at
        parts = self.parts(ARGUMENT_IN_QUOTES)
        if sum(part.text.count("'") for part in parts if isinstance(part, Literal)) % 2:
            raise self.fault("lone single quote within ${...} in double quotes", start)
        return parts

    def index(self) -> tuple[Part, ...]:
        """Read the subscript `[...]` that stands here, brackets left out."""
        self.expect("[", "to open a subscript")
        for whole in ("@", "*"):
            if self.ahead(f"{whole}]"):
                self.at += 2
                return (Literal(whole, self.span(self.at - 2, self.at - 1)),)
        parts = self.expression("]")
        self.expect("]", "to end the subscript")
        return parts

    def arithmetic(self) -> Arithmetic | None:
        """Read `$((...))`, or return None where that opens a subshell in a substitution."""
        if not self.closes_twice(self.at + 3):
            return None
        start = self.at
        self.at += 1
        return self.arithmetic_parentheses(start)

    def arithmetic_parentheses(self, start: int) -> Arithmetic:
        """Read the `((...))` that stands here."""
        self.enter()
        self.at += 2
        begin = self.at
        parts = self.expression(")")
        self.expect("))", "to end the arithmetic")
        self.leave()
        return self.arithmetic_of(start, begin, parts)

    def arithmetic_of(self, start: int, begin: int, parts: tuple[Part, ...]) -> Arithmetic:
        """Return the arithmetic that ends here, behind its two parentheses."""
        return Arithmetic(self.span(start, self.at), self.span(begin, self.at - 2).of(self.source), parts)

    def closes_twice(self, at: int) -> bool:
        """Tell whether the two parentheses that open before `at` close together.

        Where they do not, they open a subshell within a subshell or a substitution: bash decides so too. All
        looks ahead together are bounded by the length of the text, so that reading stays linear.
        """
        depth = 2
        while True:
            match = _NESTING.match(self.text, at, self.end)
            if match is None:
                return False
            self.lookahead += match.end() - at
            if self.lookahead > _LOOKS * len(self.text):
                raise self.fault("too many nested `((`")
            at = match.end()
            if match[1] == "(":
                depth += 1
            elif match[1] == ")":
                depth -= 1
                if depth == 1:
                    return self.text.startswith(")", at, self.end)

    def expression(self, close: str) -> tuple[Part, ...]:
        """Read arithmetic up to `close` (or a `;`) outside of parentheses and brackets.

        The key of an associative array is no arithmetic, and so up to `]` any character will do.
        """
        found: list[Part] = []
        nesting: list[str] = []
        start = self.at
        while self.at < self.end:
            begin = self.at
            char = self.text[begin]
            part: Part | None = None
            token = _TOKEN.match(self.text, begin, self.end)
            if token:
                self.at = token.end()
                if token["name"] is not None:
                    part = Variable(token["name"], self.span(begin, self.at), bare=True)
                if close != "]" and _OPERAND.match(self.text, self.at, self.end):
                    raise self.fault("not arithmetic")
            elif char in (nesting[-1:] or (close, ";")):
                if not nesting:
                    break
                nesting.pop()
                self.at += 1
            elif char in _BRACKETS:
                nesting.append(_BRACKETS[char])
                self.at += 1
            else:
                part = self._part(char, ARGUMENT)
                if part is None:
                    self._any_character(close)
            if part is not None:
                self._literal_between(found, start, begin)
                found.append(part)
                start = self.at
        if nesting:
            raise self.fault(f"expected {nesting[-1]!r} in arithmetic")
        self._literal_between(found, start, self.at)
        return tuple(found)

    def _any_character(self, close: str) -> None:
        if close != "]" or self.peek() in " \t\r\n&|<>()":
            raise self.fault("not arithmetic")
        self.at += 2 if self.peek() == "\\" else 1
        self.at = min(self.at, self.end)

    def _literal_between(self, found: list[Part], start: int, end: int) -> None:
        if end > start:
            found.append(Literal(self.text[start:end], self.span(start, end)))
