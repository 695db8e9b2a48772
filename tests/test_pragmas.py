from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewriter.model.text import Source
from rewriter.project.pragmas import Pragma, pragmas


def read(text: str) -> tuple[Pragma, ...]:
    return pragmas(Source("f", text))


@pytest.mark.parametrize(
    "line",
    [
        "# unbake: ignore[a-b] why",
        "#unbake:ignore[a-b]why",
        "// unbake: ignore[ a-b ] why",
        "-- UNBAKE: Ignore[a-b]: why",
        "REM unbake: ignore[a-b] why\r",
        ":: unbake: ignore[a-b] why",
        "<!-- unbake: ignore[a-b] why -->",
        "  \t# unbake: ignore[a-b] - why  ",
    ],
)
def test_any_mark_of_a_comment_will_do(line: str) -> None:
    assert read(f"{line}\nX\n") == (Pragma("f", 1, 2, ("a-b",), "why"),)


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("X # unbake: ignore[a] why\nY\n", 1),
        ("# unbake: ignore[a] why\n\n  # more\n// and\nX\n", 5),
        ("# unbake: ignore[a] why", 1),
        ("# unbake: ignore[a] why\r\nX\r\n", 2),
    ],
)
def test_it_speaks_of_its_own_line_or_of_the_next_that_is_no_comment(text: str, target: int) -> None:
    assert [pragma.target for pragma in read(text)] == [target]


def test_several_rules_and_codes() -> None:
    assert read("# unbake: ignore[a, UB101,,a] why\nX")[0].rules == ("a", "UB101")


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("# unbake: ignore", "names no rule"),
        ("# unbake: ignore the token is public", "names no rule"),
        ("# unbake: ignore[] why", "names no rule"),
        ("# unbake: ignore[a", "names no rule"),
        ("# unbake: ignore[a]", "gives no reason"),
        ("<!-- unbake: ignore[a] -->", "gives no reason"),
        ("# unbake: ignore[a] -", "gives no reason"),
    ],
)
def test_one_without_rule_or_reason_has_a_fault(line: str, fault: str) -> None:
    (pragma,) = read(line)
    assert pragma.fault.startswith(fault)


@pytest.mark.parametrize("line", ["unbake: ignore[a] why", "# unbake ignore[a] why", "# unbake: ignored[a] x", "x"])
def test_other_text_is_none(line: str) -> None:
    assert read(line) == ()


def test_hadolint_is_heeded_where_its_rules_correspond() -> None:
    (pragma,) = read("# hadolint ignore=DL3008,DL3064\nARG X\n")
    assert pragma.target == 2
    assert pragma.foreign
    assert pragma.rules == ("no-secret-in-arg", "no-secret-in-env")
    assert pragma.reason == "hadolint ignore=DL3008,DL3064"
    assert read("# hadolint global ignore=DL3064\n")[0].target == 0
    assert read("# hadolint ignore=DL3008\nRUN x\n") == ()
    assert read("# hadolint shell=/bin/bash\nRUN x\n") == ()


@given(st.text(st.sampled_from("# unbake:ignore[]a-\n\r\t/<!hadolintDL3064=,")))
def test_any_text_can_be_read(text: str) -> None:
    number = text.count("\n") + 1
    for pragma in read(f"{text}# unbake: ignore[a]{text}"):
        assert 1 <= pragma.line <= number * 2
        assert pragma.target <= number * 2
