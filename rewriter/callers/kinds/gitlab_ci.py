"""Read GitLab pipelines."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import Final

from rewriter.callers.embedded import Embedded
from rewriter.callers.invocation import Host
from rewriter.callers.kind import Kind
from rewriter.callers.model import CallerKind, Files, Reading, Store
from rewriter.callers.paths import Bases
from rewriter.callers.pipeline_text import Run, mappings, read_runs, scalars, value_of
from rewriter.documents.yaml import Mapping, Node, parse
from rewriter.model.text import Source

_PATH: Final = re.compile(r"(?:.*/)?(?:[^/]*\.)?gitlab-ci(?:[.-][^/]*)?\.ya?ml$|(?:.*/)?\.?gitlab(?:-ci)?/.*\.ya?ml$")
_INPUT: Final = re.compile(r"\$\[\[[^\[\]\n]*\]\]")


def _matches(path: str) -> bool:
    return _PATH.fullmatch(path) is not None


def _prepare(text: Embedded) -> Embedded:
    return text.rewrite(_INPUT, lambda _: None)


def _read(source: Source, files: Files) -> Reading:
    documents = parse(source)
    host = Host(source, CallerKind.GITLAB_CI, files, Bases(("",), posixpath.dirname(source.path)), store=Store.CI)
    return read_runs(documents, _runs(documents, host), host=host, prepare=_prepare)


def _runs(documents: tuple[Node, ...], host: Host) -> Iterator[Run]:
    for mapping in mappings(documents):
        before = scalars(value_of(mapping, "before_script"))
        yield Run((*before, *scalars(value_of(mapping, "script"))), host)
        yield Run(scalars(value_of(mapping, "after_script")), host)
    for document in documents:
        if isinstance(document, Mapping):
            for key, value in document.pairs:
                if key.value.startswith("."):
                    yield Run(scalars(value), host)


KIND: Final = Kind(_matches, _read)
