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

from rewriter.bot.layout import Row, Transaction, Value, bring_up
from rewriter.errors import UsageError
from rewriter.tree.repository import shown

_PATIENCE: Final = 60.0


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
        self._file: Final = _made(path)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._file)
            raise UsageError(f"{path.name}: another run works with this state; wait for it or give --state") from None
        try:
            with self.transaction() as run:
                bring_up(run, path.name)
        except sqlite3.DatabaseError as error:
            self.close()
            raise UsageError(f"{path.name}: no state of unbake's, or damaged ({error}); give another --state") from None
        except UsageError:
            self.close()
            raise

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


def _made(path: Path) -> int:
    """Make the file and its lock, for the user alone, where there are none; return the lock. Raises `UsageError`."""
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, flags, 0o600))
        return os.open(f"{path}.lock", flags, 0o600)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "no path"
        raise UsageError(f"--state {shown(str(path))}: cannot be opened for writing ({why})") from None
