"""Tell which compose files make up a project, as `docker compose` would put them together.

See https://docs.docker.com/compose/how-tos/multiple-compose-files/merge/.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator
from typing import Final

_DEFAULTS: Final[tuple[str, ...]] = ("compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml")
_OVERRIDES: Final[tuple[str, ...]] = (
    "compose.override.yml",
    "compose.override.yaml",
    "docker-compose.override.yml",
    "docker-compose.override.yaml",
)


def projects(changed: Iterable[str], known: Iterable[str]) -> Iterator[tuple[str, ...]]:
    """Yield the files of every project that has a changed file in it, the one that counts last at the end.

    The default file of a folder and its override go together. Any other file lies over the default one, which is how
    one for production is meant; in a folder without a default file it is a project by itself.
    """
    by_folder: dict[str, set[str]] = {}
    for path in known:
        by_folder.setdefault(posixpath.dirname(path), set()).add(posixpath.basename(path))
    for folder in sorted({posixpath.dirname(path) for path in changed}):
        names = by_folder.get(folder, set())
        mine = sorted(posixpath.basename(path) for path in changed if posixpath.dirname(path) == folder)
        default = next((name for name in _DEFAULTS if name in names), None)
        override = next((name for name in _OVERRIDES if name in names), None) if default else None
        plain = tuple(name for name in (default, override) if name is not None)
        groups = [plain] if any(name in plain for name in mine) else []
        groups += [(*((default,) if default else ()), name) for name in mine if name not in plain]
        yield from (tuple(posixpath.join(folder, name) for name in group) for group in groups)
