"""Tell where the value of an argument in a bake file comes from."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from rewriter.callers.model import FromLiteral, FromVariable, Unreadable, Value

_ONE: Final = re.compile(r"\$\{\s*([A-Za-z_][A-Za-z0-9_]*)\s*\}")


def variable_value(text: str, defaults: Mapping[str, str]) -> Value:
    """Read a template; bake reads its variables from the environment."""
    one = _ONE.fullmatch(text)
    if one:
        return named_variable(one[1], text, defaults)
    if "${" in text:
        return Unreadable("the value is put together by the bake file, which a secret does not allow")
    return FromLiteral()


def named_variable(name: str, text: str, defaults: Mapping[str, str]) -> Value:
    """Return the value of a variable of the bake file."""
    if name not in defaults:
        return Unreadable(f"{name} is no variable of this bake file")
    if defaults[name]:
        return Unreadable(f"{name} has a default in the bake file, which a secret does not take")
    return FromVariable(name, exported=True, text=text)
