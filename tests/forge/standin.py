"""Stand in for GitHub: real bare repositories behind its REST interface and git over HTTP, strict about its rules."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

from tests.forge.repo import Repo
from tests.forge.server import Server, handler
from tests.forge.state import TOKEN, Fault, State

__all__ = ["TOKEN", "Fault", "Forge", "Repo"]


class Forge(State):
    """Be GitHub on a free port of the loopback."""

    def __init__(self, folder: Path, now: Callable[[], float] = time.time) -> None:
        super().__init__(folder, now)
        self._server = Server(("127.0.0.1", 0), handler(self))
        self.base = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
