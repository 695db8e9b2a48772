from __future__ import annotations

import difflib
import re

from hypothesis import given
from hypothesis import strategies as st

from rewriter.model.masked import Masked
from rewriter.model.patch import Change, FileChange
from rewriter.render.diff import unified
from rewriter.render.paint import Paint
from rewriter.render.pen import Pen
from rewriter.render.redact import Redactor
from tests.render.sample import API, BEFORE, PIN, change, created

PLAIN = Pen(Redactor(()))


def test_shows_headers_hunks_and_context() -> None:
    before = "".join(f"line {number}\n" for number in range(1, 21))
    after = before.replace("line 10\n", "line ten\n")
    assert unified(change(before, after), (), PLAIN).splitlines() == [
        "--- a/app/Dockerfile",
        "+++ b/app/Dockerfile",
        "@@ -7,7 +7,7 @@",
        " line 7",
        " line 8",
        " line 9",
        "-line 10",
        "+line ten",
        " line 11",
        " line 12",
        " line 13",
    ]


def test_a_created_file_comes_from_nothing() -> None:
    assert unified(created("a\nb\n"), (), PLAIN) == "--- /dev/null\n+++ b/.gitignore\n@@ -0,0 +1,2 @@\n+a\n+b\n"


def test_a_missing_last_newline_is_told() -> None:
    shown = unified(change("a\nb", "a\nc\n"), (), PLAIN).splitlines()
    assert shown[3:] == [" a", "-b", "\\ No newline at end of file", "+c"]


def test_returns_are_silent_where_all_lines_have_them() -> None:
    shown = unified(change("a\r\nb\r\n", "a\r\nc\r\n"), (), PLAIN)
    assert "\r" not in shown
    assert "\\r" not in shown


def test_returns_are_shown_where_they_differ() -> None:
    shown = unified(change("a\r\nb\n", "a\r\nc\n"), (), PLAIN)
    assert " a\\r\n" in shown
    shown = unified(change("a\r\n", "a\n"), (), PLAIN)
    assert "-a\\r\n+a\n" in shown


def test_no_value_is_shown_and_short_ones_not_in_lines_of_findings() -> None:
    pen = Pen(Redactor([Masked("abcSecret9"), Masked("ab")]))
    shown = unified(change(), (API, PIN), pen)
    assert "-ENV API_KEY=**** PIN=****\n" in shown
    assert "+ENV PIN=****\n" in shown
    assert "abcSecret9" not in shown


def test_a_short_value_on_an_unchanged_line_of_a_finding_is_hidden() -> None:
    pen = Pen(Redactor([Masked("ab")]))
    shown = unified(change(BEFORE, BEFORE.replace("RUN make", "RUN make all")), (PIN,), pen)
    assert " ENV API_KEY=abcSecret9 PIN=****\n" in shown


def test_control_characters_are_shown_and_tabs_stand() -> None:
    shown = unified(change("RUN\ta\n", "RUN\tb \x1b[2J \u202e\udce9\n", path="a\nb"), (), PLAIN)
    assert shown.startswith("--- a/a\\nb\n+++ b/a\\nb\n")
    assert "+RUN\tb \\x1b[2J \\u202e\\xe9\n" in shown


def test_colours_stand_around_whole_lines() -> None:
    shown = unified(change("a\n", "b\n"), (), Pen(Redactor(()), Paint(on=True)))
    assert "\x1b[31m-a\x1b[0m\n\x1b[32m+b\x1b[0m\n" in shown
    assert re.sub(r"\x1b\[[0-9;]*m", "", shown) == unified(change("a\n", "b\n"), (), PLAIN)


def test_nothing_changed_is_headers_only() -> None:
    assert unified(change("a\n", "a\n"), (), PLAIN).splitlines() == ["--- a/app/Dockerfile", "+++ b/app/Dockerfile"]


lines = st.lists(st.sampled_from(["a", "b", "c", ""]), max_size=30)


@given(lines, lines, st.booleans())
def test_applying_the_diff_gives_the_other_side(old: list[str], new: list[str], final: bool) -> None:  # noqa: FBT001
    before = "".join(f"{line}\n" for line in old)
    after = "\n".join(new) + ("\n" if final and new else "")
    shown = unified(change(before, after), (), PLAIN)
    assert _patched(before, shown) == after


def _patched(before: str, shown: str) -> str:
    """Apply a diff of text without carriage returns, in the manner of patch(1)."""
    old = before.splitlines(keepends=True)
    result: list[str] = []
    position = 0
    for line in shown.splitlines()[2:]:
        if hunk := re.fullmatch(r"@@ -(\d+)(?:,(\d+))? \+\d+(?:,\d+)? @@", line):
            start = int(hunk[1]) - (0 if hunk[2] == "0" else 1)
            result += old[position:start]
            position = start
        elif line.startswith("\\"):
            result[-1] = result[-1].removesuffix("\n")
        elif line.startswith("+"):
            result.append(f"{line[1:]}\n")
        else:
            assert old[position] == f"{line[1:]}\n"
            result += [old[position]] if line.startswith(" ") else []
            position += 1
    return "".join([*result, *old[position:]])


def test_hunks_are_those_of_difflib_on_a_long_file() -> None:
    before = [f"line {number}\n" for number in range(500)]
    after = [*before[:3], "new\n", *before[3:250], *before[260:499], "last\n"]
    shown = unified(change("".join(before), "".join(after)), (), PLAIN)
    expected = "".join(difflib.unified_diff(before, after, "a/app/Dockerfile", "b/app/Dockerfile"))
    assert shown == expected


def test_lines_that_occur_often_stay_equal() -> None:
    before = "x\n\n" * 400
    shown = unified(FileChange("f", Change.MODIFIED, before, "y\n" + before + "z\n"), (), PLAIN)
    assert shown.count("\n") == 2 + 2 + 2 * 4


def test_a_long_file_is_quick() -> None:
    before = "".join(f"line {number}\n\n" for number in range(50_000))
    shown = unified(FileChange("f", Change.MODIFIED, before, "y\n" + before + "z\n"), (), PLAIN)
    assert shown.count("\n") == 2 + 2 + 2 * 4
