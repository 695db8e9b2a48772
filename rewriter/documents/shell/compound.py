"""Read compound commands and definitions of functions."""

from __future__ import annotations

import re
from abc import abstractmethod
from typing import Final

from rewriter.documents.shell.redirecting import RedirectReader
from rewriter.documents.shell.tree import (
    Branch,
    Case,
    Clause,
    Compound,
    Function,
    Group,
    If,
    Literal,
    Loop,
    Node,
    Operator,
    Script,
    Subshell,
    Test,
    Word,
)
from rewriter.documents.shell.wording import REGEX, WORD

DELIMITED: Final = r"(?=[ \t\n;&|<>()]|\r(?:\n|\Z)|\\\r?\n|\Z)"

_DEFINITION: Final = re.compile(r"([^ \t\n\r'\"\\$`|&;<>(){}=#!]++)[ \t]*+\([ \t]*\)")
_FUNCTION: Final = re.compile(r"[ \t]+([^ \t\n\r'\"\\$`|&;<>(){}=#!]+)(?:[ \t]*\([ \t]*\))?")
_IDENTIFIER: Final = re.compile(rf"[A-Za-z_][A-Za-z0-9_]*{DELIMITED}")
_KEYWORD: Final = {
    word: re.compile(rf"{re.escape(word)}{DELIMITED}")
    for word in ("in", "do", "done", "then", "elif", "else", "fi", "esac", "}")
}
_COMPOUND_START: Final = re.compile(rf"\(|(?:\{{|if|for|select|while|until|case|\[\[){DELIMITED}")
_TEST_END: Final = re.compile(rf"\]\]{DELIMITED}")
_TEST_OPERATOR: Final = re.compile(r"&&|\|\||[()]|[<>](?!\()")
_TERMINATOR: Final = re.compile(r";;&?|;&")


class CompoundReader(RedirectReader):
    """Read what has lists inside."""

    @abstractmethod
    def command(self) -> Node:
        """Read one command, simple or compound."""

    def keyword(self, word: str) -> bool:
        """Step over a reserved word, if it stands here."""
        match = _KEYWORD[word].match(self.text, self.at, self.end)
        if match is None:
            return False
        self.at = match.end()
        return True

    def expect_keyword(self, word: str, start: int) -> None:
        """Step over a reserved word, or refuse the command that started at `start`."""
        if not self.keyword(word):
            raise self.fault(f"expected {word!r}", start if self.at >= self.end else None)

    def compound(self, keyword: str) -> Node:
        """Read the compound command that `keyword` (already stepped over) opens."""
        start = self.at - len(keyword)
        self.enter()
        node: Node
        match keyword:
            case "(":
                node = self._parenthesised(start)
            case "{":
                node = self._group(start)
            case "if":
                node = self._if(start)
            case "for" | "select":
                node = self._for(start, keyword)
            case "while" | "until":
                node = self._while(start, keyword)
            case "case":
                node = self._case(start)
            case "[[":
                node = self._test(start)
            case "function":
                node = self._function(start)
            case _:
                raise self.fault(f"unexpected {keyword!r}", start)
        self.leave()
        return node

    def _parenthesised(self, start: int) -> Compound:
        if self.bash and self.ahead("(") and self.closes_twice(self.at + 1):
            self.at = start
            expression = self.arithmetic_parentheses(start)
            word = self.make_word(start, (expression,))
            return Test((word,), self.span(start, self.at), arithmetic=True, redirects=self.redirects())
        body = self._inner(start)
        self.expect(")", "to end the subshell")
        end = self.at
        return Subshell(body, self.span(start, end), self.redirects())

    def _group(self, start: int) -> Group:
        body = self._inner(start)
        self.expect_keyword("}", start)
        return Group(body, self.span(start, self.at), self.redirects())

    def _inner(self, start: int) -> Script:
        """Read a list that must not be empty."""
        body = self.script()
        if not body.items:
            raise self.fault("expected a command", start if self.at >= self.end else None)
        return body

    def _if(self, start: int) -> If:
        branches: list[Branch] = []
        otherwise: Script | None = None
        while True:
            condition = self._inner(start)
            self.expect_keyword("then", start)
            branches.append(Branch(condition, self._inner(start)))
            if self.keyword("elif"):
                continue
            if self.keyword("else"):
                otherwise = self._inner(start)
            self.expect_keyword("fi", start)
            return If(tuple(branches), otherwise, self.span(start, self.at), self.redirects())

    def _while(self, start: int, keyword: str) -> Loop:
        condition = self._inner(start)
        body = self._do(start)
        return Loop(keyword, None, (), condition, body, self.span(start, self.at), self.redirects())

    def _do(self, start: int) -> Script:
        self.expect_keyword("do", start)
        body = self._inner(start)
        self.expect_keyword("done", start)
        return body

    def _for(self, start: int, keyword: str) -> Loop:
        if keyword == "select":
            self.require_bash("select")
        self.skip_blanks()
        variable: str | None = None
        words: tuple[Word, ...]
        if self.ahead("((") and keyword == "for":
            words = (self._counter(),)
        else:
            name = _IDENTIFIER.match(self.text, self.at, self.end)
            if name is None:
                raise self.fault("expected a name")
            self.at = name.end()
            variable, words = name.group(), self._loop_words()
        self.skip_blanks()
        if self.ahead(";"):
            self.at += 1
        self.skip_lines()
        body = self._do(start)
        return Loop(keyword, variable, words, None, body, self.span(start, self.at), self.redirects())

    def _loop_words(self) -> tuple[Word, ...]:
        """Read `in word ...`, if it stands here, up to the separator after it."""
        before = self.at
        self.skip_lines()
        if not self.keyword("in"):
            self.at = before
            return ()
        words: list[Word] = []
        while True:
            self.skip_blanks()
            word = self.token()
            if not word.parts:
                break
            words.append(word)
        if not self.ahead(";"):
            self.skip_comment()
            if self.newline() is None:
                raise self.fault("expected a new line or `;` before `do`")
        return tuple(words)

    def _counter(self) -> Word:
        """Read `((a; b; c))`."""
        self.require_bash("for ((...))")
        start = self.at
        self.enter()
        self.at += 2
        parts = list(self.expression(")"))
        for _ in range(2):
            self.expect(";", "in for ((...))")
            parts += self.expression(")")
        self.expect("))", "to end for ((...))")
        self.leave()
        return self.make_word(start, (self.arithmetic_of(start, start + 2, tuple(parts)),))

    def _case(self, start: int) -> Case:
        self.skip_blanks()
        subject = self.token()
        if not subject.parts:
            raise self.fault("expected a word after `case`")
        self.skip_lines()
        self.expect_keyword("in", start)
        clauses: list[Clause] = []
        while True:
            self.skip_lines()
            if self.keyword("esac"):
                break
            clause = self._clause(start)
            clauses.append(clause)
            if clause.terminator is None:
                self.expect_keyword("esac", start)
                break
        return Case(subject, tuple(clauses), self.span(start, self.at), self.redirects())

    def _clause(self, case: int) -> Clause:
        start = self.at
        if self.ahead("("):
            self.at += 1
        patterns: list[Word] = []
        while True:
            self.skip_blanks()
            pattern = self.token()
            if not pattern.parts:
                raise self.fault("expected a pattern", case if self.at >= self.end else None)
            patterns.append(pattern)
            self.skip_blanks()
            if not self.ahead("|"):
                break
            self.at += 1
        self.expect(")", "after the pattern")
        body = self.script()
        match = _TERMINATOR.match(self.text, self.at, self.end)
        if match is None:
            return Clause(tuple(patterns), body, None, self.span(start, self.at))
        terminator = Operator(match.group())
        if terminator is not Operator.BREAK:
            self.require_bash(terminator)
        self.at = match.end()
        return Clause(tuple(patterns), body, terminator, self.span(start, self.at))

    def _test(self, start: int) -> Test:
        self.require_bash("[[")
        words: list[Word] = []
        regex = False
        nesting = 0
        while True:
            self.skip_lines()
            end = _TEST_END.match(self.text, self.at, self.end)
            if end and words and not nesting:
                self.at = end.end()
                return Test(tuple(words), self.span(start, self.at), redirects=self.redirects())
            word = self._test_word(regex=regex)
            regex = word.text == "=~"
            nesting += {"(": 1, ")": -1}.get(word.text, 0)
            if nesting < 0:
                raise self.fault("unexpected ')'", self.at - 1)
            words.append(word)

    def _test_word(self, *, regex: bool) -> Word:
        """Read an operand or an operator of `[[ ]]`."""
        begin = self.at
        match = None if regex else _TEST_OPERATOR.match(self.text, begin, self.end)
        if match:
            self.at = match.end()
            return self.make_word(begin, (Literal(match.group(), self.span(begin, self.at)),))
        word = self.word(REGEX if regex else WORD)
        if not word.parts:
            raise self.fault("`[[` is not closed")
        return word

    def definition(self) -> Function | None:
        """Read `name() body`, if it starts here."""
        match = _DEFINITION.match(self.text, self.at, self.end)
        if match is None:
            return None
        start, self.at = self.at, match.end()
        self.enter()
        body = self._function_body()
        self.leave()
        return Function(match[1], body, self.span(start, self.at))

    def _function(self, start: int) -> Function:
        self.require_bash("function")
        match = _FUNCTION.match(self.text, self.at, self.end)
        if match is None:
            raise self.fault("expected the name of a function")
        self.at = match.end()
        return Function(match[1], self._function_body(), self.span(start, self.at))

    def _function_body(self) -> Node:
        self.skip_lines()
        if _COMPOUND_START.match(self.text, self.at, self.end) is None:
            raise self.fault("expected the body of a function")
        return self.command()
