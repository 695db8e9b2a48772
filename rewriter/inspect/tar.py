"""Read a tar archive once, forwards, in bounded memory; nothing of it is ever written.

The library's `TarFile` is not used: it keeps every member and reads headers of any size whole, so that a small hostile
archive fills the memory. Nor is its `TarInfo`, which takes most of the time where entries are many and small. See
https://www.gnu.org/software/tar/manual/html_node/Standard.html; a property holds the two to the same answer.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from struct import Struct
from typing import Final

from rewriter.errors import InspectionError
from rewriter.inspect.streams import Source, Tally
from rewriter.record import Record, State

BLOCK: Final = 512
HEADER_LIMIT: Final = 1 << 20
"""The most bytes of names and attributes that one entry may have."""
_FIELDS: Final = Struct("100s8s8s8s12s12s8sc100s8s32s32s8s8s155s12s")
_CHECKSUM: Final = slice(148, 156)
_BLANKS: Final = 8 * 32
"""What the checksum's own place counts for: eight blanks."""
_NO_HEADER: Final = "the archive has no valid header where one has to be"
_WITHOUT_PREFIX: Final = (b"L", b"K", b"S")
_SIGNED: Final = (0o200, 0o377)
_PAX: Final = b"x"
_GLOBAL: Final = (b"g",)
_LONG_NAME: Final = b"L"
_LONG_LINK: Final = b"K"
_SOLARIS: Final = b"X"
_SPARSE_NAME: Final = "GNU.sparse.name"
_FILES: Final = (b"0", b"\0", b"7", b"S")


class Type(StrEnum):
    """Name what an entry is."""

    FILE = "file"
    HARD_LINK = "hard-link"
    SYMLINK = "symlink"
    DIRECTORY = "directory"
    OTHER = "other"


_TYPES: Final = {b"1": Type.HARD_LINK, b"2": Type.SYMLINK, b"5": Type.DIRECTORY, **dict.fromkeys(_FILES, Type.FILE)}


class Entry(Record):
    """Hold one entry. `name` and `link` are as written, without the slashes at the ends."""

    name: str
    type: Type
    size: int
    link: str
    mode: int
    uid: int
    gid: int
    attributes: tuple[tuple[str, str], ...] = ()


class _Header(State):
    """Hold what the block before an entry says of it."""

    name: str
    mode: int
    uid: int
    gid: int
    size: int
    type: bytes
    link: str


class Content:
    """Read the bytes of the entry that was given last."""

    __slots__ = ("_left", "_source", "tally")

    def __init__(self, source: Source, size: int) -> None:
        self.tally: Final[Tally] = source.tally
        self._source = source
        self._left = size

    def read(self, size: int, /) -> bytes:
        """Return at most `size` of the bytes that are left; raises where the archive ends too early."""
        if self._left <= 0:
            return b""
        data = self._source.read(min(size, self._left))
        if not data:
            raise InspectionError("the archive ends in the middle of a file: it is truncated")
        self._left -= len(data)
        return data

    def drop(self) -> None:
        """Pass over what is left."""
        if self._left > 0 and self._source.skip(self._left) != self._left:
            raise InspectionError("the archive ends in the middle of a file: it is truncated")
        self._left = 0


def is_tar(head: bytes) -> bool:
    """Tell whether a stream that begins like this is a tar archive."""
    if len(head) < BLOCK:
        return False
    if head[257:262] == b"ustar":
        return True
    try:
        return bool(head[0]) and _header(head[:BLOCK]) is not None
    except InspectionError:
        return False


def entries(source: Source) -> Iterator[tuple[Entry, Content]]:
    """Yield each entry with a reader of its bytes, which is good until the next entry is asked for."""
    extra: dict[str, str] = {}
    room = HEADER_LIMIT
    while True:
        block = source.exactly(BLOCK)
        if not block:
            return  # an archive without its two empty blocks at the end, as some tools write it
        info = _header(block)
        if info is None:
            return
        source.tally.entry()
        if info.size < 0:
            raise InspectionError(f"an entry claims a size of {info.size:,} bytes: the archive is broken")
        if info.type in (_PAX, _LONG_NAME, _LONG_LINK, _SOLARIS, *_GLOBAL):
            data = _small(source, info.size)
            room -= len(data)
            if room < 0:
                raise InspectionError(f"an entry has more than {HEADER_LIMIT:,} bytes of names: not read further")
            if info.type not in _GLOBAL:
                extra |= _attributes(info.type, data)
            continue
        if "size" in extra:
            info.size = _number(extra["size"])
        if info.type in (b"1", b"2", b"3", b"4", b"5", b"6"):
            info.size = 0
        if info.type == b"S":
            _skip_sparse_map(source, block)
        content = Content(source, info.size)
        yield _entry(info, extra), content
        content.drop()
        source.skip(-info.size % BLOCK)
        extra, room = {}, HEADER_LIMIT


def _header(block: bytes) -> _Header | None:
    """Return what a header says; None for the empty block at the end."""
    if not block[0] and not block.strip(b"\0"):
        return None
    if len(block) < BLOCK:
        raise InspectionError(f"{_NO_HEADER}: it is truncated")
    name, mode, uid, gid, size, _, checksum, kind, link, magic, *_, prefix, _ = _FIELDS.unpack(block)
    try:
        told = _octal(checksum)
        found = _Header(_string(name), _octal(mode), _octal(uid), _octal(gid), _octal(size), kind, _string(link))
    except ValueError as error:
        raise InspectionError(f"{_NO_HEADER}: it is broken") from error
    if told != sum(block) - sum(checksum) + _BLANKS and told != _signed_sum(block):
        raise InspectionError(f"{_NO_HEADER}: it is broken")
    if kind == b"\0" and found.name.endswith("/"):
        found.type = b"5"
    if prefix[0] and magic.startswith(b"ustar\0") and kind not in _WITHOUT_PREFIX:
        found.name = f"{_string(prefix)}/{found.name}"
    return found


def _signed_sum(block: bytes) -> int:
    """Return the sum of a header as some old programs make it, which take its bytes for signed ones."""
    own = block[: _CHECKSUM.start] + block[_CHECKSUM.stop :]
    return sum(byte - 256 if byte > 127 else byte for byte in own) + _BLANKS


def _octal(field: bytes) -> int:
    """Return a number as a header has it: in octal, or by the GNU form in binary, marked by its first byte."""
    if field[0] in _SIGNED:
        number = int.from_bytes(field[1:], "big")
        return number - (1 << 8 * (len(field) - 1)) if field[0] == _SIGNED[1] else number
    return int(field.split(b"\0", 1)[0].strip() or b"0", 8)


def _string(field: bytes) -> str:
    return field.split(b"\0", 1)[0].decode("utf-8", "surrogateescape")


def _small(source: Source, size: int) -> bytes:
    if size > HEADER_LIMIT:
        raise InspectionError(f"an entry has {size:,} bytes of names and attributes: not read further")
    data = source.exactly(size)
    if len(data) < size:
        raise InspectionError("the archive ends in the middle of a header: it is truncated")
    source.skip(-size % BLOCK)
    return data


def _attributes(kind: bytes, data: bytes) -> dict[str, str]:
    if kind == _LONG_NAME:
        return {"path": _text(data)}
    if kind == _LONG_LINK:
        return {"linkpath": _text(data)}
    found: dict[str, str] = {}
    at = 0
    while at < len(data) and data[at]:
        blank = data.find(b" ", at, at + 20)
        length = _number(data[at:blank].decode("ascii", "replace")) if blank > 0 else 0
        if length <= blank - at + 1 or at + length > len(data):
            raise InspectionError("an entry's extended header is broken")
        key, _, value = data[blank + 1 : at + length - 1].partition(b"=")
        found[_text(key)] = _text(value)
        at += length
    return found


def _text(data: bytes) -> str:
    return data.rstrip(b"\0").decode("utf-8", "surrogateescape")


def _number(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 20:
        raise InspectionError("an entry's extended header holds no number where one has to be")
    return int(text)


def _skip_sparse_map(source: Source, block: bytes) -> None:
    """Pass over the map of a sparse file in the old GNU form, which stands before its bytes."""
    more = block[482]
    while more:
        following = source.exactly(BLOCK)
        if len(following) < BLOCK:
            raise InspectionError("the archive ends in the middle of a header: it is truncated")
        more = following[504]


def _entry(info: _Header, extra: dict[str, str]) -> Entry:
    return Entry(
        name=(extra.get(_SPARSE_NAME) or extra.get("path", info.name)).rstrip("/"),
        type=_TYPES.get(info.type, Type.OTHER),
        size=info.size,
        link=extra.get("linkpath", info.link),
        mode=info.mode & 0o7777,
        uid=_number(extra["uid"]) if "uid" in extra else info.uid,
        gid=_number(extra["gid"]) if "gid" in extra else info.gid,
        attributes=_extended(extra) if extra else (),
    )


def _extended(extra: dict[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((key, value) for key, value in extra.items() if key.startswith("SCHILY.xattr.")))
