"""Reach every command and every use of a variable in a tree."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from rewriter.documents.shell.tree import (
    AnsiQuoted,
    Arithmetic,
    Array,
    Case,
    Clause,
    Command,
    CommandSubstitution,
    DoubleQuoted,
    Function,
    Group,
    If,
    Item,
    Literal,
    Loop,
    Node,
    Operator,
    Part,
    Pipeline,
    ProcessSubstitution,
    Redirect,
    Script,
    SingleQuoted,
    Subshell,
    Test,
    Variable,
    Word,
)
from rewriter.record import Record, replace

Ancestor = Script | Item | Node | Clause | CommandSubstitution | ProcessSubstitution

_TESTS: Final = frozenset({"[", "test"})


class Visit(Record):
    """Hold a simple command and where it stands.

    `path` leads from the script to the command, both left out. `conditional` tells that the command may be
    skipped although nothing before it failed the script: it stands in a branch, a clause, the body of a loop
    or a function, after `||`, or after `&&` behind a test. `in_subshell` tells that what it sets is lost
    behind it: it stands in parentheses, a substitution, a pipeline or the background. `piped_from` and
    `piped_to` are the neighbours in the pipeline, also that of an enclosing compound command, if they are
    simple commands.
    """

    command: Command
    path: tuple[Ancestor, ...] = ()
    in_subshell: bool = False
    in_substitution: bool = False
    conditional: bool = False
    piped_from: Command | None = None
    piped_to: Command | None = None


class _Place(Record):
    """Hold where a node stands."""

    path: tuple[Ancestor, ...] = ()
    in_subshell: bool = False
    in_substitution: bool = False
    conditional: bool = False
    piped_from: Command | None = None
    piped_to: Command | None = None

    def inside(self, ancestor: Ancestor) -> _Place:
        """Return the place of what `ancestor` holds directly."""
        return _Place(
            (*self.path, ancestor),
            self.in_subshell,
            self.in_substitution,
            self.conditional,
            self.piped_from,
            self.piped_to,
        )


def commands(script: Script) -> Iterator[Visit]:
    """Return every simple command anywhere in `script`, in the order of the text."""
    found = [
        Visit(
            node,
            place.path,
            in_subshell=place.in_subshell,
            in_substitution=place.in_substitution,
            conditional=place.conditional,
            piped_from=place.piped_from,
            piped_to=place.piped_to,
        )
        for node, place in _nodes(script, _Place())
        if isinstance(node, Command)
    ]
    found.sort(key=lambda visit: visit.command.span.start)
    return iter(found)


def nodes(script: Script) -> Iterator[Node]:
    """Return every command, simple or compound, anywhere in `script`; outer ones come first."""
    return (node for node, _ in _nodes(script, _Place()))


def _nodes(script: Script, place: _Place) -> Iterator[tuple[Node, _Place]]:
    inner = place.inside(script)
    skippable = False
    previous: Item | None = None
    for item, background in zip(script.items, _in_background(script), strict=True):
        if previous is not None:
            match previous.operator:
                case Operator.OR:
                    skippable = True
                case Operator.AND:
                    skippable = skippable or _is_test(previous.node)
                case _:
                    skippable = False
        here = inner.inside(item)
        if skippable:
            here = replace(here, conditional=True)
        if background:
            here = replace(here, in_subshell=True)
        yield from _node(item.node, here)
        previous = item


def _in_background(script: Script) -> list[bool]:
    """Tell of every element whether the chain it belongs to ends in `&`."""
    found: list[bool] = []
    for item in reversed(script.items):
        joined = item.operator in (Operator.AND, Operator.OR) and bool(found) and found[-1]
        found.append(joined or item.operator is Operator.BACKGROUND)
    return found[::-1]


def _is_test(node: Node) -> bool:
    match node:
        case Test():
            return True
        case Pipeline(commands=(only,)):
            return _is_test(only)
        case Command():
            return node.name in _TESTS
        case _:
            return False


def _node(node: Node, place: _Place) -> Iterator[tuple[Node, _Place]]:
    yield node, place
    inner = place.inside(node)
    yield from _substitutions(words_of(node), inner)
    for redirect in redirects_of(node):
        if redirect.heredoc is not None:
            yield from _substitutions_in(redirect.heredoc.parts, inner)
    maybe = replace(inner, conditional=True)
    match node:
        case Command() | Test():
            pass
        case Pipeline(members):
            yield from _members(members, inner)
        case Group(body):
            yield from _nodes(body, inner)
        case Subshell(body):
            yield from _nodes(body, replace(inner, in_subshell=True))
        case If(branches, otherwise):
            for number, branch in enumerate(branches):
                yield from _nodes(branch.condition, maybe if number else inner)
                yield from _nodes(branch.body, maybe)
            if otherwise is not None:
                yield from _nodes(otherwise, maybe)
        case Loop():
            if node.condition is not None:
                yield from _nodes(node.condition, inner)
            yield from _nodes(node.body, maybe)
        case Case(_, clauses):
            for clause in clauses:
                yield from _nodes(clause.body, maybe.inside(clause))
        case Function(_, body):
            yield from _node(body, maybe)


def _members(members: tuple[Node, ...], inner: _Place) -> Iterator[tuple[Node, _Place]]:
    """Walk the members of a pipeline; all but a lone one run in a subshell (in some shells, not the last)."""
    for number, member in enumerate(members):
        place = replace(inner, in_subshell=True) if len(members) > 1 else inner
        if number > 0:
            place = replace(place, piped_from=_simple(members[number - 1]))
        if number + 1 < len(members):
            place = replace(place, piped_to=_simple(members[number + 1]))
        yield from _node(member, place)


def _simple(node: Node) -> Command | None:
    return node if isinstance(node, Command) else None


def _substitutions(words: tuple[Word, ...], place: _Place) -> Iterator[tuple[Node, _Place]]:
    for word in words:
        if word.value is None:
            yield from _substitutions_in(word.parts, place)


def _substitutions_in(parts: tuple[Part, ...], place: _Place) -> Iterator[tuple[Node, _Place]]:
    for part in parts:
        match part:
            case CommandSubstitution(script) | ProcessSubstitution(script):
                inside = replace(
                    place.inside(part), in_subshell=True, in_substitution=True, piped_from=None, piped_to=None
                )
                yield from _nodes(script, inside)
            case DoubleQuoted(inner) | Arithmetic(parts=inner):
                yield from _substitutions_in(inner, place)
            case Variable():
                yield from _substitutions_in((*part.index, *part.argument), place)
            case Array(words):
                yield from _substitutions(words, place)
            case Literal() | SingleQuoted() | AnsiQuoted():
                pass


def redirects_of(node: Node) -> tuple[Redirect, ...]:
    """Return the redirections of a command."""
    match node:
        case Pipeline() | Function():
            return ()
        case _:
            return node.redirects


def words_of(node: Node) -> tuple[Word, ...]:
    """Return the words that stand directly in a command, targets of redirections included.

    The subscript of an assignment counts as a word.
    """
    targets = tuple(redirect.target for redirect in redirects_of(node))
    match node:
        case Command(assignments, words):
            values = tuple(word for one in assignments for word in (*_subscript(one.index), one.value))
            return (*values, *words, *targets)
        case Loop(words=words) | Test(words=words):
            return (*words, *targets)
        case Case(subject, clauses):
            return (subject, *(word for clause in clauses for word in clause.patterns), *targets)
        case _:
            return targets


def _subscript(parts: tuple[Part, ...]) -> tuple[Word, ...]:
    if not parts:
        return ()
    span = replace(parts[0].span, end=parts[-1].span.end)
    return (Word(span, parts, None, ""),)
