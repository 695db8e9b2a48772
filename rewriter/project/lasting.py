"""Keep what transforms work out once for all passes over a repository."""

from __future__ import annotations

from typing import TypeVar

_Kept = TypeVar("_Kept")


class Lasting:
    """Hold one object of each kind for as long as a run lasts."""

    def __init__(self) -> None:
        self._kept: dict[type, object] = {}

    def one(self, kind: type[_Kept]) -> _Kept:
        """Return the object of a kind; it is made when it is first asked for."""
        if kind not in self._kept:
            self._kept[kind] = kind()
        found = self._kept[kind]
        assert isinstance(found, kind)
        return found
