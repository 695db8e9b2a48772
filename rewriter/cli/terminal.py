"""Ask the terminal: whether to colour, and where to show that work goes on."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING, Final, Protocol

from rewriter.render.visible import visible
from rewriter.settings import Color

if TYPE_CHECKING:
    import threading

_STEP: Final = 0.5
_WIDTH: Final = 30


class Stream(Protocol):
    """Be a standard stream."""

    def isatty(self) -> bool:
        """Tell whether it is a terminal."""
        ...


def colored(color: Color, environment: Mapping[str, str], stream: Stream | None) -> bool:
    """Tell whether to colour what goes to `stream`; NO_COLOR beats FORCE_COLOR, a choice beats both."""
    match color:
        case Color.ALWAYS:
            return True
        case Color.NEVER:
            return False
        case Color.AUTO:
            if environment.get("NO_COLOR"):
                return False
            if environment.get("FORCE_COLOR"):
                return True
            return environment.get("TERM") != "dumb" and stream is not None and stream.isatty()


@contextmanager
def progress(label: str, patience: float = 1.0) -> Iterator[None]:
    """Show on a terminal's standard error, after `patience` seconds, that work goes on."""
    stream = sys.stderr
    if stream is None or not stream.isatty():
        yield
        return
    import threading  # noqa: PLC0415 (start-up time)

    done = threading.Event()
    worker = threading.Thread(target=_tick, args=(label, patience, done), daemon=True)
    worker.start()
    try:
        yield
    finally:
        done.set()
        worker.join()


@contextmanager
def measured(label: str, total: int = 0) -> Iterator[Callable[[int], None]]:
    """Show on a terminal's standard error how many bytes are done; yield what is to be told of each piece."""
    stream = sys.stderr
    if stream is None or not stream.isatty():
        yield lambda _: None
        return
    bar = _Bar(label, total)
    try:
        yield bar.add
    finally:
        bar.clear()


@contextmanager
def steps() -> Iterator[Callable[[str], None]]:
    """Show on a terminal's standard error which step of a long work is under way; yield what is to be told."""
    stream = sys.stderr
    if stream is None or not stream.isatty():
        yield lambda _: None
        return

    def say(text: str) -> None:
        sys.stderr.write(f"\r\x1b[Kunbake: {visible(text)} ...")
        sys.stderr.flush()

    try:
        yield say
    finally:
        sys.stderr.write("\r\x1b[K")
        sys.stderr.flush()


@contextmanager
def terminated_as_interrupt() -> Iterator[None]:
    """Let SIGTERM and SIGHUP end the work as an interrupt does, so that whatever was begun is put away."""
    import threading  # noqa: PLC0415 (start-up time)

    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(_: int, __: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = {number: signal.signal(number, interrupt) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class _Bar:
    """Draw a bar, at most a few times a second."""

    def __init__(self, label: str, total: int) -> None:
        self._label = label
        self._total = total
        self._done = 0
        self._next = time.monotonic() + _STEP
        self._shown = False

    def add(self, count: int) -> None:
        """Count bytes."""
        self._done += count
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + _STEP
        self._shown = True
        amount = f"{self._done / 1e6:,.0f} MB"
        if self._total:
            part = min(1.0, self._done / self._total)
            filled = round(part * _WIDTH)
            amount = f"[{'#' * filled}{'.' * (_WIDTH - filled)}] {part:.0%} of {self._total / 1e6:,.0f} MB"
        sys.stderr.write(f"\r\x1b[K{self._label} {amount}")
        sys.stderr.flush()

    def clear(self) -> None:
        """Take the bar away."""
        if self._shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()


def _tick(label: str, patience: float, done: threading.Event) -> None:
    began = time.monotonic()
    waiting = patience
    shown = False
    while not done.wait(waiting):
        waiting = _STEP
        shown = True
        sys.stderr.write(f"\r{label} ({time.monotonic() - began:.0f} s)")
        sys.stderr.flush()
    if shown:
        sys.stderr.write("\r\x1b[K")
        sys.stderr.flush()
