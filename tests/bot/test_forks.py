"""Show proposals from forks, where there is no right to push."""

from __future__ import annotations

import pytest

from rewriter.bot.branching import Forks
from rewriter.bot.options import Options
from tests.bot.world import CLEAN, World, leaky
from tests.forge.standin import Fault, Repo

READ_ONLY: dict[str, object] = {"permissions": {"admin": False, "pull": True, "push": False}, "private": False}
MINE = Options("acme", forks_in=Forks("unbake-bot", organization=False), hold_public=False)
SHARED = Options("acme", forks_in=Forks("forkery", organization=True), hold_public=False)


def guarded(org: World, **facts: object) -> Repo:
    return org.add("app", None, **{**READ_ONLY, **facts})


@pytest.mark.parametrize("options", [MINE, SHARED])
def test_a_fork_is_made_once_and_proposed_from(org: World, options: Options) -> None:
    repo = guarded(org)
    org.run(options)
    (pull,) = repo.pulls()
    assert options.forks_in
    assert pull["head_owner"] == options.forks_in.owner
    assert not repo.ref("unbake/fix")
    org.forge.calls.clear()
    org.run(options)
    org.run(options, state="other.db")
    assert not org.forge.writes()
    assert not any("git-receive-pack" in path for _, path, _ in org.forge.calls)


def test_a_fork_follows_its_parent_and_the_pull_request_the_fork(org: World) -> None:
    repo = guarded(org)
    org.run(MINE)
    repo.commit({"Dockerfile": leaky()["Dockerfile"] + "USER node\n", "other": "file\n"})
    org.run(MINE)
    (pull,) = repo.pulls("all")
    fork = org.forge.repos["unbake-bot/acme-app"]
    assert pull["sha"] == fork.ref("unbake/fix")
    assert "USER node" in fork.show("Dockerfile", "unbake/fix")
    repo.commit(CLEAN)
    org.run(MINE)
    assert not repo.pulls()
    assert not fork.ref("unbake/fix")


def test_every_answer_lost_once_gives_one_fork_and_one_pull_request(org: World) -> None:
    repo = guarded(org)
    org.forge.faults += [
        Fault(f"POST .*{what}$", after=True) for what in ("/forks", "/merge-upstream", "git-receive-pack", "/pulls")
    ]
    org.run(MINE)
    assert len(repo.pulls("all")) == 1
    assert sum(one.parent == repo.id for one in org.forge.repos.values()) == 1


def test_a_repository_of_that_name_that_is_no_fork_is_left_alone(org: World) -> None:
    repo = guarded(org)
    others = [org.forge.add(f"unbake-bot/{name}", CLEAN) for name in ("app", "acme-app")]
    org.run(MINE)
    assert len(repo.pulls()) == 1
    assert not any(other.ref("unbake/fix") for other in others)


def test_what_may_not_be_forked_is_named(org: World) -> None:
    private = guarded(org, private=True, allow_forking=False)
    tally = org.run(MINE)
    assert tally.states == {"skipped": 1}
    private.facts["allow_forking"] = True
    org.forge.faults.append(Fault("POST .*/forks$", 403, message="Forking is not allowed"))
    assert org.run(MINE).states == {"refused": 1}
    assert not private.notes, "without the right to push an issue would lose its label"
    assert org.run(MINE).states == {"pr-open": 1}


def test_a_fork_that_somebody_works_on_is_named(org: World) -> None:
    repo = guarded(org)
    org.run(MINE)
    fork = org.forge.repos["unbake-bot/acme-app"]
    fork.commit({"mine": "work\n"})
    repo.commit({"Dockerfile": leaky()["Dockerfile"] + "USER node\n"})
    assert org.run(MINE).states == {"refused": 1}
    assert len(repo.pulls()) == 1


def test_a_fork_that_takes_too_long_waits_for_the_next_run(org: World) -> None:
    repo = guarded(org)
    org.forge.faults.append(Fault("GET .*unbake-bot/acme-app/git/matching-refs", 409, times=60))
    assert org.run(MINE).states == {"waiting": 1}
    assert org.run(MINE).states == {"pr-open": 1}
    assert len(repo.pulls("all")) == 1
