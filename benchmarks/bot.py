"""Measure the bot on the stand-in: an organisation with leaky, clean and odd repositories, and one that is all clean.

    python -m benchmarks.bot [REPOSITORIES] [LEAKY] [CLEAN]

The clock of the limits is virtual: what waiting would take is told, not waited for.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from pathlib import Path

from rewriter import pipeline
from rewriter.model.text import encode
from rewriter.repository import MemoryRepository
from rewriter.settings import Settings
from tests.bot.world import CANARY, CLEAN, World, leaky, world
from tests.forge.standin import Repo

ODD: dict[str, dict[str, object]] = {
    "archived": {"archived": True},
    "disabled": {"disabled": True},
    "mirror": {"mirror_url": "https://example.com/x.git"},
    "pulls-off": {"has_pull_requests": False},
    "issues-off": {"has_issues": False},
    "no-push": {"permissions": {"admin": False, "pull": True, "push": False}},
}
ODD_EACH = 20


def main(words: list[str]) -> None:
    """Measure both organisations."""
    defaults = ("1000", "200", "10000")
    number, leaks, clean = (int(word) for word in (*words, *defaults[len(words) :]))
    with tempfile.TemporaryDirectory() as folder:
        _mixed(world(Path(folder)), number, leaks)
    with tempfile.TemporaryDirectory() as folder:
        _clean(world(Path(folder)), clean)


def _mixed(org: World, number: int, leaks: int) -> None:
    org.forge.check = False
    found = [org.add(f"leaky{index}", leaky(f"{CANARY}{index}")) for index in range(leaks)]
    for name, facts in ODD.items():
        for index in range(ODD_EACH):
            org.add(f"{name}{index}", None, **facts)
    for index in range(ODD_EACH):
        org.forge.add(f"acme/empty{index}", None)
    for index in range(max(0, number - len(org.forge.repos))):
        org.add(f"clean{index}", CLEAN if index % 2 else {"README.md": "text\n"})
    for run in ("first", "second"):
        org.forge.calls.clear()
        _run(org, f"{run} run over {len(org.forge.repos)}")
    good = sum(len(repo.pulls("all")) == 1 and len(repo.issues()) == 1 and not _left(repo) for repo in found)
    writes = sum(org.forge.writes().values())
    print(f"leaky with one clean pull request and one reminder: {good} of {leaks}; writes of the second run: {writes}")


def _clean(org: World, number: int) -> None:
    org.forge.check = False
    for index in range(number):
        org.add(f"clean{index}", {"README.md": "text\n"})
    _run(org, f"plan of {number} clean")


def _run(org: World, label: str) -> None:
    began, virtual = time.monotonic(), org.clock.now()
    tally = org.run()
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(
        f"{label}: {time.monotonic() - began:.0f} s, paced {(org.clock.now() - virtual) / 60:.0f} min, "
        f"{len(org.forge.calls)} requests, {sum(org.forge.limits.violations.values())} violations, "
        f"{memory} MiB at most, {tally.states}, failures {tally.failures[:2]}",
        flush=True,
    )


def _left(repo: Repo) -> int:
    ref = str(repo.pulls("all")[0]["sha"])
    names = repo.git("ls-tree", "-r", "--name-only", ref).splitlines()
    files = {name: encode(repo.show(name, ref) + "\n") for name in names}
    return len(pipeline.scan(MemoryRepository(files), Settings()).findings)


if __name__ == "__main__":
    main(sys.argv[1:])
