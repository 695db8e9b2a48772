"""Show that no leaky repository is left out: each one that a module here describes is proven by a test."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from tests.e2e import test_repositories, test_stacks
from tests.e2e.scenarios import Scenario
from tests.e2e.stacks import Stack

_FOLDER = Path(__file__).parent


def described(kind: type[Scenario | Stack]) -> Iterator[str]:
    """Yield the names of all that the modules of this folder describe, alone or in a list."""
    for path in sorted(_FOLDER.glob("*.py")):
        if not path.name.startswith(("test_", "conftest")):
            for value in vars(import_module(f"tests.e2e.{path.stem}")).values():
                yield from (
                    one.name for one in (value if isinstance(value, tuple) else (value,)) if isinstance(one, kind)
                )


def proven(test: object) -> Iterator[str]:
    """Yield the names of all that a test is run with."""
    marks = getattr(test, "pytestmark", [])
    for mark in marks:
        if isinstance(mark, pytest.Mark) and mark.name == "parametrize":
            yield from (one.name for one in mark.args[1])


def test_every_repository_is_proven() -> None:
    names = set(described(Scenario))
    assert len(names) >= 20
    assert set(proven(test_repositories.test_fix_is_proven)) == names


def test_every_project_is_proven() -> None:
    names = set(described(Stack))
    assert len(names) >= 6
    assert set(proven(test_stacks.test_starts_with_its_secret_and_shows_it_nowhere)) == names
