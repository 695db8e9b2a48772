"""Tell the whole state that a run leaves, on the forge and in the database, so that two can be compared."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import psycopg

from tests.forge.standin import Forge

_TABLES = {
    "repo": "id, name, state, detail",
    "pull": "repo, generation, number, head, state",
    "secret": "fingerprint, provider, name, home, number, state, reminded",
    "place": "fingerprint, repo, path, line, channel",
    "job": "repo",
}


def forge_state(forge: Forge) -> dict[str, object]:
    """Return branches, pull requests, issues and comments of every repository."""
    return {
        name: (
            repo.git("for-each-ref", "--format=%(refname) %(objectname)"),
            [{key: str(value).replace(forge.base, "") for key, value in row.items()} for row in repo.notes],
            [dict(row) for row in repo.comments],
        )
        for name, repo in forge.repos.items()
    }


def database_state(state: Path | str) -> dict[str, list[tuple[object, ...]]]:
    """Return what is known in the end, all but moments and tags."""
    if isinstance(state, Path):
        connection = sqlite3.connect(state)
        try:
            return {
                name: sorted(connection.execute(f"SELECT {columns} FROM {name}").fetchall())
                for name, columns in _TABLES.items()
            }
        finally:
            connection.close()
    with psycopg.connect(state) as server:
        return {
            name: sorted(server.execute(f"SELECT {columns} FROM {name}".encode()).fetchall())
            for name, columns in _TABLES.items()
        }
