"""Read a tar archive once, forwards, in bounded memory; nothing of it is ever written.

The library's `TarInfo` reads the headers. Its `TarFile` is not used: it keeps every member and reads headers of
any size whole, so that a small hostile archive fills the memory.
"""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from enum import StrEnum
from typing import Final

from rewriter.errors import InspectionError
from rewriter.inspect.streams import Source
from rewriter.record import Record

BLOCK: Final = 512
HEADER_LIMIT: Final = 1 << 20
"""The most bytes of names and attributes that one entry may have."""
ENTRY_LIMIT: Final = 5_000_000

_PAX: Final = b"x"
_GLOBAL: Final = (b"g",)
_LONG_NAME: Final = b"L"
_LONG_LINK: Final = b"K"
_SOLARIS: Final = b"X"
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


class Content:
    """Read the bytes of the entry that was given last."""

    __slots__ = ("_left", "_source")

    def __init__(self, source: Source, size: int) -> None:
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
    for _ in range(ENTRY_LIMIT):
        block = source.exactly(BLOCK)
        if not block:
            return  # an archive without its two empty blocks at the end, as some tools write it
        info = _header(block)
        if info is None:
            return
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
    raise InspectionError(f"more than {ENTRY_LIMIT:,} entries in one archive: not read further")


def _header(block: bytes) -> tarfile.TarInfo | None:
    """Return what a header says; None for the empty block at the end."""
    if not block.strip(b"\0"):
        return None
    try:
        info = tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
    except (tarfile.TarError, ValueError, OverflowError) as error:
        what = "it is truncated" if len(block) < BLOCK else "it is broken"
        raise InspectionError(f"the archive has no valid header where one has to be: {what}") from error
    return info


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


def _entry(info: tarfile.TarInfo, extra: dict[str, str]) -> Entry:
    return Entry(
        name=extra.get("path", info.name).rstrip("/"),
        type=_TYPES.get(info.type, Type.OTHER),
        size=info.size,
        link=extra.get("linkpath", info.linkname),
        mode=info.mode & 0o7777,
        uid=_number(extra["uid"]) if "uid" in extra else info.uid,
        gid=_number(extra["gid"]) if "gid" in extra else info.gid,
        attributes=tuple(sorted((key, value) for key, value in extra.items() if key.startswith("SCHILY.xattr."))),
    )
