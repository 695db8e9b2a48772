"""Represent what a compose file says about builds, environments and secrets."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from rewriter.documents.yaml import Mapping, Node, Scalar, Sequence
from rewriter.model.masked import Masked
from rewriter.model.secret import Place
from rewriter.model.text import Span


class EntryForm(StrEnum):
    """Say whether names and values are written as a mapping or as a list of `NAME=value`."""

    MAP = "map"
    LIST = "list"


@dataclass(frozen=True, slots=True)
class EnvEntry:
    """Hold one variable of a service; `value` is as written, `None` if it is passed through.

    `literal` is set where nothing in the value is interpolated. `container` is the mapping or list in which it is
    written, `index` its number there, `key` and `node` are its parts (of a list item both are the item). An entry
    that is `shared` is written in another service, anchor or merge.
    """

    name: str
    value: str | None = field(repr=False)
    form: EntryForm
    span: Span
    place: Place
    literal: Masked | None
    container: Mapping | Sequence = field(repr=False, compare=False)
    index: int
    shared: bool
    key: Scalar = field(repr=False, compare=False)
    node: Node = field(repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class BuildArg:
    """Hold one build argument; `variable` is set where the value is exactly one variable."""

    name: str
    value: str | None = field(repr=False)
    form: EntryForm
    place: Place
    literal: Masked | None
    variable: str | None
    container: Mapping | Sequence = field(repr=False, compare=False)
    index: int
    shared: bool


@dataclass(frozen=True, slots=True)
class Build:
    """Hold a `build:`; paths are relative to the repository, `None` where they are dynamic or remote.

    `node` is written in this very service, unless `shared`.
    """

    context: str | None
    dockerfile: str | None
    target: str | None
    args: tuple[BuildArg, ...]
    secrets: tuple[str, ...]
    node: Node = field(repr=False, compare=False)
    place: Place
    shared: bool


@dataclass(frozen=True, slots=True)
class Service:
    """Hold one service; `env_file` are paths as written, `secrets` the names of those it is granted."""

    name: str
    build: Build | None
    environment: tuple[EnvEntry, ...]
    env_file: tuple[str, ...]
    command: Node | None = field(repr=False, compare=False)
    image: str | None
    secrets: tuple[str, ...]
    node: Mapping = field(repr=False, compare=False)
    place: Place


@dataclass(frozen=True, slots=True)
class TopLevelSecret:
    """Hold one entry of the file's own `secrets:`."""

    name: str
    file: str | None
    environment: str | None
    external: bool
    place: Place


@dataclass(frozen=True, slots=True)
class Compose:
    """Hold a compose file; one of version 1 has no `services:` and knows no secrets."""

    path: str
    services: tuple[Service, ...]
    secrets: tuple[TopLevelSecret, ...]
    root: Mapping | None = field(repr=False, compare=False)
    version_1: bool
