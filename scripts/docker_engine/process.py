"""Run one program within a time limit, and say what failed."""

import contextlib
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

_TAIL = 25


class EngineError(Exception):
    """Tell the user what failed, where, and what to do about it."""


def say(message: str) -> None:
    """Tell what is being done, apart from the script's own output."""
    print(f"docker-engine: {message}", file=sys.stderr, flush=True)


def tail(text: str, lines: int = _TAIL) -> str:
    """Return the last lines of a text, indented."""
    return "\n".join(f"    {line}" for line in text.rstrip().splitlines()[-lines:])


def run(
    argv: Sequence[str],
    *,
    timeout: float,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    stdin: str = "",
) -> str:
    """Return what a program prints; raise EngineError when it fails or takes too long.

    The program gets a process group of its own, so that a time-out ends its children too.
    """
    shown = shlex.join(argv[:3]) + (" ..." if len(argv) > 3 else "")
    try:
        process = subprocess.Popen(
            argv,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=env,
            cwd=cwd,
            text=True,
            errors="replace",
            start_new_session=True,
        )
    except OSError as error:
        raise EngineError(f"{shown}: {error.strerror or error}") from error
    with process:
        try:
            output, _ = process.communicate(stdin, timeout=timeout)
        except subprocess.TimeoutExpired:
            _end_group(process.pid)
            raise EngineError(f"{shown}: no end after {timeout:.0f} s, so it was stopped") from None
        except BaseException:
            _end_group(process.pid)
            raise
    if process.returncode:
        raise EngineError(f"{shown}: exit status {process.returncode}\n{tail(output)}")
    return output


def _end_group(group: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)
