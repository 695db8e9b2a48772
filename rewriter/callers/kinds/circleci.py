"""Read CircleCI configurations."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import Final

from rewriter.callers.embedded import Embedded
from rewriter.callers.invocation import Host
from rewriter.callers.kind import Kind
from rewriter.callers.model import CallerKind, Files, Reading, Store
from rewriter.callers.paths import START, Bases
from rewriter.callers.pipeline_text import Run, mappings, read_runs, scalars, value_of
from rewriter.documents.yaml import Mapping, Node, Scalar, parse
from rewriter.model.text import Source
from rewriter.record import replace

_PATH: Final = re.compile(r"(?:.*/)?\.circleci/[^/]+\.ya?ml")
_PARAMETER: Final = re.compile(r"<<\s*(?:parameters|pipeline|matrix)\.[\w.-]+\s*>>")


def _matches(path: str) -> bool:
    return _PATH.fullmatch(path) is not None


def _prepare(text: Embedded) -> Embedded:
    return text.rewrite(_PARAMETER, lambda _: None)


def _read(source: Source, files: Files) -> Reading:
    documents = parse(source)
    host = Host(source, CallerKind.CIRCLECI, files, Bases(("",), posixpath.dirname(source.path)), store=Store.CI)
    return read_runs(documents, _runs(documents, host), host=host, prepare=_prepare)


def _runs(documents: tuple[Node, ...], host: Host) -> Iterator[Run]:
    for mapping in mappings(documents):
        step = value_of(mapping, "run")
        if isinstance(step, Scalar):
            yield Run(scalars(step), host)
        elif isinstance(step, Mapping) and step.alias is None:
            directory = value_of(step, "working_directory")
            yield Run(scalars(value_of(step, "command")), _in_directory(host, directory))


def _in_directory(host: Host, directory: Node | None) -> Host:
    if directory is None:
        return host
    written = directory.value if isinstance(directory, Scalar) else "<<"
    if written.startswith(("~/project", "/")) or "<<" in written or "$" in written:
        return replace(host, cwd=None)
    return replace(host, cwd=START.join(written))


KIND: Final = Kind(_matches, _read)
