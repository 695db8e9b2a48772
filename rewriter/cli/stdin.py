"""Take one document from standard input, as editors and hooks hand it over."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Final

from rewriter.errors import RepositoryError, UsageError
from rewriter.tree.repository import (
    READ_LIMIT,
    DirectoryRepository,
    Kind,
    MemoryRepository,
    OverlayRepository,
    Repository,
    parts_of,
    shown,
)

STDIN: Final = "-"
_NAME: Final = "Dockerfile"
_TAKEN: Final = (Kind.DIRECTORY, Kind.OUTSIDE, Kind.OTHER)


def standard_input(folder: DirectoryRepository, name: str | None) -> tuple[Repository, str]:
    """Return a repository that holds the document, and its path there.

    With a name it takes the place of that file of `folder`, so that what lies beside it is seen too; without one it
    is a Dockerfile by itself.
    """
    path = None if name is None else _inside(folder, name)
    data = _read()
    if path is None:
        return MemoryRepository({_NAME: data}), _NAME
    return OverlayRepository(folder, {path: data}), path


def _inside(folder: DirectoryRepository, name: str) -> str:
    """Return the path of a file, which need not exist, as seen from the folder."""
    relative = os.path.relpath(Path(folder.root, name), folder.root) if name else ""
    try:
        path = "/".join(parts_of(relative.replace(os.sep, "/")))
    except RepositoryError as error:
        raise UsageError(f"--stdin-filename {shown(name)}: not a file below this folder") from error
    if folder.kind(path) in _TAKEN:
        raise UsageError(f"--stdin-filename {shown(name)}: not a file below this folder")
    return path


def _read() -> bytes:
    if sys.stdin is None:
        raise UsageError("standard input is closed; name a folder or a Dockerfile")
    data = sys.stdin.buffer.read(READ_LIMIT + 1)
    if len(data) > READ_LIMIT:
        raise UsageError(f"standard input is larger than {READ_LIMIT:,} bytes, which no Dockerfile is")
    return data
