"""Match many wildcard patterns against a path in one pass.

A pattern is a line of items. All patterns run side by side, beginnings that they share run once, and the
states of the whole are kept once they have been met: a path costs about one table look-up a character,
whatever the patterns, and nothing ever goes back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from enum import Enum, auto
from typing import Final

from rewriter.record import Record

MEMORY_LIMIT: Final = 2_000_000
"""Forget all states when they hold this many entries, so that hostile input cannot fill the memory."""

Test = Callable[[str], bool]


class Side(Enum):
    """Say what stands beside a place in a text."""

    NOTHING = auto()
    WORD = auto()
    OTHER = auto()


class One(Record):
    """Take one character."""

    accepts: Test


class Many(Record):
    """Take any number of characters, or none."""

    accepts: Test


class Maybe(Record):
    """Take these items or none of them."""

    items: tuple[Item, ...]


class Where(Record):
    """Take nothing, and go on only where the neighbours (before, after) are right."""

    holds: Callable[[Side, Side], bool]


Item = str | One | Many | Maybe | Where
"""A string is one character, taken as it is."""


def any_character(_: str) -> bool:
    """Accept every character."""
    return True


def not_slash(character: str) -> bool:
    """Accept every character that stays inside one component of a path."""
    return character != "/"


FOLDERS: Final = Maybe((Many(any_character), "/"))
"""Match any folders, or none, with the slash behind them."""


class _Node:
    """Stand between two items of a pattern."""

    __slots__ = ("accepts", "below", "free", "guarded", "loop", "tested")

    def __init__(self) -> None:
        self.below: dict[Item, _Node] = {}
        self.tested: list[tuple[Test, _Node]] = []
        self.free: list[_Node] = []
        self.guarded: list[tuple[Callable[[Side, Side], bool], _Node]] = []
        self.loop: Test | None = None
        self.accepts: list[int] = []

    def after(self, item: Item) -> _Node:
        """Return the node behind an item that starts here, made where it is new."""
        known = self.below.get(item)
        if known is not None:
            return known
        node = self.below[item] = _Node()
        match item:
            case str():
                pass
            case One(accepts):
                self.tested.append((accepts, node))
            case Many(accepts):
                node.loop = accepts
                self.free.append(node)
            case Maybe(items):
                last = _Node()
                self.free += (node, last)
                for inner in items:
                    last = last.after(inner)
                last.free.append(node)
            case Where(holds):
                self.guarded.append((holds, node))
        return node


class State:
    """Remember how far every pattern has come; made by an `Automaton` alone."""

    __slots__ = ("before", "following", "matched", "nodes")

    def __init__(self, nodes: frozenset[_Node], before: Side) -> None:
        self.nodes = nodes
        self.before = before
        self.following: dict[str, State] = {}
        self.matched: tuple[int, ...] | None = None


class Automaton:
    """Run patterns, each with its alternatives; they are numbered in the order in which they are given."""

    def __init__(self, patterns: Iterable[Sequence[Sequence[Item]]]) -> None:
        root = _Node()
        self._looks_around = False
        for number, alternatives in enumerate(patterns):
            for items in alternatives:
                node = root
                for item in items:
                    node = node.after(item)
                    self._looks_around |= isinstance(item, Where)
                node.accepts.append(number)
        self._states: dict[tuple[frozenset[_Node], Side], State] = {}
        self._held = 0
        self.start: Final = self._state(frozenset({root}), Side.NOTHING)

    def run(self, state: State, text: str) -> State:
        """Return the state that `text` leads to from `state`."""
        for character in text:
            following = state.following.get(character)
            state = self._step(state, character) if following is None else following
        return state

    def matches(self, state: State) -> tuple[int, ...]:
        """Return the numbers of the patterns that match the whole text read so far, in order."""
        if state.matched is None:
            reached = _reached(state.nodes, state.before, Side.NOTHING)
            state.matched = tuple(sorted({number for node in reached for number in node.accepts}))
            self._held += len(state.matched)
        return state.matched

    def _state(self, nodes: frozenset[_Node], before: Side) -> State:
        key = (nodes, before if self._looks_around else Side.OTHER)
        known = self._states.get(key)
        if known is None:
            known = self._states[key] = State(*key)
            self._held += len(nodes)
        return known

    def _step(self, state: State, character: str) -> State:
        if self._held >= MEMORY_LIMIT:
            self._forget()
        after = _side(character)
        nodes: set[_Node] = set()
        for node in _reached(state.nodes, state.before, after):
            below = node.below.get(character)
            if below is not None:
                nodes.add(below)
            if node.loop is not None and node.loop(character):
                nodes.add(node)
            nodes.update(target for accepts, target in node.tested if accepts(character))
        following = self._state(frozenset(nodes), after)
        state.following[character] = following
        self._held += 1
        return following

    def _forget(self) -> None:
        for state in self._states.values():
            state.following.clear()
        self._states.clear()
        self._held = 0


def _reached(nodes: frozenset[_Node], before: Side, after: Side) -> set[_Node]:
    """Add the nodes that are reached without a character."""
    reached = set(nodes)
    waiting = list(nodes)
    while waiting:
        node = waiting.pop()
        for target in (*node.free, *(target for holds, target in node.guarded if holds(before, after))):
            if target not in reached:
                reached.add(target)
                waiting.append(target)
    return reached


def _side(character: str) -> Side:
    is_word = character.isascii() and (character.isalnum() or character == "_")
    return Side.WORD if is_word else Side.OTHER
