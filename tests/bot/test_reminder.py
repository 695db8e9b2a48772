"""Show reminders: who ends them, what people may do to them, and that there is one whatever is lost."""

from __future__ import annotations

import sqlite3

import pytest

from rewriter.bot import texts
from rewriter.bot.options import Options, Reminders
from rewriter.record import replace
from tests.bot.world import CANARY, CLEAN, World, leaky
from tests.forge.repo import Row
from tests.forge.standin import Fault

DAY = 86_400.0
TRACKED = Options("acme", tracker="acme/tracker", reminders=Reminders.TRACKER)


def states(org: World, state: str = "state.db") -> list[str]:
    return [str(row[0]) for row in sqlite3.connect(org.folder / state).execute("SELECT state FROM secret").fetchall()]


def again(org: World, days: float = 1.0, options: Options | None = None) -> None:
    org.clock.sleep_until(org.clock.now() + days * DAY)
    org.forge.calls.clear()
    org.run(options)


def test_what_a_person_closes_stays_closed(org: World) -> None:
    repo = org.add("app")
    org.run()
    repo.issues()[0]["state"] = "closed"
    again(org, 60)
    assert (repo.issues()[0]["state"], states(org)) == ("closed", ["closed-by-person"])
    again(org, 60)
    org.run(state="other.db")
    assert len(repo.issues()) == 1
    assert not repo.comments
    assert states(org, "other.db") == ["closed-by-person"]


@pytest.mark.parametrize(
    ("label", "state"), [("unbake/rotated", "rotated"), ("accepted-risk", "accepted-risk"), ("", "rotated")]
)
def test_what_a_person_says_closes_it_and_what_a_person_reopens_stays_open(org: World, label: str, state: str) -> None:
    repo = org.add("app")
    org.run()
    row = repo.issues()[0]
    ticked = str(row["body"]).replace("- [ ]", "- [x]")
    row.update({"labels": ["unbake-rotate", label]} if label else {"body": ticked})
    again(org)
    assert (row["state"], states(org)) == ("closed", [state])
    assert "a person says so" in str(row["body"])
    again(org)
    assert not org.forge.writes()
    row["state"] = "open"
    again(org, 40)
    assert (row["state"], states(org)) == ("open", ["open"])
    assert len(repo.comments) == 1


def test_boxes_of_ours_are_counted_and_half_of_them_do_not_do(org: World) -> None:
    assert texts.checklist().count("- [ ] ") == texts.BOXES
    repo = org.add("app")
    org.run()
    row = repo.issues()[0]
    row["body"] = str(row["body"]).replace("- [ ]", "- [x]", texts.BOXES - 1)
    again(org)
    assert row["state"] == "open"
    row["body"] = "- [x] done\n"  # the list and the marker are gone
    again(org)
    assert (row["state"], states(org)) == ("open", ["open"])


def test_without_its_label_it_is_found_and_a_deleted_one_is_not_made_again(org: World) -> None:
    repo = org.add("app")
    org.run()
    repo.issues()[0]["labels"] = []
    again(org)
    assert len(repo.issues()) == 1
    repo.notes.remove(repo.issues()[0])
    again(org)
    assert not repo.issues()
    assert states(org) == ["deleted-by-person"]


def test_it_is_repeated_by_the_cadence_and_escalated_once(org: World) -> None:
    repo = org.add("app")
    org.run()
    row = repo.issues()[0]
    said = []
    for _ in range(35):
        again(org)
        writes = sum(org.forge.writes().values())
        if writes:
            said.append(int(str(repo.comments[0]["body"]).partition(" days")[0].rpartition(", ")[2]))
    assert said == [1, 3, 7, 14, 30]
    assert len(repo.comments) == 1
    assert "unbake/overdue" in str(row["labels"])
    row["labels"] = ["unbake-rotate"]
    again(org, 30)
    assert row["labels"] == ["unbake-rotate"], "a label that a person takes away stays away"


def test_a_lost_state_costs_no_second_issue_and_keeps_the_age(org: World) -> None:
    repo = org.add("app")
    org.run()
    again(org, 20)
    org.forge.calls.clear()
    org.run(state="other.db")
    assert not org.forge.writes()
    assert len(repo.issues()) == 1
    first = sqlite3.connect(org.folder / "other.db").execute("SELECT first_seen FROM secret").fetchone()[0]
    assert org.clock.now() - first > 19 * DAY


def test_two_with_states_of_their_own_agree_on_the_older_issue(org: World) -> None:
    repo = org.add("app")
    opened: list[Row] = []

    def other(line: str) -> None:
        if line == "POST /repos/acme/app/issues" and not opened:
            opened.append({})
            org.run(state="other.db")
            opened[0] = repo.issues()[0]

    org.forge.before = other
    org.run()
    assert [row["state"] for row in repo.issues()] == ["open", "closed"]
    assert repo.issues()[0] is opened[0]


def test_every_answer_lost_once_gives_one(org: World) -> None:
    tracker = org.add("tracker", CLEAN)
    for number in range(3):
        org.add(f"app{number}", leaky(f"{CANARY}{number}"))
    org.forge.faults += [Fault("POST .*/issues$", after=True, times=2)]
    org.run(TRACKED)
    assert len(tracker.issues()) == 3
    org.forge.faults += [
        Fault("POST .*/comments$", after=True),
        Fault("POST .*/labels$", after=True),
        Fault("PATCH .*/issues/1$", after=True),
    ]
    tracker.issues()[0]["labels"] = ["unbake-rotate", "unbake/rotated"]
    again(org, 20, TRACKED)
    assert len(tracker.comments) == 2
    assert [row["state"] for row in tracker.issues()] == ["closed", "open", "open"]


def test_a_public_repository_is_held_until_what_it_leaks_is_rotated(org: World) -> None:
    tracker = org.add("tracker", CLEAN)
    repo = org.add("public", leaky(), private=False)
    options = Options("acme", tracker="acme/tracker")
    org.run(options)
    again(org, 1, options)
    assert not repo.notes
    assert len(tracker.issues()) == 1
    tracker.issues()[0]["state"] = "closed"
    again(org, 1, options)
    assert len(repo.pulls()) == 1


def test_each_lies_where_it_is_private_and_the_rest_in_the_tracker(org: World) -> None:
    tracker = org.add("tracker", CLEAN)
    private = org.add("private", leaky(f"{CANARY}1"))
    public = org.add("public", leaky(f"{CANARY}2"), private=False)
    bare = org.add("bare", leaky(f"{CANARY}3"), has_issues=False)
    org.run(Options("acme", tracker="acme/tracker"))
    assert [len(repo.issues()) for repo in (tracker, private, public, bare)] == [2, 1, 0, 0]
    again(org, 0.1, TRACKED)
    assert [len(repo.issues()) for repo in (tracker, private)] == [2, 1], "what lies somewhere stays there"


def test_a_renamed_home_is_followed(org: World) -> None:
    org.add("app")
    tracker = org.add("tracker", CLEAN)
    org.run(TRACKED)
    org.forge.rename(tracker, "acme/secrets")
    again(org, 1, replace(TRACKED, tracker="acme/secrets"))
    assert len(tracker.issues()) == 1
    assert len(tracker.comments) == 1


def test_somebody_elses_issue_under_an_old_name_is_never_touched(org: World) -> None:
    repo = org.add("app")
    org.run()
    org.forge.rename(repo, "acme/new-name")
    other = org.add("app", CLEAN)
    org.run(Options("acme", include=("acme/app",)))
    theirs = {"number": repo.issues()[0]["number"], "title": "theirs", "body": "text", "state": "open", "labels": []}
    other.notes.append(theirs)
    other.moment(theirs, made=True)
    again(org, 20)
    assert theirs["body"] == "text"
    assert not other.comments
    assert len(repo.comments) == 1
    assert len(repo.issues()) == 1


def test_a_full_tracker_is_listed_once_and_afterwards_what_is_new(org: World) -> None:
    tracker = org.add("tracker", CLEAN)
    for number in range(3):
        org.add(f"app{number}", leaky(f"{CANARY}{number}"))
    org.run(TRACKED, threads=1)
    assert len(tracker.issues()) == 3
    again(org, 0.1, TRACKED)
    listed = [path for verb, path, _ in org.forge.calls if verb == "GET" and path.endswith("tracker/issues")]
    assert not listed, "what has a number is asked for by it"
