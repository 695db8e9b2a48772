"""Read `$NAME`, `${NAME:-default}` and `$$` as compose does.

See https://docs.docker.com/reference/compose-file/interpolation/.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Final

from rewriter.record import Record

_TOKEN: Final = re.compile(r"\$(?:(?P<escaped>\$)|(?P<name>[A-Za-z_][A-Za-z0-9_]*)|(?P<brace>\{))")
_HEAD: Final = re.compile(r"(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?P<operator>:?[-?+])?")
_DEPTH: Final = 20


class Operator(StrEnum):
    """Name what happens where a variable is not set (with a colon: or is empty)."""

    NONE = ""
    DEFAULT = "-"
    DEFAULT_IF_EMPTY = ":-"
    REQUIRED = "?"
    REQUIRED_IF_EMPTY = ":?"
    ALTERNATIVE = "+"
    ALTERNATIVE_IF_SET = ":+"


class Text(Record):
    """Hold text that stands for itself, `$$` resolved."""

    text: str


class Variable(Record):
    """Hold a variable; `word` is the default, message or alternative as written."""

    name: str
    operator: Operator
    word: str


def interpolate(value: str) -> tuple[Text | Variable, ...]:
    """Return what a value is made of; a dollar that starts nothing stands for itself."""
    parts: list[Text | Variable] = []
    pieces: list[str] = []
    position = 0
    while True:
        match = _TOKEN.search(value, position)
        if match is None:
            break
        variable, end = _variable(value, match)
        pieces.append(value[position : match.start()])
        if variable is None:
            pieces.append("$" if match["escaped"] else match.group())
        else:
            if "".join(pieces):
                parts.append(Text("".join(pieces)))
            pieces.clear()
            parts.append(variable)
        position = end
    pieces.append(value[position:])
    if "".join(pieces):
        parts.append(Text("".join(pieces)))
    return tuple(parts)


def _variable(value: str, match: re.Match[str]) -> tuple[Variable | None, int]:
    if match["name"]:
        return Variable(match["name"], Operator.NONE, ""), match.end()
    head = _HEAD.match(value, match.end()) if match["brace"] else None
    if head is None:
        return None, match.end()
    close = _closing(value, head.end())
    if close is None or (not head["operator"] and close != head.end()):
        return None, match.end()
    operator = Operator(head["operator"] or "")
    return Variable(head["name"], operator, value[head.end() : close]), close + 1


def _closing(value: str, position: int) -> int | None:
    """Return the brace that closes the expression, or `None`; a `${` in a default opens another one."""
    depth = 0
    for match in re.compile(r"\$\$|\$\{|\}").finditer(value, position):
        if match.group() == "${":
            depth += 1
        elif match.group() == "}":
            if depth == 0:
                return match.start()
            depth -= 1
        if depth > _DEPTH:
            return None
    return None


def single_variable(value: str) -> Variable | None:
    """Return the variable, if the value is exactly one."""
    match interpolate(value):
        case (Variable() as only,):
            return only
        case _:
            return None


def assume_defaults(value: str, *, depth: int = 0) -> str | None:
    """Return the value with each variable at its default, or `None` where one has none."""
    if depth > _DEPTH:
        return None
    pieces: list[str] = []
    for part in interpolate(value):
        match part:
            case Text(text):
                pieces.append(text)
            case Variable(_, Operator.DEFAULT | Operator.DEFAULT_IF_EMPTY, word):
                default = assume_defaults(word, depth=depth + 1)
                if default is None:
                    return None
                pieces.append(default)
            case Variable():
                return None
    return "".join(pieces)
