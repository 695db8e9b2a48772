"""Show labels, reviewers and reports: once each, whatever is lost, and never against people."""

from __future__ import annotations

import json

import pytest

from rewriter.bot.options import Options
from rewriter.bot.report import Show
from rewriter.record import replace
from tests.bot.test_app import installed
from tests.bot.world import CANARY, CLEAN, World, leaky
from tests.forge.standin import Fault

OWNED = {
    **leaky(),
    "CODEOWNERS": "* @everybody\n",
    ".github/CODEOWNERS": "*.md @nobody\nDockerfile @ann @acme/platform mail@example.com @unbake-bot\n",
}
OPTIONS = Options("acme", labels=("security", "unbake"))


def test_labels_and_reviewers_are_given_once(org: World) -> None:
    repo = org.add("app", OWNED)
    org.run(OPTIONS)
    (row,) = repo.pulls()
    assert (row["labels"], row["reviewers"], row["teams"]) == (["security", "unbake"], ["ann"], ["platform"])
    assert repo.labels == {"security", "unbake"}
    org.forge.calls.clear()
    org.run(OPTIONS)
    org.run(OPTIONS, state="other.db")
    assert not org.forge.writes()


def test_what_people_take_away_stays_away(org: World) -> None:
    repo = org.add("app", OWNED)
    org.run(OPTIONS)
    row = repo.pulls()[0]
    row.update(labels=[], reviewers=[], teams=[])
    repo.commit({"Dockerfile": leaky()["Dockerfile"] + "USER node\n"})
    org.run(OPTIONS, state="other.db")
    assert (row["labels"], row["reviewers"], row["teams"]) == ([], [], [])


def test_every_answer_lost_once_asks_once(org: World) -> None:
    repo = org.add("app", OWNED)
    org.forge.faults += [
        Fault(what, after=True)
        for what in (
            "POST .*/pulls$",
            "POST .*/labels$",
            "POST .*/issues/1/labels$",
            "POST .*reviewers$",
            "PATCH .*/pulls/",
        )
    ]
    org.run(OPTIONS)
    (row,) = repo.pulls("all")
    assert (row["labels"], row["reviewers"], row["asked"]) == (["security", "unbake"], ["ann"], 1)


def test_who_may_not_review_keeps_nobody_else_from_it(org: World) -> None:
    repo = org.add("app", OWNED, collaborators=["ann"])
    org.run()
    (row,) = repo.pulls()
    assert (row["reviewers"], row["teams"]) == (["ann"], [])


def test_nobody_is_asked_about_a_draft(org: World) -> None:
    repo = org.add("app", OWNED)
    org.run(replace(OPTIONS, draft=True))
    assert repo.pulls()[0]["reviewers"] == []
    assert repo.pulls()[0]["labels"] == ["security", "unbake"]


def test_where_somebody_pushed_it_is_said_once(org: World) -> None:
    repo = org.add("app")
    org.run()
    repo.commit({"NOTES": "mine\n"}, "unbake/fix")
    org.forge.faults.append(Fault("POST .*/comments$", after=True))
    org.run()
    org.run(state="other.db")
    repo.commit({"Dockerfile": leaky()["Dockerfile"] + "USER node\n"})
    org.run()
    assert len(repo.comments) == 1
    assert repo.pulls()[0]["labels"] == ["unbake/edited"]
    org.forge.calls.clear()
    org.run()
    assert not any(path.endswith("git-upload-pack") for _, path, _ in org.forge.calls), "nothing changed since"


def test_a_check_run_says_what_is_left_once_for_each_commit(org: World) -> None:
    repo = installed(org).add("app", {**leaky(), "b/Dockerfile": f"FROM x\nONBUILD ENV NPM_TOKEN={CANARY}\n"})
    options = Options("acme", show=Show.CHECK)
    org.forge.faults.append(Fault("POST .*/check-runs$", after=True))
    org.run(options)
    org.run(options, state="other.db")
    (run,) = repo.checks
    assert (run["head_sha"], run["conclusion"]) == (repo.ref("unbake/fix"), "neutral")
    output = run["output"]
    assert isinstance(output, dict)
    assert [row["path"] for row in output["annotations"]] == ["b/Dockerfile"]
    assert CANARY not in json.dumps(run)
    repo.commit({"Dockerfile": leaky()["Dockerfile"] + "USER node\n"})
    org.run(options)
    assert len(repo.checks) == 2


def test_check_runs_that_may_not_be_made_are_named(org: World) -> None:
    repo = org.add("app")
    assert org.run(Options("acme", show=Show.CHECK)).states == {"refused": 1}
    assert len(repo.pulls()) == 1


@pytest.mark.parametrize("files", [leaky(), CLEAN])
def test_an_analysis_of_the_default_branch_is_handed_in_once(org: World, files: dict[str, str]) -> None:
    repo = org.add("app", files)
    org.forge.faults.append(Fault("POST .*/sarifs$", after=True))
    options = Options("acme", show=Show.SARIF)
    org.run(options)
    org.run(options, state="other.db")
    (row,) = repo.analyses
    assert row["commit_sha"] == repo.ref("main")
    assert bool(row["log"]["runs"][0]["results"]) is (files != CLEAN)  # type: ignore[index]
    assert CANARY not in json.dumps(row)


def test_code_scanning_that_is_off_is_named(org: World) -> None:
    repo = org.add("app", leaky(), no_code_scanning=True)
    assert org.run(Options("acme", show=Show.SARIF)).states == {"refused": 1}
    assert len(repo.pulls()) == 1
    assert len(repo.issues()) == 1
