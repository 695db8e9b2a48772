"""Write lists of words as text: tables of hundreds of words stay readable, and a change is one word."""

from __future__ import annotations


def wordset(text: str) -> frozenset[str]:
    """Return the set of the words of a text."""
    return frozenset(text.split())
