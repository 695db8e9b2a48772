"""Show what becomes of a repository, on a stand-in that is looked at afterwards."""

from __future__ import annotations

import sqlite3

from rewriter.bot.options import Options
from rewriter.model.text import encode
from rewriter.scan.scanning import scan
from rewriter.settings import Settings
from rewriter.tree.repository import MemoryRepository
from tests.bot.world import CANARY, CLEAN, World, leaky
from tests.forge.standin import Fault, Repo


def findings(repo: Repo, ref: str) -> int:
    names = repo.git("ls-tree", "-r", "--name-only", ref).splitlines()
    files = {name: encode(repo.show(name, ref) + "\n") for name in names}
    return len(scan(MemoryRepository(files), Settings()).findings)


def test_a_leaky_repository_gets_one_pull_request_whose_head_is_clean_and_one_reminder(org: World) -> None:
    repo = org.add("app")
    org.run()
    (pull,) = repo.pulls()
    assert findings(repo, "main")
    assert findings(repo, str(pull["sha"])) == 0
    (issue,) = repo.issues()
    assert issue["labels"] == ["unbake-rotate"]
    assert "NPM_TOKEN" in str(issue["title"])
    assert CANARY not in str(pull["body"]) + str(issue["body"])


def test_a_second_run_writes_nothing(org: World) -> None:
    org.add("app")
    org.add("clean", CLEAN)
    org.run()
    org.forge.calls.clear()
    org.run()
    assert not org.forge.writes()
    assert not any("git-receive-pack" in path for _, path, _ in org.forge.calls)


def test_a_second_run_without_its_state_writes_nothing(org: World) -> None:
    org.add("app")
    org.run()
    org.forge.calls.clear()
    org.run(state="other.db")
    assert not org.forge.writes()


def test_a_persons_commit_on_the_branch_is_never_overwritten(org: World) -> None:
    repo = org.add("app")
    org.run()
    mine = repo.commit({"NOTES": "mine\n"}, "unbake/fix")
    repo.commit({"Dockerfile": leaky("another" + "Vx93kq21Lm")["Dockerfile"]})
    org.run()
    assert repo.ref("unbake/fix") == mine
    assert len(repo.pulls("all")) == 1


def test_a_closed_pull_request_stays_closed_until_there_is_another_secret(org: World) -> None:
    repo = org.add("app")
    org.run()
    repo.pulls()[0]["state"] = "closed"
    repo.commit({"README.md": "news\n"})
    org.run()
    assert not repo.pulls()
    repo.commit({"Dockerfile.two": leaky()["Dockerfile"].replace("NPM_TOKEN", "OTHER_TOKEN")})
    org.run()
    assert [row["head"] for row in repo.pulls()] == ["unbake/fix-2"]


def test_a_closed_pull_request_comes_back_when_people_ask(org: World) -> None:
    repo = org.add("app")
    org.run()
    row = repo.pulls()[0]
    row["state"], row["labels"] = "closed", ["unbake/retry"]
    org.run()
    assert [row["head"] for row in repo.pulls()] == ["unbake/fix-2"]


def test_a_merged_one_is_done_and_a_secret_that_comes_back_gets_another(org: World) -> None:
    repo = org.add("app")
    org.run()
    org.forge.merge(repo, 1)
    org.run()
    assert len(repo.pulls("all")) == 1
    repo.commit(leaky())
    org.run()
    assert [row["head"] for row in repo.pulls()] == ["unbake/fix-2"]


def test_one_that_is_not_needed_any_more_is_closed_and_its_branch_deleted(org: World) -> None:
    repo = org.add("app")
    org.run()
    repo.commit(CLEAN)
    org.run()
    assert not repo.pulls()
    assert not repo.ref("unbake/fix")
    repo.commit(leaky())
    org.run()
    assert len(repo.pulls()) == 1


def test_another_commit_on_the_base_changes_nothing_one_to_the_file_does(org: World) -> None:
    repo = org.add("app")
    org.run()
    before = repo.ref("unbake/fix")
    repo.commit({"README.md": "news\n"})
    org.run()
    assert repo.ref("unbake/fix") == before
    repo.commit({"Dockerfile": leaky()["Dockerfile"] + "USER node\n"})
    org.run()
    assert "USER node" in repo.show("Dockerfile", "unbake/fix")
    assert len(repo.pulls("all")) == 1


def test_what_people_write_into_title_body_and_labels_stays(org: World) -> None:
    repo = org.add("app")
    org.run()
    row = repo.pulls()[0]
    assert row["title"] == "Keep 1 secret out of container images"
    row.update(body=f"before\n\n{row['body']}\nafter", labels=["theirs"])
    repo.commit({"Dockerfile": leaky()["Dockerfile"] + "USER node\n", "Dockerfile.b": leaky()["Dockerfile"]})
    org.run()
    row = repo.pulls()[0]
    assert (row["title"], row["labels"]) == ("Keep 2 secrets out of container images", ["theirs"])
    row["title"] = "mine"
    repo.commit({"Dockerfile.c": leaky()["Dockerfile"]})
    org.run()
    assert row["title"] == "mine"
    assert str(row["body"]).startswith("before\n\n<!-- unbake:v1")
    assert str(row["body"]).endswith("after")
    assert "Dockerfile.b" in str(row["body"])


def test_what_cannot_be_worked_on_is_named_and_nothing_is_written_there(org: World) -> None:
    odd: dict[str, dict[str, object]] = {
        "archived": {"archived": True},
        "disabled": {"disabled": True},
        "mirror": {"mirror_url": "https://example.com/x.git"},
        "fork": {"fork": True},
        "no-pull-requests": {"has_pull_requests": False},
        "no-permission": {"permissions": {"admin": False, "pull": True, "push": False}},
    }
    for name, facts in odd.items():
        org.add(name, None, **facts)
    org.forge.add("acme/empty", None)
    org.run()
    assert not org.forge.writes()
    assert dict(reasons(org)) == {name: name for name in (*odd, "empty")}


def reasons(org: World) -> list[tuple[str, str]]:
    rows = sqlite3.connect(org.folder / "state.db").execute("SELECT name, detail FROM repo").fetchall()
    return [(str(name).removeprefix("acme/"), str(detail)) for name, detail in rows]


def test_a_public_repository_gets_no_reminder_that_points_at_a_living_secret(org: World) -> None:
    repo = org.add("public", None, private=False)
    org.run()
    assert not repo.notes
    org.run(Options("acme", hold_public=False))
    assert repo.pulls()
    assert not repo.issues()
    tracker = org.add("tracker", CLEAN)
    org.run(Options("acme", tracker="acme/tracker"))
    assert len(tracker.issues()) == 1
    assert not repo.issues()


def test_a_repository_that_opts_out_is_left_alone(org: World) -> None:
    repo = org.add("app", {**leaky(), ".github/unbake.toml": "enabled = false\n"})
    org.run()
    assert not repo.notes


def test_a_dry_run_shows_and_writes_nothing(org: World) -> None:
    org.add("app")
    org.run(Options("acme", dry_run=True))
    assert not org.forge.writes()
    (preview,) = org.previews
    assert "--mount=type=secret" in preview.diff
    assert CANARY not in preview.diff + preview.words


def test_no_more_are_open_than_may_be_however_many_open_at_once(org: World) -> None:
    repos = [org.add(f"app{number}", leaky(f"{CANARY}{number}")) for number in range(5)]
    org.run(Options("acme", open_limit=2))
    assert sum(len(repo.pulls()) for repo in repos) == 2
    assert sum(bool(repo.ref("unbake/fix")) for repo in repos) == 2
    assert sum(len(repo.issues()) for repo in repos) == 5
    next(repo for repo in repos if repo.pulls()).pulls()[0]["state"] = "closed"
    org.run(Options("acme", open_limit=2))
    org.run(Options("acme", open_limit=2))
    assert sum(len(repo.pulls()) for repo in repos) == 2


def test_drafts_are_asked_for_and_done_without_where_they_are_not_to_be_had(org: World) -> None:
    with_drafts = org.add("one")
    without = org.add("two", None, no_drafts=True)
    org.run(Options("acme", draft=True))
    assert with_drafts.pulls()[0]["draft"] is True
    assert without.pulls()[0]["draft"] is False


def test_every_answer_lost_once_gives_the_same(org: World) -> None:
    repos = [org.add(f"app{number}", leaky(f"{CANARY}{number}")) for number in range(4)]
    org.forge.faults += [
        Fault("POST .*/pulls$", after=True, times=4),
        Fault("POST .*/issues$", after=True, times=4),
        Fault("POST .*git-receive-pack$", after=True, times=4),
        Fault("GET .*/pulls$", times=2),
    ]
    org.run()
    assert [(len(repo.pulls("all")), len(repo.issues())) for repo in repos] == [(1, 1)] * 4


def test_one_secret_in_two_repositories_has_one_reminder(org: World) -> None:
    repos = [org.add("one"), org.add("two")]
    org.run()
    assert sum(len(repo.issues()) for repo in repos) == 1


def test_a_secondary_limit_is_waited_out(org: World) -> None:
    repo = org.add("app")
    org.forge.faults.append(
        Fault("POST .*/pulls$", 403, message="You have exceeded a secondary rate limit", headers={"Retry-After": "90"})
    )
    before = org.clock.now()
    org.run()
    assert len(repo.pulls("all")) == 1
    assert org.clock.now() - before >= 90


def test_a_reminder_is_repeated_when_it_is_due_in_one_comment(org: World) -> None:
    repo = org.add("app")
    org.run()
    for days in (2, 3, 20):
        org.clock.sleep_until(org.clock.now() + days * 86_400)
        org.run()
    (comment,) = repo.comments
    assert "25 days" in str(comment["body"])
    assert repo.issues()[0]["labels"] == ["unbake-rotate", "unbake/overdue"]
    repo.issues()[0]["state"] = "closed"
    org.clock.sleep_until(org.clock.now() + 90 * 86_400)
    org.run()
    assert "25 days" in str(comment["body"])
