"""Parse Python with libcst, and answer what a name means and where a node stands.

This module loads libcst, so it is imported only when a file needs it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import libcst as cst
from libcst.metadata import (
    BaseAssignment,
    CodeRange,
    ImportAssignment,
    MetadataWrapper,
    ParentNodeProvider,
    PositionProvider,
    QualifiedNameSource,
    Scope,
    ScopeProvider,
)

from rewriter.code.guard import readable
from rewriter.code.model import Refuse
from rewriter.model.text import Source, Span
from rewriter.record import Record

_BOM = "\ufeff"


class Module(Record):
    """Hold a parsed file with what libcst knows about it."""

    source: Source
    tree: cst.Module
    starts: tuple[int, ...]
    positions: Mapping[cst.CSTNode, CodeRange]
    parents: Mapping[cst.CSTNode, cst.CSTNode]
    scopes: Mapping[cst.CSTNode, Scope | None]

    def span(self, node: cst.CSTNode) -> Span:
        """Return where a node stands, the parentheses around it left out."""
        place = self.positions[node]
        return Span(
            self.starts[place.start.line - 1] + place.start.column, self.starts[place.end.line - 1] + place.end.column
        )

    def line(self, node: cst.CSTNode) -> int:
        """Return the line on which a node starts."""
        return self.source.line(self.span(node).start)

    def parent(self, node: cst.CSTNode) -> cst.CSTNode | None:
        """Return the node around a node."""
        return self.parents.get(node)

    def meaning(self, node: cst.BaseExpression) -> str:
        """Return the dotted name of what was imported, where a name or attribute can mean nothing else."""
        scope = self._scope(node)
        if scope is None:
            return ""
        found = scope.get_qualified_names_for(node)
        if len(found) != 1:
            return ""
        (only,) = found
        return only.name if only.source is QualifiedNameSource.IMPORT else ""

    def assignments(self, name: cst.Name) -> tuple[BaseAssignment, ...]:
        """Return every assignment that a name may refer to."""
        scope = self._scope(name)
        return tuple(scope[name.value]) if scope is not None else ()

    def value_of(self, name: cst.Name) -> cst.BaseExpression | None:
        """Return the expression that a name stands for, where it is assigned exactly once and simply."""
        found = self.assignments(name)
        if len(found) != 1 or isinstance(found[0], ImportAssignment):
            return None
        node = getattr(found[0], "node", None)
        if not isinstance(node, cst.Name):
            return None
        target = self.parent(node)
        match target, self.parent(target) if target is not None else None:
            case cst.AssignTarget(), cst.Assign(targets=[_], value=value):
                return value
            case cst.AnnAssign(target=held, value=cst.BaseExpression() as value), _ if held is node:
                return value
        return None

    def _scope(self, node: cst.CSTNode) -> Scope | None:
        at: cst.CSTNode | None = node
        while at is not None:
            scope = self.scopes.get(at)
            if scope is not None:
                return scope
            at = self.parent(at)
        return None


def parse(source: Source) -> Module | Refuse:
    """Return a parsed file, or why it cannot be read without loss."""
    text = readable(source.text)
    offset = len(text) - len(text.removeprefix(_BOM))
    text = text[offset:]
    try:
        tree = cst.parse_module(text)
        if tree.code != text:
            return Refuse("it does not print back as it was read")
        wrapper = MetadataWrapper(tree, unsafe_skip_copy=True)
        found = wrapper.resolve_many((PositionProvider, ParentNodeProvider, ScopeProvider))
    except cst.ParserSyntaxError:
        return Refuse("it is not Python that can be read")
    except (RecursionError, ValueError, cst.CSTValidationError):
        return Refuse("its syntax is too deep or unusual to be read")
    starts = (offset, *(offset + match.end() for match in re.finditer(r"\r\n?|\n", text)))
    positions = {node: place for node, place in found[PositionProvider].items() if isinstance(place, CodeRange)}
    parents = {node: held for node, held in found[ParentNodeProvider].items() if isinstance(held, cst.CSTNode)}
    scopes = {node: held for node, held in found[ScopeProvider].items() if held is None or isinstance(held, Scope)}
    return Module(source, tree, starts, positions, parents, scopes)


def constant(node: cst.CSTNode | None) -> str | None:
    """Return the text of a plain string constant."""
    if isinstance(node, cst.SimpleString) and "b" not in node.prefix.lower():
        value = node.evaluated_value
        return value if isinstance(value, str) else None
    return None


def strings(node: cst.CSTNode) -> tuple[str, ...]:
    """Return every piece of constant text below a node."""
    found: list[str] = []
    waiting: list[cst.CSTNode] = [node]
    while waiting:
        at = waiting.pop()
        text = constant(at)
        if text is not None:
            found.append(text)
        elif isinstance(at, cst.SimpleString) and isinstance(at.evaluated_value, bytes):
            found.append(at.evaluated_value.decode("utf-8", "replace"))
        if isinstance(at, cst.FormattedStringText):
            found.append(at.value)
        waiting += at.children
    return tuple(found)
