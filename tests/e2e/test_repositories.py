"""Build leaky repositories before and after `fix`: they leak, then they do not, and the image does the same."""

from __future__ import annotations

import base64
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import pytest

from rewriter.model.patch import Patch, Patched
from rewriter.pipeline import fix
from rewriter.repository import DirectoryRepository
from rewriter.settings import Settings
from rewriter.writer import write
from tests.e2e.building import BuildResult
from tests.e2e.engine import Engine
from tests.e2e.images import BaseImages
from tests.e2e.scenarios import SCENARIOS, Scenario, Serves
from tests.e2e.servers import Basic, Bearer, FileServer, GitServer, NpmRegistry, PackageIndex, Server

_KEY = base64.b64encode(b"an invented key, as long as a real one and of no use whatsoever " * 6).decode()


def _server(scenario: Scenario, canary: str, folder: Path) -> AbstractContextManager[Server | None]:
    match scenario.serves:
        case Serves.PACKAGES:
            return PackageIndex(Basic("ci", canary))
        case Serves.NPM:
            return NpmRegistry(Bearer(canary))
        case Serves.GIT:
            return GitServer(folder, Basic("ci", canary))
        case Serves.FILES:
            return FileServer({"tool": b"#!/bin/sh\necho tool\n"}, Basic("ci", canary))
        case Serves.NOTHING:
            return nullcontext()


def _filled(text: str, host: str, canary: str) -> str:
    return text.replace("@HOST@", host).replace("@CANARY@", canary).replace("@KEY@", _KEY)


def _lay_out(scenario: Scenario, folder: Path, host: str, canary: str) -> None:
    for name, text in scenario.files.items():
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(_filled(text, host, canary), encoding="utf-8")


def _secrets(patch: Patch, folder: Path, arguments: dict[str, str]) -> dict[str, bytes | str]:
    """Give each secret from where the printed command takes it: an environment variable or a file."""
    given: dict[str, bytes | str] = {}
    for secret in patch.secrets:
        kind, _, place = secret.source.partition("=")
        given[secret.id] = arguments[place] if kind == "env" else (folder / place).read_bytes()
    return given


def _built(result: BuildResult) -> BuildResult:
    assert result.ok, result.log
    return result


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_leaks_before_and_not_after(
    scenario: Scenario, engine: Engine, base_images: BaseImages, canary: str, tmp_path: Path
) -> None:
    folder = tmp_path / "repository"
    folder.mkdir()
    with _server(scenario, canary, tmp_path / "served") as server:
        host = server.host if server is not None else "127.0.0.1:9"
        _lay_out(scenario, folder, host, canary)
        arguments = {name: _filled(value, host, canary) for name, value in scenario.arguments.items()}

        before = _built(engine.build(folder, build_args=arguments))
        assert engine.leaks(canary.encode(), before)
        shown = engine.run(before.image, scenario.shows)
        assert shown.ok, shown.errors

        outcome = fix(DirectoryRepository(folder), Settings())
        assert isinstance(outcome, Patched), outcome
        assert outcome.report.refusals == ()
        write(folder, outcome.patch.files, outcome.patch.values)
        assert not isinstance(fix(DirectoryRepository(folder), Settings()), Patched)

        secrets = _secrets(outcome.patch, folder, arguments)
        after = _built(engine.build(folder, secrets=secrets))
        assert engine.leaks(canary.encode(), after) == ()
        again = engine.run(after.image, scenario.shows)
        assert (again.status, again.output) == (shown.status, shown.output)
        assert _unchanged(engine, before.image, arguments) == _unchanged(engine, after.image, arguments)
        assert engine.build(folder).ok is not scenario.needs_secret


def _unchanged(engine: Engine, image: str, arguments: dict[str, str]) -> dict[str, object]:
    """Return the part of an image's configuration that a fix must leave as it was."""
    config = dict(engine.config(image))
    environment = config.pop("Env", None)
    names = [str(entry).partition("=")[0] for entry in environment] if isinstance(environment, list) else []
    kept = [name for name in names if name not in (*arguments, "FETCH_PASSWORD", "PIP_INDEX_URL")]
    return {**config, "Env": sorted(kept)}
