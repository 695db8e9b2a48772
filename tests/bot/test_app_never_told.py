"""Look for an App's key, its installation's token and the value everywhere that anybody could read."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bot.mortal import launch, said
from tests.bot.test_app import keys
from tests.bot.test_never_told import Watch
from tests.bot.world import CANARY, leaky
from tests.forge import apps
from tests.forge.standin import Fault, Forge


@pytest.fixture
def forge(tmp_path: Path) -> Iterator[Forge]:
    (tmp_path / "forge").mkdir()
    made = Forge(tmp_path / "forge")
    yield made
    made.close()
    assert not made.mismatches


def test_neither_key_nor_token_nor_value_is_told(tmp_path: Path, forge: Forge) -> None:
    private, forge.apps.public_key = keys(0)
    forge.apps.installations.append(apps.Installation(9, "acme"))
    repo = forge.add("acme/app", {**leaky(), "other.txt": f"also {CANARY}\n"})
    forge.faults.append(Fault("POST .*/git/commits$", 500, message="broken"))
    key = tmp_path / "key.pem"
    key.write_text(private)
    more = {"GITHUB_TOKEN": "", "GITHUB_APP_ID": "77", "GITHUB_APP_PRIVATE_KEY_FILE": str(key)}
    with Watch(tmp_path / "scratch", (CANARY, "canaryInstallation", private.splitlines()[1])) as watch:
        process = launch(tmp_path, forge, "run", "--log-format", "json", more=more)
        process.join(120)
    told = said(tmp_path)
    assert process.exitcode == 0, told
    assert watch.configurations
    assert not watch.seen
    assert len(repo.pulls()) == 1
    assert repo.ref("unbake/fix") in repo.signed
    rows = sqlite3.connect(tmp_path / "state.db").iterdump()
    for text in (told, *forge.bodies, *(str(note) for note in repo.notes), *rows):
        assert not any(secret in text for secret in watch.secrets)
    for file in tmp_path.glob("state.db*"):
        assert not any(secret.encode() in file.read_bytes() for secret in watch.secrets)
    assert forge.apps.tokens
    assert not list((tmp_path / "scratch").iterdir())
