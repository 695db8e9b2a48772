"""Find the reminder of a credential among all issues of a home, without reading them all again for each.

The issues are listed once; afterwards only what changed since is asked for. Only numbers are kept: 20,000 reminders
take a few megabytes. It is asked for when an issue has to be opened, by whoever holds the lock for that.
"""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from typing import Final

from rewriter.bot.marker import read
from rewriter.record import State, field
from rewriter.scm.forge import Forge

LABEL: Final = "unbake-rotate"
_OVERLAP: Final = timedelta(seconds=5)


class _Page(State):
    numbers: dict[str, set[int]] = field(default_factory=dict)
    latest: str = ""
    lock: threading.Lock = field(default_factory=threading.Lock)


class Notebook:
    """Remember which issue has which marker, by home."""

    def __init__(self) -> None:
        self._pages: Final[dict[str, _Page]] = {}
        self._lock: Final = threading.Lock()

    def numbers(self, forge: Forge, home: str, key: str) -> tuple[int, ...]:
        """Return the issues with a marker, the oldest first, as they are now."""
        with self._lock:
            page = self._pages.setdefault(home, _Page())
        with page.lock:
            for note in forge.issues(home, LABEL, _before(page.latest)):
                marker = read(note.body)
                if marker is not None:
                    page.numbers.setdefault(marker.key, set()).add(note.number)
                page.latest = max(page.latest, note.updated)
            return tuple(sorted(page.numbers.get(key, ())))


def _before(moment: str) -> str:
    """Return a moment a little earlier: two changes of one second are not listed at the same time perhaps."""
    try:
        return (datetime.fromisoformat(moment) - _OVERLAP).strftime("%Y-%m-%dT%H:%M:%SZ")
    except ValueError:
        return ""
