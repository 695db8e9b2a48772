"""Write long lists of words as text."""

from __future__ import annotations


def listed(text: str) -> list[str]:
    """Return the words of a text, in order."""
    return text.split()
