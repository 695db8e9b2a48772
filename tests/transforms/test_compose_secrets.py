"""Test what a fix of compose files says and writes beside the edits that the corpus shows."""

from __future__ import annotations

import json
from pathlib import Path

from rewriter import writer
from rewriter.model.patch import Patched, Unchanged
from rewriter.model.plan import Reason, SecretSource
from rewriter.pipeline import fix
from rewriter.render import json as as_json
from rewriter.settings import Settings
from rewriter.tree.repository import DirectoryRepository, MemoryRepository

DB = "services:\n  db:\n    image: {image}\n    environment:\n      {name}: nine-quiet-otters\n"


def _fixed(files: dict[str, str], settings: Settings | None = None) -> Patched:
    outcome = fix(MemoryRepository({path: text.encode() for path, text in files.items()}), settings or Settings())
    assert isinstance(outcome, Patched)
    return outcome


def _text(outcome: Patched, path: str) -> str:
    return next(file.after for file in outcome.patch.files if file.path == path)


def test_secret_in_the_json_contract() -> None:
    done = _fixed({"compose.yaml": DB.format(image="postgres", name="POSTGRES_PASSWORD")})
    secrets = json.loads(as_json.outcome(done))["secrets"]
    assert secrets == [
        {
            "id": "postgres_password",
            "env": "POSTGRES_PASSWORD",
            "target": "/run/secrets/postgres_password",
            "phase": "runtime",
            "source": "src=secrets/postgres_password.txt",
            "build_flag": "",
        }
    ]


def test_source_environment() -> None:
    files = {"compose.yaml": DB.format(image="postgres", name="POSTGRES_PASSWORD")}
    done = _fixed(files, Settings(secret_source=SecretSource.ENVIRONMENT))
    assert "secrets:\n  postgres_password:\n    environment: POSTGRES_PASSWORD\n" in _text(done, "compose.yaml")
    assert [value.value.reveal() for value in done.patch.values] == ["nine-quiet-otters"]


def test_source_external() -> None:
    files = {"compose.yaml": DB.format(image="postgres", name="POSTGRES_PASSWORD")}
    done = _fixed(files, Settings(secret_source=SecretSource.EXTERNAL))
    assert "secrets:\n  postgres_password:\n    external: true\n" in _text(done, "compose.yaml")
    notes = [note for one in done.patch.fixes for note in one.notes]
    assert any("docker secret create postgres_password secrets/postgres_password.txt" in note for note in notes)
    assert [mount.source for mount in done.patch.mounts] == ["external"]


def test_folder_of_the_compose_file_has_the_values() -> None:
    done = _fixed(
        {
            "deploy/compose.yaml": DB.format(image="postgres", name="POSTGRES_PASSWORD"),
            "Dockerfile": "FROM scratch\nCOPY . /\n",
        }
    )
    assert "    file: ./secrets/postgres_password.txt\n" in _text(done, "deploy/compose.yaml")
    assert [value.path for value in done.patch.values] == ["deploy/secrets/postgres_password.txt"]
    assert "/deploy/secrets/*" in _text(done, ".gitignore").split("\n")
    assert "deploy/secrets/" in _text(done, ".dockerignore").split("\n")


def test_reader_that_is_not_root_can_open_the_file(tmp_path: Path) -> None:
    (tmp_path / "compose.yaml").write_text(
        "services:\n"
        + DB.format(image="postgres:16", name="POSTGRES_PASSWORD").removeprefix("services:\n")
        + "  docs:\n    image: mongo:7\n    environment:\n      MONGO_INITDB_ROOT_PASSWORD: ten-loud-herons\n"
        + "  own:\n    image: mysql:8\n    user: '1000'\n    environment: [MYSQL_PASSWORD=six-tall-storks]\n"
    )
    done = fix(DirectoryRepository(tmp_path), Settings())
    assert isinstance(done, Patched)
    writer.write(tmp_path, done.patch.files, done.patch.values)
    folder = tmp_path / "secrets"
    modes = {path.name: path.stat().st_mode & 0o777 for path in folder.glob("*.txt")}
    assert folder.stat().st_mode & 0o777 == 0o700
    assert modes == {
        "postgres_password.txt": 0o600,
        "mongo_initdb_root_password.txt": 0o644,
        "mysql_password.txt": 0o644,
    }


def test_file_with_the_same_value_is_used_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "compose.yaml").write_text(DB.format(image="postgres", name="POSTGRES_PASSWORD"))
    (tmp_path / "secrets").mkdir()
    kept = tmp_path / "secrets/postgres_password.txt"
    kept.write_text("nine-quiet-otters")
    before = kept.stat()
    done = fix(DirectoryRepository(tmp_path), Settings())
    assert isinstance(done, Patched)
    writer.write(tmp_path, done.patch.files, done.patch.values)
    assert kept.stat().st_ino == before.st_ino
    assert [value.path for value in done.patch.values] == ["secrets/postgres_password.txt"]


def test_only_the_secret_that_is_asked_for() -> None:
    text = DB.format(image="mysql", name="MYSQL_PASSWORD") + "      MYSQL_ROOT_PASSWORD: ten-loud-herons\n"
    done = _fixed({"compose.yaml": text}, Settings(only=("mysql_password",)))
    assert "MYSQL_ROOT_PASSWORD: ten-loud-herons" in _text(done, "compose.yaml")
    assert [one.reason for one in done.report.refusals] == [Reason.NOT_SELECTED]


def test_refusal_names_file_and_line() -> None:
    outcome = fix(
        MemoryRepository({"compose.yaml": DB.format(image="example.com/x", name="DB_PASSWORD").encode()}), Settings()
    )
    assert isinstance(outcome, Unchanged)
    details = [one.detail for one in outcome.report.refusals]
    assert details == [
        "compose.yaml:5: the service db reads DB_PASSWORD: nothing is known of how the image example.com/x reads a file"
    ]


def test_dockerignore_pattern_that_would_hide_a_source_refuses_the_fix() -> None:
    files = {
        "compose.yaml": DB.format(image="postgres", name="POSTGRES_PASSWORD"),
        "Dockerfile": "FROM scratch\nCOPY secrets/ /there/\n",
        "secrets/list.txt": "x",
    }
    outcome = fix(MemoryRepository({path: text.encode() for path, text in files.items()}), Settings())
    assert not isinstance(outcome, Patched)
