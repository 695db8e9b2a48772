"""Describe how one tool takes a credential on its command line."""

from __future__ import annotations

from enum import StrEnum
from typing import Final, NamedTuple

from rewriter.judgement.verdicts import Category


class Shape(StrEnum):
    """Say where in a word the secret stands."""

    WHOLE = "whole"
    AFTER_COLON = "user:secret"
    AFTER_COMMA = "user,secret"
    AFTER_PERCENT = "user%secret"
    AFTER_SLASH = "user/secret@host"
    HEADER = "Name: secret"
    PASS_SOURCE = "pass:secret"  # noqa: S105
    SETTING = "name=secret, by the name"
    URL = "a URL, or a variable that holds one"
    KEYED = "two words, name and secret, by the name"


class Row(NamedTuple):
    """Hold one way of one or several tools.

    `words`: the subcommand that must stand there. `options`: those whose value is or holds the secret; a
    prefix such as `-D` or `-p` that the value is glued to ends in `*`. `places`: positions behind the words,
    negative ones counted from the end. `needs`: an option without which the place is no secret. `valued`:
    other options that take a word. `harmless`: values that everybody knows.
    """

    tools: tuple[str, ...]
    category: Category
    words: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    places: tuple[int, ...] = ()
    shape: Shape = Shape.WHOLE
    persists: str | None = None
    needs: tuple[str, ...] = ()
    valued: tuple[str, ...] = ()
    harmless: tuple[str, ...] = ()


PASSWORD: Final = Category.PASSWORD
TOKEN: Final = Category.TOKEN
API_KEY: Final = Category.API_KEY
CLOUD: Final = Category.CLOUD_KEY
REGISTRY: Final = Category.REGISTRY_AUTH
INDEX: Final = Category.INDEX_URL
KEY: Final = Category.PRIVATE_KEY


def row(
    tools: str,
    category: Category,
    options: str = "",
    *,
    words: str = "",
    places: tuple[int, ...] = (),
    shape: Shape = Shape.WHOLE,
    persists: str | None = None,
    needs: str = "",
    valued: str = "",
    harmless: str = "",
) -> Row:
    """Return a row from words separated by blanks."""
    return Row(
        tools=tuple(tools.split()),
        category=category,
        words=tuple(words.split()),
        options=tuple(options.split()),
        places=places,
        shape=shape,
        persists=persists,
        needs=tuple(needs.split()),
        valued=tuple(valued.split()),
        harmless=tuple(harmless.split()),
    )
