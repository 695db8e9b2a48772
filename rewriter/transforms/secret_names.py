"""Name the run-time secrets of one folder of compose files: one value, one secret, one file."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import count
from typing import Final

from rewriter.documents.compose import Compose
from rewriter.documents.yaml import Scalar, get
from rewriter.model.masked import Masked
from rewriter.model.plan import SecretSource
from rewriter.model.text import decode
from rewriter.project.project import Project
from rewriter.record import Record
from rewriter.services import Gift
from rewriter.transforms.compose_text import Declaration, declared
from rewriter.transforms.local_values import FOLDER
from rewriter.tree.repository import Kind

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}")
_OTHER: Final = re.compile(r"[^a-z0-9_.-]+")


class Named(Record):
    """Hold one secret: its id, the file for its value (if it has one), how compose files declare it."""

    identity: str
    env: str
    literal: Masked | None
    path: str
    source: SecretSource
    variable: str

    def declaration(self, directory: str) -> Declaration:
        """Return the top-level entry of a compose file of the folder in which `secrets/` lies."""
        match self.source:
            case SecretSource.FILE:
                return Declaration(self.identity, "file", f"./{self.path.removeprefix(f'{directory}/')}")
            case SecretSource.ENVIRONMENT:
                return Declaration(self.identity, "environment", self.variable)
            case SecretSource.EXTERNAL:
                return Declaration(self.identity, "external", "true")


def secrets_folder(directory: str) -> str:
    """Return the folder for the values of the compose files of one folder."""
    return f"{directory}/{FOLDER}" if directory else FOLDER


def name_secrets(
    project: Project, directory: str, composes: Iterable[Compose], gifts: Iterable[Gift], wanted: SecretSource
) -> dict[Gift, Named]:
    """Return the secret of each gift; gifts of one value, or of one variable from outside, share theirs."""
    namer = _Namer(project, directory, tuple(composes), wanted)
    ordered = sorted(gifts, key=lambda gift: (not gift.verdict.secret, gift.path, gift.span))
    return {gift: namer.named(gift) for gift in ordered}


class _Namer:
    def __init__(self, project: Project, directory: str, composes: tuple[Compose, ...], wanted: SecretSource) -> None:
        self.project = project
        self.directory = directory
        self.roots = tuple(compose.root for compose in composes if compose.root is not None)
        self.wanted = wanted
        self.by_value: dict[tuple[bool, Masked | str], Named] = {}
        self.used: set[str] = set()

    def named(self, gift: Gift) -> Named:
        value = gift.literal if gift.literal is not None else gift.variable or gift.name
        key = gift.verdict.secret, value  # a name of a database does not change with the password that is like it
        if key not in self.by_value:
            self.by_value[key] = next(one for one in self._candidates(gift) if self._free(one))
            self.used.add(self.by_value[key].identity)
        return self.by_value[key]

    def _candidates(self, gift: Gift) -> Iterable[Named]:
        name = identity(gift.name)
        yield self._made(gift, name)
        if gift.owner:
            yield self._made(gift, identity(f"{gift.owner}_{gift.name}"))
        for number in count(2):
            yield self._made(gift, f"{name}_{number}")

    def _made(self, gift: Gift, name: str) -> Named:
        outside = gift.literal is None
        source = SecretSource.ENVIRONMENT if outside and self.wanted is SecretSource.FILE else self.wanted
        return Named(
            identity=name,
            env=gift.name,
            literal=gift.literal,
            path=f"{secrets_folder(self.directory)}/{name}.txt",
            source=source,
            variable=gift.variable if outside and gift.variable else re.sub(r"[^A-Z0-9_]", "_", name.upper()),
        )

    def _free(self, one: Named) -> bool:
        """Tell whether nothing else has the name: no secret of these files, no other value in the file."""
        wanted = one.declaration(self.directory)
        for root in self.roots:
            there = declared(root).get(one.identity)
            value = get(there, wanted.key)
            if there is not None and not (
                isinstance(value, Scalar) and value.value.removeprefix("./") == wanted.value.removeprefix("./")
            ):
                return False
            if there is not None and one.literal is not None and not self._holds(one):
                return False
        if one.literal is not None and self.project.repository.kind(one.path) is not Kind.MISSING:
            return one.identity not in self.used and self._holds(one)
        return one.identity not in self.used

    def _holds(self, one: Named) -> bool:
        """Tell whether the file for the value is there and holds it, byte for byte."""
        repository = self.project.repository
        if repository.kind(one.path) is not Kind.FILE or one.literal is None:
            return False
        return decode(repository.read(one.path)) == one.literal.reveal()


def identity(name: str) -> str:
    """Return the id for a name; what no file can be called becomes an underscore."""
    found = _OTHER.sub("_", name.lower()).lstrip("_.-")[:64]
    return found if _NAME.fullmatch(found) else "secret"
