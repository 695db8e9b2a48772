"""Show the command over the stand-in: what it lists, what it shows, and what it refuses."""

from __future__ import annotations

from pathlib import Path

import pytest

from rewriter.cli.main import main
from tests.bot.test_app import keys
from tests.bot.world import CANARY, CLEAN, World, leaky
from tests.forge import apps
from tests.forge.standin import TOKEN, Fault


@pytest.fixture
def command(org: World, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setenv("GITHUB_TOKEN", TOKEN)
    return org


def call(org: World, action: str, *words: str) -> int:
    where = ["--api-url", org.forge.base, "--no-limits", "--state", str(org.folder / "state.db")]
    return main(["bot", action, *where, *words])


def test_a_plan_shows_pull_request_diff_labels_and_reviewers(
    command: World, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    command.add("app", {**leaky(), "CODEOWNERS": "* @ann @acme/web\n"})
    command.add("other", leaky("other" + "Zq81kL0v"))
    listed = tmp_path / "list"
    listed.write_text("# the first\nacme/app\nacme/gone\n")
    assert call(command, "plan", "--repositories-from", str(listed), "--label", "security") == 1
    told = capsys.readouterr()
    assert (
        "== acme/app: Keep 1 secret out of container images\nlabels: security\nreviewers: ann, acme/web\n" in told.out
    )
    assert "+RUN --mount=type=secret" in told.out
    assert "acme/other" not in told.out
    assert "acme/gone: not there" in told.err
    assert CANARY not in told.out + told.err
    assert not command.forge.writes()


def test_a_plan_names_what_is_left_and_why(command: World, capsys: pytest.CaptureFixture[str]) -> None:
    command.add("app")
    command.add("clean", CLEAN)
    command.add("old", None, archived=True)
    command.add("stubborn", {"Dockerfile": "FROM x\nARG NPM_TOKEN\nLABEL a=$NPM_TOKEN\n"})
    assert call(command, "plan", "--org", "acme") == 0
    told = capsys.readouterr().out
    rows = sorted(line for line in told.splitlines() if line.startswith("-- acme/"))
    assert rows == ["-- acme/old: skipped (archived)", "-- acme/stubborn: findings-left (secret-in-metadata 2)"]
    assert call(command, "run", "--org", "acme") == 0
    assert call(command, "status") == 0
    assert "acme/stubborn  findings-left (secret-in-metadata 2)" in capsys.readouterr().out


def test_an_organisation_settles_what_the_command_leaves_open(command: World) -> None:
    repo = command.add("app")
    command.add(".github", {"unbake.toml": 'labels = ["security"]\n'})
    assert call(command, "run", "--org", "acme") == 0
    assert repo.pulls()[0]["labels"] == ["security"]


def test_a_fork_is_made_in_the_tokens_own_account(command: World) -> None:
    repo = command.add("app", None, permissions={"admin": False, "pull": True, "push": False}, private=False)
    command.add("tracker", CLEAN)
    command.forge.faults += [Fault("GET /user$", 502), Fault("GET .*/contents/unbake.toml$", 502)]
    words = ("--fork-into", "@me", "--no-hold-public", "--tracker", "acme/tracker")
    assert call(command, "run", "--org", "acme", *words) == 0
    assert repo.pulls()[0]["head_owner"] == "unbake-bot"


def test_what_stands_in_the_open_is_held_and_a_credential_that_nobody_is_told_of_is_told(
    command: World, capsys: pytest.CaptureFixture[str]
) -> None:
    repo = command.add("app", None, private=False)
    tracker = command.add("tracker", CLEAN)
    assert call(command, "plan", "--org", "acme") == 0
    assert "\nheld: public; it is proposed when what it leaks is rotated\n" in capsys.readouterr().out
    assert call(command, "run", "--org", "acme") == 1
    assert "1 exposed credential has no private place for a reminder" in capsys.readouterr().err
    assert call(command, "run", "--org", "acme", "--tracker", "acme/tracker") == 0
    assert not repo.notes
    tracker.issues()[0]["state"] = "closed"
    assert call(command, "run", "--org", "acme", "--tracker", "acme/tracker") == 0
    assert len(repo.pulls()) == 1


@pytest.mark.parametrize(
    ("file", "words", "proposed"),
    [
        ("hold-public = false\n", (), True),
        ("hold-public = false\n", ("--hold-public",), False),
        ("hold-public = true\n", ("--no-hold-public",), True),
        ("", (), False),
    ],
)
def test_an_organisation_may_propose_in_the_open_at_once(
    command: World, file: str, words: tuple[str, ...], *, proposed: bool
) -> None:
    repo = command.add("app", None, private=False)
    command.add(".github", {"unbake.toml": 'tracker = "acme/tracker"\n' + file})
    command.add("tracker", CLEAN)
    assert call(command, "run", "--org", "acme", *words) == 0
    assert bool(repo.pulls()) is proposed


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ((), "--org is missing"),
        (("--repo", "acme"), "OWNER/NAME"),
        (("--repositories-from", "no-such-file"), "cannot be read"),
        (("--org", "acme", "--label", "a,b"), "labels: 'a,b' is none"),
        (("--org", "acme", "--reviewer", "a b"), "reviewers: 'a b' is none"),
        (("--org", "acme", "--tracker", "acme/public"), "is public"),
        (("--org", "acme", "--state", "."), "--state .: cannot be opened for writing (Is a directory)"),
        (("--org", "acme", "--state", "list/state.db"), "list/state.db: cannot be opened for writing"),
        (("--org", "acme", "--api-url", "github.example.com"), "--api-url: no address of a forge"),
        (("--org", "acme", "--api-url", "https://"), "--api-url: no address of a forge"),
        (("--org", "acme", "--api-url", "https://user:word@example.com"), "--api-url: no address of a forge"),
        (("--org", "acme", "--api-url", "https://[x"), "--api-url: no address of a forge"),
        (("--org", "bad"), "'lables' is not known; did you mean labels?"),
    ],
)
def test_what_cannot_be_meant_ends_the_run(
    command: World,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    words: tuple[str, ...],
    why: str,
) -> None:
    (command.folder / "list").write_text("acme/app\n")
    monkeypatch.chdir(command.folder)
    command.add("public", CLEAN, private=False)
    command.forge.add("bad/.github", {"unbake.toml": "lables = []\n"})
    assert call(command, "run", *words) == 2
    assert why in capsys.readouterr().err


def test_a_forge_that_does_not_answer_at_once_is_told(command: World, capsys: pytest.CaptureFixture[str]) -> None:
    command.add("app", CLEAN)
    command.forge.faults += [Fault("GET .*/contents/unbake.toml$", 502), Fault("GET /orgs/acme/repos$", 502)]
    assert call(command, "run", "--org", "acme") == 0
    told = capsys.readouterr().err.splitlines()
    assert told[:1] == ["unbake: GET /repos/acme/.github/contents/unbake.toml: 502; again in 2 s"]
    assert "unbake: GET /orgs/acme/repos: 502; again in 2 s" in told


def test_an_app_works_for_one_owner_and_has_no_forks(
    command: World, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    command.add("app")
    private, command.forge.apps.public_key = keys(0)
    command.forge.apps.installations.append(apps.Installation(9, "acme"))
    monkeypatch.delenv("GITHUB_TOKEN")
    assert call(command, "run", "--org", "acme") == 2
    assert "GITHUB_APP_PRIVATE_KEY_FILE" in capsys.readouterr().err
    key = command.folder / "key.pem"
    key.write_text(private)
    monkeypatch.setenv("GITHUB_APP_ID", "77")
    monkeypatch.setenv("GITHUB_APP_PRIVATE_KEY_FILE", str(key))
    assert call(command, "run", "--repo", "acme/app", "--repo", "beta/app") == 2
    assert "one owner at a time" in capsys.readouterr().err
    assert call(command, "run", "--org", "acme", "--fork-into", "@me") == 2
    assert "token of a person" in capsys.readouterr().err
    command.forge.faults.append(Fault("GET /orgs/acme/installation$", 502))
    assert call(command, "plan", "--repo", "acme/app") == 0
    assert "== acme/app" in capsys.readouterr().out
