"""Compare our tar reader with the library's on archives of every form, and show what a hostile one cannot do."""

from __future__ import annotations

import io
import tarfile
import tracemalloc
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rewriter.errors import InspectionError
from rewriter.inspect import tar
from rewriter.inspect.streams import Source

NAMES = st.text(st.characters(codec="utf-8", exclude_characters="\0/"), min_size=1, max_size=150).filter(
    lambda name: name not in (".", "..") and name.strip()
)
PATHS = st.lists(NAMES, min_size=1, max_size=3).map("/".join)


def read(data: bytes) -> list[tuple[str, str, int, bytes, str]]:
    found = []
    for entry, content in tar.entries(Source(io.BytesIO(data))):
        body = b"".join(iter(lambda: content.read(7), b""))  # noqa: B023 (used before the next round)
        found.append((entry.name, entry.type.value, entry.size, body, entry.link))
    return found


@settings(max_examples=150, deadline=None)
@given(
    entries=st.lists(st.tuples(PATHS, st.binary(max_size=1500)), max_size=6),
    form=st.sampled_from([tarfile.PAX_FORMAT, tarfile.GNU_FORMAT]),
)
def test_reads_what_the_library_wrote(entries: list[tuple[str, bytes]], form: int) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=form) as archive:
        for name, data in entries:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
            link = tarfile.TarInfo(f"{name[:40]}-link")
            link.type, link.linkname = tarfile.LNKTYPE, name
            archive.addfile(link)
    expected = []
    for name, data in entries:
        expected.append((name, "file", len(data), data, ""))
        expected.append((f"{name[:40]}-link", "hard-link", 0, b"", name))
    assert read(buffer.getvalue()) == expected


@given(st.binary(max_size=3000))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    with suppress(InspectionError):
        read(data)


def packed(name: str = "file", data: bytes = b"x" * 2000) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        info = tarfile.TarInfo(name)
        info.size = len(data)
        archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


@pytest.mark.parametrize("length", [100, 700, 1500])
def test_truncated(length: int) -> None:
    with pytest.raises(InspectionError, match="truncated"):
        read(packed()[:length])


class Endless:
    """Give an extended header that claims gigabytes, and go on giving."""

    def __init__(self, size: int, kind: bytes) -> None:
        info = tarfile.TarInfo("x")
        info.size, info.type = size, kind
        self._head = info.tobuf(tarfile.GNU_FORMAT)

    def read(self, size: int, /) -> bytes:
        data, self._head = self._head[:size], self._head[size:]
        return data or b"a" * size


@pytest.mark.parametrize("kind", [tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK])
def test_header_of_absurd_size_is_not_read(kind: bytes) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(InspectionError, match="not read further"):
            list(tar.entries(Source(Endless(1 << 33, kind))))
        assert tracemalloc.get_traced_memory()[1] < 8 << 20
    finally:
        tracemalloc.stop()


def test_many_headers_of_one_entry_are_not_gathered() -> None:
    info = tarfile.TarInfo("x")
    info.size, info.type = 1 << 19, tarfile.GNUTYPE_LONGNAME
    with pytest.raises(InspectionError, match="not read further"):
        read((info.tobuf() + b"n" * (1 << 19)) * 5)


def test_file_of_absurd_size_is_truncated() -> None:
    info = tarfile.TarInfo("x")
    info.size = 1 << 62
    with pytest.raises(InspectionError, match="truncated"):
        read(info.tobuf(tarfile.GNU_FORMAT) + b"little")
