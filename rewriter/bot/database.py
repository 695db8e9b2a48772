"""Keep the bot's state in SQLite: write-ahead log, one writer at a time, one process a file.

The kernel holds the lock on the file and lets go of it when the process ends, however that happens. So whoever has
it knows that no other lives, and work that stands as begun was left by the dead: no lease to expire, no heartbeat to
miss. SQL is written with `?` and keeps to what PostgreSQL understands too.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
import threading
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Final, Protocol

from rewriter.errors import UsageError

Value = str | int | float
Row = tuple[Value, ...]
_PATIENCE: Final = 60.0

SCHEMA: Final = """\
CREATE TABLE IF NOT EXISTS repo (id BIGINT PRIMARY KEY, name TEXT NOT NULL, etag TEXT NOT NULL, mark TEXT NOT NULL,
  state TEXT NOT NULL, detail TEXT NOT NULL, seen DOUBLE PRECISION NOT NULL);
CREATE TABLE IF NOT EXISTS pull (repo BIGINT NOT NULL, generation BIGINT NOT NULL, number BIGINT NOT NULL,
  head TEXT NOT NULL, state TEXT NOT NULL, PRIMARY KEY (repo, generation));
CREATE TABLE IF NOT EXISTS secret (fingerprint TEXT PRIMARY KEY, provider TEXT NOT NULL, name TEXT NOT NULL,
  home TEXT NOT NULL, number BIGINT NOT NULL, state TEXT NOT NULL, first_seen DOUBLE PRECISION NOT NULL,
  reminded BIGINT NOT NULL);
CREATE TABLE IF NOT EXISTS place (fingerprint TEXT NOT NULL, repo BIGINT NOT NULL, path TEXT NOT NULL,
  line BIGINT NOT NULL, channel TEXT NOT NULL, PRIMARY KEY (fingerprint, repo, path, line, channel));
CREATE TABLE IF NOT EXISTS slot (name TEXT NOT NULL, at DOUBLE PRECISION NOT NULL, units BIGINT NOT NULL);
CREATE INDEX IF NOT EXISTS slot_at ON slot (name, at);
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS delivery (name TEXT PRIMARY KEY, at DOUBLE PRECISION NOT NULL);
CREATE TABLE IF NOT EXISTS job (repo BIGINT PRIMARY KEY, run_at DOUBLE PRECISION NOT NULL, attempts BIGINT NOT NULL)
"""


class Transaction(Protocol):
    """Run statements that take effect together."""

    def __call__(self, sql: str, values: Sequence[Value] = ()) -> list[Row]:
        """Run one statement and return its rows."""
        ...


class Database(Protocol):
    """Be where the state lies."""

    def transaction(self, lock: str = "") -> AbstractContextManager[Transaction]:
        """Begin a transaction; those with the same `lock` follow each other."""
        ...

    def exclusive(self, key: str, *, wait: bool = True) -> AbstractContextManager[bool]:
        """Hold a lock that ends with its holder, over more than one transaction; tell whether it is held.

        Without `wait` it is not where another has it.
        """
        ...

    def seat(self, key: str, number: int) -> AbstractContextManager[None]:
        """Hold one of `number` seats, and wait for it; it ends with its holder too."""
        ...


class SQLite:
    """Be a file. Raises `UsageError` where another process works with it."""

    def __init__(self, path: Path) -> None:
        self._path: Final = path
        self._local: Final = threading.local()
        self._locks: Final[defaultdict[str, threading.Lock]] = defaultdict(threading.Lock)
        self._seats: Final[dict[str, threading.Semaphore]] = {}
        self._guard: Final = threading.Lock()
        self._writing: Final = threading.Lock()
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file: Final = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._file)
            raise UsageError(f"{path.name}: another run works with this state; wait for it or give --state") from None
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        with self.transaction() as run:
            for statement in SCHEMA.split(";"):
                run(statement)

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._file)

    @contextmanager
    def transaction(self, lock: str = "") -> Iterator[Transaction]:  # noqa: ARG002 (SQLite has one writer anyway)
        """Begin a transaction."""
        connection = self._connection()

        def run(sql: str, values: Sequence[Value] = ()) -> list[Row]:
            return connection.execute(sql, values).fetchall()

        with self._writing:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield run
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")

    @contextmanager
    def exclusive(self, key: str, *, wait: bool = True) -> Iterator[bool]:
        """Hold a lock among the threads; of processes there is one."""
        with self._guard:
            lock = self._locks[key]
        held = lock.acquire(blocking=wait)
        try:
            yield held
        finally:
            if held:
                lock.release()

    @contextmanager
    def seat(self, key: str, number: int) -> Iterator[None]:
        """Hold one of `number` seats among the threads."""
        with self._guard:
            seats = self._seats.setdefault(key, threading.Semaphore(number))
        with seats:
            yield

    def _connection(self) -> sqlite3.Connection:
        found: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if found is None:
            found = sqlite3.connect(self._path, timeout=_PATIENCE, isolation_level=None)
            found.execute("PRAGMA journal_mode=WAL")
            found.execute("PRAGMA synchronous=NORMAL")
            self._local.connection = found
        return found
