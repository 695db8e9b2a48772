"""Read the options of `RUN --mount`: a line of comma-separated values, each `key` or `key=value`."""

from __future__ import annotations

import re
from typing import Final

from rewriter.documents.dockerfile.model import Flag
from rewriter.record import Record

_FIELD: Final = re.compile(r'"((?:[^"]|"")*+)"(?=,|$)|([^",]*)(?=,|$)')
_NAMES: Final = (("target", "dst", "destination"), ("source", "src"), ("readonly", "ro"), ("readwrite", "rw"))
_ALIASES: Final = {name: names for names in _NAMES for name in names}
_SECRET_SOURCE: Final = ("id", "source", "src")


class Mount(Record):
    """Hold one mount; `options` are in the order written, keys in lower case, None for a key without a value."""

    type: str
    options: tuple[tuple[str, str | None], ...]

    def get(self, name: str) -> str | None:
        """Return the last value of an option under any of its names.

        `src` is `source`, and both are `id` for a secret; `dst` and `destination` are `target`. An option
        without a value, and one that is absent, give None: `has` tells them apart.
        """
        names = self._names(name)
        return next((value for key, value in reversed(self.options) if key in names), None)

    def has(self, name: str) -> bool:
        """Tell whether an option is written, with a value or without."""
        names = self._names(name)
        return any(key in names for key, _ in self.options)

    def _names(self, name: str) -> tuple[str, ...]:
        if self.type == "secret" and name in _SECRET_SOURCE:
            return _SECRET_SOURCE
        return _ALIASES.get(name, (name,))


def mount(flag: Flag) -> Mount | None:
    """Return the mount that a flag describes; None for another flag, or where BuildKit cannot read it."""
    return None if flag.name != "mount" or flag.value is None else read_mount(flag.value)


def read_mount(text: str) -> Mount | None:
    """Return the mount that the options of `--mount=` describe; None where BuildKit cannot read them."""
    fields = _fields(text)
    if fields is None:
        return None
    options: list[tuple[str, str | None]] = []
    kind = "bind"
    for field in fields:
        key, equals, value = field.partition("=")
        key = key.lower()
        options.append((key, value if equals else None))
        if key == "type":
            kind = value.lower()
    return Mount(kind, tuple(options))


def secret_file(found: Mount) -> str | None:
    """Return the file at which a secret appears; None for one that fills a variable alone.

    See https://docs.docker.com/reference/dockerfile/#run---mounttypesecret.
    """
    target, name = found.get("target"), found.get("id")
    if target is None and (found.get("env") is not None or name is None):
        return None
    return target or f"/run/secrets/{name}"


def _fields(text: str) -> list[str] | None:
    """Split comma-separated values; a field in double quotes may hold commas, and quotes doubled."""
    if '"' not in text:
        return text.split(",")
    fields: list[str] = []
    position = 0
    while True:
        found = _FIELD.match(text, position)
        if found is None:
            return None
        fields.append(found[2] if found[1] is None else found[1].replace('""', '"'))
        position = found.end() + 1
        if position > len(text):
            return fields
