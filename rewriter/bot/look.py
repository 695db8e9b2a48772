"""Tell whether a repository has to be looked at again, from what the list of repositories says already.

The list comes a hundred at a time and has the moment of the last push to any branch. Where that is the one that was
known when the tree was read, the tree is the same, and no request is made for the repository: GraphQL could not ask for
less. A moment has seconds, so one that had just passed when the tree was read is not believed; and after a week
the tree is asked for in any case. What the run is told to do is part of the mark: other settings read the tree anew.
"""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256
from typing import Final, Self

from rewriter import __version__
from rewriter.bot.options import Options
from rewriter.bot.store import Known
from rewriter.record import Record, replace
from rewriter.scm.forge import RemoteRepository

MARGIN: Final = 300.0
BELIEVED: Final = 7 * 86_400.0


class Look(Record):
    """Hold what a look at a repository depends on; `settled` tells that the last push is not too fresh."""

    told: str
    pushed: str
    now: float
    settled: bool

    @classmethod
    def at(cls, repository: RemoteRepository, options: Options, now: float) -> Self:
        """Return what a look at a repository depends on at this moment."""
        asked = replace(options, names=(), include=(), exclude=(), topics=(), dry_run=False, open_limit=0)
        told = sha256(repr((__version__, asked)).encode("utf-8", "surrogateescape")).hexdigest()[:16]
        pushed = _moment(repository.pushed)
        return cls(told, f"{repository.default_branch} {repository.pushed}", now, 0 < pushed < now - MARGIN)

    @property
    def mark(self) -> str:
        """Return the mark to be remembered with the result."""
        return f"{self.told} {self.pushed}" if self.settled else f"{self.told} "

    def etag(self, known: Known) -> str:
        """Return the version of the tree that need not be read again, empty where it has to be."""
        return known.etag if known.mark.startswith(f"{self.told} ") else ""

    def nothing_new(self, known: Known) -> bool:
        """Tell whether nobody has pushed since the tree was read, as far as that can be believed."""
        return bool(known.etag) and self.settled and known.mark == self.mark and self.now - known.seen < BELIEVED


def _moment(text: str) -> float:
    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError:
        return 0.0
