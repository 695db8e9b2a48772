"""Show that a state that an older release left is gone on with, and that a newer one's is left alone."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from rewriter.bot.database import SQLite
from rewriter.bot.layout import STEPS
from rewriter.bot.postgres import PostgreSQL
from rewriter.bot.store import Store
from rewriter.errors import UsageError
from tests.bot.final import database_state, forge_state
from tests.bot.world import CLEAN, World

OLDEST = """\
CREATE TABLE repo (id BIGINT PRIMARY KEY, name TEXT NOT NULL, etag TEXT NOT NULL, state TEXT NOT NULL,
  detail TEXT NOT NULL, seen DOUBLE PRECISION NOT NULL);
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL);
INSERT INTO repo VALUES (7, 'acme/app', 'tag', 'merged', 'why', 1.5);
INSERT INTO meta VALUES ('fingerprint-key', 'of-old')
"""
"""What the first release that had a state made and left, as far as it matters."""


@contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(path)
    try:
        with connection:
            yield connection
    finally:
        connection.close()


def into_first_layout(path: Path) -> None:
    """Make a state as it was before layouts were counted: no number, and no mark."""
    with opened(path) as connection:
        connection.execute("ALTER TABLE repo DROP COLUMN mark")
        connection.execute("DELETE FROM meta WHERE name = 'layout'")


def test_an_older_state_is_gone_on_with(org: World) -> None:
    org.add("app")
    org.add("clean", CLEAN)
    org.run()
    path = org.folder / "state.db"
    wanted = forge_state(org.forge), database_state(path)
    into_first_layout(path)
    org.forge.calls.clear()
    org.run()
    assert (forge_state(org.forge), database_state(path)) == wanted
    assert not org.forge.writes()


@pytest.mark.parametrize("taken", range(len(STEPS) + 1))
def test_every_layout_leads_to_the_last(tmp_path: Path, org: World, taken: int) -> None:
    path = tmp_path / "state.db"
    with opened(path) as connection:
        for step in STEPS[:taken]:
            connection.executescript(step)
        if taken:
            mark = ("mark, ", "'m', ") if taken > 1 else ("", "")
            connection.execute(
                f"INSERT INTO repo ({mark[0]}id, name, etag, state, detail, seen) "
                f"VALUES ({mark[1]}7, 'a', 't', 's', 'd', 1)"
            )
            connection.execute("CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL)")
            connection.execute("INSERT INTO meta VALUES ('layout', ?)", (str(taken),))
    for _ in range(2):
        database = SQLite(path)
        try:
            assert Store(database, org.clock, "key").states() == ((("a", "s", "d"),) if taken else ())
        finally:
            database.close()
    with opened(path) as connection:
        assert connection.execute("SELECT value FROM meta WHERE name = 'layout'").fetchall() == [(str(len(STEPS)),)]


def test_a_state_that_was_never_counted_keeps_its_rows_and_its_key(tmp_path: Path, org: World, database: str) -> None:
    path = tmp_path / "state.db"
    with opened(path) as connection, psycopg.connect(database) as server:
        connection.executescript(OLDEST)
        for statement in OLDEST.split(";"):
            server.execute(statement.encode())
    for made in (SQLite(path), PostgreSQL(database)):
        try:
            store = Store(made, org.clock)
            assert store.states() == (("acme/app", "merged", "why"),)
            assert store.fingerprint("x") == Store(made, org.clock, "of-old").fingerprint("x")
            assert store.repo(7).mark == ""
        finally:
            made.close()


def test_a_newer_state_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    SQLite(path).close()
    with opened(path) as connection:
        connection.execute("UPDATE meta SET value = '99' WHERE name = 'layout'")
    before = path.read_bytes()
    for _ in range(2):  # the lock on the file is let go of
        with pytest.raises(UsageError, match=r"newer release of unbake .*layout 99.*install that release"):
            SQLite(path)
    assert path.read_bytes() == before


def test_a_step_that_fails_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "state.db"
    with opened(path) as connection:
        connection.executescript(OLDEST)
        wanted = list(connection.iterdump())
    monkeypatch.setattr("rewriter.bot.layout.STEPS", (*STEPS, "CREATE TABLE nonsense"))
    with pytest.raises(UsageError, match=r"state\.db"):
        SQLite(path)
    with opened(path) as connection:
        assert list(connection.iterdump()) == wanted


def test_what_is_no_state_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("these are notes, and no database at all\n" * 100)
    with pytest.raises(UsageError, match="no state of unbake's"):
        SQLite(path)
    assert path.read_text().startswith("these are notes")
