"""See the tree of a commit without checking it out: no hook, filter or link of it ever acts on this machine."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from functools import cached_property
from typing import Final, Protocol

from rewriter.errors import RepositoryError
from rewriter.tree.repository import GIT, READ_LIMIT, Kind, documents_of, parts_of, shown

_LINK: Final = "120000"
_MODULE: Final = "160000"
_LINKS: Final = 40


class Blobs(Protocol):
    """Give the bytes of an object; None where the clone left it out for its size."""

    def __call__(self, sha: str) -> bytes | None:
        """Return an object's bytes."""
        ...


class GitTreeRepository:
    """See the files of one commit. Each read goes to git; nothing but the listing is held."""

    def __init__(self, entries: Mapping[str, tuple[str, str]], blobs: Blobs) -> None:
        self._entries: Final = entries
        self._blobs: Final = blobs
        self.exclude: tuple[str, ...] = ()

    def mode(self, path: str) -> str:
        """Return the mode of a file, that of a plain one where it is new."""
        return self._entries.get(path, ("100644", ""))[0]

    def blob(self, path: str) -> str:
        """Return the name of a file's object, empty where it is new."""
        return self._entries.get(path, ("", ""))[1]

    def paths(self) -> tuple[str, ...]:
        """Return every file, and every link to one that stays inside."""
        return self._paths

    def documents(self) -> tuple[str, ...]:
        """Return the paths among which source documents are looked for."""
        return self._documents

    def unreadable(self) -> tuple[str, ...]:
        """Return nothing: a tree has no closed folders."""
        return ()

    def kind(self, path: str) -> Kind:
        """Tell what `path` is."""
        parts_of(path)
        found = self._entries.get(path)
        if found is not None and found[0] == _LINK:
            return Kind.LINK if self._followed(path) is not None else Kind.OUTSIDE
        if found is not None:
            return Kind.DIRECTORY if found[0] == _MODULE else Kind.FILE
        if path in self._folders:
            return Kind.DIRECTORY
        real = self._followed(path)
        if real is None or real == path:
            return Kind.MISSING
        return Kind.DIRECTORY if real in self._folders else Kind.FILE

    def resolve(self, path: str) -> str:
        """Return the path with every link in it followed."""
        parts_of(path)
        real = self._followed(path)
        if real is None:
            raise RepositoryError(f"{shown(path)}: no such file, or a link that leads out of the repository")
        return real

    def size(self, path: str) -> int:
        """Return the size of a file in bytes."""
        return len(self._data(path))

    def read(self, path: str, limit: int = READ_LIMIT) -> bytes:
        """Return a file's bytes."""
        data = self._data(path)
        if len(data) > limit:
            raise RepositoryError(f"{shown(path)}: larger than {limit:,} bytes, not read; exclude it")
        return data

    def _data(self, path: str) -> bytes:
        found = self._entries.get(self.resolve(path))
        data = self._blobs(found[1]) if found is not None and found[0] != _MODULE else None
        if data is None:
            raise RepositoryError(f"{shown(path)}: too large to be fetched, or no file; not read")
        return data

    @cached_property
    def _paths(self) -> tuple[str, ...]:
        return tuple(sorted(path for path in self._entries if GIT not in path.split("/") and self._is_file(path)))

    @cached_property
    def _documents(self) -> tuple[str, ...]:
        return documents_of(self)

    @cached_property
    def _folders(self) -> frozenset[str]:
        folders: set[str] = set()
        for path in self._entries:
            folder = posixpath.dirname(path)
            while folder and folder not in folders:
                folders.add(folder)
                folder = posixpath.dirname(folder)
        return frozenset(folders)

    @cached_property
    def _links(self) -> frozenset[str]:
        return frozenset(path for path, (mode, _) in self._entries.items() if mode == _LINK)

    def _is_file(self, path: str) -> bool:
        real = self._followed(path) if path in self._links else path
        found = self._entries.get(real) if real is not None else None
        return found is not None and found[0] not in (_LINK, _MODULE)

    def _followed(self, path: str) -> str | None:
        """Return what a path leads to, None where that is outside, missing or a circle."""
        for _ in range(_LINKS):
            link = next((part for part in _upwards(path) if part in self._links), None) if self._links else None
            if link is None:
                return path if path in self._entries or path in self._folders else None
            target = (self._blobs(self._entries[link][1]) or b"/").decode("utf-8", "surrogateescape")
            joined = posixpath.normpath(posixpath.join(posixpath.dirname(link), target, path[len(link) + 1 :]))
            if target.startswith("/") or joined.startswith("../") or joined in ("..", "."):
                return None
            path = joined
        return None


def _upwards(path: str) -> list[str]:
    """Return the folders of a path from the root down, and the path itself."""
    parts = path.split("/")
    return ["/".join(parts[: end + 1]) for end in range(len(parts))]
