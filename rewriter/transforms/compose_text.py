"""Edit compose files for secrets, line by line: take entries out, name files instead, grant and declare secrets."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from rewriter.documents.compose import EntryForm, EnvEntry, Service
from rewriter.documents.yaml import (
    Mapping as MappingNode,
)
from rewriter.documents.yaml import (
    Node,
    Scalar,
    Style,
    append_key,
    defines_anchor,
    get,
    index_of,
    insert_entry,
    insert_key,
    remove_entry,
    walk,
)
from rewriter.documents.yaml import (
    Sequence as SequenceNode,
)
from rewriter.model.plan import Reason
from rewriter.model.text import Edit, Source, Span
from rewriter.record import Record
from rewriter.transforms.run_change import CannotChange

_QUOTES: Final = {Style.SINGLE: "'", Style.DOUBLE: '"'}


class Declaration(Record):
    """Hold one top-level secret: `file: ./secrets/x.txt`, `environment: X` or `external: true`."""

    identity: str
    key: str
    value: str


class Grant(Record):
    """Give one secret to a service; `target` is its name under /run/secrets/, where that is another one."""

    identity: str
    target: str


def refuse(source: Source, offset: int, why: str) -> CannotChange:
    """Return a refusal that names file and line."""
    return CannotChange(f"{source.path}:{source.line(offset)}: {why}", Reason.RUNTIME_SECRET)


def name_file(source: Source, entry: EnvEntry, name: str, path: str) -> tuple[Edit, ...]:
    """Replace a variable by the one that names a file, in the style and quotes in which it is written."""
    if entry.form is EntryForm.LIST:
        return (_replaced(source, entry.node, f"{name}={path}"),)
    key = _replaced(source, entry.key, name)
    if isinstance(entry.node, Scalar) and not (entry.node.is_null and entry.node.alias is None):
        return key, _replaced(source, entry.node, path)
    colon = source.text.find(":", key.span.end)
    return key, Edit(Span(colon + 1, colon + 1), f" {path}")


def _replaced(source: Source, node: Node, text: str) -> Edit:
    if not isinstance(node, Scalar):
        raise refuse(source, node.place.start, "the value is no plain text")
    if node.alias is None and node.anchor is not None:
        raise refuse(source, node.span.start, f"the value is shared as the anchor &{node.anchor}")
    quote = "" if node.alias is not None else _QUOTES.get(node.style, "")
    return Edit(node.place, f"{quote}{text}{quote}")


def drop(source: Source, service: Service, entries: Sequence[EnvEntry]) -> tuple[Edit, ...]:
    """Take variables of one environment out; the key `environment` goes with the last of them."""
    container = entries[0].container
    numbers = sorted({entry.index for entry in entries})
    parts = container.pairs if isinstance(container, MappingNode) else tuple((item,) for item in container.items)
    if any(defines_anchor(node) for number in numbers for node in parts[number]):
        raise refuse(source, entries[0].span.start, "the value is shared as an anchor")
    if len(numbers) < len(parts):
        return tuple(edit for number in numbers for edit in remove_entry(source, container, number))
    number = index_of(service.node, "environment")
    if number is None or container.anchor is not None or service.node.pairs[number][1].alias is not None:
        raise refuse(source, entries[0].span.start, "nothing would be left of an environment that is shared")
    if len(service.node.pairs) == 1:
        raise refuse(source, entries[0].span.start, "nothing would be left of the service")
    return remove_entry(source, service.node, number)


def grant(source: Source, root: MappingNode, service: Service, grants: Sequence[Grant]) -> tuple[Edit, ...]:
    """Name secrets under the `secrets` of a service, below its environment; one that is there already stays."""
    node, unit = service.node, unit_of(source, root)
    if node.flow or node.alias is not None:
        raise refuse(source, node.place.start, f"the service {service.name} stands in braces or behind an alias")
    number = index_of(node, "secrets")
    if number is None:
        if get(node, "secrets") is not None:
            raise refuse(
                source, node.place.start, f"the secrets of the service {service.name} are merged from elsewhere"
            )
        lines = ["secrets:", *(f"{unit}{line}" for one in grants for line in _item(one))]
        return insert_key(source, node, lines, after="environment")
    found = node.pairs[number][1]
    if not isinstance(found, SequenceNode) or found.alias is not None or not found.items:
        raise refuse(source, node.place.start, f"the secrets of the service {service.name} are not a list of its own")
    there = {_granted(item) for item in found.items}
    edits: list[Edit] = []
    for one in grants:
        if (one.identity, one.target) not in there:
            lines = [_flow_item(one)] if found.flow else _item(one)
            edits += insert_entry(source, found, lines)
    return tuple(edits)


def _item(one: Grant) -> list[str]:
    if one.target == one.identity:
        return [f"- {one.identity}"]
    return [f"- source: {one.identity}", f"  target: {one.target}"]


def _flow_item(one: Grant) -> str:
    return one.identity if one.target == one.identity else f"{{source: {one.identity}, target: {one.target}}}"


def _granted(item: Node) -> tuple[str, str]:
    if isinstance(item, Scalar):
        return item.value, item.value
    name, target = get(item, "source"), get(item, "target")
    source = name.value if isinstance(name, Scalar) else ""
    return source, target.value if isinstance(target, Scalar) else source


def declare(source: Source, root: MappingNode, declarations: Sequence[Declaration]) -> tuple[Edit, ...]:
    """Declare secrets under the `secrets` of a file."""
    unit = unit_of(source, root)
    if root.flow:
        raise refuse(source, root.span.start, "the file is written in braces")
    last = max((part for part in walk(root) if isinstance(part, Scalar)), key=lambda part: part.span.end, default=None)
    if last is not None and last.style in (Style.LITERAL, Style.FOLDED) and not source.text.endswith("\n"):
        raise refuse(source, last.span.start, "the file ends in a block of text, which a line end would change")
    number = index_of(root, "secrets")
    if number is None:
        if get(root, "secrets") is not None:
            raise refuse(source, root.span.start, "the file's secrets are merged from elsewhere")
        lines = ["secrets:"]
        for one in declarations:
            lines += (f"{unit}{one.identity}:", f"{unit}{unit}{one.key}: {one.value}")
        return append_key(source, root, ["", *lines] if _spaced(source, root) else lines)
    found = root.pairs[number][1]
    if not isinstance(found, MappingNode) or found.alias is not None or not found.pairs:
        raise refuse(source, root.pairs[number][0].span.start, "the file's `secrets:` is not a mapping with entries")
    edits: list[Edit] = []
    for one in declarations:
        if get(found, one.identity) is None:
            long = [f"{one.identity}:", f"{unit}{one.key}: {one.value}"]
            edits += insert_entry(source, found, [_flow_pair(one)] if found.flow else long)
    return tuple(edits)


def _flow_pair(one: Declaration) -> str:
    return f"{one.identity}: {{{one.key}: {one.value}}}"


def declared(root: MappingNode) -> Mapping[str, Node]:
    """Return the top-level secrets of a file."""
    found = get(root, "secrets")
    return {key.value: value for key, value in found.pairs} if isinstance(found, MappingNode) else {}


def unit_of(source: Source, root: MappingNode) -> str:
    """Return one level of indentation, as the services have it."""
    services = get(root, "services")
    if isinstance(services, MappingNode) and services.pairs and not services.flow:
        return " " * max(1, source.column(services.pairs[0][0].outer) - 1)
    return "  "


def _spaced(source: Source, root: MappingNode) -> bool:
    """Tell whether blank lines stand between the keys of the file."""
    lines = (source.line(key.outer) for key, _ in root.pairs[1:])
    return any(line > 1 and not source.line_span(line - 1).of(source.text).strip() for line in lines)


def mentions(source: Source, service: Service, name: str, path: str) -> Iterator[Edit]:
    """Yield the edits of commands of a service that name a variable: a shell reads the file in its place.

    `$$NAME` becomes `$$(cat /run/secrets/name)`, which stands for the same text wherever a shell expands it.
    """
    pattern = re.compile(
        rf"\$\$(?:\{{{re.escape(name)}(?![A-Za-z0-9_])(?P<rest>[^}}]?)|{re.escape(name)}(?![A-Za-z0-9_]))"
    )
    seen: set[Span] = set()
    for scalar in _commands(service.node):
        if scalar.place in seen or name not in scalar.value:
            continue
        seen.add(scalar.place)
        for match in pattern.finditer(source.text, scalar.span.start, scalar.span.end):
            if match["rest"] or scalar.alias is not None:
                raise refuse(source, scalar.place.start, f"a command reads {name} in a way that cannot be moved")
            end = match.end() + (match.group().startswith("$${"))
            yield Edit(Span(match.start(), end), f"$$(cat {path})")


def _commands(node: MappingNode) -> Iterable[Scalar]:
    for key in ("command", "entrypoint", "healthcheck"):
        found = get(node, key)
        if found is not None:
            yield from (part for part in walk(found) if isinstance(part, Scalar))
