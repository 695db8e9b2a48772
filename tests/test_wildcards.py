"""A short cut to `fnmatchcase` gives what it gives."""

from __future__ import annotations

from fnmatch import fnmatchcase

from hypothesis import example, given, settings
from hypothesis import strategies as st

from rewriter.tree.wildcards import fits


@settings(deadline=None)
@given(st.text("aB_/\n.", max_size=8), st.text("aB_*/?[]!\\.\n", max_size=8))
@example("NPM_TOKEN", "NPM_*")
@example("NPM_TOKEN", "npm_*")
@example("a", "*a*a*")
@example("", "")
def test_it_is_fnmatchcase(name: str, pattern: str) -> None:
    assert fits(name, pattern) == fnmatchcase(name, pattern)
