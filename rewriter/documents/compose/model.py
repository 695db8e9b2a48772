"""Represent what a compose file says about builds, environments and secrets."""

from __future__ import annotations

from enum import StrEnum

from rewriter.documents.yaml import Mapping, Node, Scalar, Sequence
from rewriter.model.masked import Masked
from rewriter.model.secret import Place
from rewriter.model.text import Span
from rewriter.record import Keyed, Record


class EntryForm(StrEnum):
    """Say whether names and values are written as a mapping or as a list of `NAME=value`."""

    MAP = "map"
    LIST = "list"


class EnvEntry(Keyed):
    """Hold one variable of a service; `value` is as written, `None` if it is passed through.

    `literal` is set where nothing in the value is interpolated. `container` is the mapping or list in which it is
    written, `index` its number there, `key` and `node` are its parts (of a list item both are the item). An entry
    that is `shared` is written in another service, anchor or merge.
    """

    _hidden = ("value", "container", "key", "node")
    _aside = ("container", "key", "node")

    name: str
    value: str | None
    form: EntryForm
    span: Span
    place: Place
    literal: Masked | None
    container: Mapping | Sequence
    index: int
    shared: bool
    key: Scalar
    node: Node


class BuildArg(Keyed):
    """Hold one build argument; `variable` is set where the value is exactly one variable."""

    _hidden = ("value", "container")
    _aside = ("container",)

    name: str
    value: str | None
    form: EntryForm
    place: Place
    literal: Masked | None
    variable: str | None
    container: Mapping | Sequence
    index: int
    shared: bool


class Build(Keyed):
    """Hold a `build:`; paths are relative to the repository, `None` where they are dynamic or remote.

    `node` is written in this very service, unless `shared`.
    """

    _hidden = ("node",)
    _aside = ("node",)

    context: str | None
    dockerfile: str | None
    target: str | None
    args: tuple[BuildArg, ...]
    secrets: tuple[str, ...]
    node: Node
    place: Place
    shared: bool


class Service(Keyed):
    """Hold one service; `env_file` are paths as written, `secrets` the names of those it is granted."""

    _hidden = ("command", "node")
    _aside = ("command", "node")

    name: str
    build: Build | None
    environment: tuple[EnvEntry, ...]
    env_file: tuple[str, ...]
    command: Node | None
    image: str | None
    secrets: tuple[str, ...]
    node: Mapping
    place: Place


class TopLevelSecret(Record):
    """Hold one entry of the file's own `secrets:`."""

    name: str
    file: str | None
    environment: str | None
    external: bool
    place: Place


class Compose(Keyed):
    """Hold a compose file; one of version 1 has no `services:` and knows no secrets."""

    _hidden = ("root",)
    _aside = ("root",)

    path: str
    services: tuple[Service, ...]
    secrets: tuple[TopLevelSecret, ...]
    root: Mapping | None
    version_1: bool
