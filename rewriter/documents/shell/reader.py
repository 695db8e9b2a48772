"""Read lists, pipelines and simple commands, and so a whole text."""

from __future__ import annotations

import re
from typing import Final

from rewriter.documents.shell.compound import DELIMITED, CompoundReader
from rewriter.documents.shell.tree import (
    Command,
    Dialect,
    Item,
    Node,
    Operator,
    Pipeline,
    Redirect,
    Script,
    ShellAssignment,
    Word,
)

_CLOSING: Final = re.compile(rf"(?:then|elif|else|fi|do|done|esac|\}}){DELIMITED}")
_OPENING: Final = re.compile(
    rf"\(|(?:if|for|case|while|until|select|function|coproc|\{{|\[\[|!"
    rf"|then|elif|else|fi|do|done|esac|\}}|\]\]|in){DELIMITED}"
)
_TIME: Final = re.compile(r"time[ \t]+(?=[^-\s;&|)]|-p[ \t])(?:-p[ \t]+)?")
_OPERATOR: Final = re.compile(r"&&|\|\||;;&?|;&|;|&(?!>)")
_BROKEN: Final = re.compile(r"\\\r?\n[&|;]")
_LIST_ENDS: Final = (Operator.BREAK, Operator.FALL_THROUGH, Operator.TEST_NEXT)
_DECLARING: Final = frozenset({"declare", "typeset", "local", "export", "readonly"})


def parse(text: str, *, dialect: Dialect = Dialect.POSIX_OR_BASH) -> Script:
    """Return the tree of a shell text, or raise `ShellError` where it is not understood.

    A line may end in CRLF. Time and memory are linear in the length of the text.
    """
    return Reader(text, dialect).whole()


class Reader(CompoundReader):
    """Read a whole text."""

    def script(self) -> Script:
        """Read a list up to whatever cannot go on with it."""
        start = self.at
        first_comment = len(self.comments)
        items: list[Item] = []
        while True:
            self.skip_lines()
            if self.at >= self.end or self._closes():
                break
            item = self._item()
            items.append(item)
            if item.operator in _LIST_ENDS:
                break
            if item.operator is None:
                if self.at < self.end and not self._closes():
                    raise self.fault("expected an operator between two commands")
                break
        span = self.span(start, self.at)
        return Script(self.source, tuple(items), span, tuple(self.comments[first_comment:]))

    def _closes(self) -> bool:
        """Tell whether a token stands here that ends a list."""
        char = self.text[self.at]
        if char == ";":
            if self.text.startswith((";;", ";&"), self.at, self.end):
                return True
            raise self.fault("unexpected ';'")
        return char == ")" or _CLOSING.match(self.text, self.at, self.end) is not None

    def _item(self) -> Item:
        start = self.at
        node = self._pipeline()
        span = self.span(start, self.at)
        self.skip_blanks()
        self.skip_comment()
        match = _OPERATOR.match(self.text, self.at, self.end)
        if match is None:
            line_end = self.newline()
            return Item(node, span, None if line_end is None else Operator.NEWLINE, line_end)
        operator = Operator(match.group())
        operator_span = self.span(match.start(), match.end())
        if operator in _LIST_ENDS:
            return Item(node, span, operator, operator_span)
        self.at = match.end()
        if _BROKEN.match(self.text, self.at, self.end):
            raise self.fault("operator broken by a continuation")
        if operator in (Operator.AND, Operator.OR):
            self.skip_lines()
            if self.at >= self.end or self._closes():
                raise self.fault(f"nothing after {operator.value!r}")
        return Item(node, span, operator, operator_span)

    def _pipeline(self) -> Node:
        """Read a pipeline; one command alone is returned as it is."""
        start = self.at
        negated, timed = self._prefixes()
        commands = [self.command()]
        operators: list[str] = []
        while True:
            end = self.at
            self.skip_blanks()
            if not self.ahead("|") or self.ahead("||"):
                self.at = end
                break
            operators.append("|&" if self.ahead("|&") else "|")
            if operators[-1] == "|&":
                self.require_bash("|&")
            self.at += len(operators[-1])
            if _BROKEN.match(self.text, self.at, self.end):
                raise self.fault("operator broken by a continuation")
            self.skip_lines()
            commands.append(self.command())
        if len(commands) == 1 and not negated and not timed:
            return commands[0]
        span = self.span(start, self.at)
        return Pipeline(tuple(commands), span, negated=negated, timed=timed, operators=tuple(operators))

    def _prefixes(self) -> tuple[bool, bool]:
        """Step over `!` and bash's `time`; tell whether the pipeline is negated, and whether timed."""
        negated = timed = False
        while True:
            match = _OPENING.match(self.text, self.at, self.end)
            if match and match.group() == "!":
                if negated:
                    self.require_bash("! !")
                negated = not negated
                self.at = match.end()
                if self.ahead("("):
                    raise self.fault("`!(`: a pattern or a negation")
            elif self.bash and (match := _TIME.match(self.text, self.at, self.end)):
                timed = True
                self.at = match.end()
            else:
                return negated, timed
            self.skip_blanks()

    def command(self) -> Node:
        """Read one command, simple or compound."""
        match = _OPENING.match(self.text, self.at, self.end)
        if match:
            self.at = match.end()
            return self.compound(match.group())
        return self.definition() or self._simple()

    def _simple(self) -> Command:
        start = end = self.at
        assignments: list[ShellAssignment] = []
        words: list[Word] = []
        redirects: list[Redirect] = []
        while not self._ends_command():
            if redirect := self.redirect():
                redirects.append(redirect)
            elif not words and (assignment := self.assignment()):
                assignments.append(assignment)
            else:
                words.append(self._command_word(words))
            end = self.at
            self.skip_blanks()
        self.at = end
        if start == end:
            raise self.fault("expected a command")
        return Command(tuple(assignments), tuple(words), tuple(redirects), self.span(start, end))

    def _ends_command(self) -> bool:
        if self.at >= self.end:
            return True
        char = self.text[self.at]
        match char:
            case "\n" | ";" | "|" | ")" | "#":
                return True
            case "&":
                return not self.ahead("&>")
            case "\r":
                return self.at + 1 == self.end or self.text[self.at + 1] == "\n"
            case _:
                return False

    def _command_word(self, before: list[Word]) -> Word:
        """Read the next word of a simple command."""
        start = self.at
        if before and before[0].value in _DECLARING and (declared := self.declared()):
            return declared
        word = self.word()
        if not word.parts:
            raise self.fault(f"unexpected {self.peek()!r}")
        if not before:
            self.check_command_word(start)
        return word
