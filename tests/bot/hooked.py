"""Stand in for GitHub, and call a test before the work of each request is done, and before it is answered."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from tests.forge.standin import Fault, Forge

READS = "git-upload-pack"


class Hooked(Forge):
    """Count requests, those of git too. A hook may return the fault that the request meets."""

    def __init__(self, folder: Path, now: Callable[[], float] = time.time) -> None:
        super().__init__(folder, now)
        self.lines: list[str] = []
        self.hook: Callable[[int, str, bool], Fault | None] | None = None

    @property
    def pushes(self) -> int:
        return sum(line.endswith("git-receive-pack") for line in self.lines)

    def fault(self, line: str, *, after: bool) -> Fault | None:
        """Call the hook with the number of the request, what it asks, and whether its work is done."""
        with self.lock:
            if not after:
                self.lines.append(line)
            number = len(self.lines)
        found = self.hook(number, line, after) if self.hook is not None else None
        return found or super().fault(line, after=after)
