"""Be the job of both engines: visit a repository, and say when to come again where something hinders that passes.

A job is plain and idempotent. Whoever runs it decides how to wait: nothing else differs between the two engines.
"""

from __future__ import annotations

from typing import Final

from rewriter.bot.publish import NotSettledError
from rewriter.bot.stopping import StoppedError
from rewriter.bot.store import Known
from rewriter.bot.visit import Bot, failed
from rewriter.errors import UnbakeError
from rewriter.record import Record
from rewriter.scm.forge import ForgeError, RemoteRepository
from rewriter.scm.gate import RateLimitedError

ATTEMPTS: Final = 8
_PAUSE: Final = 2.0


class Again(Record):
    """Say that a job is to be done again, no earlier than `at`; it is the attempt of that number, from 0."""

    at: float
    attempt: int
    limited: bool = False


def again(error: UnbakeError, attempt: int, now: float) -> Again | None:
    """Return when a job that ended so is done again; None where that would not help."""
    if isinstance(error, RateLimitedError):
        return Again(error.until, attempt, limited=True)
    if attempt + 1 >= ATTEMPTS:
        return None
    if isinstance(error, NotSettledError):
        return Again(now, attempt + 1)
    if isinstance(error, ForgeError) and error.passing:
        return Again(now + _PAUSE * 2**attempt, attempt + 1)
    return None


def visit(bot: Bot, one: RemoteRepository, attempt: int) -> Known | Again:
    """Visit a repository once; raises nothing but `StoppedError`."""
    try:
        return bot.visit(one)
    except StoppedError:
        raise
    except UnbakeError as error:
        later = again(error, attempt, bot.clock.now())
        if later is not None:
            return later
        known = failed(error)
        if not bot.options.dry_run:
            bot.store.set_repo(one.id, one.full_name, known)
        return known
