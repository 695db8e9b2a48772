"""Show that a client is bounded in time and in what it says, and that nothing of it goes on."""

from __future__ import annotations

import os
import stat
import time
from pathlib import Path

import pytest

from rewriter.errors import InspectionError
from rewriter.inspect import engine as module
from rewriter.inspect.engine import Engine


def client(folder: Path, script: str) -> Engine:
    path = folder / "docker"
    path.write_text(f"#!/bin/sh\n{script}\n", "utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return Engine(environment={"PATH": f"{folder}:{os.environ['PATH']}"})


def test_output_and_status(tmp_path: Path) -> None:
    ran = client(tmp_path, 'echo "$1 $VALUE"; echo wrong >&2; exit 3').run("ask", variables={"VALUE": "x"})
    assert (ran.status, ran.output, ran.errors, ran.ok) == (3, "ask x\n", "wrong\n", False)


def test_merged_output_keeps_its_order(tmp_path: Path) -> None:
    ran = client(tmp_path, "echo one; echo two >&2; echo three").run("ask", merged=True)
    assert (ran.output, ran.errors) == ("one\ntwo\nthree\n", "")


def test_no_end(tmp_path: Path) -> None:
    began = time.monotonic()
    with pytest.raises(InspectionError, match="docker ask: no end"):
        client(tmp_path, "exec sleep 600").run("ask", timeout=0.2)
    assert time.monotonic() - began < 30


def test_a_flood_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "OUTPUT_LIMIT", 1 << 20)
    with pytest.raises(InspectionError, match="says more than"):
        client(tmp_path, "exec yes").run("ask", timeout=30)


def test_what_fails_is_named_without_control_characters(tmp_path: Path) -> None:
    with pytest.raises(InspectionError, match=r"docker image ls: bad \\x1b\[31m"):
        client(tmp_path, "printf '\\n bad \\033[31m\\n' >&2; exit 1").must("image", "ls")


def test_archive_that_breaks_off(tmp_path: Path) -> None:
    broken = client(tmp_path, "echo 'Error response: no space left' >&2; exit 1")
    with pytest.raises(InspectionError, match="no space left"), broken.saved("app") as stream:
        stream.read()


def test_image_that_is_unknown(tmp_path: Path) -> None:
    assert client(tmp_path, "echo 'Error: No such image: x' >&2; exit 1").inspect("image", "x") is None
    with pytest.raises(InspectionError, match="does not answer: Cannot connect"):
        client(tmp_path, "echo 'Cannot connect to the daemon' >&2; exit 1").inspect("image", "x")
    with pytest.raises(InspectionError, match="no JSON"):
        client(tmp_path, "echo nothing").inspect("image", "x")
