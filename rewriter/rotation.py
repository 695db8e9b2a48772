"""Tell for an exposed credential who issued it and where it is rotated.

The rows are data (`data/rotation.toml`). Asked in this order: the shape of the value, the kind of the file,
the name, and what the name says of its category. Of a file with several values the kind comes first, since
each of them has to be replaced. What no row fits is "unknown", with advice that always holds.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Final

from rewriter.errors import UnbakeError
from rewriter.judgement import credential_file, judge_name, provider_token
from rewriter.model.patch import Exposure
from rewriter.model.secret import Finding
from rewriter.record import Record
from rewriter.tree.wildcards import fits

_DATA: Final = "data/rotation.toml"
_KEYS: Final = frozenset({"id", "title", "where", "how", "dead", "basis", "names", "files", "categories"})


class RotationError(UnbakeError):
    """Report a row of the data that does not follow the schema."""


class Basis(StrEnum):
    """Say where it is known from how a dead credential is told."""

    DOCUMENTED = "documented"
    SCANNERS = "scanners"
    UNPROVEN = "unproven"
    NONE = ""


class Provider(Record):
    """Describe one issuer of credentials: `where` is a page or a place, `how` the steps.

    `dead` tells how to see that the old one is dead, and `basis` where that is known from.
    """

    id: str
    title: str
    where: str
    how: str
    dead: str = ""
    basis: Basis = Basis.NONE
    names: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()


UNKNOWN: Final = Provider(
    id="unknown",
    title="unknown issuer",
    where="the service that accepts it; its owner knows (git log, CODEOWNERS)",
    how="Create a new one there, hand it out, revoke the old one and check that it is refused.",
)


def exposure(finding: Finding) -> Exposure:
    """Return the reminder to rotate what a finding exposes."""
    file = _by_file(finding)
    found = file if file is not None and len(finding.values) > 1 else _by_value(finding) or file
    found = found or _by_name(finding) or _by_category(finding) or UNKNOWN
    return Exposure(finding, found.id, found.where)


def provider(identity: str) -> Provider:
    """Return the row of an id; one that is not known gives the general advice."""
    return next((row for row in providers() if row.id == identity), UNKNOWN)


@cache
def providers() -> tuple[Provider, ...]:
    """Return every row, in the order in which they are asked."""
    return load(files("rewriter").joinpath(_DATA).read_text("utf-8"))


def load(text: str) -> tuple[Provider, ...]:
    """Return the rows that a TOML text describes; raises `RotationError`."""
    try:
        tables = tomllib.loads(text).get("provider", [])
    except tomllib.TOMLDecodeError as error:
        raise RotationError(f"{_DATA}: {error}") from error
    return tuple(_row(table) for table in tables)


def _row(table: Mapping[str, object]) -> Provider:
    name = str(table.get("id", "?"))
    if unknown := sorted(set(table) - _KEYS):
        raise RotationError(f"{_DATA}: {name}: unknown key {unknown[0]!r}")
    return Provider(
        id=_text(name, table, "id"),
        title=_text(name, table, "title"),
        where=_text(name, table, "where"),
        how=_text(name, table, "how"),
        dead=_text(name, table, "dead") if "dead" in table else "",
        basis=_basis(name, table),
        names=_strings(name, table, "names"),
        files=_strings(name, table, "files"),
        categories=_strings(name, table, "categories"),
    )


def _basis(name: str, table: Mapping[str, object]) -> Basis:
    value = table.get("basis", "")
    if value not in [one.value for one in Basis] or bool(value) is not ("dead" in table):
        raise RotationError(
            f"{_DATA}: {name}: 'dead' and 'basis' come together, one of {', '.join(filter(None, Basis))}"
        )
    return Basis(str(value))


def _text(name: str, table: Mapping[str, object], key: str) -> str:
    value = table.get(key)
    if not isinstance(value, str) or not value:
        raise RotationError(f"{_DATA}: {name}: {key!r} has to be a text")
    return value


def _strings(name: str, table: Mapping[str, object], key: str) -> tuple[str, ...]:
    value = table.get(key, [])
    words = [word for word in value if isinstance(word, str)] if isinstance(value, list) else []
    if not isinstance(value, list) or len(words) != len(value):
        raise RotationError(f"{_DATA}: {name}: {key!r} has to be an array of strings")
    return tuple(words)


def _by_value(finding: Finding) -> Provider | None:
    for value in finding.values:
        for match in provider_token(value.reveal()):
            found = provider(match.provider)
            if found is not UNKNOWN:
                return found
    return None


def _by_file(finding: Finding) -> Provider | None:
    verdict = credential_file(finding.name)
    if verdict is None:
        return None
    return next((row for row in providers() if verdict.kind in row.files), None)


def _by_name(finding: Finding) -> Provider | None:
    name = re.sub(r"[^A-Z0-9_]+", "_", finding.name.upper()).strip("_")
    return next((row for row in providers() if any(fits(name, pattern) for pattern in row.names)), None)


def _by_category(finding: Finding) -> Provider | None:
    category = judge_name(finding.name).category
    return next((row for row in providers() if category in row.categories), None) if category else None
