"""Lend a real Docker engine to the tests that ask for one.

Without an engine those tests are skipped with a reason; in CI that is a failure. CI, and a run with
UNBAKE_START_ENGINE=1, start one through scripts/docker-engine first.
"""

import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import pytest

from tests.e2e.engine import Engine
from tests.e2e.images import BaseImages
from tests.e2e.launch import Silence, find_engine, in_ci, make_images

_FOLDER = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark each test of this folder that asks for the engine."""
    for item in items:
        if isinstance(item, pytest.Function) and item.path.is_relative_to(_FOLDER) and "engine" in item.fixturenames:
            item.add_marker(pytest.mark.e2e)


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """Drive the engine that answers; everything made on it goes away at the end."""
    found = find_engine()
    if isinstance(found, Silence):
        _give_up(f"no Docker engine: {found.reason}")
    engine = Engine(tmp_path_factory.mktemp("engine"), found.environment)
    try:
        yield engine
    finally:
        engine.close()


@pytest.fixture(scope="session")
def base_images(engine: Engine) -> BaseImages:
    """Have the base images on the engine."""
    made = make_images(engine.environment)
    if isinstance(made, Silence):
        _give_up(f"no base images: {made.reason}")
    engine.know(made)
    return BaseImages()


@pytest.fixture
def canary() -> str:
    """Return a value that stands nowhere else."""
    return "cnry" + secrets.token_hex(12)


def _give_up(reason: str) -> NoReturn:
    if in_ci():
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)
