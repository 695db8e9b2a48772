"""Find the variables that BuildKit itself expands in a word, and expand them.

This is about Dockerfile-level expansion alone: in RUN, CMD and ENTRYPOINT the shell expands, and BuildKit does not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from rewriter.documents.dockerfile.lexer import Literal, Part, Variable, lex
from rewriter.documents.dockerfile.logical import Logical
from rewriter.documents.dockerfile.model import Word
from rewriter.model.text import Span
from rewriter.record import Record

Lookup = Callable[[str], str | None]

PLATFORM: Final = frozenset(
    f"{side}{what}" for side in ("BUILD", "TARGET") for what in ("PLATFORM", "OS", "OSVERSION", "ARCH", "VARIANT")
) | {"TARGETSTAGE"}
"""The build arguments that BuildKit sets itself."""

MAX_VALUE: Final = 32_768
MAX_GROWN: Final = 4_000_000
"""How many characters all values of a file may have more than their words, before values count as unknown."""

_MAX_PATTERN_WORK: Final = 1_000_000


class Reference(Record):
    """Hold one use of a variable.

    `span` is the whole `$NAME` or `${NAME:-word}`, `name_span` the name alone. `operator` is empty or one of
    `:- - :+ + :? ? # % / //`; `word` is what follows it. `quote` is the quote around the reference, or empty.
    `nested`: it stands in the word of another reference.
    """

    name: str
    span: Span
    name_span: Span
    operator: str
    word: Logical | None
    quote: str
    nested: bool


def _text_of(word: Word | Logical) -> Logical:
    """Return the text that BuildKit expands: a JSON string without its quotes."""
    if isinstance(word, Logical):
        return word
    return word.raw.slice(1, len(word.raw) - 1) if word.json else word.raw


def references(word: Word | Logical, escape: str = "\\", *, quotes: bool = True) -> tuple[Reference, ...]:
    """Return the variables of a word in the order of their text, nested ones after the one they stand in.

    A heredoc's body in COPY is expanded without regard to `quotes`, and always with a backslash as `escape`.
    """
    logical = _text_of(word)
    if "$" not in logical.text:
        return ()
    lexed = lex(logical.text, escape, quotes=quotes)
    return tuple(_references(logical, lexed.parts))


def _references(logical: Logical, parts: tuple[Part, ...]) -> Iterator[Reference]:
    pending = [(part, False) for part in reversed(parts)]
    while pending:
        part, nested = pending.pop()
        if isinstance(part, Literal):
            continue
        pending += [(inner, True) for inner in reversed(part.word + part.replacement)]
        end = part.name_start + len(part.name)
        word = logical.slice(end + len(part.operator), part.end - 1) if part.operator else None
        yield Reference(
            part.name,
            logical.span(part.start, part.end),
            logical.span(part.name_start, end),
            part.operator,
            word,
            part.quote,
            nested,
        )


def expand(word: Word | Logical, lookup: Lookup, escape: str = "\\", *, closed: bool = False) -> str | None:
    """Return the word as BuildKit expands it; None when a variable that matters is unknown to `lookup`.

    Also None where BuildKit would fail, and where the value grows beyond 32768 characters. `closed`: what
    `lookup` does not know is unset, as in FROM; elsewhere the base image may have set it.
    """
    text = word.value if isinstance(word, Word) and word.json else _text_of(word).text
    if "$" not in text and '"' not in text and "'" not in text and escape not in text:
        return text
    lexed = lex(text, escape)
    return None if lexed.error else _expand(lexed.parts, lookup, closed=closed)


def _expand(parts: tuple[Part, ...], lookup: Lookup, *, closed: bool) -> str | None:
    values: list[str] = []
    size = 0
    for part in parts:
        value = part.text if isinstance(part, Literal) else _value(part, lookup, closed=closed)
        if value is None:
            return None
        size += len(value)
        if size > MAX_VALUE:
            return None
        values.append(value)
    return "".join(values)


def _value(variable: Variable, lookup: Lookup, *, closed: bool) -> str | None:
    """Return what one variable expands to."""
    value = lookup(variable.name)
    if value is None and (not closed or variable.name in PLATFORM):
        return None
    match variable.operator:
        case "":
            return value or ""
        case "-":
            return _expand(variable.word, lookup, closed=closed) if value is None else value
        case ":-":
            return value or _expand(variable.word, lookup, closed=closed)
        case "?":
            return value
        case ":?":
            return value or None
        case "+":
            return "" if value is None else _expand(variable.word, lookup, closed=closed)
        case ":+":
            return _expand(variable.word, lookup, closed=closed) if value else ""
        case "#" | "%" as end:
            pattern = _expand(variable.word, lookup, closed=closed)
            return None if pattern is None else _trim(value or "", pattern, front=end == "#")
        case "/" | "//" as many:
            pattern = _expand(variable.word, lookup, closed=closed)
            new = _expand(variable.replacement, lookup, closed=closed)
            if not pattern or new is None or any(char in pattern for char in "*?\\"):
                return None
            return (value or "").replace(pattern, new, -1 if many == "//" else 1)
        case _:
            return None


def _trim(value: str, pattern: str, *, front: bool) -> str | None:
    """Take the shortest match of a pattern off one end of a value; the longest where the pattern's sign is doubled."""
    sign = "#" if front else "%"
    longest = pattern[:1] == sign
    tokens = _tokens(pattern[1:] if longest else pattern)
    if tokens is None or len(tokens) * len(value) > _MAX_PATTERN_WORK:
        return None
    text = value if front else value[::-1]
    ends = {0}
    for item in tokens if front else reversed(tokens):
        if item == "*":
            ends = set(range(min(ends), len(text) + 1)) if ends else ends
        else:
            ends = {end + 1 for end in ends if end < len(text) and item in ("?", "=" + text[end])}
    if not ends:
        return value
    cut = max(ends) if longest else min(ends)
    return value[cut:] if front else value[: len(value) - cut]


def _tokens(pattern: str) -> list[str] | None:
    """Split a pattern into `*`, `?` and plain characters, which get `=` in front; None where an escape is wrong."""
    tokens: list[str] = []
    position = 0
    while position < len(pattern):
        char = pattern[position]
        if char == "\\":
            position += 1
            char = pattern[position : position + 1]
            if not char or char not in "*?\\}/":
                return None
            tokens.append("=" + char)
        else:
            tokens.append(char if char in "*?" else "=" + char)
        position += 1
    return tokens
