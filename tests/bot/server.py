"""Give tests a real PostgreSQL: the one of UNBAKE_TEST_POSTGRES, or one that scripts/postgres starts for them."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

SCRIPT = Path(__file__).parents[2] / "scripts" / "postgres"


def installed() -> bool:
    return bool(list(Path("/usr/lib/postgresql").glob("*/bin/initdb"))) or shutil.which("initdb") is not None


@contextmanager
def server() -> Iterator[str]:
    """Give the address of a server, whose user may make databases."""
    if address := os.environ.get("UNBAKE_TEST_POSTGRES"):
        yield address
        return
    root = Path("/var/tmp" if os.geteuid() == 0 else os.environ.get("TMPDIR", "/tmp"))
    folder = root / f"unbake-test-{secrets.token_hex(4)}"
    environment = {**os.environ, "UNBAKE_POSTGRES_DIR": str(folder)}
    try:
        done = subprocess.run(
            [SCRIPT, "start"], env=environment, check=True, capture_output=True, text=True, timeout=300
        )
        yield done.stdout.strip()
    finally:
        subprocess.run([SCRIPT, "stop"], env=environment, check=False, capture_output=True, timeout=60)
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def fresh(address: str) -> Iterator[str]:
    """Give the address of a new database on a server."""
    name = f"unbake_{secrets.token_hex(8)}"
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"'.encode())
        try:
            yield urlsplit(address)._replace(path=f"/{name}").geturl()
        finally:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())
