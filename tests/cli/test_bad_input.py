"""Give `fix` what no Dockerfile should be: a clear message, the rest still handled, a status that tells."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Run, Write

LEAKY = "FROM node:20-slim\nARG NPM_TOKEN\nRUN npm ci\n"
FIXED = "RUN --mount=type=secret,id=npm_token,env=NPM_TOKEN,required=true npm ci"


def _binary(place: Path) -> None:
    place.write_bytes(b"\x7fELF\0\0\1" + os.urandom(64).replace(b"\n", b"") + b"\0")


def _huge(place: Path) -> None:
    with place.open("wb") as file:
        file.write(b"FROM scratch\n")
        file.truncate(100 * 1024 * 1024)


def _unterminated(place: Path) -> None:
    place.write_text("FROM debian:12-slim\nRUN <<EOF\necho hello\n", encoding="utf-8")


def _unknown(place: Path) -> None:
    place.write_text("FROM debian:12-slim\nRUM echo hello\n", encoding="utf-8")


def _link_out(place: Path) -> None:
    place.symlink_to("/etc/hostname")


def _fifo(place: Path) -> None:
    os.mkfifo(place)


def _loop(place: Path) -> None:
    place.symlink_to(place.name)


def _empty(place: Path) -> None:
    place.write_bytes(b"")


def _template(place: Path) -> None:
    place.write_text("{% if x %}\nFROM {{ base }}\n{% endif %}\n", encoding="utf-8")


def _yaml_bomb(place: Path) -> None:
    lines = ["a: &a [x,x,x,x,x,x,x,x,x]"]
    lines += [
        f"{name}: &{name} [{','.join([f'*{before}'] * 9)}]" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
    ]
    (place.parent / "compose.yaml").write_text("\n".join([*lines, "services: *i", ""]), encoding="utf-8")
    _unknown(place)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (_binary, "tool.Dockerfile"),
        (_huge, "tool.Dockerfile error larger than"),
        (_unterminated, "tool.Dockerfile:2 error unterminated heredoc"),
        (_unknown, "tool.Dockerfile:2 error unknown instruction"),
        (_empty, "tool.Dockerfile"),
        (_template, "tool.Dockerfile:1"),
        (_yaml_bomb, "tool.Dockerfile:2"),
    ],
    ids=lambda value: value.__name__.strip("_") if callable(value) else "",
)
def test_a_broken_file_is_named_and_the_other_one_fixed(
    run: Run, write: Write, make: Callable[[Path], None], says: str
) -> None:
    folder = write({"Dockerfile": LEAKY})
    make(folder / "tool.Dockerfile")
    before = (folder / "tool.Dockerfile").stat()
    began = time.monotonic()
    done = run("fix", str(folder))
    assert time.monotonic() - began < 20
    assert done.status == 1
    assert says in done.out + done.err
    assert FIXED in (folder / "Dockerfile").read_text(encoding="utf-8")
    after = (folder / "tool.Dockerfile").stat()
    assert (before.st_mtime_ns, before.st_size) == (after.st_mtime_ns, after.st_size)


@pytest.mark.parametrize("make", [_link_out, _fifo, _loop], ids=lambda value: value.__name__.strip("_"))
def test_what_is_no_file_of_the_tree_is_not_followed(run: Run, write: Write, make: Callable[[Path], None]) -> None:
    folder = write({"Dockerfile": LEAKY})
    make(folder / "tool.Dockerfile")
    done = run("fix", str(folder))
    assert done.status in (0, 1)
    assert FIXED in (folder / "Dockerfile").read_text(encoding="utf-8")
    assert Path("/etc/hostname").read_text(encoding="utf-8").strip() not in done.out.replace(folder.name, "")


def test_nothing_to_fix_changes_nothing_and_says_so(run: Run, write: Write) -> None:
    folder = write({"Dockerfile": "FROM debian:12-slim\r\nRUN echo hello\r\n", "app.py": "print(1)\n"})
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.iterdir()}
    done = run("fix", str(folder))
    assert done.status == 0
    assert "nothing" in done.out.lower()
    assert {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.iterdir()} == before


def test_a_file_that_cannot_be_written_leaves_all_as_they_were(run: Run, write: Write) -> None:
    folder = write(
        {"Dockerfile": 'FROM debian:12-slim\nARG API_TOKEN=fourteen-tigers\nRUN curl -H "A: $API_TOKEN" x\n'}
    )
    (folder / "secrets").mkdir()
    (folder / "secrets" / "api_token.txt").write_text("something else", encoding="utf-8")
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    done = run("fix", str(folder))
    assert done.status != 0
    assert "secrets/api_token.txt" in done.out + done.err
    assert "fourteen-tigers" not in done.out + done.err
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
