"""Set up an organisation on the stand-in, with a clock that a test can move."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from github import Auth

from rewriter.bot import engine
from rewriter.bot.budget import SharedBudget
from rewriter.bot.database import SQLite
from rewriter.bot.engine import Tally
from rewriter.bot.options import Options
from rewriter.bot.store import Store
from rewriter.bot.visit import Bot, Preview
from rewriter.scm.gate import Gate, Pace, Window
from rewriter.scm.github import GitHub, token
from tests.forge.standin import TOKEN, Forge, Repo

CANARY = "Zk3canary" + "Qw8sV2xR7t"


def leaky(value: str = CANARY) -> dict[str, str]:
    return {
        "Dockerfile": f"FROM node:20\nARG NPM_TOKEN={value}\n"
        "RUN npm config set //registry.example.com/:_authToken=$NPM_TOKEN && npm ci\n",
        "README.md": "an application\n",
    }


CLEAN = {"Dockerfile": "FROM node:20\nRUN npm ci\n"}


class VirtualClock:
    """Let time pass only where somebody waits."""

    def __init__(self, start: float = 1_800_000_000.0) -> None:
        self._now = start
        self._lock = threading.Lock()

    def now(self) -> float:
        return self._now

    def sleep_until(self, moment: float) -> None:
        with self._lock:
            self._now = max(self._now, moment)


@dataclass
class World:
    """Hold a stand-in and a bot that works on it."""

    folder: Path
    clock: VirtualClock
    forge: Forge
    previews: list[Preview]
    api: str = ""
    auth: Callable[[Gate], Auth.Auth] = lambda _: token(TOKEN)

    def run(
        self, options: Options | None = None, *, threads: int = 4, state: str = "state.db", pace: Pace | None = None
    ) -> Tally:
        database = SQLite(self.folder / state)
        try:
            store = Store(database, self.clock, "key")
            gate = Gate(SharedBudget(database), self.clock, pace or Pace())
            hub = GitHub(self.auth(gate), gate, self.forge.base + self.api)
            chosen = options or Options("acme")
            bot = Bot(hub, store, self.clock, chosen, hub.credential, self.previews.append)
            return engine.run(bot, self.clock, threads=threads, note=lambda _, __: None)
        finally:
            database.close()

    def hub(self) -> GitHub:
        """Return the forge itself, without limits."""
        return GitHub(self.auth(open_gate(self.clock)), open_gate(self.clock), self.forge.base)

    def add(self, name: str, files: dict[str, str] | None = None, **facts: object) -> Repo:
        return self.forge.add(f"acme/{name}", leaky() if files is None else files, **facts)


def world(folder: Path) -> World:
    clock = VirtualClock()
    (folder / "forge").mkdir()
    return World(folder, clock, Forge(folder / "forge", clock.now), [])


class Endless:
    """Be a budget that never ends."""

    def book(self, now: float, *, spacing: float, windows: tuple[Window, ...], latest: float) -> float:  # noqa: ARG002 (the port's)
        return now

    def seat(self, number: int) -> AbstractContextManager[None]:  # noqa: ARG002 (the port's)
        return nullcontext()

    def block(self, until: float) -> None:
        raise AssertionError(until)

    def blocked(self) -> float:
        return 0.0


def open_gate(clock: VirtualClock) -> Gate:
    return Gate(Endless(), clock, Pace.unlimited())
