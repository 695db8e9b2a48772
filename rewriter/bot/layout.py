"""Bring the tables of a state to the layout that this release works with, whoever made them.

Each step leads from one layout to the next, in SQL that SQLite and PostgreSQL both understand; how many were taken
stands in the table `meta`. All that is due is done in one transaction: a process that is killed leaves what was there.
A state of the time before layouts were counted begins at the first step, which is why that one makes only what is
missing, and why the second copies the table rather than ask which columns it has: a mark that is lost costs a request.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol

from rewriter.errors import UsageError

Value = str | int | float
Row = tuple[Value, ...]
_KEY: Final = "layout"
_META: Final = "CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL)"
_FIRST: Final = """\
CREATE TABLE IF NOT EXISTS repo (id BIGINT PRIMARY KEY, name TEXT NOT NULL, etag TEXT NOT NULL, state TEXT NOT NULL,
  detail TEXT NOT NULL, seen DOUBLE PRECISION NOT NULL);
CREATE TABLE IF NOT EXISTS pull (repo BIGINT NOT NULL, generation BIGINT NOT NULL, number BIGINT NOT NULL,
  head TEXT NOT NULL, state TEXT NOT NULL, PRIMARY KEY (repo, generation));
CREATE TABLE IF NOT EXISTS secret (fingerprint TEXT PRIMARY KEY, provider TEXT NOT NULL, name TEXT NOT NULL,
  home TEXT NOT NULL, number BIGINT NOT NULL, state TEXT NOT NULL, first_seen DOUBLE PRECISION NOT NULL,
  reminded BIGINT NOT NULL);
CREATE TABLE IF NOT EXISTS place (fingerprint TEXT NOT NULL, repo BIGINT NOT NULL, path TEXT NOT NULL,
  line BIGINT NOT NULL, channel TEXT NOT NULL, PRIMARY KEY (fingerprint, repo, path, line, channel));
CREATE TABLE IF NOT EXISTS slot (name TEXT NOT NULL, at DOUBLE PRECISION NOT NULL, units BIGINT NOT NULL);
CREATE INDEX IF NOT EXISTS slot_at ON slot (name, at);
CREATE TABLE IF NOT EXISTS delivery (name TEXT PRIMARY KEY, at DOUBLE PRECISION NOT NULL);
CREATE TABLE IF NOT EXISTS job (repo BIGINT PRIMARY KEY, run_at DOUBLE PRECISION NOT NULL, attempts BIGINT NOT NULL)
"""
_WITH_MARK: Final = """\
ALTER TABLE repo RENAME TO repo_before;
CREATE TABLE repo (id BIGINT PRIMARY KEY, name TEXT NOT NULL, etag TEXT NOT NULL, mark TEXT NOT NULL,
  state TEXT NOT NULL, detail TEXT NOT NULL, seen DOUBLE PRECISION NOT NULL);
INSERT INTO repo (id, name, etag, mark, state, detail, seen)
  SELECT id, name, etag, '', state, detail, seen FROM repo_before;
DROP TABLE repo_before
"""
STEPS: Final[tuple[str, ...]] = (_FIRST, _WITH_MARK)
"""A step that was released is never changed: the next one is added behind it."""


class Transaction(Protocol):
    """Run statements that take effect together."""

    def __call__(self, sql: str, values: Sequence[Value] = ()) -> list[Row]:
        """Run one statement and return its rows."""
        ...


def bring_up(run: Transaction, place: str) -> None:
    """Take the steps that were not taken yet; raises `UsageError` where a newer release was there."""
    run(_META)
    rows = run("SELECT value FROM meta WHERE name = ?", (_KEY,))
    found = int(rows[0][0]) if rows else 0
    if found > len(STEPS):
        raise UsageError(
            f"{place}: a newer release of unbake has worked with this state (layout {found}, this release knows "
            f"{len(STEPS)}); install that release, or give another --state"
        )
    for statement in (statement for step in STEPS[found:] for statement in step.split(";")):
        run(statement)
    if found < len(STEPS):
        run(
            "INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            (_KEY, str(len(STEPS))),
        )
