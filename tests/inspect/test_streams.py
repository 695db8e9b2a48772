"""Show that compressed streams come out whole, and that a bomb or a broken one ends in an error in bounded memory."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tracemalloc
import zlib
from collections.abc import Callable

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from rewriter.errors import InspectionError
from rewriter.inspect.streams import Bounds, Source, unpacked

PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "zstd": zstandard.compress,
    "xz": lzma.compress,
    "bzip2": bz2.compress,
}


def everything(data: bytes, bounds: Bounds | None = None) -> bytes:
    source = unpacked(Source(io.BytesIO(data)), bounds)
    return b"".join(iter(lambda: source.read(1 << 16), b""))


@pytest.mark.parametrize("name", PACKERS)
@given(pieces=st.lists(st.binary(max_size=3000), min_size=1, max_size=4))
def test_members_are_joined(name: str, pieces: list[bytes]) -> None:
    packed = b"".join(PACKERS[name](piece) for piece in pieces)
    assert everything(packed) == b"".join(pieces)


@pytest.mark.parametrize("name", PACKERS)
def test_large_stream_comes_out_whole(name: str) -> None:
    data = bytes(range(256)) * 8000
    assert everything(PACKERS[name](data)) == data


@pytest.mark.parametrize("name", PACKERS)
def test_bomb_is_refused_in_bounded_memory(name: str) -> None:
    packed = PACKERS[name](bytes(1 << 26))
    tracemalloc.start()
    try:
        source = unpacked(Source(io.BytesIO(packed)), Bounds(ratio=50, free=1 << 20))
        with pytest.raises(InspectionError, match="bomb"):
            source.skip(1 << 26)
        assert tracemalloc.get_traced_memory()[1] < 16 << 20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("name", ["gzip", "xz", "bzip2"])
def test_truncated_stream_is_an_error(name: str) -> None:
    packed = PACKERS[name](bytes(range(256)) * 100)
    with pytest.raises(InspectionError, match=r"truncated|broken"):
        everything(packed[: len(packed) // 2])


@pytest.mark.parametrize("name", PACKERS)
def test_broken_stream_is_an_error(name: str) -> None:
    packed = bytearray(PACKERS[name](bytes(range(256)) * 100))
    packed[len(packed) // 2 :] = b"\xff" * (len(packed) - len(packed) // 2)
    with pytest.raises(InspectionError):
        everything(bytes(packed))


def test_plain_bytes_pass() -> None:
    assert everything(b"plain") == b"plain"
    assert everything(b"") == b""


def test_padding_behind_a_stream_is_passed_over() -> None:
    assert everything(gzip.compress(b"data") + bytes(512)) == b"data"
    assert zlib.crc32(b"data")
