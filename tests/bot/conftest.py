"""Give a test an organisation on the stand-in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bot.world import World, world


@pytest.fixture
def org(tmp_path: Path) -> Iterator[World]:
    made = world(tmp_path)
    yield made
    made.forge.close()
    assert not made.forge.mismatches
    assert not made.forge.limits.violations
