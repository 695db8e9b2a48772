"""Say what the sources of COPY and ADD name, and guess from them which folder a build has for its context."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable
from typing import Final

from rewriter.tree.repository import Kind, Repository

_NO_PATH: Final = re.compile(r"[*?\[$:]")


def context_path(written: str) -> str:
    """Return what a COPY source names inside the context, as BuildKit cleans it; empty for the whole context."""
    return posixpath.normpath("/" + written.replace("\0", "")).lstrip("/")


def joined(context: str, path: str) -> str:
    """Return where in the repository a path of a context lies."""
    return f"{context}/{path}" if context else path


def guess_context(repository: Repository, dockerfile: str, written: Iterable[str]) -> str:
    """Return the folder in which the sources exist: the Dockerfile's own, one above, or the root."""
    exact = [name for name in map(context_path, written) if name and not _NO_PATH.search(name)]
    folder = dockerfile.rpartition("/")[0]
    candidates = [folder]
    while folder:
        folder = folder.rpartition("/")[0]
        candidates.append(folder)

    def present(context: str) -> int:
        return sum(repository.kind(joined(context, name)) is not Kind.MISSING for name in exact)

    return max(candidates, key=present) if exact else candidates[0]
