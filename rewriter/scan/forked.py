"""Spread work over the processors by forking, where the platform can; what a child cannot do is done here.

A child sees everything that its parent has read. Its results come back through a pipe that nothing else can open.
"""

from __future__ import annotations

import os
import pickle
import signal
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Final, Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")

_CHUNK: Final = 1 << 20
_BATCHES: Final = 2_000
"""So many numbers lie in a pipe before anybody reads from it: the smallest pipe of a system holds 4 KiB."""
_NUMBER: Final = 2


def processors() -> int:
    """Return how many processors this process may use; 1 where it cannot fork."""
    if not hasattr(os, "fork"):
        return 1
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class Crew(Generic[T, R]):
    """Do some work on each of many items: children start at once, this process joins when it wants the results.

    Whoever is free takes what comes next, so nobody waits for the slowest. Leaving the `with` block ends the children.
    """

    def __init__(self, work: Callable[[T], R], items: Sequence[T], children: int) -> None:
        self._work = work
        size = -(-len(items) // _BATCHES) or 1
        self._batches: Final = [items[start : start + size] for start in range(0, len(items), size)]
        self._queue = _filled(len(self._batches)) if children > 0 and self._batches else -1
        self._children: list[_Child] = []
        with suppress(OSError):  # no process more is to be had: those that there are do it
            self._children += (_start(self._share) for _ in range(min(children, len(self._batches))))

    def __enter__(self) -> Crew[T, R]:
        return self

    def __exit__(self, *_: object) -> None:
        for child in self._children:
            child.end()
        if self._queue >= 0:
            os.close(self._queue)

    @property
    def children(self) -> int:
        """Return how many processes help."""
        return len(self._children)

    def results(self) -> list[R]:
        """Return the result of each item, in order; an error of the work on one that no child has done is raised here.

        A child that dies or fails leaves what it took to this process.
        """
        done = self._share()
        for child in self._children:
            done |= child.result() or {}
        left = (number for number in range(len(self._batches)) if number not in done)
        done |= {number: self._batch(number) for number in left}
        return [result for number in range(len(self._batches)) for result in done[number]]

    def _share(self) -> dict[int, list[R]]:
        """Do what nobody else has taken; return the results under the number of each batch."""
        done: dict[int, list[R]] = {}
        while self._queue >= 0 and (taken := os.read(self._queue, _NUMBER)):
            number = int.from_bytes(taken, "big")
            done[number] = self._batch(number)
        return done

    def _batch(self, number: int) -> list[R]:
        return [self._work(item) for item in self._batches[number]]


def _filled(numbers: int) -> int:
    """Return the end of a pipe from which each number can be read once, by one process or another."""
    reading, writing = os.pipe()
    with os.fdopen(writing, "wb") as stream:
        stream.write(b"".join(number.to_bytes(_NUMBER, "big") for number in range(numbers)))
    return reading


class _Child:
    """Hold a child and the end of the pipe that it writes to."""

    def __init__(self, pid: int, pipe: int) -> None:
        self._pid = pid
        self._pipe = pipe
        self._over = False

    def result(self) -> Any | None:
        """Wait for the child; return what it gave, or None when it gave nothing whole."""
        pieces: list[bytes] = []
        while piece := os.read(self._pipe, _CHUNK):
            pieces.append(piece)
        _, status = os.waitpid(self._pid, 0)
        self._over = True
        if status != 0:
            return None
        return pickle.loads(b"".join(pieces))  # noqa: S301 (our own child wrote it, into a pipe of ours)

    def end(self) -> None:
        """Close the pipe, and end a child that nobody waited for."""
        os.close(self._pipe)
        if not self._over:
            with suppress(OSError):
                os.kill(self._pid, signal.SIGKILL)
                os.waitpid(self._pid, 0)


def _start(work: Callable[[], Any]) -> _Child:
    reading, writing = os.pipe()
    try:
        pid = os.fork()
    except OSError:
        os.close(reading)
        os.close(writing)
        raise
    if pid:
        os.close(writing)
        return _Child(pid, reading)
    status = 1
    try:
        os.close(reading)
        with os.fdopen(writing, "wb") as stream:
            stream.write(pickle.dumps(work()))
        status = 0
    except BaseException:  # noqa: BLE001, S110 (the parent does the part itself, and meets the error there)
        pass
    finally:
        os._exit(status)
