"""Read bytes once, forwards, in bounded memory, and unpack what is compressed with a bound on what comes out."""

from __future__ import annotations

import bz2
import io
import lzma
import zlib
from collections.abc import Callable, Mapping
from typing import Final, Protocol

from rewriter.errors import InspectionError
from rewriter.record import Record, State, field

CHUNK: Final = 1 << 18
RATIO: Final = 250
"""More than this many bytes out of one byte in, once `FREE` bytes came out, is a bomb."""
FREE: Final = 1 << 30
WINDOW: Final = 1 << 26
"""The most memory that a zstd frame may ask for; builders stay at an eighth of it."""
LARGEST: Final = 1 << 37
MADE_FREE: Final = 1 << 31
"""So much may come out of all compressed streams of an image together, however small it is."""
ENTRIES_FREE: Final = 500_000
ENTRY_COST: Final = 16
"""An image may have `ENTRIES_FREE` entries, and one more for every so many bytes; honest ones need three times that."""
KEPT_LIMIT: Final = 48 << 20
_OVERHEAD: Final = 120


class Reader(Protocol):
    """Give bytes: at most `size`, nothing at the end."""

    def read(self, size: int, /) -> bytes:
        """Return the next bytes."""
        ...


class GrowthError(InspectionError):
    """Report that more comes out of packed bytes than is read."""


class Tally(State):
    """Count over all of one image, whatever lies packed in what: bytes that came in, bytes made of them, entries.

    An archive may be a thousand times smaller than the entries in it, so what they cost is bounded by its bytes.
    """

    fed: int = 0
    made: int = 0
    entries: int = 0
    kept: int = 0

    def entry(self) -> None:
        """Count an entry of an archive; raises where there are more than so few bytes can honestly hold."""
        self.entries += 1
        if self.entries > ENTRIES_FREE + self.fed // ENTRY_COST:
            raise GrowthError(f"{self.entries:,} entries in {self.fed:,} bytes: not read further")

    def unpack(self, count: int) -> None:
        """Count bytes that came out of a compressed stream, of all such streams together."""
        self.made += count
        if self.made > MADE_FREE and self.made > RATIO * self.fed:
            raise GrowthError(f"{self.fed:,} bytes unpack to more than {self.made:,} in all: not read further")

    def keep(self, text: str) -> bool:
        """Take room for a text that has to be remembered; tell whether there is any left."""
        self.kept += len(text) + _OVERHEAD
        return self.kept <= KEPT_LIMIT


class Source:
    """Read ahead from a reader in large pieces, so that small ones cost little and the first can be looked at.

    What is read of a source of a source is counted in one `tally`.
    """

    __slots__ = ("_at", "_buffer", "_reader", "taken", "tally")

    def __init__(self, reader: Reader, tally: Tally | None = None) -> None:
        inherited: Tally | None = getattr(reader, "tally", None)
        self.tally: Final = tally or inherited or Tally()
        self._reader = reader
        self._buffer = b""
        self._at = 0
        self.taken = 0

    def peek(self, size: int) -> bytes:
        """Return up to `size` of the next bytes without taking them."""
        while len(self._buffer) - self._at < size:
            more = self._reader.read(max(CHUNK, size))
            if not more:
                break
            self._buffer = self._buffer[self._at :] + more
            self._at = 0
        return self._buffer[self._at : self._at + size]

    def read(self, size: int) -> bytes:
        """Take at most `size` bytes; nothing at the end."""
        if self._at >= len(self._buffer):
            if size >= CHUNK:
                data = self._reader.read(size)
                self.taken += len(data)
                return data
            self._buffer = self._reader.read(CHUNK)
            self._at = 0
        data = self._buffer[self._at : self._at + size]
        self._at += len(data)
        self.taken += len(data)
        return data

    def exactly(self, size: int) -> bytes:
        """Take `size` bytes, fewer only at the end."""
        pieces: list[bytes] = []
        while size > 0 and (data := self.read(size)):
            pieces.append(data)
            size -= len(data)
        return b"".join(pieces)

    def skip(self, size: int) -> int:
        """Take and drop `size` bytes; return how many there were."""
        left = size
        while left > 0 and (data := self.read(min(CHUNK, left))):
            left -= len(data)
        return size - left


class _Decompressor(Protocol):
    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int, /) -> bytes: ...


class _Zlib:
    """Give zlib's decompressor the face of the others: what was not worked off stays inside."""

    def __init__(self) -> None:
        self._inner = zlib.decompressobj(wbits=31)

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data

    def decompress(self, data: bytes, max_length: int, /) -> bytes:
        return self._inner.decompress(self._inner.unconsumed_tail + data, max_length)


_DECOMPRESSORS: Final[Mapping[bytes, tuple[str, Callable[[], _Decompressor]]]] = {
    b"\x1f\x8b\x08": ("gzip", _Zlib),
    b"\xfd7zXZ\x00": ("xz", lambda: lzma.LZMADecompressor(memlimit=WINDOW)),
    b"BZh": ("bzip2", bz2.BZ2Decompressor),
}
_ZSTD: Final = b"\x28\xb5\x2f\xfd"
MAGIC: Final = 8
"""How many bytes tell what a stream is."""


class Bounds(Record):
    """Say how much may come out of one compressed stream."""

    ratio: int = RATIO
    free: int = FREE
    largest: int = LARGEST


class _Unpacked(State):
    """Unpack a stream of one or more members; what comes out is bounded by what goes in."""

    source: Source
    make: Callable[[], _Decompressor]
    name: str
    bounds: Bounds
    made: int = 0
    rest: bytes = b""
    current: _Decompressor | None = field(default=None)

    def read(self, size: int, /) -> bytes:
        size = min(size, CHUNK)
        while True:
            if self.current is None:
                self.rest = self.rest or self.source.read(CHUNK)
                if not self.rest.strip(b"\0"):
                    return b""
                self.current = self.make()
            data = self._step(self.current, size)
            if self.current.eof:
                self.rest, self.current = self.current.unused_data, None
            if data:
                self.made += len(data)
                self._check()
                self.source.tally.unpack(len(data))
                return data

    def _step(self, current: _Decompressor, size: int) -> bytes:
        try:
            data = current.decompress(self.rest, size)
            self.rest = b""
            if data or current.eof:
                return data
            self.rest = self.source.read(CHUNK)
        except (zlib.error, lzma.LZMAError, OSError, EOFError) as error:
            raise InspectionError(f"the {self.name} stream is broken") from error
        if not self.rest:
            raise InspectionError(f"the {self.name} stream ends too early: it is truncated")
        return b""

    def _check(self) -> None:
        check_growth(self.name, self.made, self.source.taken, self.bounds)


def check_growth(name: str, made: int, taken: int, bounds: Bounds) -> None:
    """Raise where so much comes out of so little that it is a bomb."""
    if made > bounds.largest or (made > bounds.free and made > bounds.ratio * taken):
        raise GrowthError(
            f"{taken:,} bytes of {name} unpack to more than {made:,}: a decompression bomb, not read further"
        )


class _File(io.BytesIO):
    """Give a source the face of a file, which is what the library reads from."""

    def __init__(self, source: Source) -> None:
        super().__init__()
        self._source = source

    def read(self, size: int | None = None, /) -> bytes:
        return self._source.read(CHUNK if size is None or size < 0 else size)


class _Zstd:
    """Unpack zstd by the library's own stream reader."""

    def __init__(self, source: Source, bounds: Bounds) -> None:
        import zstandard  # noqa: PLC0415 (loaded for an image that needs it)

        self._source = source
        self._bounds = bounds
        self._error = zstandard.ZstdError
        self._inner = zstandard.ZstdDecompressor(max_window_size=WINDOW).stream_reader(
            _File(source), read_size=CHUNK, read_across_frames=True
        )
        self._made = 0

    def read(self, size: int, /) -> bytes:
        try:
            data: bytes = self._inner.read(min(size, CHUNK))
        except self._error as error:
            raise InspectionError("the zstd stream is broken, or asks for too much memory") from error
        self._made += len(data)
        check_growth("zstd", self._made, self._source.taken, self._bounds)
        self._source.tally.unpack(len(data))
        return data


def compression(head: bytes) -> str:
    """Name the compression of a stream that begins like this; empty where it has none."""
    if head.startswith(_ZSTD):
        return "zstd"
    return next((name for magic, (name, _) in _DECOMPRESSORS.items() if head.startswith(magic)), "")


def unpacked(source: Source, bounds: Bounds | None = None) -> Source:
    """Return what a stream holds, unpacked where it is compressed."""
    bounds = bounds or Bounds()
    head = source.peek(MAGIC)
    if head.startswith(_ZSTD):
        return Source(_Zstd(source, bounds), source.tally)
    for magic, (name, make) in _DECOMPRESSORS.items():
        if head.startswith(magic):
            return Source(_Unpacked(source, make, name, bounds), source.tally)
    return source
