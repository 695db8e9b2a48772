"""Tell whether a change of `.dockerignore` would leave a COPY, ADD or bind mount without its source.

A file that is named must stay; of what a glob matches, or a folder holds, something must stay.
https://docs.docker.com/reference/dockerfile/#copy
"""

from __future__ import annotations

import posixpath
import re
from bisect import bisect_left
from collections.abc import Callable, Sequence
from typing import Final

from rewriter.documents.go_pattern import glob
from rewriter.documents.go_regexp import PatternError
from rewriter.record import Record
from rewriter.tree.automaton import Automaton

Match = Callable[[str], bool]

_VARIABLE: Final = re.compile(r"\$\{[^}]*\}|\$\w+")
_GLOB: Final = re.compile(r"[*?\[\\]")


class _Need(Record):
    """Hold a source as written, and the entries of the context that it may stand for."""

    source: str
    entries: tuple[str, ...]


class Needs:
    """Know what a context's Dockerfiles take from it; `files` are the context's files, sorted."""

    def __init__(self, sources: Sequence[str], files: Sequence[str]) -> None:
        self._files: Final = files
        entries = _entries(files) if sources else ()
        self._needs: Final = tuple(_need(source, entries) for source in dict.fromkeys(sources))

    def broken(self, before: Match, after: Match) -> str | None:
        """Return the first source of which something was in the context before and nothing is after."""
        for need in self._needs:
            if not any(self._seen(entry, after) for entry in need.entries) and any(
                self._seen(entry, before) for entry in need.entries
            ):
                return need.source
        return None

    def _seen(self, entry: str, ignored: Match) -> bool:
        """Tell whether an entry is in the context: itself, or something in it."""
        if not ignored(entry):
            return True
        start = bisect_left(self._files, f"{entry}/")
        end = bisect_left(self._files, f"{entry}0")
        return not all(ignored(file) for file in self._files[start:end])


def _entries(files: Sequence[str]) -> tuple[str, ...]:
    folders: set[str] = set()
    for file in files:
        folder = file.rpartition("/")[0]
        while folder and folder not in folders:
            folders.add(folder)
            folder = folder.rpartition("/")[0]
    return tuple(sorted({*files, *folders}))


def _need(source: str, entries: tuple[str, ...]) -> _Need:
    """Find what a source may stand for; a variable may stand for any text within one name."""
    name = posixpath.normpath(f"/{_VARIABLE.sub('*', source)}").lstrip("/")
    if not name:
        return _Need(source, ())
    if not _GLOB.search(name):
        return _Need(source, (name,))
    try:
        automaton = Automaton([[glob(name)]])
    except PatternError:
        return _Need(source, ())
    level = name.count("/")
    same_level = (entry for entry in entries if "**" in name or entry.count("/") == level)
    return _Need(
        source, tuple(entry for entry in same_level if automaton.matches(automaton.run(automaton.start, entry)))
    )
