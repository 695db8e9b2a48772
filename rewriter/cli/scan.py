"""Run `unbake scan`: report findings, change nothing."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Final

from rewriter.cli.baseline import save, with_notice
from rewriter.cli.formats import scanned
from rewriter.cli.options import Parser, add_shared
from rewriter.cli.output import emit
from rewriter.cli.target import Target, target
from rewriter.cli.terminal import progress
from rewriter.errors import UsageError
from rewriter.model.patch import Report, Silence
from rewriter.render.visible import visible
from rewriter.scan.scanning import scan
from rewriter.settings import Format

_EXAMPLES: Final = """\
  unbake scan                          this folder
  unbake scan services/api/Dockerfile  one Dockerfile
  unbake scan --min-severity high -q   one line a finding, for a hook
  unbake scan --format json > leaks.json
  unbake scan --format sarif > leaks.sarif
  unbake scan --since origin/main      only files that this branch changes
  unbake scan - < Dockerfile           standard input
"""


def run(words: Sequence[str]) -> int:
    """Scan what the words name; return 0 when nothing was found, 1 otherwise."""
    arguments = parser().parse(words)
    if arguments.since is not None and arguments.write_baseline is not None:
        raise UsageError("--write-baseline lists every finding; leave --since out")
    chosen = target(arguments, os.environ)
    keep = _since(arguments.since, chosen)
    with progress("unbake: looking for secrets"):
        report = scan(chosen.repository, chosen.settings, only=chosen.only)
    if chosen.settings.complete and chosen.only is None:
        report = with_notice(report, chosen.baseline, chosen.settings.baseline)
    report = keep(report)
    if arguments.write_baseline is not None:
        return _written(report, arguments.write_baseline)
    return emit(scanned(report, chosen)) or status(report)


def parser() -> Parser:
    """Return the parser of the subcommand."""
    made = Parser("scan", "Find the secrets that end up in images. Changes nothing.", _EXAMPLES)
    add_shared(made, Format)
    made.add_argument(
        "--write-baseline",
        metavar="FILE",
        help="write all findings to FILE, for --baseline, and end with 0",
    )
    made.add_argument(
        "--since",
        metavar="REV",
        help="only what is in files that changed since HEAD and the revision REV had a commit in common",
    )
    made.add_argument(
        "--stdin-filename",
        metavar="FILE",
        help="with PATH `-`: what file of this folder standard input stands for (default: a Dockerfile by itself)",
    )
    return made


def _since(revision: str | None, chosen: Target) -> Callable[[Report], Report]:
    """Return what leaves in a report the files that changed since a revision; all of it where none is named."""
    if revision is None:
        return lambda report: report
    from rewriter.cli.since import changed_since, narrowed  # noqa: PLC0415 (start-up time)

    before = changed_since(revision, chosen.folder, os.environ)
    return lambda report: narrowed(report, chosen.repository, before)


def _written(report: Report, name: str) -> int:
    from rewriter.render.baseline import baseline  # noqa: PLC0415 (start-up time)

    save(name, baseline(report))
    number = len(report.findings) + sum(one.by is Silence.BASELINE for one in report.ignored)
    noun = "finding" if number == 1 else "findings"
    return emit(f"{visible(name)} lists {number:,} {noun}; `--baseline` with this file leaves them out.\n")


def status(report: Report) -> int:
    """Return 1 when something was found or could not be read."""
    return 1 if report.findings or report.problems else 0
