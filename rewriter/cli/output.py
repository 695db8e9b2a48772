"""Write to the standard streams so that no terminal, closed pipe or full disk makes a traceback."""

from __future__ import annotations

import io
import os
import sys

INTERNAL = 3


def emit(text: str) -> int:
    """Write `text` to standard output as UTF-8; return 0, or 3 where it cannot be written.

    A reader that has gone away, as `head` does, is no fault.
    """
    stream = sys.stdout
    if stream is None:
        complain("the output cannot be written: standard output is closed")
        return INTERNAL
    try:
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
        stream.write(text)
        stream.flush()
    except BrokenPipeError:
        _abandon()
    except OSError as error:
        _abandon()
        complain(f"the output cannot be written: {error.strerror}")
        return INTERNAL
    return 0


def complain(text: str) -> None:
    """Write a line of `text`, which has to be fit to print, to standard error, if that is possible."""
    stream = sys.stderr
    if stream is None:
        return
    try:
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
        stream.write(f"unbake: {text}\n")
        stream.flush()
    except OSError:
        return


def _abandon() -> None:
    """Let what is left in the buffer go nowhere, so that the interpreter's own last flush is quiet."""
    try:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, sys.stdout.fileno())
        os.close(null)
    except (OSError, ValueError, AttributeError):
        return
