"""Read the pipelines of further services, whose commands are lists of shell lines."""

from __future__ import annotations

import posixpath
import re
from typing import Final

from rewriter.callers.embedded import Embedded
from rewriter.callers.invocation import Host
from rewriter.callers.kind import Kind
from rewriter.callers.model import CallerKind, Files, Reading, Store
from rewriter.callers.paths import Bases
from rewriter.callers.pipeline_text import Run, mappings, read_runs, scalars, value_of
from rewriter.documents.yaml import parse
from rewriter.model.text import Source

_PATH: Final = re.compile(
    r"(?:.*/)?(?:\.travis|\.drone|\.woodpecker|\.cirrus|\.appveyor|appveyor|codefresh|\.wercker|wercker|codeship-steps"
    r"|\.codefresh|\.semaphore|shippable|heroku|werf|azure-container-registry|acr-task)\.ya?ml"
    r"|(?:.*/)?(?:\.woodpecker|\.semaphore|\.buildkite|\.drone)/.*\.ya?ml"
)
_KEYS: Final = (
    "before_install", "install", "before_script", "script", "after_success", "after_script", "before_deploy",
    "deploy", "commands", "command", "cmds", "build",
)  # fmt: skip
_EXPRESSION: Final = re.compile(r"\$\$|\$\{\{[^{}\n]*\}\}|\{\{[^{}\n]*\}\}")


def _matches(path: str) -> bool:
    return _PATH.fullmatch(path) is not None


def _prepare(text: Embedded) -> Embedded:
    return text.rewrite(_EXPRESSION, lambda _: None)


def _read(source: Source, files: Files) -> Reading:
    documents = parse(source)
    directory = posixpath.dirname(source.path)
    host = Host(source, CallerKind.CI_OTHER, files, Bases(("",), directory), store=Store.CI)
    runs = [
        Run(tuple(scalar for key in _KEYS for scalar in scalars(value_of(mapping, key))), host)
        for mapping in mappings(documents)
    ]
    return read_runs(documents, runs, host=host, prepare=_prepare)


KIND: Final = Kind(_matches, _read)
