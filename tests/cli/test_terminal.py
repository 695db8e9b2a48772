from __future__ import annotations

import io
import os
import signal

import pytest

from rewriter.cli.terminal import colored, measured, progress, steps, terminated_as_interrupt
from rewriter.settings import Color


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("color", "environment", "terminal", "result"),
    [
        (Color.AUTO, {}, True, True),
        (Color.AUTO, {}, False, False),
        (Color.AUTO, {"NO_COLOR": "1"}, True, False),
        (Color.AUTO, {"NO_COLOR": ""}, True, True),
        (Color.AUTO, {"FORCE_COLOR": "1"}, False, True),
        (Color.AUTO, {"FORCE_COLOR": "1", "NO_COLOR": "1"}, True, False),
        (Color.AUTO, {"TERM": "dumb"}, True, False),
        (Color.ALWAYS, {"NO_COLOR": "1"}, False, True),
        (Color.NEVER, {"FORCE_COLOR": "1"}, True, False),
    ],
)
def test_when_to_colour(color: Color, environment: dict[str, str], terminal: bool, result: bool) -> None:  # noqa: FBT001
    assert colored(color, environment, Terminal() if terminal else io.StringIO()) is result


def test_a_closed_stream_is_not_coloured() -> None:
    assert not colored(Color.AUTO, {}, None)


def test_progress_is_silent_where_nobody_watches(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    monkeypatch.setattr("sys.stderr", stream)
    with progress("working"):
        pass
    assert stream.getvalue() == ""


def test_progress_is_silent_for_short_work(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = Terminal()
    monkeypatch.setattr("sys.stderr", stream)
    with progress("working"):
        pass
    assert stream.getvalue() == ""


def test_progress_of_long_work_is_shown_and_wiped(monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[str] = []

    class Watched(Terminal):
        def write(self, text: str, /) -> int:
            written.append(text)
            return len(text)

    monkeypatch.setattr("sys.stderr", Watched())
    with progress("working", patience=0):
        while not written:
            pass
    assert written[0].startswith("\rworking (0 s)")
    assert written[-1] == "\r\x1b[K"


def test_bar_is_silent_where_nobody_watches(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    monkeypatch.setattr("sys.stderr", stream)
    monkeypatch.setattr("rewriter.cli.terminal._STEP", -1.0)
    with measured("reading", 100) as add, steps() as say:
        add(50)
        say("building")
    assert stream.getvalue() == ""


def test_bar_shows_what_is_done_and_is_wiped(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = Terminal()
    monkeypatch.setattr("sys.stderr", stream)
    monkeypatch.setattr("rewriter.cli.terminal._STEP", -1.0)
    with measured("reading", 4_000_000) as add:
        add(1_000_000)
        add(1_000_000)
    shown = stream.getvalue()
    assert "25% of 4 MB" in shown
    assert "50% of 4 MB" in shown
    assert shown.endswith("\r\x1b[K")


def test_bar_without_a_total_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = Terminal()
    monkeypatch.setattr("sys.stderr", stream)
    monkeypatch.setattr("rewriter.cli.terminal._STEP", -1.0)
    with measured("reading") as add:
        add(3_000_000)
    assert "reading 3 MB" in stream.getvalue()


def test_steps_are_named_without_what_steers_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = Terminal()
    monkeypatch.setattr("sys.stderr", stream)
    with steps() as say:
        say("building \x1b[31m")
    assert "building \\x1b[31m" in stream.getvalue()


def test_termination_is_an_interrupt_for_a_while() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(KeyboardInterrupt), terminated_as_interrupt():
        os.kill(os.getpid(), signal.SIGTERM)
    assert signal.getsignal(signal.SIGTERM) is before
