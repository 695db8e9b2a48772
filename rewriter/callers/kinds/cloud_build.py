"""Read the steps of Google Cloud Build."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import Final

from rewriter.callers.argument_list import caller_of, environments_of
from rewriter.callers.embedded import Embedded, Quoting
from rewriter.callers.invocation import Host
from rewriter.callers.kind import Kind
from rewriter.callers.model import CallerKind, Files, Reading, Store
from rewriter.callers.paths import START, Bases, Where
from rewriter.callers.pipeline_text import Run, read_runs, scalars
from rewriter.documents.yaml import Mapping, Node, Scalar, Sequence, get, parse
from rewriter.model.text import Source
from rewriter.record import replace

_NAME: Final = re.compile(r"(?:.*[._-])?cloud-?build(?:[._-].*)?\.(?:ya?ml|json)")
_SUBSTITUTION: Final = re.compile(r"\$\$|\$\{[A-Za-z_][A-Za-z0-9_]*\}|\$[A-Z_][A-Z0-9_]*")
_SHELLS: Final = frozenset({"bash", "sh", "/bin/bash", "/bin/sh"})


def _matches(path: str) -> bool:
    return _NAME.fullmatch(posixpath.basename(path)) is not None


def _prepare(text: Embedded) -> Embedded:
    plain: Final = {"$$": "$"}
    return text.rewrite(_SUBSTITUTION, lambda match: plain.get(match.group()), inner=Quoting.DOLLARS)


def _read(source: Source, files: Files) -> Reading:
    documents = parse(source)
    directory = posixpath.dirname(source.path)
    host = Host(source, CallerKind.CLOUD_BUILD, files, Bases(("",), directory), store=Store.CI)
    total = Reading()
    known: list[int] = []
    commands: list[Run] = []
    for step in _steps(documents):
        inside = replace(host, cwd=_directory(step))
        name, entrypoint, items = get(step, "name"), get(step, "entrypoint"), get(step, "args")
        shell = entrypoint.value if isinstance(entrypoint, Scalar) else ""
        builder = name.value if isinstance(name, Scalar) else ""
        if isinstance(items, Sequence) and items.alias is None and shell not in _SHELLS:
            caller = caller_of(step, items, inside, image=shell or builder)
            if caller is not None:
                total += Reading((caller,))
                known += [item.span.start for item in items.items]
            else:
                total += Reading(environments=environments_of(items, inside, image=shell or builder))
        elif isinstance(items, Sequence) and items.alias is None:
            commands += [Run((item,), inside) for item in items.items if isinstance(item, Scalar)]
    script = read_runs(documents, commands, host=host, prepare=_prepare, known=known)
    plain = [Run(scalars(get(step, "script")), replace(host, cwd=_directory(step))) for step in _steps(documents)]
    return total + script + read_runs((), plain, host=host)


def _steps(documents: tuple[Node, ...]) -> Iterator[Mapping]:
    for document in documents:
        steps = get(document, "steps")
        for step in steps.items if isinstance(steps, Sequence) else ():
            if isinstance(step, Mapping) and step.alias is None:
                yield step


def _directory(step: Mapping) -> Where | None:
    directory = get(step, "dir")
    if not isinstance(directory, Scalar):
        return START
    return None if "$" in directory.value else START.join(directory.value)


KIND: Final = Kind(_matches, _read)
