"""Run the visits of a run in threads, resumable: what is to be visited is noted first, struck off when it is done.

A visit that has to wait is put back and another one taken meanwhile.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from threading import Event, Lock
from typing import Final, TypeVar

from rewriter.bot.discover import discover
from rewriter.bot.jobs import Again, again, visit
from rewriter.bot.stopping import StoppedError
from rewriter.bot.store import Known
from rewriter.bot.visit import Bot, failed
from rewriter.errors import UnbakeError
from rewriter.record import Record, State, field
from rewriter.scm.clock import Clock
from rewriter.scm.forge import RemoteRepository

NOT_FOUND: Final = "not there, or not to be seen with this credential"
_Result = TypeVar("_Result")


class Tally(State):
    """Count how repositories were left. Where the run was `stopped`, some were not visited."""

    states: dict[str, int] = field(default_factory=dict)
    failures: list[tuple[str, str]] = field(default_factory=list)
    hidden: bool = False
    stopped: bool = False
    lock: Lock = field(default_factory=Lock)

    def add(self, name: str, known: Known) -> None:
        """Count one."""
        with self.lock:
            self.states[known.state] = self.states.get(known.state, 0) + 1
            if known.state == "failed":
                self.failures.append((name, known.detail))


class _Turn(Record, order=True):
    """Hold one visit in the order of the queue: what another process is at comes last, the public ones first.

    What they leak is the most urgent.
    """

    others: bool
    at: float
    private: bool
    identity: int
    attempt: int = 0


class _Queue:
    """Hand out the visits of this process, the earliest first."""

    def __init__(self, turns: Iterable[_Turn]) -> None:
        self._heap: Final = list(turns)
        heapq.heapify(self._heap)
        self._lock: Final = Lock()

    def take(self) -> _Turn | None:
        """Return the next visit, whose time may still have to come; None where none is left."""
        with self._lock:
            return heapq.heappop(self._heap) if self._heap else None

    def put(self, turn: _Turn) -> None:
        """Put a visit back."""
        with self._lock:
            heapq.heappush(self._heap, turn)


def _unheard(_: int) -> None:
    return


def _unhindered(_: UnbakeError, __: float) -> None:
    return


def _never() -> bool:
    return False


def run(
    bot: Bot,
    clock: Clock,
    *,
    threads: int,
    note: Callable[[str, Known], None],
    begin: Callable[[int], None] = _unheard,
    hindered: Callable[[UnbakeError, float], None] = _unhindered,
    stopping: Callable[[], bool] = _never,
) -> Tally:
    """Discover and visit every repository; one that cannot be visited does not stop the others.

    `begin` is told how many there are, `note` how each was left, `hindered` what hinders the listing. No visit is begun
    once the run is `stopping`.
    """
    tally = Tally()
    over = Event()
    bot.scratch.put_away()
    listing = persistent(lambda: discover(bot.forge, bot.options), clock, hindered)
    tally.hidden = listing.hidden
    tally.failures += [(name, NOT_FOUND) for name in listing.missing]
    repositories = {one.id: one for one in listing.repositories}
    bot.store.queue(repositories)
    found = [repositories[identity] for identity in bot.store.queued() if identity in repositories]
    queue = _Queue(_Turn(others=False, at=0.0, private=one.private, identity=one.id) for one in found)
    begin(len(found))

    def work() -> None:
        try:
            while not over.is_set() and (turn := queue.take()) is not None:
                if stopping():
                    raise StoppedError("the run is to stop")  # noqa: TRY301 (as the clock does)
                clock.sleep_until(turn.at)
                one = repositories[turn.identity]
                if (known := _turn(bot, one, turn, queue)) is not None:
                    tally.add(one.full_name, known)
                    note(one.full_name, known)
        except StoppedError:
            tally.stopped = True
            over.set()
        except BaseException:
            over.set()
            raise

    with ThreadPoolExecutor(threads) as pool:
        for done in [pool.submit(work) for _ in range(threads)]:
            done.result()
    return tally


def _turn(bot: Bot, one: RemoteRepository, turn: _Turn, queue: _Queue) -> Known | None:
    """Visit a repository; return how it is left, None where it is put back or another process has done it."""
    with bot.store.database.exclusive(f"repo/{one.id}", wait=turn.others) as mine:
        if not mine:  # it is left over only where that process dies
            queue.put(_Turn(others=True, at=turn.at, private=turn.private, identity=turn.identity))
            return None
        if not bot.store.is_queued(one.id):
            return None
        match visit(bot, one, turn.attempt):
            case Again(at=at, attempt=attempt):
                queue.put(_Turn(turn.others, at, turn.private, turn.identity, attempt))
                return None
            case known:
                bot.store.finished(one.id)
                return known


def visit_named(bot: Bot, name: str, clock: Clock, note: Callable[[str, Known], None]) -> None:
    """Visit a repository that somebody named, as the forge knows it."""
    try:
        one = persistent(lambda: bot.forge.repository(name), clock)
    except UnbakeError as error:
        note(name, failed(error))
        return
    attempt = 0
    while True:
        with bot.store.database.exclusive(f"repo/{one.id}"):
            left = visit(bot, one, attempt)
        if not isinstance(left, Again):
            note(one.full_name, left)
            return
        attempt = left.attempt
        clock.sleep_until(left.at)


def persistent(
    work: Callable[[], _Result], clock: Clock, hindered: Callable[[UnbakeError, float], None] = _unhindered
) -> _Result:
    """Return what `work` gives; it is done again after a limit or a fault that passes, of which `hindered` is told."""
    attempt = 0
    while True:
        try:
            return work()
        except StoppedError:
            raise
        except UnbakeError as error:
            later = again(error, attempt, clock.now())
            if later is None:
                raise
            attempt = later.attempt
            hindered(error, later.at - clock.now())
            clock.sleep_until(later.at)
