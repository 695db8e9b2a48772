"""Recognise one secret value in bytes, in every form that a build is likely to give it."""

import base64
import bz2
import io
import lzma
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from typing import Final, Protocol
from urllib.parse import quote_from_bytes

from rewriter.record import State, field

SHORTEST: Final = 8
"""A shorter value would be found by chance."""

_WRAPPED: Final = 1 << 18
"""How far into a file base64 is looked for that is wrapped into lines."""

_LARGEST_ZIP: Final = 1 << 26


def forms(canary: bytes) -> Mapping[str, bytes]:
    """Return the spellings of a value, each under a name; equal ones once."""
    if len(canary) < SHORTEST:
        raise ValueError(f"a canary needs {SHORTEST} bytes, this one has {len(canary)}")
    named = {
        "plain": canary,
        **{f"base64+{offset}": _base64_at(canary, offset) for offset in range(3)},
        **{f"base64url+{offset}": _base64_at(canary, offset).translate(_URL_SAFE) for offset in range(3)},
        "url": quote_from_bytes(canary, safe="").encode(),
        "url-lower": _lower_escapes(quote_from_bytes(canary, safe="")).encode(),
        "hex": canary.hex().encode(),
        "json": canary.replace(b"\\", b"\\\\").replace(b'"', b'\\"').replace(b"\n", b"\\n"),
    }
    first_names = {spelling: name for name, spelling in reversed(named.items())}
    return {name: spelling for spelling, name in reversed(first_names.items())}


_URL_SAFE: Final = bytes.maketrans(b"+/", b"-_")


def _base64_at(canary: bytes, offset: int) -> bytes:
    """Return what is certain of the base64 of a text in which the canary starts after 3n + offset bytes."""
    encoded = base64.b64encode(bytes(offset) + canary)
    start = (0, 2, 3)[offset]
    whole = len(encoded) if (offset + len(canary)) % 3 == 0 else len(encoded.rstrip(b"=")) - 1
    return encoded[start:whole]


def _lower_escapes(text: str) -> str:
    head, *escapes = text.split("%")
    return "%".join([head, *(escape[:2].lower() + escape[2:] for escape in escapes)])


class _Decompressor(Protocol):
    @property
    def unused_data(self) -> bytes: ...
    @property
    def eof(self) -> bool: ...
    def decompress(self, data: bytes, /) -> bytes: ...


_DECOMPRESSORS: Final[Mapping[bytes, Callable[[], _Decompressor]]] = {
    b"\x1f\x8b\x08": lambda: zlib.decompressobj(wbits=31),
    b"\xfd7zXZ\x00": lzma.LZMADecompressor,
    b"BZh": bz2.BZ2Decompressor,
}


class Scanner(State):
    """Look for the needles in a stream that comes in pieces, and in what it holds compressed."""

    _hidden = ("needles", "_tail", "_head")

    needles: Mapping[str, bytes]
    depth: int = 2
    found: set[str] = field(default_factory=set)
    _tail: bytes = b""
    _head: bytes = b""
    _inner: "_Compressed | None" = None
    _started: bool = False

    def feed(self, piece: bytes) -> None:
        """Take the next piece."""
        if not self._started and piece:
            self._started = True
            self._inner = _compressed(piece, self)
        window = self._tail + piece
        self.found.update(name for name, needle in self.needles.items() if needle in window)
        longest = max(map(len, self.needles.values()))
        self._tail = window[-(longest - 1) :]
        self._head += piece[: max(0, _WRAPPED - len(self._head))]
        if self._inner is not None:
            self._inner.feed(piece)

    def close(self) -> frozenset[str]:
        """End the stream, and return the names of the forms that were found."""
        joined = self._head.translate(None, b"\r\n")
        for name, needle in self.needles.items():
            if "base64" in name and needle in joined:
                self.found.add(name)
        if self._inner is not None:
            self.found.update(f"compressed {name}" for name in self._inner.close())
        return frozenset(self.found)


class _Compressed(Protocol):
    def feed(self, piece: bytes, /) -> None: ...
    def close(self) -> frozenset[str]: ...


def _compressed(head: bytes, outer: Scanner) -> _Compressed | None:
    if outer.depth == 0:
        return None
    inside = Scanner(outer.needles, depth=outer.depth - 1)
    if head.startswith(b"PK\x03\x04"):
        return _Zip(inside)
    for magic, decompressor in _DECOMPRESSORS.items():
        if head.startswith(magic):
            return _Stream(inside, decompressor)
    return None


class _Stream:
    """Scan what a compressed stream holds; end quietly where it is broken."""

    def __init__(self, inside: Scanner, make: Callable[[], _Decompressor]) -> None:
        self._inside, self._make = inside, make
        self._decompressor: _Decompressor | None = make()

    def feed(self, piece: bytes) -> None:
        while piece and self._decompressor is not None:
            try:
                self._inside.feed(self._decompressor.decompress(piece))
            except (zlib.error, lzma.LZMAError, OSError, EOFError):
                self._decompressor = None
                return
            if not self._decompressor.eof:
                return
            piece, self._decompressor = self._decompressor.unused_data, self._make()

    def close(self) -> frozenset[str]:
        return self._inside.close()


class _Zip:
    """Scan the members of a zip file (a wheel, a jar) up to a size."""

    def __init__(self, inside: Scanner) -> None:
        self._inside, self._buffer = inside, io.BytesIO()

    def feed(self, piece: bytes) -> None:
        if self._buffer.tell() <= _LARGEST_ZIP:
            self._buffer.write(piece)

    def close(self) -> frozenset[str]:
        return frozenset(name for content in _members(self._buffer) for name in self._scan(content))

    def _scan(self, content: bytes) -> frozenset[str]:
        scanner = Scanner(self._inside.needles, depth=self._inside.depth)
        scanner.feed(content)
        return scanner.close()


def _members(buffer: io.BytesIO) -> Iterator[bytes]:
    try:
        with zipfile.ZipFile(buffer) as opened:
            for name in opened.namelist():
                yield opened.read(name)
    except (zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError):
        return
