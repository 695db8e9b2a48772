"""Represent YAML as nodes whose spans point into the text.

Nodes compare by identity: aliases share what they refer to, so a nest of aliases is as small as its text.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Final

from rewriter.model.text import Span
from rewriter.record import Record

MERGE_KEY: Final = "<<"
_NULLS: Final = frozenset({"", "~", "null", "Null", "NULL"})


class Style(StrEnum):
    """Say how a scalar is written."""

    PLAIN = "plain"
    SINGLE = "'"
    DOUBLE = '"'
    LITERAL = "|"
    FOLDED = ">"


class Alias(Record):
    """Say that a node stands where `*name` is written; its own spans are those of the anchored node."""

    name: str
    span: Span


class Scalar(Record, eq=False):
    """Hold one value; `span` starts at its quote, its `|` or its first character, behind anchor and tag.

    `in_flow` tells whether brackets or braces surround it.
    """

    _hidden = ("outer",)

    value: str
    span: Span
    style: Style
    tag: str | None
    anchor: str | None
    outer: int
    alias: Alias | None = None
    in_flow: bool = False

    @property
    def is_null(self) -> bool:
        """Tell whether the value is absent or written as null."""
        return self.style is Style.PLAIN and self.value in _NULLS and self.tag is None

    @property
    def place(self) -> Span:
        """Return where the value is written: the alias, if it is one."""
        return self.alias.span if self.alias else self.span


class Mapping(Record, eq=False):
    """Hold keys and values in the order in which they are written."""

    _hidden = ("pairs", "outer")

    pairs: tuple[tuple[Scalar, Node], ...]
    span: Span
    flow: bool
    tag: str | None
    anchor: str | None
    outer: int
    alias: Alias | None = None

    @property
    def place(self) -> Span:
        """Return where the mapping is written: the alias, if it is one."""
        return self.alias.span if self.alias else self.span


class Sequence(Record, eq=False):
    """Hold items; in block style the span starts at the first dash."""

    _hidden = ("items", "outer")

    items: tuple[Node, ...]
    span: Span
    flow: bool
    tag: str | None
    anchor: str | None
    outer: int
    alias: Alias | None = None

    @property
    def place(self) -> Span:
        """Return where the sequence is written: the alias, if it is one."""
        return self.alias.span if self.alias else self.span


Node = Scalar | Mapping | Sequence


class Entry(Record):
    """Hold one key of a mapping with merge keys resolved; `shared` if it is written in another mapping.

    `holder` is the mapping in which it is written, `number` its place there.
    """

    key: Scalar
    value: Node
    shared: bool
    holder: Mapping
    number: int


def entries(mapping: Mapping) -> tuple[Entry, ...]:
    """Return a mapping's keys with `<<` resolved: the first of two equal keys wins, as YAML merges."""
    found: dict[str, Entry] = {}
    seen: set[int] = set()
    waiting: list[tuple[Node, bool]] = [(mapping, mapping.alias is not None)]
    while waiting:
        node, shared = waiting.pop()
        if isinstance(node, Sequence):
            waiting += [(item, True) for item in reversed(node.items)]
        if not isinstance(node, Mapping) or id(node.pairs) in seen:
            continue
        seen.add(id(node.pairs))
        for number, (key, value) in enumerate(node.pairs):
            if key.value != MERGE_KEY:
                found.setdefault(key.value, Entry(key, value, shared, node, number))
        waiting += [(value, True) for key, value in reversed(node.pairs) if key.value == MERGE_KEY]
    return tuple(found.values())


def get(node: Node | None, *keys: str | int) -> Node | None:
    """Return what lies under the keys (merge keys resolved) and item numbers, or `None`."""
    for key in keys:
        match node:
            case Mapping() if isinstance(key, str):
                node = next((entry.value for entry in entries(node) if entry.key.value == key), None)
            case Sequence() if isinstance(key, int) and -len(node.items) <= key < len(node.items):
                node = node.items[key]
            case _:
                return None
    return node


def index_of(mapping: Mapping, key: str) -> int | None:
    """Return the number of the pair that is written in this very mapping under `key`."""
    return next((number for number, (name, _) in enumerate(mapping.pairs) if name.value == key), None)


def walk(node: Node) -> Iterator[Node]:
    """Yield a node and all that is written in it, in order; what stands behind an alias is left out."""
    waiting = [node]
    while waiting:
        current = waiting.pop()
        yield current
        if current.alias is not None:
            continue
        match current:
            case Mapping():
                waiting += [part for pair in reversed(current.pairs) for part in reversed(pair)]
            case Sequence():
                waiting += reversed(current.items)
            case Scalar():
                pass


def defines_anchor(node: Node) -> bool:
    """Tell whether an anchor would go if the node were removed."""
    return any(part.anchor is not None and part.alias is None for part in walk(node))
