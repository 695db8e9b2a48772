"""Look at processes through /proc, and end one by its id."""

import contextlib
import os
import signal
import time
from collections.abc import Iterable
from pathlib import Path


def program_of(pid: int) -> Path | None:
    """Return the file that a process runs; None when it has ended."""
    try:
        return Path(str(Path(f"/proc/{pid}/exe").readlink()).removesuffix(" (deleted)"))
    except OSError:
        return None


def running_from(programs: Iterable[Path]) -> tuple[int, ...]:
    """Return the processes that run one of these files."""
    wanted = frozenset(programs)
    pids = sorted(int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit())
    return tuple(pid for pid in pids if program_of(pid) in wanted)


def interrupt(pid: int, seconds: float) -> bool:
    """Ask a process to end; tell whether it did in time."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
    return _ended(pid, seconds)


def kill_tree(pid: int) -> None:
    """Kill a process, then its children: a shim's children are a container's processes."""
    children = _children(pid)
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    _ended(pid, 5)
    for child in children:
        kill_tree(child)


def _children(pid: int) -> tuple[int, ...]:
    try:
        text = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
    except OSError:
        return ()
    return tuple(map(int, text.split()))


def _ended(pid: int, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while program_of(pid) is not None:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True
