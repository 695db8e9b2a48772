"""Show what a run makes of repositories that are renamed, cut short, hidden, gone, or on a server of one's own."""

from __future__ import annotations

import sqlite3

import pytest

from rewriter.bot.look import BELIEVED, MARGIN
from rewriter.bot.options import Options
from rewriter.scm.forge import MovedError
from tests.bot.world import CLEAN, World, leaky
from tests.forge.standin import Fault

HOUR = 3_600.0


def details(org: World) -> dict[str, str]:
    rows = sqlite3.connect(org.folder / "state.db").execute("SELECT name, detail FROM repo").fetchall()
    return {str(name): str(detail) for name, detail in rows}


def later(org: World, seconds: float) -> None:
    org.clock.sleep_until(org.clock.now() + seconds)
    org.forge.calls.clear()


def test_what_nobody_pushed_to_costs_no_request_of_its_own(org: World) -> None:
    repos = [org.add(f"clean{number}", CLEAN) for number in range(5)]
    later(org, MARGIN + 1)
    org.run()
    later(org, HOUR)
    org.run()
    assert org.forge.calls == [("GET", "/orgs/acme/repos", 200)]
    repos[0].commit(leaky())
    later(org, HOUR)
    org.run()
    assert len(repos[0].pulls()) == 1
    assert not any("clean1" in path for _, path, _ in org.forge.calls)
    later(org, BELIEVED)
    org.run()
    assert ("GET", "/repos/acme/clean1/git/trees/main", 304) in org.forge.calls


def test_a_push_in_the_second_of_the_look_is_seen(org: World) -> None:
    repo = org.add("app", CLEAN)
    later(org, 0.5)
    org.run()
    pushed = repo.pushed
    repo.commit(leaky())
    repo.pushed = pushed
    later(org, HOUR)
    org.run()
    assert len(repo.pulls()) == 1


def test_other_settings_look_anew(org: World) -> None:
    repo = org.add("app")
    later(org, HOUR)
    org.run(Options("acme", opt_in=True))
    assert details(org) == {"acme/app": "not-opted-in"}
    later(org, HOUR)
    org.run()
    assert len(repo.pulls()) == 1


def test_one_that_is_renamed_between_two_runs_stays_the_same(org: World) -> None:
    repo = org.add("app")
    org.run()
    org.forge.rename(repo, "acme/new-name")
    repo.commit({"Dockerfile": leaky()["Dockerfile"] + "USER node\n"})
    org.run()
    assert len(repo.pulls("all")) == 1
    assert len(repo.issues()) == 1
    assert list(details(org)) == ["acme/new-name"]


def test_one_that_is_renamed_during_a_visit_is_visited_by_its_new_name(org: World) -> None:
    repo = org.add("app")

    def rename(line: str) -> None:
        if line.startswith("GET") and line.endswith("/pulls") and repo.name == "acme/app":
            org.forge.rename(repo, "acme/new-name")

    org.forge.before = rename
    assert org.run().states == {"pr-open": 1}
    assert len(repo.pulls("all")) == 1
    assert list(details(org)) == ["acme/new-name"]


def test_an_old_name_leads_to_the_repository_and_never_loses_the_question(org: World) -> None:
    repo = org.add("app", {f"deep/folder{number}/Dockerfile": "FROM x\n" for number in range(3)})
    org.forge.rename(repo, "acme/new-name")
    hub = org.hub()
    assert hub.repository("acme/app").full_name == "acme/new-name"
    with pytest.raises(MovedError) as moved:
        hub.tree("acme/app", "main", "")
    assert moved.value.identity == repo.id
    org.run(Options("", names=("acme/app",)))
    assert list(details(org)) == ["acme/new-name"]


def test_a_tree_that_is_cut_short_is_cloned(org: World) -> None:
    repo = org.add("app", {"A": "first\n", **leaky()}, tree_limit=1)
    org.run()
    assert len(repo.pulls()) == 1


def test_repositories_that_single_sign_on_hides_are_told(org: World) -> None:
    org.add("app")
    org.forge.sso_partial = True
    assert org.run().hidden


def test_why_a_repository_cannot_be_seen_is_told(org: World) -> None:
    for name in ("sso", "forbidden", "gone", "blocked"):
        org.add(name)
    tree = "GET /repos/acme/{}/git/trees"
    org.forge.faults += [
        Fault(tree.format("sso"), 403, headers={"X-GitHub-SSO": "required; url=https://example.com/sso"}),
        Fault(tree.format("forbidden"), 403, message="Resource not accessible by personal access token"),
        Fault(tree.format("gone"), 404),
        Fault(tree.format("blocked"), 451),
    ]
    tally = org.run()
    told = {name.partition("/")[2]: detail for name, detail in tally.failures}
    assert "single sign-on" in told["sso"]
    assert "may not do this" in told["forbidden"]
    assert "not there" in told["gone"]
    assert "legal" in told["blocked"]
    assert not org.forge.writes()
    assert org.run().states == {"pr-open": 4}, "a fault that is over leaves nothing behind"


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (
            "refusing to allow a Personal Access Token to update workflow x without `workflow` scope",
            "no-workflow-permission",
        ),
        ("push declined due to repository rule violations", "rule-forbids-branch"),
    ],
)
def test_a_push_that_the_forge_forbids_is_named_and_the_reminder_opened(org: World, said: str, why: str) -> None:
    repo = org.add("app")
    hook = repo.path / "hooks" / "pre-receive"
    hook.parent.mkdir()
    hook.write_text(f"#!/bin/sh\necho '{said}' >&2\nexit 1\n")
    hook.chmod(0o755)
    assert org.run().states == {"refused": 1}
    assert details(org) == {"acme/app": why}
    assert len(repo.issues()) == 1
    hook.unlink()
    assert org.run().states == {"pr-open": 1}


def test_one_without_issues_gets_its_pull_request_and_the_ledger_says_why_there_is_no_reminder(org: World) -> None:
    repo = org.add("app", leaky(), has_issues=False)
    org.run()
    assert len(repo.pulls()) == 1
    assert not repo.issues()
    rows = sqlite3.connect(org.folder / "state.db").execute("SELECT state FROM secret").fetchall()
    assert rows == [("no-private-place",)]


def test_a_server_of_ones_own_is_worked_with(org: World) -> None:
    repo = org.add("app")
    org.api = "/api/v3"
    org.run()
    org.run()
    assert len(repo.pulls("all")) == 1
    assert len(repo.issues()) == 1
