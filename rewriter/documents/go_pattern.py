r"""Translate one pattern of a `.dockerignore` to what Docker makes of it.

Docker turns a pattern into a regular expression of Go without a look at `[...]`, so that `[*]`, `\d` and
`a^b*` mean what they happen to mean there. This follows `patternmatcher.go` of github.com/moby/patternmatcher
and Go's `path/filepath` closely: a pattern that is misread seems to hide a file that Docker does not hide.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import Final

from rewriter.documents.go_regexp import PatternError, parse
from rewriter.model.text import decode, encode
from rewriter.tree.automaton import FOLDERS, Item, Many, One, Test, any_character, not_slash

_QUOTED: Final = frozenset(".+()$")
"""Docker means to quote `|`, `{` and `}` too, but its table has no room for characters above `?`."""


_STAR: Final = "[^/]*"
_ONE: Final = "[^/]"
_REST: Final = ".*"
_FOLDERS: Final = "(.*/)?"


class _Shape(Enum):
    """Say how Docker compares: text where it can, a regular expression where it must."""

    EXACT = auto()
    PREFIX = auto()
    SUFFIX = auto()
    EXPRESSION = auto()


def items_of(pattern: str) -> tuple[tuple[Item, ...], ...]:
    """Return the alternatives that a cleaned pattern without `!` stands for; raise `PatternError`."""
    _check(pattern)
    shape, expression = _translate(pattern)
    match shape:
        case _Shape.EXACT:
            return (tuple(pattern),)
        case _Shape.PREFIX:
            return ((*pattern[:-2], Many(any_character)),)
        case _Shape.SUFFIX:
            rest = decode(encode(pattern)[2:])
            return ((FOLDERS, *rest[1:]),) if rest.startswith("/") else ((Many(any_character), *rest),)
        case _Shape.EXPRESSION:
            return parse(f"^{expression}$")


def _translate(pattern: str) -> tuple[_Shape, str]:
    # Go's scanner drops a byte order mark at the start of what it reads.
    text = pattern.removeprefix("\ufeff")
    shape = _Shape.EXACT
    pieces: list[str] = []
    position = 0
    while position < len(text):
        character = text[position]
        width = 1
        if text.startswith("**", position):
            width = 3 if text.startswith("/", position + 2) else 2
            if position + width < len(text):
                pieces.append(_FOLDERS)
                shape = _Shape.EXPRESSION
            elif shape is _Shape.EXACT:
                shape = _Shape.PREFIX
            else:
                pieces.append(_REST)
                shape = _Shape.EXPRESSION
            shape = shape if position else _Shape.SUFFIX
        elif character in "*?[]":
            pieces.append({"*": _STAR, "?": _ONE}.get(character, character))
            shape = _Shape.EXPRESSION
        elif character == "\\":
            width = 2
            pieces.append(text[position : position + width])
            shape = _Shape.EXPRESSION
        else:
            pieces.append(f"\\{character}" if character in _QUOTED else character)
        position += width
    return shape, "".join(pieces)


def glob(pattern: str) -> tuple[Item, ...]:
    """Return what a glob of COPY or ADD matches, `filepath.Match` with `**`; raise `PatternError`."""
    _check(pattern)
    items: list[Item] = []
    position = 0
    while position < len(pattern):
        match pattern[position]:
            case "*":
                deep = pattern.startswith("**", position)
                items.append(Many(any_character if deep else not_slash))
                position += 1 + deep
            case "?":
                items.append(One(not_slash))
                position += 1
            case "[":
                end = _after_class(pattern, position + 1)
                items.append(One(_class(pattern[position + 1 : end - 1])))
                position = end
            case character:
                escaped = character == "\\"
                items.append(pattern[position + escaped])
                position += 1 + escaped
    return tuple(items)


def _class(body: str) -> Test:
    """Read what stands between the brackets of a class that is well formed."""
    negated = body.startswith("^")
    ranges: list[tuple[str, str]] = []
    position = int(negated)
    while position < len(body):
        position += body[position] == "\\"
        low = high = body[position]
        if body.startswith("-", position + 1):
            position += 2
            position += body[position] == "\\"
            high = body[position]
        ranges.append((low, high))
        position += 1
    return lambda character: any(low <= character <= high for low, high in ranges) != negated


def _check(pattern: str) -> None:
    """Raise `PatternError` where Go's `filepath.Match` calls the syntax bad."""
    position = 0
    while position < len(pattern):
        character = pattern[position]
        position += 1
        if character == "\\":
            if position == len(pattern):
                raise PatternError("ends in a backslash")
            position += 1
        elif character == "[":
            position = _after_class(pattern, position)


def _after_class(pattern: str, position: int) -> int:
    position += pattern.startswith("^", position)
    ranges = 0
    while not (ranges and pattern.startswith("]", position)):
        position = _after_member(pattern, position)
        if pattern.startswith("-", position):
            position = _after_member(pattern, position + 1)
        ranges += 1
    return position + 1


def _after_member(pattern: str, position: int) -> int:
    if pattern[position : position + 1] in ("", "-", "]"):
        raise PatternError("has a `[` without a matching `]`, or a class that is not well formed")
    position += pattern[position] == "\\"
    broken = "\udc80" <= pattern[position : position + 1] <= "\udcff"
    if broken or position + 1 >= len(pattern):
        raise PatternError("has a `[` without a matching `]`, or a class that is not well formed")
    return position + 1
