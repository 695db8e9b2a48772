"""Give a containment what it works on."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from rewriter.documents.dockerfile import successors
from rewriter.documents.run import RunBody, bare_words
from rewriter.documents.shell import Command
from rewriter.flow.residue import Residue
from rewriter.project.build import Build
from rewriter.record import Record
from rewriter.transforms.run_change import RunChange


class Workshop(Record):
    """Hold the change of each RUN and a way to mount the secret there.

    `literals` are replaced in moved text, `kept` is all that the RUNs leave of the secret, `files` are those of the
    context.
    """

    build: Build
    change: Callable[[RunBody], RunChange]
    mount: Callable[[RunBody], None]
    kept: tuple[Residue, ...]
    files: frozenset[str]
    literals: tuple[tuple[str, str], ...] = ()


def later(workshop: Workshop, residue: Residue) -> Iterator[RunBody]:
    """Yield the RUNs that see what the RUN of a residue left."""
    file = workshop.build.dockerfile
    start = residue.body.instruction
    inheriting = {start.stage, *successors(file, start.stage)}
    for body in workshop.build.runs:
        if body.instruction.index > start.index and body.instruction.stage in inheriting:
            yield body


def after(residue: Residue, fragment: object, command: Command) -> bool:
    """Tell whether a command stands behind that of a residue, in the same script."""
    return fragment is residue.fragment and command.span.start > residue.visit.command.span.start


def plain(command: Command) -> tuple[str, ...]:
    """Return the words of a command without quotes; one with an expansion as written."""
    return tuple(word.text if word.value is None else word.value for word in bare_words(command))
