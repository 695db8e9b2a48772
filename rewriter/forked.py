"""Spread work over the processors by forking, where the platform can; what a child cannot do is done here.

A child sees everything that its parent has read. Its results come back through a pipe that nothing else can open.
"""

from __future__ import annotations

import os
import pickle
import signal
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Final, TypeVar

T = TypeVar("T")
R = TypeVar("R")

_CHUNK: Final = 1 << 20


def processors() -> int:
    """Return how many processors this process may use; 1 where it cannot fork."""
    if not hasattr(os, "fork"):
        return 1
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def spread(work: Callable[[T], R], parts: Sequence[T]) -> list[R]:
    """Return `work` of every part, in order: the first is done here, each other one by a child.

    A child that dies or fails leaves its part to this process, so an error of `work` is raised here.
    """
    children = [_start(work, part) for part in parts[1:]]
    try:
        results = [work(part) for part in parts[:1]]
        for part, child in zip(parts[1:], children, strict=True):
            given = child.result()
            results.append(given[0] if given is not None else work(part))
    finally:
        for child in children:
            child.end()
    return results


class _Child:
    """Hold a child and the end of the pipe that it writes to."""

    def __init__(self, pid: int, pipe: int) -> None:
        self._pid = pid
        self._pipe = pipe
        self._over = False

    def result(self) -> tuple[Any] | None:
        """Wait for the child; return what it gave, in a tuple, or None when it gave nothing whole."""
        pieces: list[bytes] = []
        while piece := os.read(self._pipe, _CHUNK):
            pieces.append(piece)
        _, status = os.waitpid(self._pid, 0)
        self._over = True
        if status != 0:
            return None
        return (pickle.loads(b"".join(pieces)),)  # noqa: S301 (our own child wrote it, into a pipe of ours)

    def end(self) -> None:
        """Close the pipe, and end a child that nobody waited for."""
        os.close(self._pipe)
        if not self._over:
            with suppress(OSError):
                os.kill(self._pid, signal.SIGKILL)
                os.waitpid(self._pid, 0)


def _start(work: Callable[[T], R], part: T) -> _Child:
    reading, writing = os.pipe()
    pid = os.fork()
    if pid:
        os.close(writing)
        return _Child(pid, reading)
    status = 1
    try:
        os.close(reading)
        with os.fdopen(writing, "wb") as stream:
            stream.write(pickle.dumps(work(part)))
        status = 0
    except BaseException:  # noqa: BLE001, S110 (the parent does the part itself, and meets the error there)
        pass
    finally:
        os._exit(status)
