"""Run the command in processes that are forked from one that has everything loaded: quick to start, easy to kill."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from rewriter.bot.database import SQLite
from rewriter.bot.layout import Transaction
from rewriter.cli import bot
from rewriter.cli.main import main
from tests.forge.standin import TOKEN, Forge

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["tests.bot.loaded"])


def launch(
    folder: Path, forge: Forge, *words: str, more: Mapping[str, str] | None = None, state: str = "", dies_at: int = 0
) -> ForkServerProcess:
    """Start `unbake bot` over the organisation of a stand-in; what it says goes to files in the folder.

    With `dies_at` it kills itself at that moment of its work with the state, counted from 1.
    """
    (folder / "scratch").mkdir(exist_ok=True)
    environment = {
        "PATH": os.environ["PATH"],
        "GITHUB_TOKEN": TOKEN,
        "TMPDIR": str(folder / "scratch"),
        "HOME": str(folder),
        **(more or {}),
    }
    where = ["--org", "acme", "--api-url", forge.base, "--no-limits", "--state", state or str(folder / "state.db")]
    process = _CONTEXT.Process(target=_live, args=([*words, *where], environment, str(folder), dies_at), daemon=True)
    process.start()
    return process


def said(folder: Path) -> str:
    """Return what the processes of a folder said."""
    return "".join(file.read_text("utf-8") for file in sorted(folder.glob("*.said")))


class _Mortal(SQLite):
    """Kill the process before a transaction begins, before it is committed, or after that."""

    left = 0

    @contextmanager
    def transaction(self, lock: str = "") -> Iterator[Transaction]:
        self._step()
        with super().transaction(lock) as run:
            yield run
            self._step()
        self._step()

    @classmethod
    def _step(cls) -> None:
        cls.left -= 1
        if cls.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


def _live(words: Sequence[str], environment: Mapping[str, str], folder: str, dies_at: int) -> None:
    os.environ.clear()
    os.environ.update(environment)
    tempfile.tempdir = None
    output = os.open(Path(folder, f"{os.getpid()}.said"), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for stream in (1, 2):
        os.dup2(output, stream)
    sys.stdout = os.fdopen(1, "w", encoding="utf-8")
    sys.stderr = os.fdopen(2, "w", encoding="utf-8")
    if dies_at:
        _Mortal.left = dies_at
        vars(bot)["SQLite"] = _Mortal
    os._exit(main(["bot", *words]))
