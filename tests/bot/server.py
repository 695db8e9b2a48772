"""Start a real PostgreSQL in a folder, as a user without rights, and stop it."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PLACES = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))


def available() -> bool:
    return bool(PLACES) or shutil.which("initdb") is not None


@contextmanager
def postgres(folder: Path) -> Iterator[str]:
    """Give the address of a server that listens on a socket in the folder alone."""
    programs = PLACES[-1].parent if PLACES else Path(shutil.which("initdb") or "").parent
    folder.mkdir()
    user = None
    if os.geteuid() == 0:
        user = pwd.getpwnam("postgres" if _there("postgres") else "nobody")
        os.chown(folder, user.pw_uid, user.pw_gid)
    name = user.pw_uid if user else None

    def call(*words: str) -> None:
        subprocess.run(words, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, user=name, cwd=folder)

    data = str(folder / "data")
    call(str(programs / "initdb"), "-D", data, "-U", "unbake", "-A", "trust", "--no-sync")
    settings = f"-c listen_addresses='' -c unix_socket_directories={folder} -c fsync=off -c max_connections=200"
    call(str(programs / "pg_ctl"), "-D", data, "-w", "-l", str(folder / "log"), "-o", settings, "start")
    try:
        yield f"postgresql://unbake@/postgres?host={folder}"
    finally:
        call(str(programs / "pg_ctl"), "-D", data, "-m", "immediate", "stop")


def _there(name: str) -> bool:
    return any(one.pw_name == name for one in pwd.getpwall())
