"""Run jobs of a fleet until somebody stops the worker: the same visits as the embedded engine's, off a shared queue.

Procrastinate gives each job to one worker and lets two jobs of a repository never run at once. A worker that dies
leaves its jobs as begun; the others see that its heart has stopped and put them back. A worker that was only thought
dead still holds the session's lock on its repository, so nothing is done twice even then.
"""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import Final, Protocol

from rewriter.bot.discover import discover
from rewriter.bot.engine import NOT_FOUND
from rewriter.bot.jobs import Again, again, visit
from rewriter.bot.options import Options
from rewriter.bot.organisation import REPOSITORY
from rewriter.bot.postgres import StateLostError
from rewriter.bot.queue import DISCOVER, VISIT, Queue, application, prepare, repository
from rewriter.bot.stopping import StoppableClock, StoppedError
from rewriter.bot.store import Known
from rewriter.bot.visit import Bot, failed
from rewriter.errors import UnbakeError, UsageError
from rewriter.record import Record, replace
from rewriter.scm.forge import RemoteRepository

try:
    import psycopg
    from procrastinate import App, BaseRetryStrategy, RetryDecision
    from procrastinate.exceptions import ConnectorException, UniqueViolation
    from procrastinate.jobs import Job, Status
except ImportError as error:
    raise UsageError("a fleet needs more: pip install 'unbake[fleet]'") from error

STALLED: Final = 30.0
_TICK: Final = "tick"
_BUSY: Final = 5.0
_KEPT_HOURS: Final = 7 * 24
_SPARE_THREADS: Final = 4
"""The loop looks up host names in a thread too, which must not wait for a visit."""


class Told(Protocol):
    """Be told what a worker does."""

    def visited(self, name: str, known: Known, seconds: float) -> None:
        """Take note of a visit that came to its end."""
        ...

    def put_back(self, name: str, later: Again) -> None:
        """Take note of a visit that is done again later."""
        ...

    def discovered(self, number: int, *, hidden: bool) -> None:
        """Take note of a discovery; `hidden` repositories were left out by single sign-on."""
        ...

    def taken_over(self, number: int) -> None:
        """Take note of jobs of dead workers that were put back."""
        ...


class Work(Record):
    """Say how a worker works: `schedule` is the crontab of discoveries; `once` ends it when nothing is left to do."""

    threads: int
    schedule: str = ""
    once: bool = False
    stalled: float = STALLED


class Worker:
    """Work on the jobs of one organisation."""

    def __init__(
        self,
        bot: Bot,
        address: str,
        clock: StoppableClock,
        *,
        work: Work,
        told: Told,
        settle: Callable[[], Options],
    ) -> None:
        self._bot = bot
        self._settle: Final = settle
        self._settled = bot.store.discovered(bot.options.owner)
        self._settling: Final = threading.Lock()
        self._clock: Final = clock
        self._work: Final = work
        self._told: Final = told
        self._over: Final = asyncio.Event()
        prepare(address, bot.store.database)
        self._app: Final = application(address, worker=True)
        self._asking: Final = application(address, worker=False)
        self._queue: Final = Queue(self._asking, bot.options.owner)
        _tasks(self._app, self, self._queue, "" if work.once else work.schedule)

    def run(self) -> None:
        """Work until SIGTERM or SIGINT, or until nothing is left to do; raises `StateLostError`."""
        self._bot.scratch.put_away()
        try:
            with self._asking.open():
                self._queue.discover(self._clock.now())
                asyncio.run(self._run())
        except (ConnectorException, psycopg.OperationalError):
            raise StateLostError from None

    def jobs(self) -> Mapping[str, int]:
        """Return how many jobs are in each state."""
        rows = self._asking.job_manager.list_queues(queue=self._queue.name)
        return {state: int(row[state]) for row in rows for state in ("todo", "doing", "failed")}

    def discover(self, asked: float, attempt: int) -> None:
        """List the repositories and ask for a visit of each."""
        began = self._clock.now()
        owner = self._bot.options.owner
        if self._bot.store.discovered(owner) > asked:
            return
        try:
            listing = discover(self._bot.forge, self._settled_bot().options)
        except StoppedError:
            raise
        except UnbakeError as error:
            later = again(error, attempt, self._clock.now())
            if later is None:
                self._told.visited(owner, failed(error), self._clock.now() - began)
            else:
                self._queue.discover(asked, at=later.at, attempt=later.attempt)
            return
        for one in sorted(listing.repositories, key=lambda one: (one.private, one.id)):
            self._queue.visit(one)
        for name in listing.missing:
            self._told.visited(name, Known("", "failed", NOT_FOUND), 0.0)
        self._bot.store.set_discovered(owner, began)
        self._told.discovered(len(listing.repositories), hidden=listing.hidden)

    def visit(self, name: str, facts: object, attempt: int) -> None:
        """Visit a repository, as it was listed or, where a webhook named it, as the forge knows it now."""
        began = self._clock.now()
        one: RemoteRepository | None = None
        left: Known | Again
        try:
            one = repository(facts) if facts else self._bot.forge.repository(name)
        except StoppedError:
            raise
        except UnbakeError as error:
            left = again(error, attempt, self._clock.now()) or failed(error)
        else:
            with self._bot.store.database.exclusive(f"repo/{one.id}", wait=False) as mine:
                left = visit(self._settled_bot(), one, attempt) if mine else Again(self._clock.now() + _BUSY, attempt)
        match left:
            case Again(at=at, attempt=number):
                if facts and one is not None:
                    self._queue.visit(one, at=at, attempt=number)
                else:
                    self._queue.visit_named(name, at=at, attempt=number)
                self._told.put_back(name, left)
            case known:
                self._told.visited(name, known, self._clock.now() - began)

    def _settled_bot(self) -> Bot:
        """Return the bot with what the organisation settles, read anew after each discovery, whoever made it."""
        owner = self._bot.options.owner
        with self._settling:
            found = self._bot.store.discovered(owner)
            if found != self._settled:
                self._settled = found
                try:
                    self._bot = replace(self._bot, options=self._settle())
                except StoppedError:
                    raise
                except UnbakeError as error:  # what was settled before goes on to hold
                    self._told.visited(f"{owner}/{REPOSITORY}", failed(error), 0.0)
            return self._bot

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        loop.set_default_executor(ThreadPoolExecutor(self._work.threads + _SPARE_THREADS))
        with _signals(self._stop):
            async with self._app.open_async():
                await self._until_over()

    async def _until_over(self) -> None:
        """Work, and end the worker when one of what goes on besides ends, or fails."""
        working = asyncio.create_task(
            self._app.run_worker_async(
                queues=[self._queue.name],
                concurrency=self._work.threads,
                install_signal_handlers=False,
                delete_jobs="successful",
                update_heartbeat_interval=self._work.stalled / 3,
                stalled_worker_timeout=self._work.stalled * 10,
            )
        )
        others = [asyncio.create_task(self._over.wait()), asyncio.create_task(self._take_over())]
        if self._work.once:
            others.append(asyncio.create_task(self._until_nothing_is_left()))
        done, _ = await asyncio.wait([working, *others], return_when=asyncio.FIRST_COMPLETED)
        for task in (*others, working):
            task.cancel()  # the worker lets what is under way come to its end
        with suppress(asyncio.CancelledError):
            await working
        for task in done:
            if not task.cancelled() and (error := task.exception()) is not None:
                raise error

    def _stop(self) -> None:
        self._clock.stop()
        self._over.set()

    async def _take_over(self) -> None:
        """Put back the jobs of workers whose heart has stopped, again and again."""
        manager = self._app.job_manager
        while True:
            stalled = [
                *await manager.get_stalled_jobs(queue=self._queue.name, seconds_since_heartbeat=self._work.stalled)
            ]
            taken = 0
            for job in stalled:
                taken += await self._put_back(job)
            if taken:
                self._told.taken_over(taken)
            await manager.delete_old_jobs(
                _KEPT_HOURS, queue=self._queue.name, include_failed=True, include_aborted=True, include_cancelled=True
            )
            await asyncio.sleep(self._work.stalled / 3)

    async def _put_back(self, job: Job) -> bool:
        """Put a dead worker's job back; tell whether it was, rather than by another worker that was faster."""
        manager = self._app.job_manager
        try:
            await manager.retry_job(job)
        except UniqueViolation:  # it was asked for anew meanwhile, and that waits for this one
            with suppress(ConnectorException):
                await manager.finish_job(job, Status.ABORTED, delete_job=True)
                return True
            return False
        except ConnectorException:
            return False
        return True

    async def _until_nothing_is_left(self) -> None:
        while True:
            rows = [*await self._app.job_manager.list_queues_async(queue=self._queue.name)]
            if not any(row["todo"] + row["doing"] for row in rows):
                return
            await asyncio.sleep(1)


class _BackAtOnce(BaseRetryStrategy):
    """Put a job back that was given up for a stop; any other fault is the job's end until the next discovery."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:  # noqa: ARG002
        return RetryDecision(retry_at=datetime.now(UTC)) if isinstance(exception, StoppedError) else None


def _tasks(app: App, worker: Worker, queue: Queue, schedule: str) -> None:
    """Name the functions of a worker by what the queue calls them."""

    def discover(*, asked: float, attempt: int) -> None:
        worker.discover(asked, attempt)

    def visit(*, name: str, facts: object, attempt: int) -> None:
        worker.visit(name, facts, attempt)

    def tick(timestamp: int) -> None:
        queue.discover(float(timestamp))

    app.task(name=DISCOVER, retry=_BackAtOnce())(discover)
    app.task(name=VISIT, retry=_BackAtOnce())(visit)
    if not schedule:
        return
    app.periodic(cron=schedule)(app.task(name=_TICK, queue=queue.name)(tick))
    try:
        for one in app.periodic_registry.periodic_tasks.values():
            _ = one.croniter
    except (ValueError, KeyError):
        raise UsageError(f"--schedule {schedule!r}: no crontab; five fields are wanted, as in '0 */6 * * *'") from None


@contextmanager
def _signals(stop: Callable[[], None]) -> Iterator[None]:
    """Call `stop` at the first SIGTERM or SIGINT; the next of them ends the process at once, as a kill would."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    loop = asyncio.get_running_loop()
    numbers = (signal.SIGTERM, signal.SIGINT)

    def come() -> None:
        for number in numbers:
            loop.remove_signal_handler(number)
            signal.signal(number, signal.SIG_DFL)
        stop()

    for number in numbers:
        loop.add_signal_handler(number, come)
    try:
        yield
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)
