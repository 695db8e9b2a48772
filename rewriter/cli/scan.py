"""Run `unbake scan`: report findings, change nothing."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Final

from rewriter import pipeline
from rewriter.cli.options import Parser, add_shared
from rewriter.cli.output import emit
from rewriter.cli.target import Target, target
from rewriter.cli.terminal import colored, progress
from rewriter.errors import RepositoryError
from rewriter.model.patch import Report
from rewriter.model.text import decode
from rewriter.render import json, text
from rewriter.render.paint import Paint
from rewriter.settings import Format

_EXAMPLES: Final = """\
  unbake scan                          this folder
  unbake scan services/api/Dockerfile  one Dockerfile
  unbake scan --min-severity high -q   one line a finding, for a hook
  unbake scan --format json > leaks.json
"""


def run(words: Sequence[str]) -> int:
    """Scan what the words name; return 0 when nothing was found, 1 otherwise."""
    chosen = target(parser().parse(words), os.environ)
    with progress("unbake: looking for secrets"):
        report = pipeline.scan(chosen.repository, chosen.settings, only=chosen.dockerfile)
    return emit(_shown(report, chosen)) or status(report)


def parser() -> Parser:
    """Return the parser of the subcommand."""
    made = Parser("scan", "Find the secrets that end up in images. Changes nothing.", _EXAMPLES)
    add_shared(made)
    return made


def status(report: Report) -> int:
    """Return 1 when something was found or could not be read."""
    return 1 if report.findings or report.problems else 0


def _shown(report: Report, chosen: Target) -> str:
    if chosen.display.format is Format.JSON:
        return json.scan(report)
    paint = Paint(on=colored(chosen.display.color, os.environ, sys.stdout))
    return text.scan(report, paint, texts=_texts(report, chosen), quiet=chosen.display.quiet)


def _texts(report: Report, chosen: Target) -> dict[str, str]:
    """Read the files of the findings again, to show the lines; one that has gone since is left out."""
    texts: dict[str, str] = {}
    for path in sorted({finding.place.path for finding in report.findings}):
        try:
            texts[path] = decode(chosen.repository.read(path))
        except RepositoryError:
            continue
    return texts
