r"""Read the part of Go's regular expressions that Docker can be brought to write.

https://pkg.go.dev/regexp/syntax: classes, `.`, `(.*/)?`, `*`, `{2,5}`, `|`, escapes, `^`, `$`. Go sees a byte
that is not UTF-8 as U+FFFD, and so does every test here.
"""

from __future__ import annotations

import re
import string
import unicodedata
from collections.abc import Mapping
from typing import Final

from rewriter.tree.automaton import Item, Many, Maybe, One, Side, Test, Where, any_character, not_slash

_FOLDERS: Final = "(.*/)?"
_COMPONENT: Final = "[^/]"
_REST: Final = ".*"
_REPEAT: Final = re.compile(r"\{(?P<least>0|[1-9]\d*)(?P<comma>,(?P<most>0|[1-9]\d*)?)?\}", re.ASCII)

ITEM_LIMIT: Final = 20_000
REPEAT_LIMIT: Final = 1_000

_REPLACEMENT: Final = "\ufffd"
_CONTROL: Final = {"a": "\a", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_WORD: Final = frozenset(string.ascii_letters + string.digits + "_")
_PERL: Final[Mapping[str, frozenset[str]]] = {
    "d": frozenset(string.digits),
    "s": frozenset("\t\n\f\r "),
    "w": _WORD,
}
_POSIX: Final[Mapping[str, frozenset[str]]] = {
    "alnum": frozenset(string.ascii_letters + string.digits),
    "alpha": frozenset(string.ascii_letters),
    "ascii": frozenset(map(chr, range(128))),
    "blank": frozenset("\t "),
    "cntrl": frozenset(map(chr, (*range(32), 127))),
    "digit": frozenset(string.digits),
    "graph": frozenset(map(chr, range(33, 127))),
    "lower": frozenset(string.ascii_lowercase),
    "print": frozenset(map(chr, range(32, 127))),
    "punct": frozenset(string.punctuation),
    "space": frozenset(" \t\n\v\f\r"),
    "upper": frozenset(string.ascii_uppercase),
    "word": _WORD,
    "xdigit": frozenset(string.hexdigits),
}
_BEGIN: Final = Where(lambda before, _: before is Side.NOTHING)
_END: Final = Where(lambda _, after: after is Side.NOTHING)
_ANYTHING: Final = Many(any_character)
_PLACES: Final[Mapping[str, Where]] = {
    "A": _BEGIN,
    "z": _END,
    "b": Where(lambda before, after: (before is Side.WORD) != (after is Side.WORD)),
    "B": Where(lambda before, after: (before is Side.WORD) == (after is Side.WORD)),
}


class PatternError(ValueError):
    """Report a pattern on which Docker stops the build; the message continues a sentence about it."""


def parse(expression: str) -> tuple[tuple[Item, ...], ...]:
    """Return the alternatives of an expression as items that match whole texts; raise `PatternError`."""
    return tuple(_whole(items) for items in _Reader(expression).alternatives())


def _whole(items: tuple[Item, ...]) -> tuple[Item, ...]:
    """Let a match begin and end anywhere, as Go does, save behind a `^` and before a `$`."""
    head = items[1:] if items[:1] == (_BEGIN,) else (_ANYTHING, *items)
    return head[:-1] if head[-1:] == (_END,) else (*head, _ANYTHING)


class _Reader:
    """Read an expression from left to right."""

    def __init__(self, expression: str) -> None:
        self._text: Final = expression
        self._position = 0
        self._items: list[Item] = []
        self._atom: str | One | Where | None = None

    def alternatives(self) -> tuple[tuple[Item, ...], ...]:
        """Return the items of every alternative."""
        found: list[tuple[Item, ...]] = []
        while self._position < len(self._text):
            if len(self._items) > ITEM_LIMIT:
                raise PatternError("is too large")
            repeat = _REPEAT.match(self._text, self._position)
            if repeat is not None:
                self._repeat(repeat)
            elif self._take("|"):
                found.append(tuple(self._items))
                self._items.clear()
                self._atom = None
            elif self._take(_FOLDERS):
                self._items.append(Maybe((Many(_not_newline), "/")))
                self._atom = None
            else:
                self._read_atom()
        return (*found, tuple(self._items))

    def _take(self, expected: str) -> bool:
        found = self._text.startswith(expected, self._position)
        self._position += len(expected) if found else 0
        return found

    def _push(self, item: str | One | Where) -> None:
        self._items.append(item)
        self._atom = item

    def _repeat(self, repeat: re.Match[str]) -> None:
        """Apply `{2}`, `{2,}` or `{2,5}` to the item before it."""
        self._position = repeat.end()
        least = _count(repeat["least"])
        most = _count(repeat["most"]) if repeat["most"] else least
        atom = self._atom
        if max(least, most) > REPEAT_LIMIT or most < least:
            raise PatternError(f"repeats too often, or backwards, in {repeat[0][:20]}")
        if atom is None:
            raise PatternError(f"has nothing that {repeat[0]} could repeat; write `\\{{` for a brace")
        self._items.pop()
        self._items += (atom,) * least
        if repeat["comma"] and not repeat["most"]:
            self._items.append(_star(atom))
        self._items += (Maybe((atom,)),) * (most - least)
        self._atom = None

    def _read_atom(self) -> None:
        character = self._text[self._position]
        if self._take("\\"):
            self._read_escape()
        elif self._take("^"):
            self._push(_BEGIN)
        elif self._take("$"):
            self._push(_END)
        elif character == "[" or self._text.startswith(_REST, self._position):
            self._read_class()
        else:
            self._position += 1
            self._push(_exactly(character))

    def _read_class(self) -> None:
        test: Test = not_slash
        if self._take(_COMPONENT):
            pass
        elif self._take("["):
            test, self._position = _class(self._text, self._position)
        else:
            test, self._position = _not_newline, self._position + 1
        self._push(One(test))
        if self._take("*"):
            self._items[-1] = Many(test)
            self._atom = None

    def _read_escape(self) -> None:
        """Read what follows a backslash outside a class."""
        if self._take("Q"):
            quoted = self._text[self._position :].partition("\\E")[0]
            for character in quoted:
                self._push(_exactly(character))
            self._position += len(quoted) + len("\\E")
            return
        letter = self._text[self._position : self._position + 1]
        named = _named(self._text, self._position)
        if letter in _PLACES:
            self._position += 1
            self._push(_PLACES[letter])
        elif named is not None:
            test, self._position = named
            self._push(One(test))
        else:
            character, self._position = _escape(self._text, self._position)
            self._push(_exactly(character))


def _count(digits: str) -> int:
    """Read a number; one with many digits is simply too large."""
    return int(digits) if len(digits) <= len(str(REPEAT_LIMIT)) else REPEAT_LIMIT + 1


def _star(atom: str | One | Where) -> Item:
    match atom:
        case str():
            return Many(_among(frozenset(atom), negated=False))
        case One(accepts):
            return Many(accepts)
        case Where():
            return Maybe((atom,))


def _named(expression: str, position: int) -> tuple[Test, int] | None:
    r"""Read `\d` and the like, `\pL` and the like."""
    letter = expression[position : position + 1]
    if letter.lower() in _PERL:
        return _among(_PERL[letter.lower()], negated=letter.isupper()), position + 1
    if letter not in ("p", "P"):
        return None
    category = expression[position + 1 : position + 2]
    if category not in tuple("CLMNPSZ"):
        raise PatternError(f"has an unknown class behind a backslash: {letter}{category}")
    return _in_category(category, negated=letter == "P"), position + 2


def _escape(expression: str, position: int) -> tuple[str, int]:
    """Read one escaped character."""
    letter = expression[position : position + 1]
    digits = _run(expression, position, string.octdigits, 3)
    if digits.startswith("0") or len(digits) > 1:
        return chr(int(digits, 8)), position + len(digits)
    hexadecimal = _run(expression, position + 1, string.hexdigits, 2)
    if letter == "x" and len(hexadecimal) == 2:
        return chr(int(hexadecimal, 16)), position + 3
    if letter in _CONTROL:
        return _CONTROL[letter], position + 1
    if not letter or not letter.isascii() or letter.isalnum():
        raise PatternError(f"has a backslash before {letter!r}, which Docker does not know; separate folders by `/`")
    return letter, position + 1


def _run(expression: str, position: int, alphabet: str, most: int) -> str:
    end = position
    while end < len(expression) and end - position < most and expression[end] in alphabet:
        end += 1
    return expression[position:end]


def _class(expression: str, position: int) -> tuple[Test, int]:
    """Read a class whose `[` is behind us."""
    negated = expression.startswith("^", position)
    position += negated
    tests: list[Test] = []
    first = True
    while first or not expression.startswith("]", position):
        first = False
        test, position = _member(expression, position)
        tests.append(test)
    return lambda character: any(test(character) for test in tests) != negated, position + 1


def _member(expression: str, position: int) -> tuple[Test, int]:
    end = expression.find(":]", position + 2) if expression.startswith("[:", position) else -1
    if end >= 0:
        name = expression[position + 2 : end]
        known = _POSIX.get(name.removeprefix("^"))
        if known is None:
            raise PatternError(f"has an unknown class [:{name}:]")
        return _among(known, negated=name.startswith("^")), end + 2
    if expression.startswith("\\", position):
        found = _named(expression, position + 1)
        if found is not None:
            return found
    low, position = _class_character(expression, position)
    if expression[position : position + 1] != "-" or expression[position + 1 : position + 2] in ("", "]"):
        return _among(frozenset(low), negated=False), position
    high, position = _class_character(expression, position + 1)
    if high < low:
        raise PatternError(f"has a range that runs backwards: {low}-{high}")
    return lambda character: low <= _rune(character) <= high, position


def _class_character(expression: str, position: int) -> tuple[str, int]:
    if position >= len(expression):
        raise PatternError("has a `[` without a matching `]`")
    if expression[position] == "\\":
        return _escape(expression, position + 1)
    return _rune(expression[position]), position + 1


def _rune(character: str) -> str:
    return _REPLACEMENT if "\udc80" <= character <= "\udcff" else character


def _exactly(character: str) -> str | One:
    return One(_is_replacement) if _rune(character) == _REPLACEMENT else character


def _is_replacement(character: str) -> bool:
    return _rune(character) == _REPLACEMENT


def _not_newline(character: str) -> bool:
    return character != "\n"


def _among(members: frozenset[str], *, negated: bool) -> Test:
    return lambda character: (_rune(character) in members) != negated


def _in_category(category: str, *, negated: bool) -> Test:
    def test(character: str) -> bool:
        found = unicodedata.category(_rune(character))
        return (found[0] == category and found != "Cn") != negated

    return test
