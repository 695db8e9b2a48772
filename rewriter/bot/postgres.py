"""Keep the bot's state in PostgreSQL, so that runs on many machines share it: one budget, one lock for each thing.

Locks are the server's advisory ones and belong to a session: when a worker dies its connection ends, and so do they.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from hashlib import sha256
from typing import Final, LiteralString

from rewriter.bot.layout import Row, Transaction, Value, bring_up
from rewriter.errors import UnbakeError, UsageError

try:
    import psycopg
except ImportError as error:
    raise UsageError("a state in PostgreSQL needs more: pip install 'unbake[fleet]'") from error

_LOCK: Final = "SELECT pg_advisory_lock(%s)"
_TRY: Final = "SELECT pg_try_advisory_lock(%s)"
_UNLOCK: Final = "SELECT pg_advisory_unlock(%s)"
_SEAT: Final = (
    "SELECT seat FROM generate_series(0, %s) AS seat WHERE pg_try_advisory_lock(%s, (seat + %s) %% %s) LIMIT 1"
)
_LEAVE: Final = "SELECT pg_advisory_unlock(%s, %s)"
_FULL: Final = 0.05
_XACT: Final = "SELECT pg_advisory_xact_lock(%s)"


class StateLostError(UnbakeError):
    """Report that the database went away. What was begun is taken up by whoever comes next."""

    def __init__(self) -> None:
        super().__init__("the state's PostgreSQL went away; start again when it is back, the work goes on from there")


class PostgreSQL:
    """Be a database on a server; `address` is a connection string, whose password may come from the environment."""

    def __init__(self, address: str) -> None:
        self._address: Final = address
        self._local: Final = threading.local()
        self._open: Final[list[psycopg.Connection[Row]]] = []
        self._guard: Final = threading.Lock()
        with self.transaction("schema") as run:
            bring_up(run, "the PostgreSQL of --state")

    def close(self) -> None:
        """End the sessions, and with them every lock."""
        with self._guard:
            for connection in self._open:
                connection.close()
            self._open.clear()

    @contextmanager
    def transaction(self, lock: str = "") -> Iterator[Transaction]:
        """Begin a transaction; those with the same `lock` follow each other."""
        connection = self._connection("work")

        def run(sql: str, values: Sequence[Value] = ()) -> list[Row]:
            done = connection.execute(sql.replace("?", "%s").encode("utf-8"), tuple(values))
            return list(done.fetchall()) if done.description else []

        try:
            with connection.transaction():
                if lock:
                    connection.execute(_XACT, (_number(lock),))
                yield run
        except psycopg.OperationalError:
            raise StateLostError from None

    @contextmanager
    def exclusive(self, key: str, *, wait: bool = True) -> Iterator[bool]:
        """Hold a lock of this session's; tell whether it is held."""
        connection = self._connection("locks")
        number = _number(key)
        try:
            held = connection.execute(_LOCK if wait else _TRY, (number,)).fetchone()
        except psycopg.OperationalError:
            raise StateLostError from None
        mine = wait or held == (True,)
        try:
            yield mine
        finally:
            if mine:
                _let_go(connection, _UNLOCK, (number,))

    @contextmanager
    def seat(self, key: str, number: int) -> Iterator[None]:
        """Hold one of `number` seats among all who share the database; a thread has one at a time."""
        connection = self._connection("locks")
        space, first = _number(key) >> 32, threading.get_ident() % number
        try:
            while (found := connection.execute(_SEAT, (number - 1, space, first, number)).fetchone()) is None:
                time.sleep(_FULL)
        except psycopg.OperationalError:
            raise StateLostError from None
        try:
            yield
        finally:
            _let_go(connection, _LEAVE, (space, (int(found[0]) + first) % number))

    def _connection(self, purpose: str) -> psycopg.Connection[Row]:
        found: psycopg.Connection[Row] | None = getattr(self._local, purpose, None)
        if found is None or found.closed:
            try:
                found = psycopg.connect(self._address, autocommit=True)
            except psycopg.Error:
                raise UsageError("the state's PostgreSQL cannot be reached; check --state and the server") from None
            setattr(self._local, purpose, found)
            with self._guard:
                self._open.append(found)
        return found


def _let_go(connection: psycopg.Connection[Row], statement: LiteralString, values: tuple[int, ...]) -> None:
    """End a lock; where the session is gone, so is the lock."""
    with suppress(psycopg.OperationalError):
        connection.execute(statement, values)


def _number(key: str) -> int:
    """Return a key as PostgreSQL names locks: a signed number of 64 bits."""
    return int.from_bytes(sha256(key.encode("utf-8")).digest()[:8], "big", signed=True)
