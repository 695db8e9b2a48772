"""Choose the files of a repository that a run reads at all."""

from __future__ import annotations

from fnmatch import fnmatchcase

from rewriter.settings import Settings
from rewriter.tree.repository import Repository


def selected(repository: Repository, settings: Settings, only: str | None) -> tuple[str, ...]:
    """Return the one file that a run is limited to, or the documents that the settings do not exclude."""
    if only is not None:
        return (only,)
    paths = repository.documents()
    if not settings.exclude:
        return paths
    return tuple(path for path in paths if not any(fnmatchcase(path, pattern) for pattern in settings.exclude))
