"""The bundled leaky repository, which `make demo` fixes: it leaks in every way it says, and comes out clean."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.cli.conftest import Run

EXAMPLE = Path(__file__).parents[2] / "examples/leaky-app"
VALUES = ("fourteen-tigers-in-a-row", "fifteen-lions-in-a-row")


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(EXAMPLE, tmp_path / "app")
    monkeypatch.chdir(tmp_path / "app")
    return tmp_path / "app"


def test_it_leaks_by_argument_literal_context_and_callers(app: Path, run: Run) -> None:
    found = json.loads(run("scan", str(app), "--format=json").out)
    rules = {entry["rule"] for entry in found["findings"]}
    assert rules >= {
        "no-secret-in-arg",
        "no-secret-in-env",
        "no-credential-file-in-context",
        "no-secret-in-build-argument",
    }
    paths = {entry["path"] for entry in found["findings"]}
    assert paths == {"Dockerfile", "compose.yaml", "Makefile", ".github/workflows/image.yml"}


def test_it_comes_out_clean_and_no_value_is_shown(app: Path, run: Run) -> None:
    shown = [run("fix", "--diff"), run("fix"), run("scan"), run("fix")]
    assert [ran.status for ran in shown] == [1, 0, 0, 0]
    for ran in shown:
        assert not any(value in ran.out + ran.err for value in VALUES)
    assert not any(value in (app / "Dockerfile").read_text("utf-8") for value in VALUES)
    assert "--secret id=git_token" in (app / "Makefile").read_text("utf-8")
    assert "Nothing found." in shown[2].out
