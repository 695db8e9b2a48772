"""Give each visit a folder, and put away what processes left that were killed: a clone holds whatever leaked.

The folders of a process lie in one that it holds a lock on. The kernel ends the lock with its holder, so whoever gets
it knows that nobody works there any more.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import stat
import tempfile
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

_PREFIX: Final = "unbake-bot-"
_LOCK: Final = "lock"
_FLAGS: Final = os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW


class Scratch:
    """Be the place of one process, made when it is first needed."""

    def __init__(self) -> None:
        self._guard: Final = threading.Lock()
        self._root: Path | None = None

    @contextmanager
    def folder(self) -> Iterator[Path]:
        """Give a folder that nobody else sees and that is gone afterwards."""
        with tempfile.TemporaryDirectory(dir=self._place(), ignore_cleanup_errors=True) as folder:
            yield Path(folder)

    def put_away(self) -> None:
        """Remove the folders of processes that are no more: ours, of nobody else's, through no link."""
        for root in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
            try:
                found = root.lstat()
                if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
                    continue
                lock = os.open(root / _LOCK, _FLAGS)
            except OSError:
                continue
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                os.close(lock)
            else:
                _end(root, lock)

    def _place(self) -> Path:
        with self._guard:
            if self._root is None:
                self._root, lock = _locked()
                weakref.finalize(self, _end, self._root, lock)
            return self._root


def _locked() -> tuple[Path, int]:
    """Make a folder and lock it; anew where somebody took it for a dead one's before the lock was held."""
    while True:
        root = Path(tempfile.mkdtemp(prefix=_PREFIX))
        lock = os.open(root / _LOCK, _FLAGS | os.O_CREAT | os.O_EXCL, 0o600)
        fcntl.flock(lock, fcntl.LOCK_EX)
        if root.is_dir() and (root / _LOCK).exists():
            return root, lock
        os.close(lock)


def _end(root: Path, lock: int) -> None:
    """Remove a folder, its lock last: where a program that outlived its parent still writes, the next run goes on."""
    for place in root.iterdir():
        if place.name != _LOCK:
            shutil.rmtree(place, ignore_errors=True)
    with suppress(OSError):
        if [place.name for place in root.iterdir()] == [_LOCK]:
            (root / _LOCK).unlink()
            root.rmdir()
    os.close(lock)
