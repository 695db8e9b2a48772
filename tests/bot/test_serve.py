"""Let the receiver run as a process: deliveries come over HTTP, visits are made, and a change of settings is heard."""

from __future__ import annotations

import hmac
import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from hashlib import sha256
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import pytest

from rewriter.bot.database import SQLite
from rewriter.bot.options import Options
from rewriter.bot.organisation import settled
from rewriter.bot.settling import FRESH, Settling
from rewriter.bot.store import Known, Store
from rewriter.bot.visit import Bot
from tests.bot.mortal import launch, said
from tests.bot.world import World, leaky
from tests.forge.standin import Forge

SECRET = "hook" + "Secret71"


def until(holds: Callable[[], object], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.01)


def events(folder: Path, name: str) -> list[dict[str, object]]:
    rows = [json.loads(line) for line in said(folder).splitlines() if line.endswith("}")]
    return [row for row in rows if row["event"] == name]


class Sender:
    """Be GitHub's side of a webhook."""

    def __init__(self, folder: Path, process: ForkServerProcess) -> None:
        self.folder = folder
        self.process = process
        self.sent = 0
        until(lambda: events(folder, "started"))
        self.port = events(folder, "started")[0]["port"]

    def push(self, name: str, secret: str = SECRET) -> int:
        self.sent += 1
        body = json.dumps({"repository": {"full_name": name}, "number": self.sent}).encode()
        headers = {
            "X-Hub-Signature-256": "sha256=" + hmac.new(secret.encode(), body, sha256).hexdigest(),
            "X-GitHub-Delivery": f"{self.sent:08}-a",
            "X-GitHub-Event": "push",
        }
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/", body, headers)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code

    def visited(self, name: str) -> list[object]:
        return [row["state"] for row in events(self.folder, "visited") if row["repository"] == name]


def serve(folder: Path, forge: Forge, *, state: str = "") -> ForkServerProcess:
    words = ("serve", "--port", "0", "--log-format", "json")
    return launch(folder, forge, *words, more={"UNBAKE_WEBHOOK_SECRET": SECRET}, state=state)


@pytest.fixture
def forge(tmp_path: Path) -> Iterator[Forge]:
    (tmp_path / "forge").mkdir()
    made = Forge(tmp_path / "forge")
    yield made
    made.close()
    assert not made.mismatches


def test_a_delivery_leads_to_a_visit_and_a_push_to_the_settings_changes_the_next(tmp_path: Path, forge: Forge) -> None:
    repos = [forge.add(f"acme/app{number}", leaky(f"Zk3serve{number}Qw8sV2xR7t")) for number in range(3)]
    home = forge.add("acme/.github", {"unbake.toml": 'exclude = ["acme/app1"]\n'})
    process = serve(tmp_path, forge)
    sender = Sender(tmp_path, process)
    assert sender.push("acme/app0", "another") == 401
    assert sender.push("beta/app0") == 202
    assert [sender.push(f"acme/app{number}") for number in (0, 1)] == [202, 202]
    until(lambda: sender.visited("acme/app0") and sender.visited("acme/app1"))
    assert [len(repo.pulls()) for repo in repos] == [1, 0, 0]
    home.commit({"unbake.toml": 'exclude = ["acme/app2"]\n'})
    assert sender.push("Acme/.github") == 202
    until(lambda: sender.visited("acme/.github"))
    assert [sender.push(f"acme/app{number}") for number in (1, 2)] == [202, 202]
    until(lambda: len(sender.visited("acme/app1")) == 2 and sender.visited("acme/app2"))
    assert [len(repo.pulls()) for repo in repos] == [1, 1, 0]
    process.terminate()
    process.join(60)
    assert process.exitcode == 0
    assert events(tmp_path, "stopped")
    assert not sender.visited("beta/app0")
    assert not list((tmp_path / "scratch").glob("unbake-bot-*/*/clone"))


def test_in_a_fleet_the_workers_are_asked(tmp_path: Path, forge: Forge, database: str) -> None:
    repo = forge.add("acme/app", leaky())
    home = forge.add("acme/.github", {"unbake.toml": 'exclude = ["acme/app"]\n'})
    worker = launch(tmp_path, forge, "worker", "--log-format", "json", state=database)
    until(lambda: events(tmp_path, "discovered"))
    receiver = tmp_path / "receiver"
    receiver.mkdir()
    process = serve(receiver, forge, state=database)
    sender = Sender(receiver, process)
    home.commit({"unbake.toml": "exclude = []\n"})
    assert sender.push("acme/.github") == 202
    until(repo.pulls)
    for one in (process, worker):
        one.terminate()
        one.join(60)
        assert one.exitcode == 0


def test_where_nothing_can_listen_it_says_so(tmp_path: Path, forge: Forge) -> None:
    first = serve(tmp_path, forge)
    port = str(Sender(tmp_path, first).port)
    other = tmp_path / "other"
    other.mkdir()
    second = launch(other, forge, "serve", "--port", port, more={"UNBAKE_WEBHOOK_SECRET": SECRET})
    second.join(60)
    assert second.exitcode == 2
    assert f"--port {port}: cannot listen there" in said(other)
    first.terminate()
    first.join(60)


def test_settings_are_read_again_when_they_may_have_changed(org: World) -> None:
    home = org.add(".github", {"unbake.toml": 'labels = ["one"]\n'})
    database = SQLite(org.folder / "state.db")
    try:
        hub, plain, notes = org.hub(), Options("acme"), list[tuple[str, Known]]()
        options = settled(hub, plain)
        bot = Bot(hub, Store(database, org.clock, "key"), org.clock, options, hub.credential, org.previews.append)
        settling = Settling(bot, lambda: settled(hub, plain), lambda name, known: notes.append((name, known)))

        def labels() -> tuple[str, ...]:
            return settling.bot().options.labels

        home.commit({"unbake.toml": 'labels = ["two"]\n'})
        settling.told("acme/other")
        assert labels() == ("one",)
        settling.told("ACME/.github")
        assert labels() == ("two",)
        home.commit({"unbake.toml": 'labels = ["three"]\n'})
        org.clock.sleep_until(org.clock.now() + FRESH - 1)
        assert labels() == ("two",)
        org.clock.sleep_until(org.clock.now() + 1)
        assert labels() == ("three",)
        home.commit({"unbake.toml": "lables = []\n"})
        settling.told("acme/.github")
        assert labels() == ("three",)
        assert [name for name, _ in notes] == ["acme/.github"]
        assert "'lables' is not known" in notes[0][1].detail
    finally:
        database.close()
