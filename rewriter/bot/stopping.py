"""Stop in an orderly way: what is under way may go on for a while, but begins no long wait.

Nothing depends on it: a process that is killed instead leaves what the next one takes up. It saves that one work.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

from rewriter.errors import UnbakeError

GRACE: Final = 20.0
"""Seconds for what is under way; systemd and Kubernetes kill after 90 and 30 of their own."""


class StoppedError(UnbakeError):
    """Report that the work was given back because the run is to stop; nothing is wrong."""


class StoppableClock:
    """Be the machine's clock. Once it is stopped, a wait past the grace raises `StoppedError`."""

    def __init__(self, grace: float = GRACE) -> None:
        self._grace: Final = grace
        self._stopped: Final = threading.Event()
        self._deadline = float("inf")

    @property
    def stopping(self) -> bool:
        """Tell whether nothing more is to be begun."""
        return self._stopped.is_set()

    def stop(self) -> None:
        """Let what is under way go on for the grace, and whoever waits longer give its work back."""
        self._deadline = min(self._deadline, time.time() + self._grace)
        self._stopped.set()

    def now(self) -> float:
        """Return the time."""
        return time.time()

    def sleep_until(self, moment: float) -> None:
        """Wait until `moment`."""
        while (left := moment - time.time()) > 0:
            if not self._stopped.is_set():
                self._stopped.wait(left)
            elif moment > self._deadline:
                raise StoppedError("the run is to stop")
            else:
                time.sleep(left)


@contextmanager
def stopped_by_signals(stop: Callable[[], None]) -> Iterator[None]:
    """Call `stop` at the first SIGTERM or SIGINT; the next of them ends the process at once, as a kill would."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def come(number: int, _: FrameType | None) -> None:
        signal.signal(number, signal.SIG_DFL)
        stop()

    before = {number: signal.signal(number, come) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
