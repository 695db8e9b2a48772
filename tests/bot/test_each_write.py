"""Lose the answer of each single write once, and refuse each once before it is done: nothing is made twice or left out.

Each repository of the organisation has another write disturbed, so that one run shows them all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import pytest

from rewriter.bot.branching import Forks
from rewriter.bot.options import Options
from rewriter.bot.report import Show
from tests.bot.test_app import installed
from tests.bot.world import CANARY, World, leaky
from tests.forge.standin import Fault, Repo

FILES = {"CODEOWNERS": "* @ann @acme/web\n", "latin": "caf\xe9\n"}
READ_ONLY: dict[str, object] = {"permissions": {"admin": False, "pull": True, "push": False}, "private": False}


@dataclass
class Judge:
    """Disturb the write of that number in each repository, counted from 0."""

    wanted: Mapping[str, tuple[int, bool]] = field(default_factory=dict)
    seen: Counter[str] = field(default_factory=Counter)
    done: set[str] = field(default_factory=set)

    def __call__(self, line: str, after: bool) -> Fault | None:  # noqa: FBT001 (the stand-in's signature)
        verb, _, path = line.partition(" ")
        name = next((name for name in self.wanted if name in path), None)
        if verb == "GET" or name is None or "upload-pack" in path:
            return None
        number, late = self.wanted[name]
        current = self.seen[name]
        self.seen[name] += after
        if name in self.done or current != number or after is not late:
            return None
        self.done.add(name)
        return Fault("", 502)


def leaks(number: int) -> dict[str, str]:
    return {**leaky(f"{CANARY}{number:03}"), **FILES}


def disturbed(org: World, options: Options, add: Callable[[str, int], Repo], writes: int) -> list[Repo]:
    """Run over a repository for each write and each way to disturb it."""
    names = [(f"app-{number:02}-{'late' if late else 'early'}", number, late)
             for number in range(writes) for late in (True, False)]  # fmt: skip
    repos = [add(name, index) for index, (name, _, _) in enumerate(names)]
    judge = Judge({name: (number, late) for name, number, late in names})
    org.forge.judge = judge
    tally = org.run(options, threads=8)
    org.forge.judge = None
    assert not tally.failures
    assert len(judge.done) >= len(names) - 2, "nearly every write there is was disturbed"
    org.forge.calls.clear()
    org.run(options, state="other.db", threads=8)
    assert not [line for line in org.forge.writes() if line != "POST access_tokens"]
    return repos


def test_an_apps_writes(org: World) -> None:
    options = Options("acme", labels=("security",), show=Show.CHECK)
    installed(org)
    repos = disturbed(org, options, lambda name, number: org.add(name, leaks(number)), 10)
    for repo in repos:
        (pull,) = repo.pulls("all")
        assert (pull["labels"], pull["reviewers"], pull["teams"]) == (["security"], ["ann"], ["web"]), repo.name
        assert pull["asked"] == 1, repo.name
        assert [row["head_sha"] for row in repo.checks] == [repo.ref("unbake/fix")], repo.name
        assert repo.ref("unbake/fix") in repo.signed
        assert repo.git("rev-list", "--count", "main..unbake/fix") == "1"
        assert [row["state"] for row in repo.issues()] == ["open"], repo.name
        assert not repo.comments


def test_writes_by_a_fork(org: World) -> None:
    options = Options("acme", forks_in=Forks("unbake-bot", organization=False), hold_public=False)
    repos = disturbed(org, options, lambda name, number: org.add(name, leaks(number), **READ_ONLY), 3)
    for repo in repos:
        assert len(repo.pulls("all")) == 1, repo.name
        assert sum(one.parent == repo.id for one in org.forge.repos.values()) == 1
        assert not repo.issues()


@pytest.mark.parametrize("label", ["unbake/rotated"])
def test_writes_of_a_reminder_and_of_a_notice(org: World, label: str) -> None:
    options = Options("acme")
    repos = [org.add(f"app-{number}", leaks(number)) for number in range(4)]
    org.run(options)
    for repo in repos:
        repo.commit({"NOTES": "mine\n"}, "unbake/fix")
    repos[0].issues()[0]["labels"] = ["unbake-rotate", label]
    org.clock.sleep_until(org.clock.now() + 20 * 86_400)
    judge = Judge({f"acme/app-{number}/": (number, True) for number in range(4)})
    org.forge.judge = judge
    org.run(options)
    assert len(judge.done) == 4
    org.forge.judge = None
    org.run(options, state="other.db")
    for repo in repos:
        assert len(repo.issues()) == 1
        notices = [row for row in repo.comments if row["note"] == repo.pulls()[0]["number"]]
        again = [row for row in repo.comments if row["note"] == repo.issues()[0]["number"]]
        assert len(notices) == 1, repo.name
        assert len(again) == (0 if repo is repos[0] else 1), repo.name
    assert [repo.issues()[0]["state"] for repo in repos] == ["closed", "open", "open", "open"]
