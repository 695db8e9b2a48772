"""Ask the git of this machine about a repository on it, so that nothing of the repository runs.

Only objects are read, by name: git neither looks at the working tree nor runs a filter, a hook, a monitor or a
difference tool that a repository's configuration names, and fetches nothing.
"""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Final

from rewriter.errors import UsageError
from rewriter.record import Record

_TIMEOUT: Final = 60
_GRACE: Final = 5
_ANSWER: Final = 1 << 28
_OWN: Final = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR")
_NOTHING_ELSE: Final = (
    "git",
    "--no-pager",
    "-c",
    "core.fsmonitor=false",
    "-c",
    f"core.hooksPath={os.devnull}",
    "-c",
    "protocol.allow=never",
)
_CHUNK: Final = 1 << 20


class Entry(Record):
    """Hold one entry of a tree: its mode and kind as git writes them, the name of its object."""

    mode: str
    kind: str
    sha: str


class LocalGit:
    """Ask git about the repository in which a folder lies."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self._folder: Final = folder
        clean = {name: value for name, value in environment.items() if name not in _OWN}
        self._environment: Final = clean | {
            "GIT_NO_LAZY_FETCH": "1",
            "GIT_NO_REPLACE_OBJECTS": "1",
            "GIT_OPTIONAL_LOCKS": "0",
            "LC_ALL": "C",
        }

    def ask(self, *words: str) -> str | None:
        """Return what git answers, or None where it has no answer."""
        try:
            with self._started(*words) as process:
                assert process.stdout is not None
                timer = threading.Timer(_TIMEOUT, process.kill)
                timer.start()
                try:
                    answer = process.stdout.read(_ANSWER + 1)
                finally:
                    timer.cancel()
                if len(answer) > _ANSWER:
                    raise UsageError(f"git says more than {_ANSWER:,} bytes to `{words[0]}`; no repository needs that")
                status = process.wait(_GRACE)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise UsageError("git is needed here, and it cannot be run or does not answer") from error
        if status < 0:
            raise UsageError(f"git gives no answer to `{words[0]}` within {_TIMEOUT} s")
        return None if status else answer.decode("utf-8", "surrogateescape")

    def entries(self, commit: str) -> dict[str, Entry] | None:
        """Return what a commit has in this folder and below, by the path from this folder."""
        listing = self.ask("ls-tree", "-r", "-z", commit)
        return None if listing is None else dict(_entries(listing))

    @contextmanager
    def objects(self) -> Iterator[Objects]:
        """Yield what reads objects, all of them by one process."""
        with self._started("cat-file", "--batch") as process:
            assert process.stdin is not None
            assert process.stdout is not None
            yield Objects(process.stdin, process.stdout)

    @contextmanager
    def _started(self, *words: str) -> Iterator[subprocess.Popen[bytes]]:
        process = subprocess.Popen(  # noqa: S603 (a fixed command; names from outside are checked by whoever asks)
            (*_NOTHING_ELSE, *words),
            cwd=self._folder,
            env=self._environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        try:
            yield process
        finally:
            process.kill()
            with suppress(BrokenPipeError):
                process.communicate(timeout=_GRACE)


class Objects:
    """Read objects by their names."""

    def __init__(self, asks: IO[bytes], answers: IO[bytes]) -> None:
        self._asks: Final = asks
        self._answers: Final = answers

    def pieces(self, sha: str) -> Iterator[bytes]:
        """Yield the bytes of an object, which have to be taken to their end; raises `OSError` where it is not here."""
        self._asks.write(f"{sha}\n".encode())
        self._asks.flush()
        head = self._answers.readline().split()
        if len(head) != 3:
            raise OSError(f"git has no object {sha}")
        left = int(head[2])
        while left:
            piece = self._answers.read(min(left, _CHUNK))
            if not piece:
                raise OSError(f"git broke off in object {sha}")
            left -= len(piece)
            yield piece
        self._answers.read(1)


def _entries(listing: str) -> Iterable[tuple[str, Entry]]:
    for entry in listing.split("\0"):
        head, _, path = entry.partition("\t")
        fields = head.split(" ")
        if len(fields) == 3:
            yield path, Entry(*fields)
