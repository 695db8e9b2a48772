"""Read the commands of Taskfiles."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import Final

from rewriter.callers.embedded import Embedded
from rewriter.callers.invocation import Host
from rewriter.callers.kind import Kind
from rewriter.callers.model import CallerKind, Files, Reading
from rewriter.callers.paths import START, Bases
from rewriter.callers.pipeline_text import Run, read_runs, scalars, value_of
from rewriter.documents.yaml import Mapping, Node, Scalar, Sequence, get, parse
from rewriter.model.text import Source
from rewriter.record import replace

_NAME: Final = re.compile(r"(?i)taskfile(?:\.[^/]*)?\.ya?ml")
_TEMPLATE: Final = re.compile(r"\{\{(?:[^{}\n]|\}(?!\}))*\}\}")


def _matches(path: str) -> bool:
    return _NAME.fullmatch(posixpath.basename(path)) is not None


def _prepare(text: Embedded) -> Embedded:
    return text.rewrite(_TEMPLATE, lambda _: None)


def _read(source: Source, files: Files) -> Reading:
    documents = parse(source)
    directory = posixpath.dirname(source.path)
    host = Host(source, CallerKind.TASKFILE, files, Bases((directory,), directory))
    return read_runs(documents, _runs(documents, host), host=host, prepare=_prepare)


def _runs(documents: tuple[Node, ...], host: Host) -> Iterator[Run]:
    for document in documents:
        tasks = get(document, "tasks")
        for _, task in tasks.pairs if isinstance(tasks, Mapping) else ():
            yield from _of_task(task, host)


def _of_task(task: Node, host: Host) -> Iterator[Run]:
    inside = host
    if isinstance(task, Mapping):
        directory = value_of(task, "dir")
        if isinstance(directory, Scalar):
            known = "{{" not in directory.value and "$" not in directory.value
            inside = replace(host, cwd=START.join(directory.value) if known else None)
    found = value_of(task, "cmds", "cmd") if isinstance(task, Mapping) else task
    for item in found.items if isinstance(found, Sequence) else (found,):
        command = value_of(item, "cmd") if isinstance(item, Mapping) else item
        for scalar in scalars(command):
            yield Run((scalar,), inside)


KIND: Final = Kind(_matches, _read)
