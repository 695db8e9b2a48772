"""Find what to delete so that one element of a list goes and the rest means the same."""

from __future__ import annotations

import re
from enum import Enum, auto
from typing import Final

from rewriter.documents.shell.error import ShellError
from rewriter.documents.shell.reader import parse
from rewriter.documents.shell.tree import (
    Command,
    CommandSubstitution,
    Function,
    If,
    Item,
    Loop,
    Operator,
    Pipeline,
    ProcessSubstitution,
    Script,
)
from rewriter.documents.shell.uses import variables
from rewriter.documents.shell.walk import Ancestor, Visit, commands
from rewriter.model.text import Span
from rewriter.record import Record

_JOINING: Final = (Operator.AND, Operator.OR)
_SEQUENCE: Final = (Operator.SEMICOLON, Operator.NEWLINE, None)
_INDENT: Final = re.compile(r"(?:^|(?<!\\)\n|(?<!\\)\r\n)([ \t]*)\Z")
_REST_OF_LINE: Final = re.compile(r"[ \t]*(?:#[^\n]*)?(?:\n|\Z)")


class ListElement(Record):
    """Hold an element of a list: the list it stands in and its place there."""

    script: Script
    index: int

    @property
    def item(self) -> Item:
        """Return the element itself."""
        return self.script.items[self.index]

    @property
    def previous(self) -> Item | None:
        """Return the element in front of this one."""
        return self.script.items[self.index - 1] if self.index else None

    @property
    def following(self) -> Item | None:
        """Return the element behind this one."""
        after = self.index + 1
        return self.script.items[after] if after < len(self.script.items) else None

    @property
    def chain(self) -> tuple[Item, ...]:
        """Return the elements joined to this one by `&&` and `||`, itself included."""
        items = self.script.items
        first = last = self.index
        while first and items[first - 1].operator in _JOINING:
            first -= 1
        while items[last].operator in _JOINING:
            last += 1
        return items[first : last + 1]

    @property
    def alone_at_end(self) -> bool:
        """Tell whether the element ends its list and no `&&` or `||` joins it to the one before."""
        return self.following is None and self.previous is not None and self.previous.operator in _SEQUENCE


def find_element(script: Script, target: Command) -> ListElement | None:
    """Return the element that consists of `target` and nothing else, in whatever list of `script`."""
    visit = _visit(script, target)
    return None if visit is None else _element(visit)


def remove_element(script: Script, target: Command) -> Span | None:
    """Return the span to delete so that `target` goes from its list, with one operator beside it.

    Whitespace between it and its neighbour goes too, and where it fills its lines, these lines. The rest
    keeps its meaning if `target` would have succeeded; `decides_status` tells where the status of the whole
    script may become another.

    None where that cannot be done: the element is the only one, a test, in a chain with `||`, in a pipeline,
    negated, in a condition or a substitution, in the background or behind something in the background,
    shares its line with a here-document, or gives its status to a `&&`, a function or a `$?`.
    """
    visit = _visit(script, target)
    element = None if visit is None else _element(visit)
    if visit is None or element is None or not _allowed(visit.path):
        return None
    previous = element.previous
    if previous is not None and previous.operator is Operator.BACKGROUND:
        return None
    if _status(visit.path, element) is _Status.USED or _asks_status(script, element):
        return None
    span = _span(script.text, element, target)
    return span if span is not None and _keeps_rest(script, target, span) else None


def remove_elements(script: Script, items: tuple[Item, ...]) -> Span | None:
    """Return the span to delete so that neighbouring elements of the outermost list go, whatever they are.

    None where the rest would mean something else: nothing is left, `||` joins it to them, or it asks for their status.
    """
    first, last = script.items.index(items[0]), script.items.index(items[-1])
    previous = script.items[first - 1] if first else None
    following = script.items[last + 1] if last + 1 < len(script.items) else None
    before, behind = None if previous is None else previous.operator, items[-1].operator
    if before in (Operator.OR, Operator.BACKGROUND) or behind in (Operator.OR, Operator.BACKGROUND):
        return None
    if following is not None and (before in _SEQUENCE or behind is Operator.AND):
        span = Span(items[0].span.start, following.span.start)
    elif previous is not None:
        span = Span(previous.span.end, items[-1].span.end)
    else:
        return None
    asked = following is not None and any(
        use.name == "?" and following.span.covers(use.span) for use in variables(script)
    )
    return None if asked else span


def decides_status(script: Script, target: Command) -> bool:
    """Tell whether `target` alone decides the status of `script`, whatever the element before it returned.

    That is so at the end of a list behind `;` or a new line: `a; b`. Without `b`, a failure of `a` counts.
    """
    visit = _visit(script, target)
    element = None if visit is None else _element(visit)
    return visit is not None and element is not None and _status(visit.path, element) is _Status.WHOLE


class _Status(Enum):
    """Name what becomes of the status of an element that follows `;` or a new line."""

    UNUSED = auto()
    USED = auto()
    WHOLE = auto()


def _status(path: tuple[Ancestor, ...], element: ListElement) -> _Status:
    if not element.alone_at_end:
        return _Status.UNUSED
    below: Ancestor | None = None
    for ancestor in reversed(path):
        match ancestor:
            case Script(items=items) if items[-1] is not below:
                return _Status.UNUSED
            case Function() | Item(operator=Operator.AND):
                return _Status.USED
            case _:
                below = ancestor
    return _Status.WHOLE


def _asks_status(script: Script, element: ListElement) -> bool:
    """Tell whether the next element expands `$?`."""
    following = element.following
    if following is None:
        return False
    return any(use.name == "?" and following.span.covers(use.span) for use in variables(script))


def _visit(script: Script, target: Command) -> Visit | None:
    return next((visit for visit in commands(script) if _same(visit.command, target)), None)


def _same(one: Command, other: Command) -> bool:
    """Tell whether two commands of one text are the same, without going through what they hold."""
    return one is other or (one.span == other.span and len(one.words) == len(other.words))


def _element(visit: Visit) -> ListElement | None:
    """Return the element around a command that is all of it; a timed command counts as the command."""
    path = visit.path
    if isinstance(path[-1], Pipeline) and len(path[-1].commands) == 1 and not path[-1].negated:
        path = path[:-1]
    match path[-2:]:
        case (Script() as script, Item() as item):
            return ListElement(script, next(i for i, one in enumerate(script.items) if one is item))
        case _:
            return None


def _allowed(path: tuple[Ancestor, ...]) -> bool:
    """Tell whether nothing around an element makes its removal change the meaning of something else."""
    for ancestor, inner in zip(path, (*path[1:], None), strict=True):
        match ancestor:
            case CommandSubstitution() | ProcessSubstitution():
                return False
            case Pipeline(members, negated=negated) if negated or len(members) > 1:
                return False
            case If(branches) if any(branch.condition is inner for branch in branches):
                return False
            case Loop(condition=condition) if condition is not None and condition is inner:
                return False
            case Script(items=items):
                index = next(i for i, item in enumerate(items) if item is inner)
                chain = ListElement(ancestor, index).chain
                if any(item.operator in (Operator.OR, Operator.BACKGROUND) for item in chain):
                    return False
            case _:
                pass
    return True


def _span(text: str, element: ListElement, target: Command) -> Span | None:
    """Return the span to delete: forward to the next element, back to the previous one, or whole lines."""
    item, previous, following = element.item, element.previous, element.following
    if previous is None and following is None:
        return None
    before = None if previous is None else previous.operator
    if item.operator is Operator.AND and following is not None:
        return Span(item.span.start, following.span.start)
    end = max([item.span.end, *(one.heredoc.end.end for one in target.redirects if one.heredoc is not None)])
    if before in _SEQUENCE:
        lines = _lines(text, item, end)
        if lines is not None:
            return lines
        if following is not None and not _breaks(text, item, following):
            return Span(item.span.start, following.span.start)
    if previous is not None:
        return Span(previous.span.end, end)
    stop = item.span.end if item.operator_span is None else item.operator_span.end
    return Span(item.span.start, max(stop, end))


def _breaks(text: str, item: Item, following: Item) -> bool:
    """Tell whether a line ends between two elements (a continuation ends none)."""
    start = item.span.end if item.operator_span is None else item.operator_span.start
    return "\n" in re.sub(r"\\\r?\n", "", text[start : following.span.start])


def _lines(text: str, item: Item, end: int) -> Span | None:
    """Return the lines that an element fills, alone but for a comment; None where it shares a line."""
    line = text.rfind("\n", 0, item.span.start)
    indent = _INDENT.search(text, max(0, line - 2), item.span.start)
    if indent is None:
        return None
    stop = end
    if item.operator is Operator.SEMICOLON and item.operator_span is not None and end == item.span.end:
        stop = item.operator_span.end
    rest = _REST_OF_LINE.match(text, stop)
    if rest is None:
        return None
    start = indent.start(1)
    if text[rest.start() : rest.end()].endswith("\n") or start == 0:
        return Span(start, rest.end())
    return Span(indent.start(), rest.end())


def _keeps_rest(script: Script, target: Command, span: Span) -> bool:
    """Read what would remain, and tell whether every other command is there, at its place, unchanged."""
    text = script.text
    try:
        after = parse(text[: span.start] + text[span.end :])
    except ShellError:
        return False
    rest = [
        visit
        for visit in commands(script)
        if not any(isinstance(one, Command) and _same(one, target) for one in (visit.command, *visit.path))
    ]
    return [_key(text, visit) for visit in rest] == [_key(after.text, visit) for visit in commands(after)]


def _key(text: str, visit: Visit) -> tuple[object, ...]:
    """Return what must not change about a command."""
    bodies = tuple(one.heredoc.body.of(text) for one in visit.command.redirects if one.heredoc is not None)
    return (
        visit.command.span.of(text),
        bodies,
        visit.in_subshell,
        visit.conditional,
        [type(ancestor) for ancestor in visit.path],
    )
