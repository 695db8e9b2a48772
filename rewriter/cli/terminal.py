"""Ask the terminal: whether to colour, and where to show that work goes on."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final, Protocol

from rewriter.settings import Color

_STEP: Final = 0.5


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
    done = threading.Event()
    worker = threading.Thread(target=_tick, args=(label, patience, done), daemon=True)
    worker.start()
    try:
        yield
    finally:
        done.set()
        worker.join()


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
