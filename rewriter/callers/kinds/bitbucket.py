"""Read Bitbucket pipelines."""

from __future__ import annotations

import posixpath
from typing import Final

from rewriter.callers.invocation import Host
from rewriter.callers.kind import Kind
from rewriter.callers.model import CallerKind, Files, Reading, Store
from rewriter.callers.paths import Bases
from rewriter.callers.pipeline_text import Run, mappings, read_runs, scalars, value_of
from rewriter.documents.yaml import parse
from rewriter.model.text import Source


def _matches(path: str) -> bool:
    return posixpath.basename(path) in {"bitbucket-pipelines.yml", "bitbucket-pipelines.yaml"}


def _read(source: Source, files: Files) -> Reading:
    documents = parse(source)
    host = Host(source, CallerKind.BITBUCKET, files, Bases(("",), ""), store=Store.CI)
    runs = [
        Run(scalars(value_of(mapping, key)), host)
        for mapping in mappings(documents)
        for key in ("script", "after-script")
    ]
    return read_runs(documents, runs, host=host)


KIND: Final = Kind(_matches, _read)
