"""Show what `unbake bot` takes on its command line and in its environment, and what it refuses there."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from rewriter.bot.stopping import StoppableClock, StoppedError
from rewriter.bot.store import Known
from rewriter.cli.countdown import Countdown, shown
from rewriter.cli.given import given
from rewriter.cli.journal import Journal
from rewriter.cli.main import main
from rewriter.errors import UsageError
from rewriter.scm.gate import Kind

VALUE = "word" + "Of9Secret"


@pytest.mark.parametrize("address", [f"postgresql://a:{VALUE}@localhost/x", f"postgres:///x?password={VALUE}"])
def test_a_password_on_the_command_line_is_refused(address: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bot", "run", "--org", "acme", "--state", address]) == 2
    told = capsys.readouterr().err
    assert "PGPASSFILE" in told
    assert VALUE not in told


@pytest.mark.parametrize("words", [["--creations-per-hour", "0"], ["--threads", "x"], ["--max-open", "-1"]])
def test_a_number_has_to_be_one(words: list[str], capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["bot", "run", "--org", "acme", "--state", str(tmp_path / "s.db"), *words]) == 2
    assert words[0] in capsys.readouterr().err


def test_a_worker_needs_a_state_that_can_be_shared(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", VALUE)
    assert main(["bot", "worker", "--org", "acme", "--state", str(tmp_path / "s.db")]) == 2
    assert "postgresql://" in capsys.readouterr().err


def test_a_secret_comes_from_a_file_or_from_the_environment(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(f"{VALUE}\n")
    assert given({"GITHUB_TOKEN_FILE": str(file)}, "GITHUB_TOKEN") == VALUE
    assert given({"GITHUB_TOKEN": VALUE}, "GITHUB_TOKEN") == VALUE
    assert not given({}, "GITHUB_TOKEN")


@pytest.mark.parametrize("data", [b"", b"\n", b"\xff\xfe", b"a" * 100_000, None])
def test_a_file_that_holds_no_secret_is_named_and_not_shown(tmp_path: Path, data: bytes | None) -> None:
    file = tmp_path / VALUE
    if data is not None:
        file.write_bytes(data)
    with pytest.raises(UsageError) as raised:
        given({"GITHUB_TOKEN_FILE": str(file)}, "GITHUB_TOKEN")
    assert "GITHUB_TOKEN_FILE" in str(raised.value)
    assert VALUE not in str(raised.value)


def test_two_sources_of_one_secret_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="both"):
        given({"GITHUB_TOKEN": VALUE, "GITHUB_TOKEN_FILE": str(tmp_path)}, "GITHUB_TOKEN")


def test_events_are_one_object_a_line_and_cannot_steer_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    Journal("json").visited("acme/a\x1b[2J\n", Known("", "failed", "why\r"), 1.23456)
    (line,) = capsys.readouterr().err.splitlines()
    row = json.loads(line)
    assert row.pop("time").endswith("+00:00")
    assert row == {
        "event": "visited", "repository": "acme/a\\x1b[2J\\n", "state": "failed", "detail": "why\\r", "seconds": 1.235
    }  # fmt: skip
    Journal("text").visited("acme/a\x1b[2J", Known("", "clean"))
    assert capsys.readouterr().err == "unbake: acme/a\\x1b[2J: clean\n"


def test_the_line_tells_how_far_a_run_is_and_how_long_a_limit_holds_it_back() -> None:
    countdown = Countdown()
    assert countdown.line(1000.0) == "listing the repositories"
    countdown.begin(3)
    countdown.visited(Known("", "pr-open"))
    countdown.visited(Known("", "clean"))
    assert countdown.line(1000.0) == "2 of 3 visited, 1 with a pull request"
    countdown.waits(Kind.CREATE, 1000.0 + 3725)
    assert countdown.line(1000.0).endswith("; the next pull request or comment in 1:02:05, to keep the limits")
    assert countdown.line(4000.0).endswith(" in 12:05, to keep the limits")
    countdown.admitted(Kind.CREATE)
    assert countdown.line(4000.0) == "2 of 3 visited, 1 with a pull request"


def test_a_clock_that_is_stopped_begins_no_wait_past_the_grace() -> None:
    clock = StoppableClock(grace=0.2)
    clock.stop()
    clock.sleep_until(clock.now() + 0.01)
    with pytest.raises(StoppedError):
        clock.sleep_until(clock.now() + 60)


@pytest.mark.parametrize(("term", "drawn"), [("xterm", True), ("dumb", False)])
def test_the_line_is_drawn_on_a_terminal_that_can_go_back_and_taken_away(
    monkeypatch: pytest.MonkeyPatch, term: str, *, drawn: bool
) -> None:
    monkeypatch.setenv("TERM", term)
    leader, follower = os.openpty()
    with os.fdopen(follower, "w", encoding="utf-8") as stream:
        monkeypatch.setattr(sys, "stderr", stream)
        countdown = Countdown()
        countdown.begin(7)
        with shown(countdown):
            if drawn:
                assert b"0 of 7 visited" in os.read(leader, 1000)
        stream.write("end")
        stream.flush()
        left = b""
        while not left.endswith(b"end"):  # a terminal hands over what it has in pieces
            left += os.read(leader, 1000)
        assert left.endswith(b"\r\x1b[Kend" if drawn else b"end")
        assert drawn or left == b"end"
    os.close(leader)


def test_nothing_is_drawn_where_standard_error_is_piped(capsys: pytest.CaptureFixture[str]) -> None:
    with shown(Countdown()):
        pass
    assert capsys.readouterr().err == ""
