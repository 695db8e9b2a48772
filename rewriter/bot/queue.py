"""Hold the jobs of a fleet in PostgreSQL, by Procrastinate: one job a repository at a time, whoever asks for it.

The queue is work to do and nothing else; it lies in a schema of its own that is named after its layout, so a newer
layout begins with an empty one and the next discovery fills it. What was found lies in the tables of the state.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from hashlib import sha256
from typing import Final

from rewriter.bot.database import Database
from rewriter.errors import UsageError
from rewriter.record import fields
from rewriter.scm import json
from rewriter.scm.forge import RemoteRepository

try:
    from procrastinate import App, PsycopgConnector, SyncPsycopgConnector
    from procrastinate.exceptions import AlreadyEnqueued
    from procrastinate.jobs import JobDeferrer
    from procrastinate.schema import SchemaManager
    from procrastinate.types import JSONValue
except ImportError as error:
    raise UsageError("a fleet needs more: pip install 'unbake[fleet]'") from error

VISIT: Final = "visit"
DISCOVER: Final = "discover"
_CONNECTIONS: Final = 6
_PATIENCE: Final = 10.0

ASKED: Final = 20
"""The priority of what a webhook asks for; discoveries come next, then public repositories, then private ones."""
_DISCOVERY: Final = 10
_PUBLIC: Final = 5


def schema() -> str:
    """Return the name of the schema that the queue lies in."""
    return f"unbake_queue_{sha256(SchemaManager.get_schema().encode('utf-8')).hexdigest()[:8]}"


def application(address: str, *, worker: bool) -> App:
    """Return the application of Procrastinate, for a worker or for one who only asks for jobs."""
    kind = PsycopgConnector if worker else SyncPsycopgConnector
    settings = {"options": f"-c search_path={schema()}", "application_name": "unbake"}
    return App(connector=kind(conninfo=address, kwargs=settings, min_size=1, max_size=_CONNECTIONS, timeout=_PATIENCE))


def prepare(address: str, database: Database) -> None:
    """Make the queue's tables where there are none; one process at a time."""
    with database.exclusive("queue-schema"):
        with database.transaction() as run:
            run(f"CREATE SCHEMA IF NOT EXISTS {schema()}")
        app = application(address, worker=False)
        with app.open():
            if not app.check_connection():
                app.schema_manager.apply_schema()


class Queue:
    """Ask for jobs of one organisation. Asking again for one that waits already changes nothing."""

    def __init__(self, app: App, owner: str) -> None:
        self._app: Final = app
        self.name: Final = owner.lower()

    def discover(self, asked: float, *, at: float = 0.0, attempt: int = 0) -> None:
        """Ask for a discovery; one that began after `asked` will do."""
        lock = f"discover/{self.name}"
        with suppress(AlreadyEnqueued):
            self._job(DISCOVER, lock, _DISCOVERY, at).defer(asked=asked, attempt=attempt)

    def visit_named(self, name: str, *, at: float = 0.0, attempt: int = 0) -> None:
        """Ask for a visit of a repository that somebody named, ahead of all others."""
        with suppress(AlreadyEnqueued):
            self._job(VISIT, _lock(name), ASKED, at).defer(name=name, facts=None, attempt=attempt)

    def visit(self, one: RemoteRepository, *, at: float = 0.0, attempt: int = 0) -> None:
        """Ask for a visit of a repository as it was listed."""
        with suppress(AlreadyEnqueued):
            job = self._job(VISIT, _lock(one.full_name), 0 if one.private else _PUBLIC, at)
            job.defer(name=one.full_name, facts=facts(one), attempt=attempt)

    def _job(self, task: str, lock: str, priority: int, at: float) -> JobDeferrer:
        return self._app.configure_task(
            task,
            queue=self.name,
            lock=lock,
            queueing_lock=lock,
            priority=priority,
            schedule_at=datetime.fromtimestamp(at, UTC) if at else None,
        )


def facts(one: RemoteRepository) -> dict[str, JSONValue]:
    """Return a repository as a job holds it: what the forge lists, no credential."""
    return {**{name: getattr(one, name) for name in fields(RemoteRepository)}, "topics": list(one.topics)}


def repository(told: object) -> RemoteRepository:
    """Return the repository that a job holds; raises `ForgeError`."""
    row = json.table(told)
    types = RemoteRepository.__annotations__
    found = {name: _READERS[types[name]](row, name) for name in fields(RemoteRepository) if name in row}
    return RemoteRepository(**found)  # type: ignore[arg-type]  # each is read as its field's type


def _words(row: Mapping[str, object], key: str) -> tuple[str, ...]:
    value = row.get(key)
    return tuple(str(one) for one in value) if isinstance(value, list) else ()


_READERS: Final[Mapping[str, Callable[[Mapping[str, object], str], object]]] = {
    "int": json.number,
    "str": json.text,
    "bool": json.flag,
    "tuple[str, ...]": _words,
}


def _lock(name: str) -> str:
    return f"repo/{name.lower()}"
