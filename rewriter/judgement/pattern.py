"""Compile regular expressions on first use: a command that judges nothing does not pay for them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator


class Pattern:
    """Stand for a regular expression that is compiled when it is first asked."""

    __slots__ = ("_compiled", "_flags", "_text")

    def __init__(self, text: str, flags: re.RegexFlag = re.NOFLAG) -> None:
        self._text = text
        self._flags = flags
        self._compiled: re.Pattern[str] | None = None

    def _ready(self) -> re.Pattern[str]:
        if self._compiled is None:
            self._compiled = re.compile(self._text, self._flags)
        return self._compiled

    def match(self, text: str, start: int = 0, end: int | None = None) -> re.Match[str] | None:
        """Match at `start`, up to `end`."""
        return (self._compiled or self._ready()).match(text, start, len(text) if end is None else end)

    def fullmatch(self, text: str) -> re.Match[str] | None:
        """Match the whole text."""
        return (self._compiled or self._ready()).fullmatch(text)

    def search(self, text: str, start: int = 0, end: int | None = None) -> re.Match[str] | None:
        """Return the first match in a range."""
        return (self._compiled or self._ready()).search(text, start, len(text) if end is None else end)

    def finditer(self, text: str, start: int = 0, end: int | None = None) -> Iterator[re.Match[str]]:
        """Return the matches in a range, in order."""
        return (self._compiled or self._ready()).finditer(text, start, len(text) if end is None else end)

    def findall(self, text: str) -> list[str]:
        """Return the matched texts; for a pattern with one group, those of the group."""
        group = 1 if (self._compiled or self._ready()).groups else 0
        return [hit[group] for hit in self.finditer(text)]

    def sub(self, replacement: str | Callable[[re.Match[str]], str], text: str) -> str:
        """Replace every match."""
        return (self._compiled or self._ready()).sub(replacement, text)

    def split(self, text: str) -> list[str]:
        """Split the text at every match of a pattern without groups."""
        return (self._compiled or self._ready()).split(text)
