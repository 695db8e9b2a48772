"""Parse a source with ast-grep, and walk its tree.

ast-grep itself is loaded when the first file is parsed. Offsets count code points, as spans do.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Container, Iterable, Iterator, Sequence
from typing import Protocol

from rewriter.code.guard import readable
from rewriter.code.model import Change, Mention, ReadKind, Refuse, Use, read_at
from rewriter.model.text import Source, Span


class Place(Protocol):
    """Say what is used of ast-grep's positions."""

    @property
    def index(self) -> int:
        """Return the offset in code points."""
        ...


class Extent(Protocol):
    """Say what is used of ast-grep's ranges."""

    @property
    def start(self) -> Place:
        """Return where it starts."""
        ...

    @property
    def end(self) -> Place:
        """Return where it ends."""
        ...


class Node(Protocol):
    """Say what is used of ast-grep's nodes."""

    def kind(self) -> str:
        """Return the name that the grammar gives to the node."""
        ...

    def text(self) -> str:
        """Return the node's text."""
        ...

    def is_named(self) -> bool:
        """Tell whether the node is more than a fixed word or sign."""
        ...

    def children(self) -> Sequence[Node]:
        """Return the parts."""
        ...

    def parent(self) -> Node | None:
        """Return the node around."""
        ...

    def field(self, name: str) -> Node | None:
        """Return a named part."""
        ...

    def range(self) -> Extent:
        """Return where the node stands."""
        ...


def parse(source: Source, language: str) -> Node | Refuse:
    """Return the root of a source's tree, or why it cannot be read."""
    from ast_grep_py import SgRoot  # noqa: PLC0415 - a native library

    text = readable(source.text)
    root = SgRoot(text, language).root()
    if root.kind() == "ERROR" or root.find(kind="ERROR") is not None:
        return Refuse("it is no source that can be read")
    return root


def mentions(
    source: Source, root: Node, kinds: Collection[str], *, names: Container[str], uses: Iterable[Use]
) -> tuple[Mention, ...]:
    """Return where a node of some kinds spells one of the names outside of the reads."""
    settled = Covered(one.read.span for one in uses)
    return tuple(
        Mention(node.text().strip(":"), source.line(span(node).start))
        for node in walk(root)
        if node.kind() in kinds and node.text().strip(":") in names and span(node) not in settled
    )


def use(source: Source, node: Node, name: str, kind: ReadKind, change: Change, pieces: tuple[str, ...] = ()) -> Use:
    """Return a read with what becomes of it."""
    return Use(read_at(source, span(node), name, kind=kind), change, pieces)


def span(node: Node) -> Span:
    """Return where a node stands."""
    place = node.range()
    return Span(place.start.index, place.end.index)


def same(one: Node | None, other: Node) -> bool:
    """Tell whether two nodes are the same piece of the tree."""
    return one is not None and one.kind() == other.kind() and span(one) == span(other)


def field(node: Node | None, name: str) -> Node | None:
    """Return a named part of a node."""
    return node.field(name) if node is not None else None


def arguments(node: Node | None) -> tuple[Node, ...]:
    """Return the arguments of a call, its comments left out."""
    if node is None:
        return ()
    return tuple(child for child in node.children() if child.is_named() and "comment" not in child.kind())


def constant(node: Node | None) -> str | None:
    """Return the text of a string constant without escapes and pieces that are computed."""
    if node is None:
        return None
    if node.kind() in ("argument", "literal_value") and len(node.children()) == 1:
        node = node.children()[0]
    if "string" not in node.kind():
        return None
    inside = [child for child in node.children() if child.is_named()]
    if not inside or any(child.kind() not in _CONTENT for child in inside):
        return None
    return "".join(child.text() for child in inside)


def pieces(node: Node) -> tuple[str, ...]:
    """Return every piece of constant text below a node."""
    return tuple(child.text() for child in walk(node) if child.kind() in _CONTENT)


class Covered:
    """Tell in logarithmic time whether a place lies in one of many spans."""

    def __init__(self, spans: Iterable[Span]) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []
        for one in sorted(spans):
            if not self._ends or one.end > self._ends[-1]:
                self._starts.append(one.start)
                self._ends.append(one.end)

    def __contains__(self, place: Span) -> bool:
        at = bisect_right(self._starts, place.start) - 1
        return at >= 0 and place.end <= self._ends[at]


def walk(node: Node) -> Iterator[Node]:
    """Return every node of a tree, in the order of the text, without recursion."""
    waiting = [node]
    while waiting:
        at = waiting.pop()
        yield at
        waiting += reversed(at.children())


_CONTENT = frozenset(
    {"string_fragment", "interpolated_string_literal_content", "interpreted_string_literal_content", "string_content",
     "raw_string_literal_content", "string_value", "multiline_string_fragment"}
)  # fmt: skip
