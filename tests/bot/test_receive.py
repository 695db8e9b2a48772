"""Show who is heard by the receiver of webhooks."""

from __future__ import annotations

import asyncio
import hmac
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path

import httpx
import pytest

from rewriter.bot import queue
from rewriter.bot.database import SQLite
from rewriter.bot.postgres import PostgreSQL
from rewriter.bot.receive import LIMIT, application
from rewriter.bot.store import Store
from rewriter.errors import UsageError
from tests.bot.world import VirtualClock

SECRET = "hook" + "Secret71"


class Hook:
    """Send deliveries to a receiver and keep what it would visit."""

    def __init__(self, folder: Path) -> None:
        self.database = SQLite(folder / "state.db")
        self.visited: list[str] = []
        self.store = Store(self.database, VirtualClock(), "key")
        self.app = application(SECRET, self.store, self.visited.append)

    async def send(self, told: object, *, delivery: str, event: str = "push", secret: str = SECRET) -> int:
        body = told if isinstance(told, bytes) else json.dumps(told).encode()
        headers = {
            "x-hub-signature-256": "sha256=" + hmac.new(secret.encode(), body, sha256).hexdigest(),
            "x-github-delivery": delivery,
            "x-github-event": event,
        }
        transport = httpx.ASGITransport(app=self.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            return (await client.post("/", content=body, headers=headers)).status_code


@pytest.fixture
def hook(tmp_path: Path) -> Iterator[Hook]:
    made = Hook(tmp_path)
    yield made
    made.database.close()


def run(hook: Hook, told: object, *, delivery: str, event: str = "push", secret: str = SECRET) -> int:
    return asyncio.run(hook.send(told, delivery=delivery, event=event, secret=secret))


def of(name: str) -> dict[str, object]:
    return {"repository": {"full_name": name}}


def test_a_signed_delivery_is_taken_once(hook: Hook) -> None:
    assert run(hook, of("acme/app"), delivery="11111111-a") == 202
    assert run(hook, of("acme/app"), delivery="11111111-a") == 409
    assert run(hook, of("acme/app"), delivery="22222222-b") == 409  # the header is not signed
    assert hook.visited == ["acme/app"]


def test_another_signature_is_refused_and_uses_up_nothing(hook: Hook) -> None:
    assert run(hook, of("acme/app"), delivery="11111111-a", secret="wrong") == 401
    assert run(hook, of("acme/app"), delivery="11111111-a") == 202


@pytest.mark.parametrize(
    ("event", "key"), [("installation", "repositories"), ("installation_repositories", "repositories_added")]
)
def test_what_an_app_is_installed_with_is_visited(hook: Hook, event: str, key: str) -> None:
    told = {key: [{"full_name": "acme/app"}, {"full_name": "acme/other"}]}
    assert run(hook, told, delivery="11111111-a", event=event) == 202
    assert hook.visited == ["acme/app", "acme/other"]


@pytest.mark.parametrize("told", [b"no json", b"[]", {"repository": {"full_name": "../../etc"}}, {"repository": 7}])
def test_what_names_no_repository_leads_nowhere(hook: Hook, told: object) -> None:
    assert run(hook, told, delivery="11111111-a") == 202
    assert not hook.visited


def test_events_that_say_nothing_and_bodies_that_never_end_are_left(hook: Hook) -> None:
    assert run(hook, of("acme/app"), delivery="11111111-a", event="star") == 202
    assert run(hook, b" " * (LIMIT + 1), delivery="22222222-b") == 413
    assert not hook.visited


def test_a_receiver_without_a_secret_is_none(hook: Hook) -> None:
    with pytest.raises(UsageError, match="UNBAKE_WEBHOOK_SECRET"):
        application("", hook.store, hook.visited.append)


def test_of_many_processes_one_takes_a_delivery(database: str) -> None:
    states = [PostgreSQL(database) for _ in range(8)]
    stores = [Store(state, VirtualClock(), "key") for state in states]
    with ThreadPoolExecutor(len(stores)) as pool:
        for number in range(20):
            names = (f"delivery/{number}", f"body/{number}")
            taken = list(pool.map(lambda store, names=names: store.first_time(names), stores))
            assert taken.count(True) == 1
    for state in states:
        state.close()


def test_in_a_fleet_a_visit_is_noted_once_and_ahead_of_all_others(database: str) -> None:
    state = PostgreSQL(database)
    queue.prepare(database, state)
    queue.prepare(database, state)
    app = queue.application(database, worker=False)
    with app.open():
        asked = queue.Queue(app, "Acme")
        for _ in range(2):
            asked.visit_named("acme/App")
        rows = list(app.job_manager.list_jobs())
    state.close()
    assert [(row.queue, row.task_name, row.lock, row.priority) for row in rows] == [
        ("acme", queue.VISIT, "repo/acme/app", queue.ASKED)
    ]
