"""Run the visits of a run in threads, resumable: what is to be visited is noted first, struck off when it is done."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from threading import Lock
from typing import Final, TypeVar

from rewriter.bot.publish import NotSettledError
from rewriter.bot.store import Known
from rewriter.bot.visit import Bot, failed
from rewriter.errors import UnbakeError
from rewriter.scm.clock import Clock
from rewriter.scm.forge import ForgeError, RemoteRepository
from rewriter.scm.gate import RateLimitedError

ATTEMPTS: Final = 8
_PAUSE: Final = 2.0
_Result = TypeVar("_Result")


@dataclass(slots=True)
class Tally:
    """Count how repositories were left."""

    states: dict[str, int] = field(default_factory=dict)
    failures: list[tuple[str, str]] = field(default_factory=list)
    hidden: bool = False
    lock: Lock = field(default_factory=Lock)

    def add(self, name: str, known: Known) -> None:
        """Count one."""
        with self.lock:
            self.states[known.state] = self.states.get(known.state, 0) + 1
            if known.state == "failed":
                self.failures.append((name, known.detail))


def run(bot: Bot, clock: Clock, *, threads: int, note: Callable[[str, Known], None]) -> Tally:
    """Discover and visit every repository; one that cannot be visited does not stop the others."""
    tally = Tally()
    listing = persistent(lambda: bot.forge.repositories(bot.options.owner), clock)
    tally.hidden = listing.hidden
    repositories = {one.id: one for one in listing.repositories}
    bot.store.queue(repositories)

    def work(one: RemoteRepository, *, wait: bool) -> None:
        with bot.store.database.exclusive(f"repo/{one.id}", wait=wait) as mine:
            if mine and bot.store.is_queued(one.id):
                known = attempt(bot, one, clock)
                tally.add(one.full_name, known)
                note(one.full_name, known)
                bot.store.finished(one.id)

    with ThreadPoolExecutor(threads) as pool:
        for wait in (False, True):  # what others are at comes last: it is left over only where they died
            for _ in pool.map(partial(work, wait=wait), _ordered(bot, repositories)):
                pass
    return tally


def visit_named(bot: Bot, name: str, clock: Clock, note: Callable[[str, Known], None]) -> None:
    """Visit a repository that somebody named, as the forge knows it."""
    try:
        one = persistent(lambda: bot.forge.repository(name), clock)
    except UnbakeError as error:
        note(name, failed(error))
        return
    with bot.store.database.exclusive(f"repo/{one.id}"):
        note(one.full_name, attempt(bot, one, clock))


def attempt(bot: Bot, one: RemoteRepository, clock: Clock) -> Known:
    """Visit a repository, again where the reason that it failed passes."""
    try:
        return persistent(lambda: bot.visit(one), clock)
    except (ForgeError, NotSettledError, UnbakeError) as error:
        known = failed(error)
        if not bot.options.dry_run:
            bot.store.set_repo(one.id, one.full_name, known)
        return known


def persistent(work: Callable[[], _Result], clock: Clock) -> _Result:
    """Return what `work` gives, which is done again after a limit or a fault that passes."""
    left = ATTEMPTS
    while True:
        try:
            return work()
        except RateLimitedError as limit:
            clock.sleep_until(limit.until)
        except NotSettledError:
            left -= 1
            if not left:
                raise
        except ForgeError as error:
            left -= 1
            if not left or not error.passing:
                raise
            clock.sleep_until(clock.now() + _PAUSE * 2 ** (ATTEMPTS - left - 1))


def _ordered(bot: Bot, repositories: dict[int, RemoteRepository]) -> Iterable[RemoteRepository]:
    """Return the public ones first, since what they leak is the most urgent."""
    found = [repositories[identity] for identity in bot.store.queued() if identity in repositories]
    return sorted(found, key=lambda one: (one.private, one.id))
