"""Read the build specifications of AWS CodeBuild."""

from __future__ import annotations

import posixpath
import re
from typing import Final

from rewriter.callers.invocation import Host
from rewriter.callers.kind import Kind
from rewriter.callers.model import CallerKind, Files, Reading, Store
from rewriter.callers.paths import Bases
from rewriter.callers.pipeline_text import Run, mappings, read_runs, scalars, value_of
from rewriter.documents.yaml import parse
from rewriter.model.text import Source

_NAME: Final = re.compile(r"(?:.*[._-])?buildspec(?:[._-].*)?\.ya?ml")


def _matches(path: str) -> bool:
    return _NAME.fullmatch(posixpath.basename(path)) is not None


def _read(source: Source, files: Files) -> Reading:
    documents = parse(source)
    directory = posixpath.dirname(source.path)
    host = Host(source, CallerKind.CODEBUILD, files, Bases(("",), directory), store=Store.CI)
    commands = tuple(
        scalar
        for mapping in mappings(documents)
        for key in ("commands", "finally")
        for scalar in scalars(value_of(mapping, key))
    )
    return read_runs(documents, [Run(commands, host)], host=host)


KIND: Final = Kind(_matches, _read)
