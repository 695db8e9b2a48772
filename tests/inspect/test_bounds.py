"""Show that a small image cannot cost much: memory, time, and the number of its parts are bounded by its bytes."""

from __future__ import annotations

import gzip
import io
import json
import os
import resource
import subprocess
import sys
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewriter.errors import InspectionError
from rewriter.inspect import layer as layer_module
from rewriter.inspect import streams, tar
from rewriter.inspect.streams import Source
from rewriter.model.inspection import Part
from tests.inspect.archives import NPMRC, TOKEN, Link, config, docker_archive, layer, looked, oci_layout, write

ROOT: Final = Path(__file__).parents[2]
MEMORY: Final = 200 << 20
SECONDS: Final = 60
SIZE: Final = 15_000_000
"""So large no honest document is, and so large no tool of the trade would take one."""

WIDE: Final[Mapping[str, bytes]] = {
    "lists": b"[" + b"[]," * (SIZE // 3) + b"[]]",
    "objects": b"[" + b"{}," * (SIZE // 3) + b"{}]",
    "keys": b"[{" + b",".join(b'"%x":1' % number for number in range(SIZE // 10)) + b"}]",
}


PROGRAM: Final = """
import re, sys
from pathlib import Path
from rewriter.cli.main import main
status = main(["verify", sys.argv[1]])
peak = re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())
Path(sys.argv[2]).write_text(peak[1])
sys.exit(status)
"""
"""What `wait4` says of a child's memory counts that of the process from which it came."""


def run(path: Path) -> tuple[int, str, int]:
    """Return the exit status of `unbake verify`, what it prints, and the most memory that it had."""
    peak = path.parent / "peak"
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(path), str(peak)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS)),
        check=False,
    )
    return done.returncode, done.stdout.decode(), int(peak.read_text()) << 10


@pytest.mark.parametrize(
    ("name", "shape"),
    [("manifest.json", "lists"), ("manifest.json", "objects"), ("manifest.json", "keys"), ("config.json", "keys")],
)
def test_wide_document_is_refused_in_little_memory(name: str, shape: str, tmp_path: Path) -> None:
    wide = WIDE[shape]
    document = wide if name == "manifest.json" else config([layer({})])[:-1] + b',"more":' + wide + b"}"
    status, said, memory = run(write(tmp_path / "image.tar", {**docker_archive([layer({})]), name: document}))
    assert memory < MEMORY
    assert (status, f"{name}: {len(document):,} bytes of JSON: not read" in said) == (2, True), said


def test_one_character_does_not_make_a_text_four_times_as_large(tmp_path: Path) -> None:
    text = b'["' + b"x" * 8_000_000 + b'\\ud83d\\ude00"]'
    members: dict[str, bytes | Link | None] = {f"{number}.json": text for number in range(6)}
    status, said, memory = run(write(tmp_path / "image.tar", {**docker_archive([layer({})]), **members}))
    assert memory < MEMORY
    assert status == 0, said


def test_many_documents_share_the_memory(tmp_path: Path) -> None:
    members: dict[str, bytes | Link | None] = {
        f"{number}.json": WIDE["lists"][:450_001] + b"[]]" for number in range(40)
    }
    status, said, memory = run(write(tmp_path / "image.tar", {**docker_archive([layer({"a": b"x"})]), **members}))
    assert memory < MEMORY
    assert status in (0, 1, 2), said


def test_manifest_of_blanks_takes_no_time(tmp_path: Path) -> None:
    members = docker_archive([layer({"root/.npmrc": NPMRC})])
    manifest = members["manifest.json"]
    assert isinstance(manifest, bytes)
    for blanks in (manifest[:1] + b" " * SIZE + manifest[1:], b" \n\t" * (SIZE // 3) + manifest):
        status, said, memory = run(write(tmp_path / "image.tar", {**members, "manifest.json": blanks}))
        assert status in (1, 2), said
        assert memory < MEMORY


def test_attestation_that_is_too_large_is_noted(tmp_path: Path) -> None:
    statement = {"predicateType": "https://spdx.dev/Document", "names": [TOKEN, *map(str, range(1_200_000))]}
    layout = oci_layout([layer({"root/.npmrc": NPMRC})], config([layer({})]), [json.dumps(statement).encode()])
    found = looked(write(tmp_path / "image.tar", layout))
    assert {leak.part for leak in found.leaks} == {Part.LAYER, Part.PROVENANCE}
    (note,) = found.notes
    assert "bytes, so it was not read, only searched for tokens" in note


def entries(count: int) -> bytes:
    return b"".join(tarfile.TarInfo(f"d/{number}").tobuf() for number in range(count)) + bytes(1024)


def test_more_entries_than_the_bytes_can_hold(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(streams, "ENTRIES_FREE", 1_000)
    path = write(tmp_path / "image.tar", docker_archive([gzip.compress(entries(4_000))]), compress=True)
    with pytest.raises(InspectionError, match=r"1,\d\d\d entries in [\d,]+ bytes: not read further"):
        looked(path)
    assert looked(write(tmp_path / "plain.tar", docker_archive([entries(4_000)]))).images


def test_entries_of_all_layers_count_together(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(streams, "ENTRIES_FREE", 1_000)
    small = gzip.compress(entries(400))
    assert looked(write(tmp_path / "one.tar", docker_archive([small]), compress=True)).images
    with pytest.raises(InspectionError, match="entries in"):
        looked(write(tmp_path / "image.tar", docker_archive([small] * 8), compress=True))


def test_what_all_streams_unpack_to_counts_together(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(streams, "MADE_FREE", 1 << 20)
    packed = gzip.compress(bytes(1 << 19))
    inside = layer({f"{number}.gz": packed for number in range(20)})
    found = looked(write(tmp_path / "image.tar", docker_archive([inside]), compress=True))
    assert any("in all: not read further" in note for note in found.notes)


def test_more_to_remember_than_there_is_room_for(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(streams, "KEPT_LIMIT", 10_000)
    deleted = layer({f"d/.wh.{number}": b"" for number in range(200)})
    found = looked(write(tmp_path / "image.tar", docker_archive([deleted])))
    assert any("deletions; the rest is not traced" in note for note in found.notes)


def test_file_of_very_many_names(tmp_path: Path) -> None:
    many = layer({"root/.npmrc": NPMRC, **{f"d/{number}": Link("root/.npmrc") for number in range(200)}})
    (leak,) = (found := looked(write(tmp_path / "image.tar", docker_archive([many])))).leaks
    assert len(leak.links) == layer_module.LINK_LIMIT
    assert any("further names" in note for note in found.notes)


def test_configuration_of_very_many_variables(tmp_path: Path) -> None:
    one = layer({})
    many = config([one], own={"Env": [f"A{number}=1" for number in range(20_000)]})
    with pytest.raises(InspectionError, match="20,000 variables"):
        looked(write(tmp_path / "image.tar", docker_archive([one], many)))


@given(
    name=st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=40),
    numbers=st.tuples(*[st.integers(0, 2**20)] * 3),
    kind=st.sampled_from([b"0", b"\0", b"1", b"2", b"5"]),
    gnu=st.booleans(),
    broken=st.none() | st.tuples(st.integers(0, 344), st.integers(0, 255)),
)
def test_header_says_what_the_library_reads(
    name: str, numbers: tuple[int, int, int], kind: bytes, broken: tuple[int, int] | None, *, gnu: bool
) -> None:
    info = tarfile.TarInfo(name)
    info.mode, info.uid, info.gid = numbers
    info.type = kind
    try:
        block = bytearray(info.tobuf(tarfile.GNU_FORMAT if gnu else tarfile.USTAR_FORMAT))
    except ValueError:
        return  # the old form has no room for it
    if broken is not None and len(block) == tar.BLOCK:
        block[broken[0]] = broken[1]
    if len(block) != tar.BLOCK or not block[0]:
        return
    try:
        told = tarfile.TarInfo.frombuf(bytes(block), "utf-8", "surrogateescape")
    except tarfile.HeaderError:
        with pytest.raises(InspectionError, match="no valid header"):
            next(tar.entries(Source(io.BytesIO(bytes(block)))))
        return
    entry, _ = next(tar.entries(Source(io.BytesIO(bytes(block)))))
    assert (entry.name, entry.mode, entry.uid, entry.gid) == (
        told.name.rstrip("/"),
        told.mode & 0o7777,
        told.uid,
        told.gid,
    )
