"""Run the command line in the test's own process, on small repositories on disk."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from rewriter.cli.main import main

Write = Callable[[Mapping[str, str]], Path]
Run = Callable[..., "Ran"]

LEAKY = {
    "Dockerfile": (
        "FROM node:20-slim\nARG NPM_TOKEN\nWORKDIR /app\nCOPY package.json .npmrc ./\nRUN npm ci\nCOPY index.js .\n"
    ),
    ".npmrc": "//npm.example.com/:_authToken=${NPM_TOKEN}\n",
    "package.json": "{}\n",
    "index.js": "console.log(1)\n",
}
CLEAN = {"Dockerfile": "FROM scratch\nCOPY app /app\n", "app": "x\n"}


@dataclass(frozen=True, slots=True)
class Ran:
    """Hold what a run printed and its exit status."""

    status: int
    out: str
    err: str


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Return a function that writes files below an empty folder, which becomes the working directory."""
    monkeypatch.chdir(tmp_path)

    def write_files(files: Mapping[str, str]) -> Path:
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.encode("utf-8", "surrogateescape"))
        return tmp_path

    return write_files


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Return a function that runs the command line."""

    def run_words(*words: str) -> Ran:
        capsys.readouterr()
        status = main(list(words))
        captured = capsys.readouterr()
        return Ran(status, captured.out, captured.err)

    return run_words


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take away what the developer's shell sets."""
    for name in (
        "NO_COLOR",
        "FORCE_COLOR",
        "UNBAKE_DEBUG",
        "UNBAKE_FIX",
        "UNBAKE_RULES",
        "UNBAKE_EXCLUDE",
        "UNBAKE_BASELINE",
    ):
        monkeypatch.delenv(name, raising=False)
