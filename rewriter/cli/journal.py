"""Tell what the bot does while it works: words for people, or one JSON object a line for machines.

Names come from the forge, so they are made harmless for a terminal; no value and no credential is ever handed over.
"""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Final

from rewriter.bot.jobs import Again
from rewriter.bot.store import Known
from rewriter.cli.output import complain
from rewriter.render.visible import visible

FORMATS: Final = ("text", "json")
_LONGEST: Final = 500
Fact = str | int | float | bool


class Journal:
    """Write events to standard error. Where it is `brief`, people are told what goes wrong alone."""

    def __init__(self, form: str, *, brief: bool = False) -> None:
        self._json: Final = form == "json"
        self._brief: Final = brief

    def event(self, name: str, words: str = "", **facts: Fact) -> None:
        """Write an event: its name and facts for machines, its words for people."""
        if not self._json:
            if words and not self._brief:
                complain(visible(words))
            return
        told = {key: visible(value) if isinstance(value, str) else value for key, value in facts.items()}
        row = {"time": datetime.now(UTC).isoformat(timespec="milliseconds"), "event": name, **told}
        if sys.stderr is not None:
            sys.stderr.write(json.dumps(row) + "\n")
            sys.stderr.flush()

    def visited(self, name: str, known: Known, seconds: float | None = None) -> None:
        """Tell how a repository is left."""
        words = f"{name}: {known.state}{f' ({known.detail})' if known.detail else ''}"
        took = {} if seconds is None else {"seconds": round(seconds, 3)}
        self.event("visited", words, repository=name, state=known.state, detail=known.detail, **took)

    def put_back(self, name: str, later: Again) -> None:
        """Tell that a visit is done again later."""
        at = datetime.fromtimestamp(later.at, UTC).isoformat(timespec="seconds")
        words = f"{name}: again at {at}{', when a limit is over' if later.limited else ''}"
        self.event("put-back", words, repository=name, until=at, limited=later.limited)

    def discovered(self, number: int, *, hidden: bool) -> None:
        """Tell of a discovery."""
        words = f"{number} repositories" + (
            "; single sign-on hides some: authorise the token for the organisation" if hidden else ""
        )
        self.event("discovered", words, repositories=number, hidden=hidden)

    def taken_over(self, number: int) -> None:
        """Tell of jobs that dead workers left."""
        self.event("taken-over", f"{number} jobs of workers that died are put back", jobs=number)


class LibraryHandler(logging.Handler):
    """Tell the warnings of libraries. Of an exception only the kind is told: its message may hold anything."""

    def __init__(self, journal: Journal) -> None:
        super().__init__(logging.WARNING)
        self._journal: Final = journal

    def emit(self, record: logging.LogRecord) -> None:
        """Tell one."""
        kind = record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else ""
        said = record.getMessage().partition("\n")[0][:_LONGEST]  # what follows may show an exception
        words = f"{record.name}: {said}{f' ({kind})' if kind else ''}"
        self._journal.event("library", words, logger=record.name, level=record.levelname, message=said, fault=kind)


def libraries_told(journal: Journal) -> None:
    """Let the libraries of a fleet tell what goes wrong in the journal, and nowhere else."""
    handler = LibraryHandler(journal)
    for name in ("procrastinate", "psycopg", "asyncio"):
        logger = logging.getLogger(name)
        logger.addHandler(handler)
        logger.setLevel(logging.WARNING)
        logger.propagate = False
