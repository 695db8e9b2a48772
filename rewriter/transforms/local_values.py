"""Say where a literal goes that must leave a file: an ignored file on this machine (docs/design.md, "Values")."""

from __future__ import annotations

from typing import Final

from rewriter.model.masked import Masked
from rewriter.model.plan import Ignore, LocalValue
from rewriter.project.build import Build

FOLDER: Final = "secrets"


def value_path(identity: str) -> str:
    """Return the path of the file that keeps one secret's value."""
    return f"{FOLDER}/{identity}.txt"


def keep(build: Build, identity: str, value: Masked) -> tuple[LocalValue, Ignore]:
    """Return the file for a value, and the patterns that keep its folder out of git and out of the context."""
    inside = not build.context or build.context == FOLDER or FOLDER.startswith(f"{build.context}/")
    pattern = f"{FOLDER}/" if inside else ""
    return LocalValue(value_path(identity), value), Ignore(
        build.path, build.context, pattern, f"/{FOLDER}/", required=True
    )
