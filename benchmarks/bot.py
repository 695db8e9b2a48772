"""Measure the bot on the stand-in: an organisation with leaky, clean and odd repositories, and ones that are all clean.

    python -m benchmarks.bot mixed [REPOSITORIES] [LEAKY]
    python -m benchmarks.bot clean [REPOSITORIES]...

`mixed` works in this process with a virtual clock: what waiting for the limits would take is told, not waited for. The
odd repositories are twenty of each kind that `tests/bot/mixed.py` names. It prints what the bot promises with how often
that was looked at, and ends with 1 where a promise is broken. So does `clean` where anything is written or fails: it
plans and runs in processes of their own, whose processor time and memory are told apart from the stand-in's. One
repository in twenty has a Dockerfile and is cloned. At the end it tells what the forge's limits make of the requests.

Measured on two cores that many shared (load 10 and more), so the times are upper bounds: the run over 1,000, of which
200 leak and 400 are odd, takes 336 s, 98 MiB with the stand-in, 6,525 requests and 70 minutes by the limits, none of
which it breaks; 340 have one clean pull request, 380 secrets one reminder; the next run takes 76 s and 1,234 requests,
and writes nothing. The plan over 10,000 takes 73 s of processor time, 74 MiB (over 200: 62 MiB) and 10,101 requests.

A visit of a clean repository is one request without a Dockerfile, one request and a clone with one; where nobody has
pushed since, it is none. So ten thousand take 100 requests for the list and 10,000 for the trees, which the limits let
through in 14 minutes, and later 100. A repository with findings takes some ten requests more, of which two create
content: at 400 an hour that is what holds 10,000 of them back for 50 hours, and nothing here.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import ClassVar

from rewriter.bot.engine import Tally
from rewriter.scm.gate import Pace
from tests.bot.mixed import KINDS, first, made, second
from tests.bot.world import CLEAN, World, world
from tests.forge import resources
from tests.forge.standin import TOKEN, Forge, Repo

ODD_EACH = 20
ONE_IN = 20


def main(words: list[str]) -> int:
    """Measure what the words name, both without one; return 1 where a promise is broken."""
    kind, numbers = (words[0], [int(word) for word in words[1:]]) if words else ("", [])
    kept = True
    if kind in ("", "mixed"):
        with tempfile.TemporaryDirectory() as folder:
            kept = _mixed(world(Path(folder)), *(numbers + [1000, 200][len(numbers) :]))
    if kind in ("", "clean"):
        for number in numbers or [1000, 10000]:
            with tempfile.TemporaryDirectory() as folder:
                kept = _clean(Path(folder), number) and kept
    return 0 if kept else 1


def _mixed(org: World, number: int, leaks: int) -> bool:
    """Run twice, print what was promised and whether it holds; tell whether all of it does."""
    org.forge.check = False
    mixed = made(org, number=number, leaks=leaks, each=ODD_EACH)
    print(f"{len(org.forge.repos)} repositories, {leaks} leak, {ODD_EACH} odd in each of {len(KINDS)} ways", flush=True)
    kept = True
    for label, check in (("first run", first), ("second run", second)):
        began, virtual, cost = time.monotonic(), org.clock.now(), {}
        promises = check(mixed, lambda tally: cost.update(_cost(org, tally, began, virtual)))  # noqa: B023 (used at once)
        print(f"\n{label}: {', '.join(f'{what} {value}' for what, value in cost.items())}")
        for promise in promises:
            verdict = "kept" if promise.kept else "BROKEN"
            examples = f"  {len(promise.broken)}: {', '.join(promise.broken[:3])}" if promise.broken else ""
            print(f"  {verdict:<7} {promise.looked:>6}  {promise.words}{examples}", flush=True)
        kept = kept and all(promise.kept for promise in promises)
    return kept


def _cost(org: World, tally: Tally, began: float, virtual: float) -> dict[str, str]:
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return {
        "wall time": f"{time.monotonic() - began:.0f} s",
        "by the limits": f"{(org.clock.now() - virtual) / 60:.0f} min",
        "requests": str(len(org.forge.calls)),
        "writes": str(sum(org.forge.writes().values()) + org.forge.landed),
        "memory": f"{memory} MiB at most",
        "states": str(dict(sorted(tally.states.items()))),
    }


def _clean(folder: Path, number: int) -> bool:
    """Plan and run over clean repositories, print what it costs; tell whether nothing was written or failed."""
    (folder / "forge").mkdir()
    forge = _Many(folder / "forge")
    forge.check = False
    forge.limits.hourly = forge.limits.points_a_minute = 10**9
    _alike(forge, number)
    kept = True
    for action in ("plan", "run", "run"):
        forge.calls.clear()
        began = time.monotonic()
        words = [action, "--org", "acme", "--api-url", forge.base, "--no-limits", "--state", str(folder / "state.db")]
        process = subprocess.Popen(
            [sys.executable, "-m", "rewriter", "bot", *words],
            env={**os.environ, "GITHUB_TOKEN": TOKEN},
            stdout=subprocess.PIPE,
            text=True,
        )
        with _peak(process.pid) as peak:
            assert process.stdout is not None
            out = process.stdout.read()
            _, status, used = os.wait4(process.pid, 0)
        requests, free = len(forge.calls), sum(status == 304 for _, _, status in forge.calls)
        print(
            f"{action} over {number} clean: {time.monotonic() - began:.0f} s, {used.ru_utime + used.ru_stime:.0f} s of "
            f"processor, {peak[0] // 1024} MiB at most, {requests} requests, {free} of them free, at least "
            f"{requests / Pace().points_a_minute:.0f} min by the limits, status {status}, {' '.join(out.split())}",
            flush=True,
        )
        kept = kept and not status and not forge.writes() and not forge.landed
    forge.close()
    return kept


@contextmanager
def _peak(pid: int) -> Iterator[list[int]]:
    """Give the most memory that a process has had, in KiB; what the system tells in the end counts its parent's too."""
    most, over = [0], threading.Event()

    def look() -> None:
        while not over.wait(0.05):
            with suppress(OSError):
                text = Path(f"/proc/{pid}/status").read_text("utf-8")
                most[0] = max(
                    [most[0], *(int(row.split()[1]) for row in text.splitlines() if row.startswith("VmHWM:"))]
                )

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield most
    finally:
        over.set()
        thread.join()


class _Same(Repo):
    """Be one of many repositories with the same content: what git says of one holds for all."""

    said: ClassVar[dict[tuple[Path, tuple[str, ...]], str]] = {}

    def git(self, *words: str, data: bytes | None = None, extra: Mapping[str, str] | None = None) -> str:
        key = (self.path.resolve(), words)
        if key not in self.said:
            self.said[key] = super().git(*words, data=data, extra=extra)
        return self.said[key]


class _Many(Forge):
    """List thousands of repositories without describing them anew for each page."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._told: dict[int, resources.Json] = {}

    def described(self, repo: Repo, *, full: bool = False) -> resources.Json:  # noqa: ARG002 (none is a fork)
        if repo.id not in self._told:
            self._told[repo.id] = resources.repository(self.base, repo.id, repo.name, repo.facts)
        return self._told[repo.id]


def _alike(forge: Forge, number: int) -> None:
    """Add clean repositories, each a link to one of two."""
    models = [forge.add("acme/model0", CLEAN), forge.add("acme/model1", {"README.md": "text\n"})]
    for index in range(number - len(models)):
        model, name = models[index % ONE_IN != 0], f"acme/clean{index}"
        path = forge.folder / f"{name}.git"
        path.symlink_to(model.path)
        forge.repos[name] = _Same(len(forge.repos) + 1, name, path, {}, pushed=model.pushed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
