"""Tell which variables the libraries of a program take by themselves (`data/libraries.toml`).

No source names `AWS_SECRET_ACCESS_KEY` where the SDK reads it: that the manifest names the SDK has to do.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Final

from rewriter.documents.run import written
from rewriter.errors import UnbakeError
from rewriter.project.build import Build
from rewriter.project.project import Project
from rewriter.record import Record
from rewriter.tree.wildcards import fits

_DATA: Final = "data/libraries.toml"
_KEYS: Final = frozenset({"title", "packages", "variables"})
_MANIFEST: Final = re.compile(
    r"package\.json|requirements[^/]*\.(?:txt|in)|pyproject\.toml|Pipfile|setup\.(?:py|cfg)|environment\.ya?ml|Gemfile"
    r"|go\.mod|pom\.xml|build\.gradle(?:\.kts)?|composer\.json|[^/]+\.csproj|[^/]+\.fsproj|Cargo\.toml|mix\.exs"
)
_PACKAGE: Final = re.compile(r"[A-Za-z0-9@][A-Za-z0-9@._/-]*")


class LibraryError(UnbakeError):
    """Report a row of the data that does not follow the schema."""


class Library(Record):
    """Hold the packages of one library and the variables that it takes."""

    title: str
    packages: tuple[str, ...]
    variables: tuple[str, ...]

    def takes(self, name: str) -> bool:
        """Tell whether the library reads a variable by itself."""
        return any(fits(name, pattern) for pattern in self.variables)

    def among(self, words: frozenset[str]) -> bool:
        """Tell whether one of the words names a package of the library."""
        for package in self.packages:
            if package in words or ("*" in package and any(fits(word, package) for word in words)):
                return True
        return False


def library_readers(project: Project, build: Build, name: str) -> Iterator[str]:
    """Yield the place of each manifest, or RUN, that brings a library which takes the variable."""
    wanted = [library for library in libraries() if library.takes(name)]
    if not wanted:
        return
    prefix = f"{build.context}/" if build.context else ""
    for path in project.context_files(build):
        if _MANIFEST.fullmatch(path.rsplit("/", 1)[-1]) and "node_modules/" not in path:
            words = _words(project.text(prefix + path) or "")
            yield from (f"{prefix}{path} ({library.title})" for library in wanted if library.among(words))
    for entry in build.commands.entries:
        words = _words(written(build.dockerfile.source, entry))
        yield from (f"{build.path}:{entry.line} ({library.title})" for library in wanted if library.among(words))


def _words(text: str) -> frozenset[str]:
    """Return what may name a package: a whole word, without a version behind `@`."""
    found = frozenset(_PACKAGE.findall(text))
    return found | {word.rpartition("@")[0] for word in found if "@" in word[1:]}


@cache
def libraries() -> tuple[Library, ...]:
    """Return every library of the data."""
    return load(files("rewriter").joinpath(_DATA).read_text("utf-8"))


def load(text: str) -> tuple[Library, ...]:
    """Return the libraries that a TOML text describes; raises `LibraryError` when a row is malformed."""
    rows: object = tomllib.loads(text).get("libraries")
    if not isinstance(rows, list):
        raise LibraryError(f"{_DATA}: has no 'libraries'")
    return tuple(_library(row) for row in rows)


def _library(row: object) -> Library:
    if not isinstance(row, dict) or row.keys() != _KEYS or not isinstance(row["title"], str):
        raise LibraryError(f"{_DATA}: a row needs {', '.join(sorted(_KEYS))}")
    return Library(row["title"], _strings(row["packages"]), _strings(row["variables"]))


def _strings(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise LibraryError(f"{_DATA}: 'packages' and 'variables' have to be arrays of strings")
    return tuple(value)
