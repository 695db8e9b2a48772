"""Read as much of HCL as bake files need: blocks, attributes, maps and lists, each with its place.

See https://docs.docker.com/build/bake/reference/. Expressions are kept as text; only maps and lists are opened.
"""

from __future__ import annotations

import re
from typing import Final

from rewriter.errors import ParseError
from rewriter.model.text import Source, Span
from rewriter.record import Record

_DEPTH: Final = 50
_SKIPPED: Final = re.compile(r"(?:[ \t\r]+|#[^\n]*|//[^\n]*|/\*[\s\S]*?\*/)+")
_TOKEN: Final = re.compile(
    r"(?P<word>[A-Za-z_][A-Za-z0-9_-]*)"
    r"|(?P<number>\d[\w.]*)"
    r"|(?P<newline>\n)"
    r"|(?P<punctuation>==|!=|<=|>=|&&|\|\||=>|\.\.\.|[^\s\w\"])"
)
_HEREDOC: Final = re.compile(r"<<-?([A-Za-z_]\w*)\r?\n")
_PLAIN: Final = re.compile(r'[^"\\$%]+|\\[\s\S]|[$%](?!\{)|\$\$\{|%%\{')


class Token(Record):
    """Hold one token."""

    kind: str
    span: Span
    text: str


class Expression(Record):
    """Hold an expression: its place, its text without comments and blanks, and its tokens."""

    span: Span
    text: str
    tokens: tuple[Token, ...]


class Attribute(Record):
    """Hold `name = expression`; `name` may be quoted in the text."""

    name: str
    span: Span
    value: Expression


class Block(Record):
    """Hold `type "label" { ... }`; `body` is what stands between the braces."""

    type: str
    labels: tuple[str, ...]
    body: Span
    attributes: tuple[Attribute, ...]
    span: Span


def blocks(source: Source) -> tuple[Block, ...]:
    """Return the top-level blocks of a file; raise `ParseError` where it cannot be read."""
    return _Reader(source, _tokens(source)).blocks()


def entries(source: Source, expression: Expression) -> tuple[Attribute, ...] | None:
    """Return the entries of a map, or `None` where the expression is none."""
    tokens = [token for token in expression.tokens if token.kind != "newline"]
    if len(tokens) < 2 or tokens[0].text != "{" or tokens[1].text == "for":
        return None
    return _Reader(source, expression.tokens[1:-1]).attributes()


def items(expression: Expression) -> tuple[Expression, ...] | None:
    """Return the items of a list, or `None` where the expression is none."""
    tokens = [token for token in expression.tokens if token.kind != "newline"]
    if len(tokens) < 2 or tokens[0].text != "[" or tokens[1].text == "for":
        return None
    found: list[Expression] = []
    current: list[Token] = []
    depth = 0
    for token in tokens[1:-1]:
        depth += (token.text in "([{") - (token.text in ")]}") if token.kind == "punctuation" else 0
        if token.text == "," and depth == 0:
            found += [_expression(current)] if current else []
            current = []
        else:
            current.append(token)
    return (*found, _expression(current)) if current else tuple(found)


def string(expression: Expression) -> str | None:
    """Return the text of an expression that is one quoted string, escapes left as they are."""
    tokens = [token for token in expression.tokens if token.kind != "newline"]
    return tokens[0].text[1:-1] if len(tokens) == 1 and tokens[0].kind == "string" else None


def _expression(tokens: list[Token]) -> Expression:
    span = Span(tokens[0].span.start, tokens[-1].span.end)
    return Expression(span, "".join(token.text for token in tokens), tuple(tokens))


def _tokens(source: Source) -> tuple[Token, ...]:
    text, position = source.text, int(source.text.startswith("\ufeff"))
    found: list[Token] = []
    while position < len(text):
        skipped = _SKIPPED.match(text, position)
        if skipped:
            position = skipped.end()
            continue
        if text[position] == '"':
            kind, end = "string", _string_end(source, position)
        elif heredoc := _HEREDOC.match(text, position):
            kind, end = "heredoc", _heredoc_end(source, heredoc)
        else:
            match = _TOKEN.match(text, position)
            if match is None or text.startswith("/*", position):
                raise ParseError(source.path, source.line(position), "is not HCL")
            kind, end = match.lastgroup or "", match.end()
        found.append(Token(kind, Span(position, end), text[position:end]))
        position = end
    return tuple(found)


def _heredoc_end(source: Source, opening: re.Match[str]) -> int:
    line = source.line(opening.end())
    last = source.line(len(source.text))
    for number in range(line, last + 1):
        span = source.line_span(number)
        if span.of(source.text).strip() == opening[1]:
            return span.start + len(span.of(source.text).rstrip())
    raise ParseError(source.path, source.line(opening.start()), "has a text that is not ended")


def _string_end(source: Source, position: int) -> int:
    """Return the end of a string; templates in it may hold strings."""
    text, start = source.text, position
    stack = ['"']
    position += 1
    while position < len(text) and stack:
        if len(stack) > _DEPTH:
            break
        char = text[position]
        if stack[-1] == '"':
            plain = _PLAIN.match(text, position)
            if plain:
                position = plain.end()
            elif char == '"':
                stack.pop()
                position += 1
            else:
                stack.append("}")
                position += 2
        else:
            if char == '"':
                stack.append('"')
            elif char == "{":
                stack.append("}")
            elif char == "}":
                stack.pop()
            position += 1
    if stack:
        raise ParseError(source.path, source.line(start), "has a string that is not closed")
    return position


class _Reader:
    def __init__(self, source: Source, tokens: tuple[Token, ...], depth: int = 0) -> None:
        self.source = source
        self.tokens = tokens
        self.depth = depth
        self.at = 0

    def fail(self, what: str) -> ParseError:
        offset = self.tokens[self.at].span.start if self.at < len(self.tokens) else len(self.source.text)
        return ParseError(self.source.path, self.source.line(offset), what)

    def skip(self, *texts: str) -> None:
        while self.at < len(self.tokens) and (
            self.tokens[self.at].kind == "newline" or self.tokens[self.at].text in texts
        ):
            self.at += 1

    def peek(self) -> str:
        return self.tokens[self.at].text if self.at < len(self.tokens) else ""

    def blocks(self) -> tuple[Block, ...]:
        found: list[Block] = []
        self.skip()
        while self.at < len(self.tokens):
            start = self.tokens[self.at]
            if start.kind != "word":
                raise self.fail("expected a block or an attribute")
            if self.at + 1 < len(self.tokens) and self.tokens[self.at + 1].text == "=":
                self.attribute()
            else:
                found.append(self.block())
            self.skip()
        return tuple(found)

    def block(self) -> Block:
        first = self.tokens[self.at]
        self.at += 1
        labels: list[str] = []
        while self.at < len(self.tokens) and self.tokens[self.at].kind in {"string", "word"}:
            labels.append(self.tokens[self.at].text.strip('"'))
            self.at += 1
        if self.peek() != "{":
            raise self.fail("expected `{` behind the labels of a block")
        opening = self.at
        closing = self.closing(opening)
        if self.depth > _DEPTH:
            raise self.fail(f"nests deeper than {_DEPTH}")
        inner = _Reader(self.source, self.tokens[opening + 1 : closing], self.depth + 1)
        self.at = closing + 1
        body = Span(self.tokens[opening].span.end, self.tokens[closing].span.start)
        span = Span(first.span.start, self.tokens[closing].span.end)
        return Block(first.text, tuple(labels), body, inner.attributes(), span)

    def closing(self, opening: int) -> int:
        depth = 0
        for number in range(opening, len(self.tokens)):
            if self.tokens[number].kind == "punctuation":
                depth += (self.tokens[number].text in "([{") - (self.tokens[number].text in ")]}")
            if depth == 0:
                return number
        raise self.fail("has a bracket that is not closed")

    def attributes(self) -> tuple[Attribute, ...]:
        found: list[Attribute] = []
        self.skip(",")
        while self.at < len(self.tokens):
            following = self.tokens[self.at + 1].text if self.at + 1 < len(self.tokens) else ""
            if following in {"=", ":"}:
                found.append(self.attribute())
            elif self.tokens[self.at].kind == "word":
                self.block()
            elif self.peek() == "(":
                self.at = self.closing(self.at) + 1
                self.at += self.peek() in {"=", ":"}
                self.value()
            else:
                raise self.fail("expected an attribute")
            self.skip(",")
        return tuple(found)

    def attribute(self) -> Attribute:
        name = self.tokens[self.at]
        self.at += 2
        value = self.value()
        return Attribute(name.text.strip('"'), Span(name.span.start, value.span.end), value)

    def value(self) -> Expression:
        """Read an expression up to the comma, the line end or the bracket that ends it."""
        self.skip()
        taken: list[Token] = []
        depth = 0
        while self.at < len(self.tokens):
            token = self.tokens[self.at]
            if depth == 0 and (token.kind == "newline" or token.text == ","):
                break
            if token.kind == "punctuation":
                depth += (token.text in "([{") - (token.text in ")]}")
            if depth < 0:
                break
            taken.append(token)
            self.at += 1
        if not taken:
            raise self.fail("expected an expression")
        return _expression(taken)
