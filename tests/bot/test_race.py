"""Let twenty workers race for the same repositories, with one state in a PostgreSQL that is really started."""

from __future__ import annotations

import signal
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from rewriter.bot import engine
from rewriter.bot.budget import SharedBudget
from rewriter.bot.engine import Tally
from rewriter.bot.options import Options
from rewriter.bot.postgres import PostgreSQL
from rewriter.bot.store import Store
from rewriter.bot.visit import Bot
from rewriter.scm.gate import Gate, Pace
from rewriter.scm.github import GitHub, token
from tests.bot.mortal import launch, said
from tests.bot.world import CANARY, World, leaky
from tests.forge.standin import TOKEN

WORKERS = 20


def test_twenty_workers_make_one_pull_request_and_one_reminder_each(org: World, database: str) -> None:
    repos = [org.add(f"app{number}", leaky(f"{CANARY}{number}")) for number in range(2)]

    def work(_: int) -> Tally:
        state = PostgreSQL(database)
        try:
            store = Store(state, org.clock)
            gate = Gate(SharedBudget(state), org.clock, Pace())
            hub = GitHub(token(TOKEN), gate, org.forge.base)
            bot = Bot(hub, store, org.clock, Options("acme"), hub.credential, org.previews.append)
            return engine.run(bot, org.clock, threads=1, note=lambda _, __: None)
        finally:
            state.close()

    with ThreadPoolExecutor(WORKERS) as pool:
        tallies = list(pool.map(work, range(WORKERS)))
    assert [tally.failures for tally in tallies] == [[]] * WORKERS
    assert [(len(repo.pulls("all")), len(repo.issues())) for repo in repos] == [(1, 1)] * 2


def test_what_a_killed_run_was_at_is_done_by_another(org: World, tmp_path: Path, database: str) -> None:
    repos = [org.add(f"app{number}", leaky(f"{CANARY}{number}")) for number in range(3)]
    doomed = launch(tmp_path, org.forge, "run", "--threads", "1", state=database)
    while doomed.is_alive() and not org.forge.calls:
        time.sleep(0.002)
    other = launch(tmp_path, org.forge, "run", "--threads", "1", state=database)
    while doomed.is_alive() and not any(path.endswith("/pulls") for _, path, _ in org.forge.calls):
        time.sleep(0.002)
    doomed.kill()
    doomed.join(60)
    assert doomed.exitcode == -signal.SIGKILL
    other.join(120)
    assert other.exitcode == 0, said(tmp_path)
    assert [(len(repo.pulls("all")), len(repo.issues())) for repo in repos] == [(1, 1)] * 3
