"""Read the shell commands in the YAML of a pipeline."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from rewriter.callers.embedded import Embedded
from rewriter.callers.invocation import Host
from rewriter.callers.model import Reading
from rewriter.callers.script import mentions, read_lines
from rewriter.callers.yaml_text import embed
from rewriter.documents.yaml import Mapping, Node, Scalar, Sequence, walk
from rewriter.record import Record

Prepare = Callable[[Embedded], Embedded]


def unchanged(text: Embedded) -> Embedded:
    """Resolve no expressions of the pipeline."""
    return text


class Run(Record):
    """Hold commands that one shell executes, and what surrounds them."""

    commands: tuple[Scalar, ...]
    host: Host


def read_runs(
    documents: Iterable[Node],
    runs: Iterable[Run],
    *,
    host: Host,
    prepare: Prepare = unchanged,
    known: Iterable[int] = (),
) -> Reading:
    """Return what the runs call; an option that stands elsewhere in the documents is a caller that is refused.

    `known` are the places of scalars that have been read already.
    """
    total = Reading()
    seen = set(known)
    for run in runs:
        fresh = [scalar for scalar in run.commands if scalar.span.start not in seen]
        seen |= {scalar.span.start for scalar in fresh}
        texts = [text for scalar in fresh if (text := embed(host.source, scalar)) is not None]
        total += read_lines([prepare(text) for text in texts], run.host)
    return total + _elsewhere(documents, seen, host)


def _elsewhere(documents: Iterable[Node], seen: set[int], host: Host) -> Reading:
    total = Reading()
    why = "the option is held in a variable or in an input of the pipeline, not in a `docker build` command"
    for document in documents:
        for node in walk(document):
            unseen = isinstance(node, Scalar) and node.alias is None and node.span.start not in seen
            if isinstance(node, Scalar) and unseen and "--build-arg" in node.value:
                text = embed(host.source, node)
                total += Reading(mentions(text, host, (), why)) if text is not None else Reading()
    return total


def scalars(node: Node | None) -> tuple[Scalar, ...]:
    """Return the commands that a value holds: itself, or the items of its lists, those behind aliases left out."""
    found: list[Scalar] = []
    waiting = [node]
    while waiting:
        current = waiting.pop()
        if current is None or current.alias is not None:
            continue
        match current:
            case Scalar() if current.tag is None:
                found.append(current)
            case Sequence() if current.tag is None:
                waiting += reversed(current.items)
            case _:
                pass
    return tuple(found)


def mappings(documents: Iterable[Node]) -> Iterator[Mapping]:
    """Yield every mapping that is written in the documents."""
    for document in documents:
        for node in walk(document):
            if isinstance(node, Mapping) and node.alias is None:
                yield node


def value_of(mapping: Mapping, *keys: str) -> Node | None:
    """Return the value that is written in this very mapping under one of the keys."""
    for key, value in mapping.pairs:
        if key.value in keys:
            return value
    return None
