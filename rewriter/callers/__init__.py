"""Find the callers of builds in a repository: whatever runs `docker build`, or asks a service to.

Each module in `rewriter/callers/kinds` reads one kind of file and offers it as `KIND`; nothing is registered.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from rewriter.callers import kinds as kinds_package
from rewriter.callers.embedded import without_private_use
from rewriter.callers.kind import Kind
from rewriter.callers.model import (
    BuildArgument,
    Builder,
    Caller,
    CallerChange,
    CallerKind,
    CallerRefusal,
    Files,
    Problem,
    Reading,
    RunEnvironment,
)
from rewriter.callers.stores import from_secret_store, from_variables
from rewriter.model.text import Source

__all__ = [
    "BuildArgument",
    "Builder",
    "Caller",
    "CallerChange",
    "CallerKind",
    "CallerRefusal",
    "Problem",
    "Reading",
    "RunEnvironment",
    "find",
    "from_secret_store",
    "from_variables",
    "is_candidate",
    "read",
    "runs",
]


@cache
def _kinds() -> tuple[Kind, ...]:
    """Import every module of the package `kinds`, in the order of their names."""
    names = sorted(module.name for module in iter_modules(kinds_package.__path__))
    found = [getattr(import_module(f"{kinds_package.__name__}.{name}"), "KIND", None) for name in names]
    return tuple(kind for kind in found if isinstance(kind, Kind))


def is_candidate(path: str) -> bool:
    """Tell from a file's path alone whether it may hold a caller."""
    return any(kind.matches(path) for kind in _kinds())


def read(path: str, source: Source, *, files: Files) -> Reading:
    """Return the callers of a file, the containers that it runs, and the pieces that could not be read.

    `files` tells whether a path of the repository is a file. Raises `ParseError` where the file as a whole
    cannot be read.
    """
    clean = Source(path, without_private_use(source.text))
    total = Reading()
    for kind in _kinds():
        if kind.matches(path):
            total += kind.read(clean, files)
    return total


def find(path: str, source: Source, *, files: Files) -> tuple[Caller, ...]:
    """Return the callers of a file; raise `ParseError` where it cannot be read."""
    return read(path, source, files=files).callers


def runs(path: str, source: Source, *, files: Files) -> tuple[RunEnvironment, ...]:
    """Return the environment variables that commands of a file give to containers."""
    return read(path, source, files=files).environments
