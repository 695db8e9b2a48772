"""Hold what is asked of an editor: one argument to pass as a secret, or one secret to add."""

from __future__ import annotations

import posixpath
import re
from typing import Final

from rewriter.callers.model import BuildArgument, Caller, CallerRefusal
from rewriter.model.text import Source
from rewriter.record import Record

_IDENTIFIER: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_OTHER: Final = re.compile(r"[^A-Za-z0-9_]")
_SPECIAL: Final = re.compile(
    r"(?:UID|EUID|PPID|PATH|HOME|USER|SHELL|PWD|OLDPWD|IFS|ENV|LANG|TERM|TMPDIR|HOSTNAME|SHELLOPTS|BASHOPTS)$"
    r"|(?:LD|DOCKER|BUILDX|BUILDKIT|BASH|LC|COMPOSE)_|[0-9]"
)

KNOWN_NOTE: Final = "the secret was passed already"
FILE_NOTE: Final = "the secret is now the whole file, its final line break included"


def relative(path: str, directory: str | None) -> str:
    """Return how a path of the repository is written from one of its directories."""
    return posixpath.relpath(path, directory or ".")


class Task(Record):
    """Ask to pass one argument of a caller as the secret `secret_id`."""

    caller: Caller
    argument: BuildArgument
    secret_id: str
    source: Source

    @property
    def name(self) -> str:
        """Return the environment variable under which the value is handed to the builder."""
        name = self.argument.name
        if not _IDENTIFIER.fullmatch(name):
            name = _OTHER.sub("_", self.secret_id).upper()
        return f"SECRET_{name}" if _SPECIAL.match(name) else name

    @property
    def file(self) -> str:
        """Return the file of the repository that takes a literal."""
        return f"secrets/{self.secret_id}.txt"

    @property
    def known(self) -> bool:
        """Tell whether the caller passes this secret already."""
        return self.secret_id in self.caller.secrets

    def refuse(self, why: str) -> CallerRefusal:
        """Return a refusal that names the place of the argument."""
        return CallerRefusal(f"{self.caller.path}:{self.argument.place.line}: {why}")

    def refuse_empty(self) -> CallerRefusal:
        """Refuse an argument without a value."""
        return self.refuse(f"{self.argument.name} is passed with an empty value: there is no secret to pass")


class Addition(Record):
    """Ask to add a secret that comes from the variable `env` or from the file `path` of the repository."""

    caller: Caller
    secret_id: str
    env: str
    path: str | None
    source: Source

    def refuse(self, why: str) -> CallerRefusal:
        """Return a refusal that names the place of the caller."""
        return CallerRefusal(f"{self.caller.path}:{self.caller.place.line}: {why}")
