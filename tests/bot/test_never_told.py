"""Look for the token and the value everywhere that anybody could read, while the command runs as a process."""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import subprocess
import sys
import threading
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import psycopg
import pytest

from tests.bot.world import CANARY, CLEAN, leaky
from tests.forge.standin import TOKEN, Fault, Forge

KEY = "fingerprint" + "Key5Canary"
PASSWORD = "server" + "Password8Canary"
SECRETS = (CANARY, TOKEN, KEY, PASSWORD, b64encode(f"x-access-token:{TOKEN}".encode()).decode())


@pytest.fixture
def forge(tmp_path: Path) -> Iterator[Forge]:
    (tmp_path / "forge").mkdir()
    made = Forge(tmp_path / "forge")
    yield made
    made.close()
    assert not made.mismatches


def start(tmp_path: Path, forge: Forge, *words: str, state: str = "") -> subprocess.Popen[str]:
    scratch = tmp_path / "scratch"
    scratch.mkdir(exist_ok=True)
    for name, value in (("token", TOKEN), ("key", KEY), ("state", state or str(tmp_path / "state.db"))):
        (tmp_path / name).write_text(f"{value}\n")
    environment = {"PATH": os.environ["PATH"], "GITHUB_TOKEN_FILE": str(tmp_path / "token"), "TMPDIR": str(scratch),
                   "UNBAKE_FINGERPRINT_KEY_FILE": str(tmp_path / "key"), "UNBAKE_STATE_FILE": str(tmp_path / "state"),
                   "PYTHONPATH": os.pathsep.join(sys.path), "HOME": str(tmp_path)}  # fmt: skip
    return subprocess.Popen(
        [sys.executable, "-m", "rewriter", "bot", *words, "--org", "acme", "--api-url", forge.base, "--no-limits",
         "--log-format", "json"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment,
    )  # fmt: skip


class Watch:
    """Read every argument of every process and every git configuration below a folder, again and again."""

    def __init__(self, folder: Path, secrets: tuple[str, ...] = SECRETS) -> None:
        self.secrets = secrets
        self.seen: set[str] = set()
        self.folder = folder
        self.configurations = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._stop.wait(0.002):
            for place in [*Path("/proc").glob("[0-9]*/cmdline"), *self.folder.glob("unbake-*/*/clone/config")]:
                try:
                    text = place.read_text("utf-8", "replace")
                except OSError:
                    continue
                self.configurations += place.name == "config" and bool(text)
                self.seen.update(secret for secret in self.secrets if secret in text)


def test_no_token_and_no_value_is_told(tmp_path: Path, forge: Forge) -> None:
    repo = forge.add("acme/app", leaky())
    forge.add("acme/other", {**CLEAN, "a|`b`@all/Dockerfile": CLEAN["Dockerfile"]})
    with Watch(tmp_path / "scratch") as watch:
        process = start(tmp_path, forge, "run")
        out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    assert watch.configurations
    assert not watch.seen
    assert repo.pulls()
    assert {json.loads(line)["state"] for line in err.splitlines()} == {"pr-open", "clean"}
    told = [out, err, *forge.bodies, *(str(note) for note in repo.notes)]
    rows = sqlite3.connect(tmp_path / "state.db").iterdump()
    for text in [*told, *rows]:
        assert not any(secret in text for secret in SECRETS)
    for file in tmp_path.glob("state.db*"):
        assert not any(secret.encode() in file.read_bytes() for secret in SECRETS)
    assert not list((tmp_path / "scratch").iterdir())
    status, _ = start(tmp_path, forge, "status").communicate(timeout=60)
    ledger, _ = start(tmp_path, forge, "rotation").communicate(timeout=60)
    assert "acme/app    pr-open" in status
    assert f"acme/app#{repo.issues()[0]['number']}" in ledger
    assert not any(secret in status + ledger for secret in SECRETS)


class Jobs:
    """Read every row of every table of a database, again and again while a fleet works."""

    def __init__(self, address: str) -> None:
        self.rows: set[str] = set()
        self._server = psycopg.connect(address, autocommit=True)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        self.read()
        self._server.close()

    def read(self) -> None:
        named = "SELECT format('%I.%I', table_schema, table_name) FROM information_schema.tables WHERE table_type = "
        kept = "'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema')"
        for (table,) in self._server.execute((named + kept).encode()).fetchall():
            with contextlib.suppress(psycopg.Error):
                self.rows.update(str(row) for row in self._server.execute(f"SELECT * FROM {table}".encode()))

    def _look(self) -> None:
        while not self._stop.wait(0.02):
            self.read()


def test_a_fleet_tells_nothing_either(tmp_path: Path, forge: Forge, database: str) -> None:
    repo = forge.add("acme/app", leaky())
    forge.add("acme/broken", leaky())
    forge.faults.append(Fault("GET /repos/acme/broken/git", 404, times=99))
    address = database.replace("unbake@", f"unbake:{PASSWORD}@")
    with Watch(tmp_path / "scratch") as watch, Jobs(database) as jobs:
        process = start(tmp_path, forge, "worker", "--once", state=address)
        out, err = process.communicate(timeout=120)
    assert process.returncode == 1, err
    assert watch.configurations
    assert not watch.seen
    assert repo.pulls()
    assert any("'visit'" in row and "acme/app" in row for row in jobs.rows)
    assert any("'pr-open'" in row for row in jobs.rows)
    assert {json.loads(line).get("state") for line in err.splitlines()} == {None, "pr-open", "failed"}
    for text in [out, err, *forge.bodies, *(str(note) for note in repo.notes), *jobs.rows]:
        assert not any(secret in text for secret in SECRETS)


def test_a_plan_shows_no_value(tmp_path: Path, forge: Forge) -> None:
    forge.add("acme/app", leaky())
    out, err = start(tmp_path, forge, "plan").communicate(timeout=120)
    assert "+RUN --mount=type=secret" in out
    assert not any(secret in out + err for secret in SECRETS)
    assert not forge.writes()
