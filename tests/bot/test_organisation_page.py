"""Show that the page for organisations names every state, reason and key there is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from rewriter.bot.decide import End
from rewriter.bot.organisation import _KEYS
from rewriter.bot.remind import State
from rewriter.scm.app import NEEDED

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "organisation.md").read_text("utf-8")
REASON = re.compile(r'"([a-z]+(?:-[a-z]+)+)"')


@pytest.mark.parametrize("word", sorted({*map(str, End), *map(str, State)}))
def test_every_state_is_named(word: str) -> None:
    assert f"`{word}`" in PAGE


@pytest.mark.parametrize(
    "module", ["bot/options.py", "bot/branching.py", "scm/git.py", "scm/forge.py", "scm/reports.py"]
)
def test_every_reason_is_named(module: str) -> None:
    text = (ROOT / "rewriter" / module).read_text("utf-8")
    reasons = set(REASON.findall(text)) - {"non-fast-forward"}  # git's own word
    assert reasons
    assert not [reason for reason in sorted(reasons) if reason not in PAGE]


def test_every_key_and_right_is_named() -> None:
    assert [key for key in sorted(_KEYS) if not re.search(rf"(?m)^ {{4}}\[?{key}\b", PAGE)] == []
    assert [name for name, level in NEEDED.items() if f"`{name}: {level}`" not in PAGE] == []
