"""Hold what is asked of the stand-in, and who asks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Caller:
    """Be a person, an App by its signed token, or an installation of one; `may` is None where nothing is held back."""

    login: str
    email: str = ""
    app: int = 0
    installation: int = 0
    owner: str = ""
    may: Mapping[str, str] | None = None

    @property
    def bot(self) -> bool:
        return bool(self.installation)


@dataclass(frozen=True)
class Request:
    """Be one request of the REST interface."""

    verb: str
    path: str
    query: Mapping[str, str]
    sent: Mapping[str, object]
    caller: Caller
    facts: Mapping[str, str] = field(default_factory=dict)
