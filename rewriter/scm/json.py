"""Read a forge's JSON: untrusted, so each look says which type it wants."""

from __future__ import annotations

import json
from collections.abc import Mapping

from rewriter.scm.forge import ForgeError


def parse(text: str) -> object:
    """Return what a text holds; raises `ForgeError`."""
    try:
        found: object = json.loads(text) if text.strip() else None
    except (ValueError, RecursionError) as error:
        raise ForgeError("the forge's answer is no JSON") from error
    return found


def table(value: object) -> Mapping[str, object]:
    """Return an object; raises `ForgeError`."""
    if isinstance(value, dict):
        return value
    raise ForgeError("the forge's answer is not an object where one was expected")


def rows(value: object) -> tuple[Mapping[str, object], ...]:
    """Return the objects of an array; raises `ForgeError`."""
    if isinstance(value, list):
        return tuple(table(item) for item in value)
    raise ForgeError("the forge's answer is not a list where one was expected")


def text(value: Mapping[str, object], key: str) -> str:
    """Return a string, empty where there is none."""
    found = value.get(key)
    return found if isinstance(found, str) else ""


def number(value: Mapping[str, object], key: str) -> int:
    """Return a number; raises `ForgeError`."""
    found = value.get(key)
    if isinstance(found, int):
        return found
    raise ForgeError(f"the forge's answer has no number {key!r}")


def flag(value: Mapping[str, object], key: str, *, default: bool = False) -> bool:
    """Return a truth value."""
    found = value.get(key)
    return found if isinstance(found, bool) else default
