"""Tell the time and wait. A port, since the limits of a forge span minutes and hours."""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    """Be a clock in seconds since 1970."""

    def now(self) -> float:
        """Return the time."""
        ...

    def sleep_until(self, moment: float) -> None:
        """Return no earlier than `moment`."""
        ...


class SystemClock:
    """Be the machine's clock."""

    def now(self) -> float:
        """Return the time."""
        return time.time()

    def sleep_until(self, moment: float) -> None:
        """Wait until `moment`."""
        while (left := moment - time.time()) > 0:
            time.sleep(left)
