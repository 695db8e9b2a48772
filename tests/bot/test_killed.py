"""Kill the process at two hundred random points, and show that what it leaves in the end is what it always leaves."""

from __future__ import annotations

import os
import random
import signal
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.bot.final import database_state, forge_state
from tests.bot.hooked import READS, Hooked
from tests.bot.mortal import launch, said
from tests.bot.world import CANARY, CLEAN, leaky
from tests.forge.standin import Fault

SEEDS = 10
KILLS = 20
RUN = ("run", "--no-hold-public", "--threads")
KEY = {"UNBAKE_FINGERPRINT_KEY": "key-of-a-test"}
SHARED = f"{CANARY}-of-two"


def organisation(folder: Path) -> Hooked:
    """Give three leaky repositories, a clean one and an odd one; a public one shares the secret of a private one."""
    forge = Hooked(folder)
    forge.check = False  # what is asked and answered is the same as in the tests that do
    forge.add("acme/one", leaky(SHARED))
    forge.add("acme/two", {**leaky(f"{CANARY}1"), "web/Dockerfile": leaky(f"{CANARY}2")["Dockerfile"]})
    forge.add("acme/open", leaky(SHARED), private=False)
    forge.add("acme/clean", CLEAN)
    forge.add("acme/old", leaky(), archived=True)
    return forge


@dataclass
class Reaper:
    """Kill a process when it makes its n-th request, or write: before that is done, or when it is done and not told."""

    left: int
    writes: bool
    done: bool
    pid: int = 0

    def __call__(self, _: int, line: str, after: bool) -> Fault | None:  # noqa: FBT001
        if not self.pid or after is not self.done or (self.writes and (line.startswith("GET") or line.endswith(READS))):
            return None
        self.left -= 1
        if self.left:
            return None
        os.kill(self.pid, signal.SIGKILL)
        return Fault("", 503)


def live(folder: Path, forge: Hooked, chance: random.Random) -> bool:
    """Let one process live until its moment has come or nothing is left to do; tell whether it was killed."""
    words = [*RUN, str(chance.choice((1, 1, 2)))]
    if chance.random() < 0.4:
        process = launch(folder, forge, *words, more=KEY, dies_at=chance.randint(1, 200))
    else:
        writes = chance.random() < 0.5
        forge.hook = reaper = Reaper(chance.randint(1, 3 if writes else 20), writes, chance.random() < 0.5)
        process = launch(folder, forge, *words, more=KEY)
        assert process.pid
        reaper.pid = process.pid
    process.join(120)
    forge.hook = None
    assert process.exitcode in (0, -signal.SIGKILL), said(folder)
    return process.exitcode == -signal.SIGKILL


def ended(folder: Path, forge: Hooked) -> tuple[object, object]:
    """Return what a run leaves that nobody kills."""
    process = launch(folder, forge, *RUN, "1", more=KEY)
    process.join(120)
    assert process.exitcode == 0, said(folder)
    return forge_state(forge), database_state(folder / "state.db")


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[object, object]:
    folder = tmp_path_factory.mktemp("undisturbed")
    forge = organisation(folder / "forge")
    state = ended(folder, forge)
    forge.close()
    return state


def test_stopped_it_says_so_and_goes_on_from_there(tmp_path: Path, undisturbed: tuple[object, object]) -> None:
    forge = organisation(tmp_path / "forge")
    process = launch(tmp_path, forge, *RUN, "1", more=KEY)

    def stop(_: int, line: str, after: bool) -> None:  # noqa: FBT001
        if after and line.endswith("/pulls") and line.startswith("POST"):
            process.terminate()

    forge.hook = stop
    process.join(120)
    forge.hook = None
    assert process.exitcode == 130, said(tmp_path)
    assert "the same command goes on from there" in said(tmp_path)
    assert sum(len(repo.pulls()) for repo in forge.repos.values()) == 1
    assert ended(tmp_path, forge) == undisturbed
    forge.close()


@pytest.mark.parametrize("seed", range(SEEDS))
def test_killed_at_random_points_it_ends_as_ever(tmp_path: Path, undisturbed: tuple[object, object], seed: int) -> None:
    chance = random.Random(seed)
    killed = organisations = 0
    while killed < KILLS:  # where nothing is left to do a kill proves little, so that is when another one begins
        organisations += 1
        folder = tmp_path / str(organisations)
        folder.mkdir()
        forge = organisation(folder / "forge")
        while killed < KILLS and live(folder, forge, chance):
            killed += 1
        assert ended(folder, forge) == undisturbed
        before, pushes = len(forge.calls), forge.pushes
        if killed == KILLS:
            assert ended(folder, forge) == undisturbed
            assert not [call for call in forge.calls[before:] if call[0] != "GET"]
            assert forge.pushes == pushes
            left = [place.name for place in (folder / "scratch").glob("unbake-bot-*/*")]
            assert left in ([], ["lock"])
        forge.close()
