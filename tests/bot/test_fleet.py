"""Let fleets of real worker processes race over one state in a PostgreSQL that is really started."""

from __future__ import annotations

import json
import signal
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from rewriter.bot.queue import facts, repository, schema
from rewriter.scm.forge import RemoteRepository
from tests.bot.final import database_state, forge_state
from tests.bot.hooked import Hooked
from tests.bot.mortal import launch, said
from tests.bot.world import CANARY, CLEAN, leaky

WORKERS = 20
TRACKED = ("--tracker", "acme/secrets")
KEY = {"UNBAKE_FINGERPRINT_KEY": "key-of-a-test"}


def organisation(folder: Path, *, leaks: int = 6) -> Hooked:
    """Give an organisation with leaky, clean and odd repositories."""
    folder.mkdir()
    forge = Hooked(folder)
    for number in range(leaks):
        forge.add(f"acme/leaky{number}", leaky(f"{CANARY}{number}"))
    forge.add("acme/clean", CLEAN)
    forge.add("acme/text", {"README.md": "text\n"})
    forge.add("acme/old", leaky(), archived=True)
    forge.add("acme/empty", None)
    forge.add("acme/secrets", {"README.md": "reminders\n"})
    for name in ("twin", "other-twin"):  # one secret in two places, whose reminder lies in the tracker
        forge.add(f"acme/{name}", leaky(f"{CANARY}twins"), has_issues=False)
    return forge


def undisturbed(folder: Path, *, leaks: int = 6) -> tuple[dict[str, object], dict[str, list[tuple[object, ...]]]]:
    """Return the state that one run leaves which nothing disturbs."""
    folder.mkdir()
    forge = organisation(folder / "forge", leaks=leaks)
    process = launch(folder, forge, "run", "--threads", "1", *TRACKED, more=KEY)
    process.join(120)
    assert process.exitcode == 0, said(folder)
    state = forge_state(forge), database_state(folder / "state.db")
    forge.close()
    return state


def until(holds: Callable[[], object], seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.005)


def test_twenty_racing_workers_leave_what_one_undisturbed_run_leaves(tmp_path: Path, database: str) -> None:
    wanted = undisturbed(tmp_path / "one", leaks=4)
    folder = tmp_path / "many"
    folder.mkdir()
    forge = organisation(folder / "forge", leaks=4)
    words = ("worker", "--once", "--threads", "1", "--log-format", "json", *TRACKED)
    workers = [launch(folder, forge, *words, more=KEY, state=database) for _ in range(WORKERS)]
    for worker in workers:
        worker.join(180)
    assert [worker.exitcode for worker in workers] == [0] * WORKERS, said(folder)
    assert (forge_state(forge), database_state(database)) == wanted
    assert len({file.name for file in folder.glob("*.said") if '"pr-open"' in file.read_text("utf-8")}) > 1
    assert not forge.mismatches
    assert not forge.limits.violations
    forge.close()


@pytest.mark.parametrize("asked_anew", [False, True])
def test_what_a_killed_worker_was_at_is_taken_over(tmp_path: Path, database: str, *, asked_anew: bool) -> None:
    wanted = undisturbed(tmp_path / "one", leaks=3)
    folder = tmp_path / "two"
    folder.mkdir()
    forge = organisation(folder / "forge", leaks=3)
    words = ("worker", "--once", "--threads", "2", "--log-format", "json", "--stalled-after", "1", *TRACKED)
    doomed = launch(folder, forge, *words, more=KEY, state=database)
    until(lambda: forge.pushes)
    if not asked_anew:
        with psycopg.connect(database) as server:
            server.execute("UPDATE meta SET value = '9e9' WHERE name = 'discovered/acme'")
    other = launch(folder, forge, *words, more=KEY, state=database)
    doomed.kill()
    doomed.join(60)
    assert doomed.exitcode == -signal.SIGKILL
    other.join(120)
    assert other.exitcode == 0, said(folder)
    assert '"taken-over"' in said(folder)
    assert (forge_state(forge), database_state(database)) == wanted
    forge.close()


def test_a_worker_that_is_asked_to_stop_gives_back_what_it_holds(tmp_path: Path, database: str) -> None:
    forge = organisation(tmp_path / "forge")
    worker = launch(tmp_path, forge, "worker", "--metrics-port", "0", "--log-format", "json", more=KEY, state=database)
    until(lambda: '"pr-open"' in said(tmp_path))
    rows = [json.loads(line) for line in said(tmp_path).splitlines()]
    port = next(row["metrics_port"] for row in rows if row["event"] == "started")
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:  # the loopback's own
        figures = answer.read().decode("utf-8")
    worker.terminate()
    worker.join(60)
    assert worker.exitcode == 0
    for name in (
        "unbake_visits_total",
        "unbake_requests_total",
        "unbake_answers_total",
        "unbake_jobs{",
        "unbake_blocked",
    ):
        assert name in figures
    assert CANARY not in figures
    with psycopg.connect(database) as server:
        doing = server.execute(f"SELECT COUNT(*) FROM {schema()}.procrastinate_jobs WHERE status = 'doing'".encode())
        assert doing.fetchone() == (0,)
    assert json.loads(said(tmp_path).splitlines()[-1])["event"] == "stopped"
    forge.close()


def test_a_job_holds_a_repository_as_it_was_listed() -> None:
    whole = RemoteRepository(
        7, "acme/app", "https://example.com/x.git", "main", private=False, size=3, topics=("a", "b")
    )
    assert repository(json.loads(json.dumps(facts(whole)))) == whole
    told = facts(whole) | {"pulls": False}
    assert repository(told).pulls is False
