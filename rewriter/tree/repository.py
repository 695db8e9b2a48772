"""Look at a tree of files without changing it and without ever leaving it.

Three views with one face: a directory on disk, files in memory, and a tree as it will be after a patch.
Paths are relative to the root, separated by `/`; names that are not UTF-8 carry surrogate escapes.
"""

from __future__ import annotations

import os
import stat
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Final, Protocol

from rewriter.errors import RepositoryError
from rewriter.model.text import decode
from rewriter.record import Record
from rewriter.tree.beneath import Kind, entries, follow, kind_of, open_file
from rewriter.tree.gitignore import NAME as GITIGNORE
from rewriter.tree.gitignore import GitIgnore

__all__ = [
    "FILE_LIMIT",
    "READ_LIMIT",
    "VENDORED",
    "DirectoryRepository",
    "Kind",
    "MemoryRepository",
    "OverlayRepository",
    "Repository",
    "documents_of",
    "git_rules",
    "parts_of",
    "shown",
]

READ_LIMIT: Final = 5 * 1024 * 1024
FILE_LIMIT: Final = 1_000_000
IGNORE_LIMIT: Final = 1024 * 1024
GIT: Final = ".git"
_CHUNK: Final = 64 * 1024
_NO_NAMES: Final = frozenset({"", ".", ".."})
VENDORED: Final = frozenset(
    {
        ".bundle",
        ".cache",
        ".eggs",
        ".gradle",
        ".hg",
        ".mypy_cache",
        ".next",
        ".nox",
        ".nuxt",
        ".pnpm-store",
        ".pytest_cache",
        ".ruff_cache",
        ".svn",
        ".terraform",
        ".tox",
        ".venv",
        ".yarn",
        "__pycache__",
        "bower_components",
        "dist",
        "node_modules",
        "site-packages",
        "third_party",
        "third-party",
        "vendor",
        "vendored",
        "venv",
    }
)


class Repository(Protocol):
    """See a tree of files, read-only."""

    @property
    def exclude(self) -> tuple[str, ...]:
        """Return the extra patterns, in the manner of `.gitignore`, of what `documents` leaves out."""

    def paths(self) -> tuple[str, ...]:
        """Return every regular file, and every link to one that stays inside, sorted; never `.git`."""

    def documents(self) -> tuple[str, ...]:
        """Return the paths among which source documents are looked for: not vendored, ignored or excluded."""

    def unreadable(self) -> tuple[str, ...]:
        """Return the directories that could not be listed, sorted."""

    def kind(self, path: str) -> Kind:
        """Tell what `path` is."""

    def resolve(self, path: str) -> str:
        """Return the path with every link in it followed; raise `RepositoryError` if it leads nowhere."""

    def size(self, path: str) -> int:
        """Return the size of a file in bytes."""

    def read(self, path: str, limit: int = READ_LIMIT) -> bytes:
        """Return a file's bytes; raise `RepositoryError` if that is impossible, unsafe or above `limit`."""


def shown(path: str) -> str:
    """Return a path fit for a message: control characters and broken encodings are escaped."""
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode("ascii")
        for character in path
    )


def documents_of(repository: Repository) -> tuple[str, ...]:
    """Select the documents among the paths of a repository."""
    paths = tuple(path for path in repository.paths() if VENDORED.isdisjoint(path.split("/")[:-1]))
    for rules in (git_rules(repository, paths), {"": "\n".join(repository.exclude)} if repository.exclude else {}):
        if rules:
            ignore = GitIgnore(rules)
            paths = tuple(path for path in paths if not ignore.ignored(path))
    return paths


def git_rules(repository: Repository, paths: Iterable[str]) -> dict[str, str]:
    """Return the text of every `.gitignore` among `paths` under its directory."""
    rules: dict[str, str] = {}
    room = IGNORE_LIMIT
    for path in paths:
        folder, _, name = path.rpartition("/")
        # Git follows no link to a `.gitignore`. One that cannot be read hides nothing: it is safe to see more.
        if name == GITIGNORE and repository.kind(path) is Kind.FILE:
            with suppress(RepositoryError):
                rules[folder] = decode(repository.read(path, room))
                room -= len(rules[folder])
    return rules


def parts_of(path: str) -> tuple[str, ...]:
    """Split a path, refusing whatever could mean a place outside the root."""
    parts = tuple(path.split("/"))
    if "\0" in path or not _NO_NAMES.isdisjoint(parts):
        raise RepositoryError(
            f"{shown(path) or 'empty path'}: not a path inside the repository; name it relative to the root"
        )
    return parts


_PROBLEMS: Final[Mapping[Kind, str]] = {
    Kind.OUTSIDE: "leads out of the repository and is not followed; put the file itself there",
    Kind.OTHER: "is no regular file; exclude it",
    Kind.MISSING: "no such file; if it has just been removed, run again",
    Kind.DIRECTORY: "is a directory where a file is needed",
    Kind.UNREADABLE: "cannot be read; check permissions, and that links do not lead round in a circle",
}


def _need_file(kind: Kind, path: str) -> None:
    if kind in _PROBLEMS:
        raise RepositoryError(f"{shown(path)}: {_PROBLEMS[kind]}")


def _unreadable(path: str, error: OSError) -> RepositoryError:
    return RepositoryError(f"{shown(path)}: cannot be read ({error.strerror}); run again")


def _contents(descriptor: int, size: int, limit: int) -> bytes:
    """Read a file to its end, be it longer than it was, or until it is longer than allowed."""
    data = os.read(descriptor, size + 1)
    while len(data) <= limit and (more := os.read(descriptor, _CHUNK)):
        data += more
    return data


def _need_size(size: int, path: str, limit: int) -> None:
    if size > limit:
        raise RepositoryError(f"{shown(path)}: larger than {limit:,} bytes, not read; exclude it")


class _Listing(Record):
    """Hold what a walk saw: the files, sorted, the folders that it looked into, and what else there is.

    Nothing is held twice: a repository has many files. A link to a file is among both the files and the others.
    """

    files: tuple[str, ...]
    closed: tuple[str, ...]
    folders: frozenset[str]
    others: Mapping[str, Kind]

    def kind(self, path: str) -> Kind | None:
        """Tell what stands at a path; None where the walk has not been."""
        kind = self.others.get(path)
        if kind is not None:
            return kind
        if path in self.folders:
            return Kind.DIRECTORY
        place = bisect_left(self.files, path)
        if self.files[place : place + 1] == (path,):
            return Kind.FILE
        return Kind.MISSING if path.rpartition("/")[0] in self.folders else None


class DirectoryRepository:
    """See a directory on disk. Its files are listed once: make a new view to see later changes."""

    def __init__(self, root: Path, exclude: Sequence[str] = ()) -> None:
        self.root: Final = root.resolve()
        self.exclude: Final = tuple(exclude)
        if not self.root.is_dir():
            raise RepositoryError(f"{shown(str(root))}: not a directory; name the folder or file to look at")

    @classmethod
    def for_path(cls, path: Path, exclude: Sequence[str] = ()) -> tuple[DirectoryRepository, str | None]:
        """Return the repository that an argument names and, if it names a file, that file in its folder."""
        try:
            real = path.resolve(strict=True)
        except (OSError, RuntimeError) as error:
            raise RepositoryError(f"{shown(str(path))}: cannot be found; check the path") from error
        if real.is_dir():
            return cls(real, exclude), None
        return cls(real.parent, exclude), real.name

    def excluding(self, exclude: Sequence[str]) -> DirectoryRepository:
        """Return the same directory, listed once, with other extra patterns of what `documents` leaves out."""
        other = DirectoryRepository(self.root, exclude)
        if "_listing" in self.__dict__:
            other.__dict__["_listing"] = self._listing
        return other

    def paths(self) -> tuple[str, ...]:
        """Return every regular file, and every link to one that stays inside."""
        return self._listing.files

    def documents(self) -> tuple[str, ...]:
        """Return the paths among which source documents are looked for."""
        return self._documents

    def unreadable(self) -> tuple[str, ...]:
        """Return the directories that could not be listed."""
        return self._listing.closed

    def kind(self, path: str) -> Kind:
        """Tell what `path` is; what the listing has seen is not looked at again, except for links."""
        parts = parts_of(path)
        seen = self._listing.kind(path)
        return kind_of(self.root, parts) if seen in (None, Kind.LINK) else seen

    def resolve(self, path: str) -> str:
        """Return the path with every link in it followed."""
        found = follow(self.root, parts_of(path))
        if not found.parts:
            _need_file(found.kind, path)
        return "/".join(found.parts)

    def size(self, path: str) -> int:
        """Return the size of a file in bytes."""
        found = follow(self.root, parts_of(path))
        _need_file(found.kind, path)
        return found.size

    def read(self, path: str, limit: int = READ_LIMIT) -> bytes:
        """Return a file's bytes."""
        parts = parts_of(path)
        if not self._listed_file(path):
            parts = self._regular(path, limit)
        try:
            descriptor = open_file(self.root, parts)
        except OSError as error:  # it has changed since it was listed, or it is closed to us: say which
            self._regular(path, limit)
            raise _unreadable(path, error) from error
        try:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                _need_file(Kind.OTHER, path)
            _need_size(status.st_size, path, limit)
            data = _contents(descriptor, status.st_size, limit)
        except OSError as error:
            raise _unreadable(path, error) from error
        finally:
            os.close(descriptor)
        _need_size(len(data), path, limit)
        return data

    def _regular(self, path: str, limit: int) -> tuple[str, ...]:
        """Return the parts of a regular file's path, every link followed; raises `RepositoryError` for all else."""
        found = follow(self.root, parts_of(path))
        _need_file(found.kind, path)
        _need_size(found.size, path, limit)
        return found.parts

    def _listed_file(self, path: str) -> bool:
        """Tell whether a listing that was made has seen a regular file there; then it is opened without a look."""
        listing: _Listing | None = self.__dict__.get("_listing")
        return listing is not None and listing.kind(path) is Kind.FILE

    @cached_property
    def _documents(self) -> tuple[str, ...]:
        return documents_of(self)

    @cached_property
    def _listing(self) -> _Listing:
        files: list[str] = []
        closed: list[str] = []
        folders: set[str] = set()
        others: dict[str, Kind] = {}
        waiting = [""]
        while waiting:
            folder = waiting.pop()
            try:
                found = entries(self.root, folder.split("/") if folder else ())
            except OSError:
                closed.append(folder)
                others[folder] = Kind.DIRECTORY
                continue
            folders.add(folder)
            for name, kind in found:
                path = f"{folder}/{name}" if folder else name
                if kind is Kind.DIRECTORY and name != GIT:
                    waiting.append(path)
                    continue
                if kind is not Kind.FILE or name == GIT:
                    others[path] = kind
                if name != GIT and (kind is Kind.FILE or (kind is Kind.LINK and self._leads_to_file(path))):
                    files.append(path)
            if len(files) > FILE_LIMIT:
                raise RepositoryError(f"{self.root}: more than {FILE_LIMIT:,} files; name a smaller folder")
        return _Listing(tuple(sorted(files)), tuple(sorted(closed)), frozenset(folders), others)

    def _leads_to_file(self, path: str) -> bool:
        return follow(self.root, path.split("/")).kind is Kind.FILE


class MemoryRepository:
    """See files that are held in memory."""

    def __init__(self, files: Mapping[str, bytes], exclude: Sequence[str] = ()) -> None:
        self._files: Final = {path: files[path] for path in sorted(files) if parts_of(path)}
        self._folders: Final = _folders_of(self._files)
        self.exclude: Final = tuple(exclude)

    def paths(self) -> tuple[str, ...]:
        """Return every file."""
        return tuple(path for path in self._files if GIT not in path.split("/"))

    def documents(self) -> tuple[str, ...]:
        """Return the paths among which source documents are looked for."""
        return documents_of(self)

    def unreadable(self) -> tuple[str, ...]:
        """Return nothing: memory is never closed."""
        return ()

    def kind(self, path: str) -> Kind:
        """Tell what `path` is."""
        parts_of(path)
        if path in self._files:
            return Kind.FILE
        return Kind.DIRECTORY if path in self._folders else Kind.MISSING

    def resolve(self, path: str) -> str:
        """Return `path` itself: there are no links."""
        if self.kind(path) is Kind.MISSING:
            _need_file(Kind.MISSING, path)
        return path

    def size(self, path: str) -> int:
        """Return the size of a file in bytes."""
        _need_file(self.kind(path), path)
        return len(self._files[path])

    def read(self, path: str, limit: int = READ_LIMIT) -> bytes:
        """Return a file's bytes."""
        _need_size(self.size(path), path, limit)
        return self._files[path]


class OverlayRepository:
    """See a tree as it will be after changes: new bytes for a path, or None where it is deleted.

    A change of a link changes the file that it leads to; a deletion takes the link itself.
    """

    def __init__(self, base: Repository, changes: Mapping[str, bytes | None]) -> None:
        self._base: Final = base
        self.exclude: Final = base.exclude
        self._gone: Final = frozenset(path for path, data in changes.items() if data is None)
        self._new: Final = MemoryRepository(
            {self._real(path): data for path, data in changes.items() if data is not None}
        )

    def paths(self) -> tuple[str, ...]:
        """Return every file as it will be."""
        return tuple(sorted({*self._base.paths(), *self._new.paths()} - self._gone))

    def documents(self) -> tuple[str, ...]:
        """Return the paths among which source documents are looked for."""
        return documents_of(self)

    def unreadable(self) -> tuple[str, ...]:
        """Return the directories of the base that could not be listed."""
        return self._base.unreadable()

    def kind(self, path: str) -> Kind:
        """Tell what `path` will be."""
        if path in self._gone:
            return Kind.MISSING
        new = self._new.kind(path)
        return self._base.kind(path) if new is Kind.MISSING else new

    def resolve(self, path: str) -> str:
        """Return the path with every link in it followed."""
        kind = self.kind(path)
        if kind is Kind.MISSING:
            _need_file(kind, path)
        return path if self._new.kind(path) is not Kind.MISSING else self._base.resolve(path)

    def size(self, path: str) -> int:
        """Return the size that a file will have."""
        view, real = self._view(path)
        return view.size(real)

    def read(self, path: str, limit: int = READ_LIMIT) -> bytes:
        """Return the bytes that a file will have."""
        view, real = self._view(path)
        return view.read(real, limit)

    def _view(self, path: str) -> tuple[Repository, str]:
        """Tell where to look for a file, and under which name."""
        if path in self._gone:
            _need_file(Kind.MISSING, path)
        real = self._real(path)
        if real in self._gone:
            _need_file(Kind.MISSING, path)
        return (self._base, path) if self._new.kind(real) is Kind.MISSING else (self._new, real)

    def _real(self, path: str) -> str:
        return self._base.resolve(path) if self._base.kind(path) in (Kind.LINK, Kind.FILE) else path


def _folders_of(files: Mapping[str, bytes]) -> frozenset[str]:
    folders: set[str] = set()
    for path in files:
        folder = path.rpartition("/")[0]
        while folder and folder not in folders:
            folders.add(folder)
            folder = folder.rpartition("/")[0]
    return frozenset(folders)
