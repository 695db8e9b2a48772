from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewriter.render.visible import visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain text, ünïcode, 漢字", "plain text, ünïcode, 漢字"),
        ("\x1b[31mred\x07", "\\x1b[31mred\\x07"),
        ("a\nb\rc\td", "a\\nb\\rc\\td"),
        ("x\u202eexe.txt", "x\\u202eexe.txt"),
        ("zero\u200bwidth", "zero\\u200bwidth"),
        ("line\u2028end", "line\\u2028end"),
        ("caf\udce9", "caf\\xe9"),
        ("half\ud83d", "half\\ud83d"),
        ("\U000e0041tag", "\\U000e0041tag"),
        ("\x9b31m", "\\x9b31m"),
    ],
)
def test_shows_what_steers_or_misleads(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_lets_tabs_stand_where_told() -> None:
    assert visible("a\tb\x00", tabs=True) == "a\tb\\x00"


@given(st.text(st.characters()))
def test_the_result_is_printable_and_encodes(text: str) -> None:
    assert visible(text).isprintable()
    visible(text).encode()


@given(st.binary())
def test_any_bytes_can_be_shown(data: bytes) -> None:
    visible(data.decode("utf-8", "surrogateescape")).encode("utf-8")
