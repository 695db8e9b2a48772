from __future__ import annotations

import io

import pytest

from rewriter.cli.terminal import colored, progress
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
