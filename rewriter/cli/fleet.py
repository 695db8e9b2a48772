"""Tell what a worker does twice: in the journal for people, in the figures for Prometheus."""

from __future__ import annotations

import threading
from typing import Final

from rewriter.bot.jobs import Again
from rewriter.bot.metrics import Metrics
from rewriter.bot.store import Known
from rewriter.cli.journal import Journal


class Told:
    """Be told what a worker does, and pass it on."""

    def __init__(self, log: Journal, metrics: Metrics) -> None:
        self._log: Final = log
        self._metrics: Final = metrics
        self._failed = threading.Event()

    @property
    def failed(self) -> bool:
        """Tell whether anything failed that this worker did."""
        return self._failed.is_set()

    def visited(self, name: str, known: Known, seconds: float) -> None:
        """Pass on a visit."""
        if known.state == "failed":
            self._failed.set()
        self._log.visited(name, known, seconds)
        self._metrics.visited(known, seconds)

    def put_back(self, name: str, later: Again) -> None:
        """Pass on a visit that is done again later."""
        self._log.put_back(name, later)
        self._metrics.put_back("limit" if later.limited else "fault" if later.attempt else "busy")

    def discovered(self, number: int, *, hidden: bool) -> None:
        """Pass on a discovery."""
        self._log.discovered(number, hidden=hidden)

    def taken_over(self, number: int) -> None:
        """Pass on jobs that dead workers left."""
        self._log.taken_over(number)
        self._metrics.taken_over(number)
