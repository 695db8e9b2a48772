"""Lose the answer of every request once, git's too, and show that what is left in the end is what is always left."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bot.final import database_state, forge_state
from tests.bot.hooked import Hooked
from tests.bot.world import CANARY, CLEAN, VirtualClock, World, leaky
from tests.forge.standin import Fault

GIT = ".git/"
PUSH = "git-receive-pack"


def organisation(folder: Path) -> World:
    """Give a leaky repository with two secrets, and a clean one."""
    clock = VirtualClock()
    (folder / "forge").mkdir(parents=True)
    forge = Hooked(folder / "forge", clock.now)
    forge.check = False  # what is asked and answered is the same as in the tests that do
    world = World(folder, clock, forge, [])
    world.add("leaky", {**leaky(), "web/Dockerfile": leaky(f"{CANARY}2")["Dockerfile"]})
    world.add("clean", CLEAN)
    return world


def hooked(world: World) -> Hooked:
    assert isinstance(world.forge, Hooked)
    return world.forge


def losable(line: str, *, after: bool) -> bool:
    """Tell whether this is when the answer is lost: of what changes nothing the work need not be done."""
    reads = GIT in line and not (line.startswith("POST") and line.endswith(PUSH))
    return after is not reads


def ended(world: World) -> tuple[object, object]:
    """Return the state after a run in one thread, in which nothing fails for good."""
    tally = world.run(threads=1)
    assert not tally.failures
    assert not world.forge.limits.violations
    return forge_state(world.forge), database_state(world.folder / "state.db")


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[tuple[object, object], int]:
    world = organisation(tmp_path_factory.mktemp("undisturbed"))
    state = ended(world)
    number = len(hooked(world).lines)
    world.forge.close()
    return state, number


def test_each_answer_lost_once_changes_nothing(tmp_path: Path, undisturbed: tuple[tuple[object, object], int]) -> None:
    wanted, requests = undisturbed
    assert requests > 20
    for lost in range(1, requests + 1):
        world = organisation(tmp_path / str(lost))
        told: list[str] = []

        def lose(number: int, line: str, after: bool, lost: int = lost, told: list[str] = told) -> Fault | None:  # noqa: FBT001
            if number != lost or not losable(line, after=after) or told:
                return None
            told.append(line)
            return Fault("")

        hooked(world).hook = lose
        assert ended(world) == wanted, told
        assert told
        world.forge.close()


def test_all_answers_lost_once_in_one_run_change_nothing(
    tmp_path: Path, undisturbed: tuple[tuple[object, object], int]
) -> None:
    wanted, _ = undisturbed
    world = organisation(tmp_path)
    seen: set[str] = set()

    def lose(_: int, line: str, after: bool) -> Fault | None:  # noqa: FBT001
        if not losable(line, after=after) or line in seen:
            return None
        seen.add(line)
        return Fault("")

    hooked(world).hook = lose
    for _ in range(8):
        if not world.run(threads=1).failures:
            break
    hooked(world).hook = None
    assert len(seen) > 12
    assert ended(world) == wanted
    world.forge.close()
