"""Listen for webhooks, and visit what they name: by itself, or by the workers of a fleet."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, suppress

from rewriter.bot import engine
from rewriter.bot.organisation import settles
from rewriter.bot.settling import Settling
from rewriter.bot.stopping import StoppableClock, StoppedError, stopped_by_signals
from rewriter.bot.store import Known, Store
from rewriter.cli.given import given
from rewriter.cli.journal import Journal
from rewriter.errors import UsageError
from rewriter.record import Record
from rewriter.render.visible import visible


class Listening(Record):
    """Say where is listened, and for whom; `fleet` is the address of the state that workers share, empty for none."""

    org: str
    host: str
    port: int
    threads: int
    fleet: str


def serve(at: Listening, store: Store, clock: StoppableClock, *, log: Journal, settling: Callable[[], Settling]) -> int:
    """Take deliveries until SIGTERM or SIGINT; `settling` gives the bot where there is no fleet."""
    from rewriter.bot.receive import application, required  # noqa: PLC0415 (of the extra `serve`)

    secret = given(os.environ, "UNBAKE_WEBHOOK_SECRET")
    required(secret)
    import uvicorn  # noqa: PLC0415 (of the extra `serve`)

    with _listening(at.host, at.port) as place, _visitor(at, store, clock, log=log, settling=settling) as visit:

        def named(name: str) -> None:
            if name.partition("/")[0].lower() == at.org.lower():
                visit(name)

        app = application(secret, store, named)
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False))
        with stopped_by_signals(clock.stop):
            port = int(place.getsockname()[1])
            log.event("started", f"listening on {at.host}, port {port}", port=port)
            server.run(sockets=[place])  # it hands a signal on when it has ended itself
            clock.stop()
    log.event("stopped", "stopped")
    return 0


def _visitor(
    at: Listening, store: Store, clock: StoppableClock, *, log: Journal, settling: Callable[[], Settling]
) -> AbstractContextManager[Callable[[str], None]]:
    return _asked(at, store, clock) if at.fleet else _visited(at, clock, log, settling)


def _listening(host: str, port: int) -> socket.socket:
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except (OSError, OverflowError) as error:
        raise UsageError(f"--host {visible(host)} --port {port}: cannot listen there ({error})") from None


@contextmanager
def _asked(at: Listening, store: Store, clock: StoppableClock) -> Iterator[Callable[[str], None]]:
    """Give what asks the workers for a visit; where the settings may have changed, for a look at all repositories."""
    from rewriter.bot import queue  # noqa: PLC0415 (of the extra `fleet`)

    queue.prepare(at.fleet, store.database)
    app = queue.application(at.fleet, worker=False)
    with app.open():
        jobs = queue.Queue(app, at.org)

        def ask(name: str) -> None:
            jobs.visit_named(name)
            if settles(at.org, name):  # the workers read them when they list the repositories
                jobs.discover(clock.now())

        yield ask


@contextmanager
def _visited(
    at: Listening, clock: StoppableClock, log: Journal, settling: Callable[[], Settling]
) -> Iterator[Callable[[str], None]]:
    """Give what makes a visit in a thread of this process."""
    settled = settling()
    with ThreadPoolExecutor(at.threads) as pool:

        def come(name: str) -> None:
            settled.told(name)
            pool.submit(_visit, settled, name, clock, log.visited)

        yield come


def _visit(settled: Settling, name: str, clock: StoppableClock, note: Callable[[str, Known], None]) -> None:
    """Visit a repository, unless the process is to stop: a later run finds it then."""
    with suppress(StoppedError):
        if not clock.stopping:
            engine.visit_named(settled.bot(), name, clock, note)
