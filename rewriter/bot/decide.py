"""Decide what comes next for a repository, from what stands on the forge alone: the state machine, pure.

Each step is small; after it the forge is looked at again. So a crash, a lost answer or somebody else's hand between
two steps changes nothing: the next look sees what is there.
"""

from __future__ import annotations

from enum import StrEnum

from rewriter.bot.marker import read
from rewriter.record import Record
from rewriter.scm.forge import Pull, PullState


class End(StrEnum):
    """Say in which state a pull request is left."""

    OPEN = "pr-open"
    DECLINED = "closed-by-user"
    EDITED = "edited-by-human"
    TAKEN = "branch-taken"
    MERGED = "merged"
    NOT_NEEDED = "not-needed"


class Wanted(Record):
    """Say what is to be proposed: `change` names the edits, `text` the words about them."""

    change: str
    text: str
    findings: tuple[str, ...]


class Seen(Record):
    """Hold what stands on the forge: the branch's commit (empty: none), whether it is ours, the pull request."""

    head: str
    mine: bool
    change: str
    pull: Pull | None
    merge_known: bool = False


class Push(Record):
    """Set the branch, if it still is `expected`."""

    expected: str


class Open(Record):
    """Open the pull request."""


class Rewrite(Record):
    """Replace our block of a pull request's text."""

    pull: Pull


class Adorn(Record):
    """Give a pull request its labels and reviewers."""

    pull: Pull


class Withdraw(Record):
    """Close our pull request, whose change is not needed any more, and delete the branch."""

    pull: Pull


class Advance(Record):
    """Go on with the next generation: this one has ended."""


class LookAgain(Record):
    """Begin anew with the branch as it is now: it was merged meanwhile."""


class Settle(Record):
    """End here."""

    end: End


Step = Push | Open | Rewrite | Adorn | Withdraw | Advance | LookAgain | Settle

RETRY: str = "unbake/retry"
"""The label on a closed pull request with which people ask for a new one."""


def decide(seen: Seen, wanted: Wanted | None) -> Step:
    """Return the next step."""
    if seen.pull is None:
        return _without_pull(seen, wanted)
    if seen.pull.state is PullState.OPEN:
        return _open(seen, seen.pull, wanted)
    if wanted is None:
        return Settle(End.MERGED if seen.pull.state is PullState.MERGED else End.NOT_NEEDED)
    if seen.pull.state is PullState.MERGED:
        return Advance() if seen.merge_known else LookAgain()
    return _closed(seen.pull, wanted)


def _without_pull(seen: Seen, wanted: Wanted | None) -> Step:
    if wanted is None:
        return Settle(End.NOT_NEEDED)
    if not seen.head:
        return Push("")
    if not seen.mine:
        return Settle(End.TAKEN)
    return Open() if seen.change == wanted.change else Push(seen.head)


def _open(seen: Seen, pull: Pull, wanted: Wanted | None) -> Step:
    if not seen.mine:
        return Settle(End.EDITED)
    if wanted is None:
        return Withdraw(pull)
    if seen.change != wanted.change:
        return Push(seen.head)
    marker = read(pull.body)
    told = (marker.change, marker.text) if marker else ("", "")
    if told != (wanted.change, wanted.text):
        return Rewrite(pull)
    return Settle(End.OPEN) if marker is None or marker.dressed else Adorn(pull)


def _closed(pull: Pull, wanted: Wanted) -> Step:
    marker = read(pull.body)
    if RETRY in pull.labels or (marker is not None and marker.closed):
        return Advance()
    declined = marker is None or set(wanted.findings) <= set(marker.findings)
    return Settle(End.DECLINED) if declined else Advance()
