"""Reach files below a root directory without ever leaving it.

Every step is taken from an open directory to a name in it, and no step follows a link by itself, so that
neither a link in the tree nor one that is put there this very moment leads outside. POSIX only.
"""

from __future__ import annotations

import errno
import os
import stat
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Final

from rewriter.record import Record

LINK_LIMIT: Final = 40
DEPTH_LIMIT: Final = 500

_DIRECTORY: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_FILE: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC


class Kind(StrEnum):
    """Say what a path is: a link counts as itself, not as what it points to."""

    FILE = "file"
    LINK = "link"
    OUTSIDE = "outside"
    OTHER = "other"
    MISSING = "missing"
    DIRECTORY = "directory"
    UNREADABLE = "unreadable"


class Found(Record):
    """Hold what stands where a path leads, links followed, the real way there, and a file's size."""

    kind: Kind
    parts: tuple[str, ...] = ()
    size: int = 0


def _descend(root: Path, parts: Sequence[str]) -> int:
    """Open a directory below `root`, no link followed; whoever asks closes it."""
    if len(parts) > DEPTH_LIMIT:
        raise OSError(errno.ENAMETOOLONG, "nested too deep", "/".join(parts))
    descriptor = os.open(root, _DIRECTORY)
    for part in parts:
        try:
            below = os.open(part, _DIRECTORY | os.O_NOFOLLOW, dir_fd=descriptor)
        finally:
            os.close(descriptor)
        descriptor = below
    return descriptor


@contextmanager
def directory(root: Path, parts: Sequence[str]) -> Iterator[int]:
    """Open a directory below `root`, no link followed, and close it in the end."""
    descriptor = _descend(root, parts)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def open_file(root: Path, parts: Sequence[str]) -> int:
    """Open a file for reading, no link followed, without waiting for whoever may write to a pipe."""
    descriptor = _descend(root, parts[:-1])
    try:
        return os.open(parts[-1], _FILE, dir_fd=descriptor)
    finally:
        os.close(descriptor)


def entries(root: Path, parts: Sequence[str]) -> tuple[tuple[str, Kind], ...]:
    """List a directory; every link is a LINK here, wherever it leads."""
    with directory(root, parts) as descriptor, os.scandir(descriptor) as found:
        return tuple((entry.name, _kind_of_entry(entry)) for entry in found)


def kind_of(root: Path, parts: Sequence[str]) -> Kind:
    """Tell what stands at a path; a link there is LINK if it stays inside, wherever it leads there."""
    straight = _straight(root, parts)
    if straight is not None:
        return straight.kind
    parent = follow(root, parts[:-1])
    if parent.kind is not Kind.DIRECTORY:
        return parent.kind if parent.kind in (Kind.OUTSIDE, Kind.UNREADABLE) else Kind.MISSING
    try:
        mode = _status(root, parent.parts, parts[-1]).st_mode
    except OSError as error:
        return _kind_of_error(error)
    if not stat.S_ISLNK(mode):
        return _kind_of_mode(mode)
    target = follow(root, parts).kind
    return target if target in (Kind.OUTSIDE, Kind.UNREADABLE) else Kind.LINK


def follow(root: Path, parts: Sequence[str]) -> Found:
    """Follow a path and every link in it as long as it stays inside."""
    straight = _straight(root, parts)
    return _wind(root, parts) if straight is None else straight


def _straight(root: Path, parts: Sequence[str]) -> Found | None:
    """Go a way without links, as nearly every way is, in one go; None where it is not so simple."""
    if not parts:
        return Found(Kind.DIRECTORY)
    try:
        status = _status(root, parts[:-1], parts[-1])
    except OSError:
        return None
    if stat.S_ISLNK(status.st_mode):
        return None
    return Found(_kind_of_mode(status.st_mode), tuple(parts), status.st_size)


def _wind(root: Path, parts: Sequence[str]) -> Found:
    """Go step by step, turning where a link turns."""
    pending = deque(parts)
    done: list[str] = []
    links = 0
    try:
        while pending:
            part = pending.popleft()
            if part == ".." and not done:
                return Found(Kind.OUTSIDE)
            if part == "..":
                done.pop()
            if part in ("", ".", ".."):
                continue
            status = _status(root, done, part)
            if stat.S_ISLNK(status.st_mode):
                links += 1
                target = _target(root, done, part)
                if target is None:
                    return Found(Kind.OUTSIDE)
                if links > LINK_LIMIT:
                    return Found(Kind.UNREADABLE)
                done = done if target.relative else []
                pending.extendleft(reversed(target.parts))
                continue
            done.append(part)
            if not stat.S_ISDIR(status.st_mode):
                kind = Kind.MISSING if pending else _kind_of_mode(status.st_mode)
                return Found(kind, tuple(done), status.st_size)
    except OSError as error:
        return Found(_kind_of_error(error))
    return Found(Kind.DIRECTORY, tuple(done))


class _Target(Record):
    relative: bool
    parts: tuple[str, ...]


def _target(root: Path, parents: Sequence[str], name: str) -> _Target | None:
    """Read a link; None where it is absolute and names no place below the root."""
    with directory(root, parents) as descriptor:
        text = os.readlink(name, dir_fd=descriptor)
    if not text.startswith("/"):
        return _Target(relative=True, parts=tuple(text.split("/")))
    top = str(root).rstrip("/")
    if text != top and not text.startswith(f"{top}/"):
        return None
    return _Target(relative=False, parts=tuple(text[len(top) :].split("/")))


def _status(root: Path, parents: Sequence[str], name: str) -> os.stat_result:
    with directory(root, parents) as descriptor:
        return os.stat(name, dir_fd=descriptor, follow_symlinks=False)


def _kind_of_mode(mode: int) -> Kind:
    if stat.S_ISREG(mode):
        return Kind.FILE
    return Kind.DIRECTORY if stat.S_ISDIR(mode) else Kind.OTHER


def _kind_of_entry(entry: os.DirEntry[str]) -> Kind:
    if entry.is_symlink():
        return Kind.LINK
    if entry.is_dir(follow_symlinks=False):
        return Kind.DIRECTORY
    return Kind.FILE if entry.is_file(follow_symlinks=False) else Kind.OTHER


def _kind_of_error(error: OSError) -> Kind:
    absent = error.errno in (errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG)
    return Kind.MISSING if absent else Kind.UNREADABLE
