"""Show on a terminal how far a run of the bot is, and how long the forge's limits hold it back."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from rewriter.bot.store import Known
from rewriter.scm.gate import Kind

_STEP: Final = 0.5
_LONG: Final = 3.0
_REASONS: Final = {
    Kind.READ: "the next request",
    Kind.WRITE: "the next write",
    Kind.CREATE: "the next pull request or comment",
}


class Countdown:
    """Keep the line up to date; as a `Watch` it is told by the gate."""

    def __init__(self) -> None:
        self._lock: Final = threading.Lock()
        self._total = 0
        self._done = 0
        self._opened = 0
        self._waits: dict[Kind, float] = {}

    def begin(self, total: int) -> None:
        """Take note of how many visits there are."""
        with self._lock:
            self._total = total

    def visited(self, known: Known) -> None:
        """Take note of a visit."""
        with self._lock:
            self._done += 1
            self._opened += known.state == "pr-open"

    def admitted(self, kind: Kind) -> None:
        """Take note of a request that is sent: nothing of its kind waits any more."""
        with self._lock:
            self._waits.pop(kind, None)

    def answered(self, status: int) -> None:
        """Take no note of an answer."""

    def waits(self, kind: Kind, until: float) -> None:
        """Take note of a request that is held back."""
        with self._lock:
            self._waits[kind] = until

    def line(self, now: float) -> str:
        """Return what there is to show."""
        with self._lock:
            kind, until = max(self._waits.items(), key=lambda one: one[1], default=(Kind.READ, 0.0))
            words = f"{self._done} of {self._total} visited, {self._opened} with a pull request"
            if not self._total:
                words = "listing the repositories"
        if until - now < _LONG:
            return words
        left = int(until - now)
        clock = (
            f"{left // 3600}:{left // 60 % 60:02}:{left % 60:02}" if left >= 3600 else f"{left // 60}:{left % 60:02}"
        )
        return f"{words}; {_REASONS[kind]} in {clock}, to keep the limits"


@contextmanager
def shown(countdown: Countdown) -> Iterator[None]:
    """Show the line on standard error while the work goes on, if that is a terminal that can go back in a line."""
    stream = sys.stderr
    if stream is None or not stream.isatty() or os.environ.get("TERM") == "dumb":
        yield
        return
    done = threading.Event()

    def draw() -> None:
        while not done.wait(_STEP):
            stream.write(f"\r\x1b[K{countdown.line(time.time())}")
            stream.flush()

    thread = threading.Thread(target=draw, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
        stream.write("\r\x1b[K")
        stream.flush()
