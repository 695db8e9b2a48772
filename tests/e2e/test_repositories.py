"""Prove the fix of leaky repositories as `unbake verify` does: they leak, then they do not, nothing else changes."""

from __future__ import annotations

import base64
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import pytest

from rewriter.inspect.engine import Engine as Client
from rewriter.inspect.proof import prove
from rewriter.inspect.trial import Given
from rewriter.model.inspection import Answer
from rewriter.model.patch import Patched
from rewriter.pipeline import fix
from rewriter.settings import Settings
from rewriter.tree.repository import DirectoryRepository
from rewriter.writer import write
from tests.e2e.ecosystems import ECOSYSTEMS
from tests.e2e.engine import Engine
from tests.e2e.images import BaseImages
from tests.e2e.registries import (
    apt_files,
    composer_files,
    crate_files,
    galaxy_files,
    gem_files,
    hex_files,
    image_files,
    maven_files,
    model_files,
    nuget_files,
    release_files,
)
from tests.e2e.scenarios import SCENARIOS, Scenario, Serves
from tests.e2e.servers import (
    Basic,
    Bearer,
    BlobStore,
    FileServer,
    GitServer,
    GoogleStore,
    NpmRegistry,
    ObjectStore,
    PackageIndex,
    Server,
    Token,
)
from tests.e2e.ssh_server import SshServer

_KEY = base64.b64encode(b"an invented key, as long as a real one and of no use whatsoever " * 6).decode()


def _server(
    scenario: Scenario, canary: str, folder: Path, engine: Engine
) -> AbstractContextManager[Server | SshServer | None]:
    match scenario.serves:
        case Serves.PACKAGES:
            return PackageIndex(Basic("ci", canary))
        case Serves.NPM:
            return NpmRegistry(Bearer(canary))
        case Serves.GIT:
            return GitServer(folder, Basic("ci", canary))
        case Serves.FILES:
            return FileServer({"tool": b"#!/bin/sh\necho tool\n"}, Basic("ci", canary))
        case Serves.MAVEN:
            return FileServer(maven_files(), Basic("ci", canary))
        case Serves.GEMS:
            return FileServer(gem_files(), Basic("ci", canary))
        case Serves.COMPOSER:
            return FileServer(composer_files(), Basic("ci", canary))
        case Serves.CRATES:
            return FileServer(crate_files(), Token(canary))
        case Serves.APT:
            return FileServer(apt_files(), Basic("ci", canary))
        case Serves.GALAXY:
            return FileServer(galaxy_files(), Token(canary, "Token"))
        case Serves.HEX:
            return FileServer(hex_files(), Token(canary))
        case Serves.IMAGES:
            return FileServer(image_files(), Basic("ci", canary))
        case Serves.MODELS:
            return FileServer(model_files(), Bearer(canary))
        case Serves.NUGET:
            return FileServer(nuget_files(), Basic("ci", canary))
        case Serves.BLOBS:
            return BlobStore({"account/box/tool": b"tool\n"}, canary)
        case Serves.BUCKETS:
            return GoogleStore({"bucket/tool": b"tool\n"}, canary)
        case Serves.OBJECTS:
            return ObjectStore({"bucket/tool": b"tool\n"}, canary)
        case Serves.RELEASES:
            return FileServer(release_files(), Bearer(canary))
        case Serves.SSH:
            return SshServer(engine, folder)
        case Serves.NOTHING:
            return nullcontext()


def _filled(text: str, host: str, canary: str) -> str:
    return (
        text.replace("@HOST@", host)
        .replace("@PORT@", host.rpartition(":")[2])
        .replace("@CANARY@", canary)
        .replace("@KEY@", _KEY)
    )


def _lay_out(scenario: Scenario, folder: Path, host: str, canary: str) -> None:
    for name, text in scenario.files.items():
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(_filled(text, host, canary), encoding="utf-8")


QUESTIONS = (
    "the original builds",
    "the original leaks",
    "the rewritten one builds",
    "no secret is left",
    "the files are the same",
    "entry point, environment and user are the same",
)


@pytest.mark.parametrize("scenario", [*SCENARIOS, *ECOSYSTEMS], ids=lambda scenario: scenario.name)
def test_fix_is_proven(
    scenario: Scenario, engine: Engine, base_images: BaseImages, canary: str, tmp_path: Path
) -> None:
    folder = tmp_path / "repository"
    folder.mkdir()
    with _server(scenario, canary, tmp_path / "served", engine) as server:
        host = server.host if server is not None else "127.0.0.1:9"
        canary = server.key if isinstance(server, SshServer) else canary
        _lay_out(scenario, folder, host, canary)
        arguments = {name: _filled(value, host, canary) for name, value in scenario.arguments.items()}
        given = Given(variables=arguments, keep=True, network="host")
        proof = prove(DirectoryRepository(folder), Settings(), Client(environment=engine.environment), given)

        answers = {check.name: check for check in proof.checks}
        wrong = [check for check in proof.checks if check.answer is not Answer.GOOD]
        assert wrong == []
        assert answers.keys() >= set(QUESTIONS)
        assert ("a build without the secrets fails" in answers) is scenario.needs_secret
        if server is not None:
            assert server.authorised >= 2

    outcome = fix(DirectoryRepository(folder), Settings())
    assert isinstance(outcome, Patched), outcome
    assert outcome.report.refusals == ()
    write(folder, outcome.patch.files, outcome.patch.values)
    assert not isinstance(fix(DirectoryRepository(folder), Settings()), Patched)
