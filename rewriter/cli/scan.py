"""Run `unbake scan`: report findings, change nothing."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Final

from rewriter import pipeline
from rewriter.cli.formats import scanned
from rewriter.cli.options import Parser, add_shared
from rewriter.cli.output import emit
from rewriter.cli.target import target
from rewriter.cli.terminal import progress
from rewriter.model.patch import Report
from rewriter.settings import Format

_EXAMPLES: Final = """\
  unbake scan                          this folder
  unbake scan services/api/Dockerfile  one Dockerfile
  unbake scan --min-severity high -q   one line a finding, for a hook
  unbake scan --format json > leaks.json
  unbake scan --format sarif > leaks.sarif
"""


def run(words: Sequence[str]) -> int:
    """Scan what the words name; return 0 when nothing was found, 1 otherwise."""
    chosen = target(parser().parse(words), os.environ)
    with progress("unbake: looking for secrets"):
        report = pipeline.scan(chosen.repository, chosen.settings, only=chosen.dockerfile)
    return emit(scanned(report, chosen)) or status(report)


def parser() -> Parser:
    """Return the parser of the subcommand."""
    made = Parser("scan", "Find the secrets that end up in images. Changes nothing.", _EXAMPLES)
    add_shared(made, Format)
    return made


def status(report: Report) -> int:
    """Return 1 when something was found or could not be read."""
    return 1 if report.findings or report.problems else 0
