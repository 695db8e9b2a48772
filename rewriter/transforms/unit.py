"""Find the piece of a script that sets something up, and that can be repeated elsewhere as a whole.

That is a command; or, where the command runs under a condition, everything that decides on it: `if [ -n "$T" ]; then
...; fi`, `[ -z "$T" ] || ...`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from rewriter.documents.dockerfile import openers
from rewriter.documents.run import Form, Fragment, RunBody, bare_words
from rewriter.documents.shell import (
    Command,
    CommandSubstitution,
    Group,
    If,
    Item,
    Operator,
    Pipeline,
    Subshell,
    Test,
    Visit,
    remove_elements,
)
from rewriter.model.text import Edit, OverlapError, Span, apply
from rewriter.record import Record
from rewriter.transforms.run_change import CannotChange, RunChange

_DECIDING: Final = frozenset(
    {"[", "test", ":", "true", "false", "exit", "echo", "printf", "cat", "grep", "export", "unset"}
)
"""Programs that decide or report, and leave nothing behind unless they write to a file."""
_JOINING: Final = (Operator.AND, Operator.OR)


class Unit(Record):
    """Hold neighbouring elements of one list of a RUN, in the order of the text."""

    body: RunBody
    fragment: Fragment
    items: tuple[Item, ...]

    @property
    def span(self) -> Span:
        """Return where the unit stands in the script."""
        return Span(self.items[0].span.start, self.items[-1].span.end)

    @property
    def chained(self) -> bool:
        """Tell whether `||` joins its elements, so that it wants braces behind another command."""
        return any(item.operator is Operator.OR for item in self.items[:-1])

    def covers(self, command: Command) -> bool:
        """Tell whether a command is a part of the unit."""
        return self.span.covers(command.span)

    def text(self, change: RunChange) -> str:
        """Return the unit as the edits of its RUN make it; raises `CannotChange` where it cannot be moved."""
        source = change.file.source
        place = self.fragment.span(self.span)
        if place is None:
            raise CannotChange("the command stands in a quoted script that cannot be taken apart")
        inside = [edit for edit in change.edits if place.covers(edit.span)]
        moved = [Edit(Span(one.span.start - place.start, one.span.end - place.start), one.text) for one in inside]
        try:
            text = apply(place.of(source.text), moved)
        except OverlapError as error:
            raise CannotChange("the command changes in several ways at once") from error
        wide = "\n" in text and (self.body.form is not Form.SHELL or change.file.escape != "\\")
        if wide or openers(text.replace("\\\n", "")):
            raise CannotChange("the command has several lines, which another RUN cannot repeat")
        return text


def take_out(change: RunChange, units: tuple[Unit, ...]) -> bool:
    """Take the units out of their RUN, if that leaves the rest of it as it is; tell whether it does."""
    items = units[0].fragment.script.items
    gone = {item.span for unit in units for item in unit.items}
    if any(item.span not in gone for item in items) and any(
        not isinstance(unit.items[0].node, Command) and remove_elements(unit.fragment.script, unit.items) is None
        for unit in units
    ):
        return False
    for unit in units:
        node = unit.items[0].node
        if len(unit.items) == 1 and isinstance(node, Command):
            change.drop(unit.fragment, node)
        else:
            change.take(unit.fragment, unit.items)
    return True


def unit_of(body: RunBody, fragment: Fragment, visit: Visit, *, mine: Callable[[Command], bool]) -> Unit | None:
    """Return the unit around a command, None where there is none that does nothing else.

    `mine` tells which of the other commands belong to the same thing.
    """
    items = fragment.script.items
    found = next((number for number, item in enumerate(items) if item.span.covers(visit.command.span)), None)
    if found is None or fragment.nested:
        return None
    first = last = found
    if visit.conditional or items[found].operator is Operator.OR:
        while first and items[first - 1].operator in _JOINING:
            first -= 1
        while items[last].operator in _JOINING:
            last += 1
    unit = Unit(body, fragment, items[first : last + 1])
    if any(item.operator is Operator.BACKGROUND for item in unit.items):
        return None
    if unit.span == visit.command.span:
        return unit
    if not all(isinstance(item.node, (Command, Group, If, Pipeline, Test)) for item in unit.items):
        return None
    if any(isinstance(one, (CommandSubstitution, Subshell)) for one in visit.path):
        return None
    if not unit.chained and len(unit.items) > 1 and last + 1 < len(items):
        return None  # `test -n "$T" && write; more`: nobody asks for the status of the list
    inside = [other.command for other in fragment.visits if unit.covers(other.command)]
    return unit if all(other is visit.command or mine(other) or _decides(other) for other in inside) else None


def _decides(command: Command) -> bool:
    words = bare_words(command)
    name = (words[0].value or "").rsplit("/", 1)[-1] if words else ""
    writes = any(redirect.writes and redirect.target.value != "/dev/null" for redirect in command.redirects)
    return name in _DECIDING and not writes
