"""Read the scripts of package.json."""

from __future__ import annotations

import posixpath
from typing import Final

from rewriter.callers.invocation import Host
from rewriter.callers.json_text import parse
from rewriter.callers.kind import Kind
from rewriter.callers.model import CallerKind, Files, Reading
from rewriter.callers.paths import Bases
from rewriter.callers.script import read
from rewriter.callers.yaml_text import embed
from rewriter.documents.yaml import Mapping, Scalar, get
from rewriter.model.text import Source


def _matches(path: str) -> bool:
    return posixpath.basename(path) == "package.json"


def _read(source: Source, files: Files) -> Reading:
    if '"scripts"' not in source.text:
        return Reading()
    scripts = get(parse(source), "scripts")
    directory = posixpath.dirname(source.path)
    host = Host(source, CallerKind.PACKAGE_JSON, files, Bases((directory,), directory))
    total = Reading()
    for _, value in scripts.pairs if isinstance(scripts, Mapping) else ():
        text = embed(source, value) if isinstance(value, Scalar) else None
        if text is not None:
            total += read(text, host)
    return total


KIND: Final = Kind(_matches, _read)
