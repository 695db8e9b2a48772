"""Give a test an organisation on the stand-in, and a database on a server that is really started."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bot.server import fresh, installed, server
from tests.bot.world import World, world


@pytest.fixture
def org(tmp_path: Path) -> Iterator[World]:
    made = world(tmp_path)
    yield made
    made.forge.close()
    assert not made.forge.mismatches
    assert not made.forge.limits.violations


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    if not (os.environ.get("UNBAKE_TEST_POSTGRES") or installed()):
        if os.environ.get("CI") == "true":
            pytest.fail("no PostgreSQL is installed: scripts/check starts one, and so does scripts/postgres start")
        pytest.skip("no PostgreSQL is installed")
    with server() as address:
        yield address


@pytest.fixture
def database(postgres: str) -> Iterator[str]:
    with fresh(postgres) as address:
        yield address
