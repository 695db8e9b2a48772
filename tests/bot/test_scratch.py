"""Show that what a killed process leaves behind is put away, and nothing else is."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

from rewriter.bot.scratch import Scratch


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_a_folder_is_for_its_owner_alone_and_goes() -> None:
    scratch = Scratch()
    with scratch.folder() as folder:
        assert folder.parent.stat().st_mode & 0o777 == 0o700
        (folder / "file").write_text("text")
    assert not folder.exists()


def test_what_the_dead_left_goes_and_what_the_living_have_stays(temporary: Path) -> None:
    dead = temporary / "unbake-bot-dead"
    dead.mkdir()
    (dead / "lock").touch()
    (dead / "clone").mkdir()
    young = temporary / "unbake-bot-young"
    young.mkdir()
    elsewhere = temporary / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "lock").touch()
    (temporary / "unbake-bot-link").symlink_to(elsewhere)
    linked = temporary / "unbake-bot-linked"
    linked.mkdir()
    (linked / "lock").symlink_to(elsewhere / "lock")
    alive, another = Scratch(), Scratch()
    with alive.folder() as mine, another.folder() as other:
        another.put_away()
        assert not dead.exists()
        assert mine.is_dir()
        assert other.is_dir()
        assert mine.parent != other.parent
    assert young.is_dir()
    assert (elsewhere / "lock").exists()
    assert linked.is_dir()


def test_a_process_that_is_gone_holds_nothing(temporary: Path) -> None:
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        with Scratch().folder() as folder:
            os.write(writer, os.fsencode(folder))
            os._exit(0)
    os.waitpid(child, 0)
    left = Path(os.fsdecode(os.read(reader, 4096)))
    os.close(reader)
    os.close(writer)
    assert left.is_dir()
    Scratch().put_away()
    assert not left.exists()
    assert not left.parent.exists()
