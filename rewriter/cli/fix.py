"""Run `unbake fix`: rewrite the files, or with `--diff` show how they would be rewritten."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Final

from rewriter import pipeline, writer
from rewriter.cli.fixing import add_fixing
from rewriter.cli.options import Arguments, Parser, add_building, add_shared
from rewriter.cli.output import complain, emit
from rewriter.cli.stdin import STDIN
from rewriter.cli.target import Target, target
from rewriter.cli.terminal import colored, progress
from rewriter.errors import UsageError
from rewriter.model.inspection import Answer
from rewriter.model.patch import Failed, Patched, Report, Unchanged
from rewriter.model.plan import Reason, Refusal
from rewriter.record import Record, replace
from rewriter.render import json, text
from rewriter.render.next_steps import Run
from rewriter.render.paint import Paint
from rewriter.render.pen import Pen, redactor_of
from rewriter.settings import Format

FORMATS: Final = (Format.TEXT, Format.JSON)

_EXAMPLES: Final = """\
  unbake fix --diff           show the change, write nothing (exit status 1 while there is one to make)
  unbake fix                  rewrite the files of this folder
  unbake fix --fix=safe app   only fixes that change no command
  unbake fix --format json    for a program
"""


def run(words: Sequence[str]) -> int:
    """Fix what the words name; return 0 when nothing is left, 1 otherwise."""
    arguments = parser().parse(words)
    if arguments.path == STDIN:
        raise UsageError("standard input can be scanned, not fixed; name a folder or a Dockerfile")
    chosen = target(arguments, os.environ)
    if chosen.display.format not in FORMATS:
        raise UsageError(
            f"`unbake fix` prints text or JSON; `unbake scan --format {chosen.display.format}` lists findings"
        )
    with progress("unbake: working out the fixes"):
        outcome = pipeline.fix(chosen.repository, chosen.settings, only=chosen.only)
    trial = _trial(arguments, chosen) if arguments.verify and isinstance(outcome, Patched) else _Trial()
    if isinstance(outcome, Patched) and not trial.holds:
        outcome = _refused(outcome, trial)
    match outcome:
        case Failed(error=error):
            raise error
        case Patched(patch=patch) if not arguments.diff:
            writer.write(chosen.folder, patch.files, patch.values)
            written = True
        case Patched() | Unchanged():
            written = False
    return emit(_shown(outcome, chosen, trial, written=written)) or status(outcome, written=written)


def parser() -> Parser:
    """Return the parser of the subcommand."""
    made = Parser("fix", "Rewrite the files so that no secret ends up in an image any more.", _EXAMPLES)
    made.add_argument("--diff", action="store_true", help="show the change and write nothing")
    add_fixing(made)
    made.add_argument("--verify", action="store_true", help="build before and after, and write only what is proven")
    add_building(made, "for --verify")
    add_shared(made, FORMATS)
    return made


def status(outcome: Patched | Unchanged, *, written: bool) -> int:
    """Return 1 when a finding, a file with errors or an unwritten change is left."""
    report = outcome.report
    unwritten = isinstance(outcome, Patched) and not written
    return 1 if unwritten or report.refusals or report.problems or text.still_open(report) else 0


class _Trial(Record):
    """Hold what the builds proved, as text and by the names of the questions."""

    shown: str = ""
    names: tuple[str, ...] = ()
    wrong: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        """Tell whether every question was answered well."""
        return not self.wrong


def _trial(arguments: Arguments, chosen: Target) -> _Trial:
    """Build before and after the fix."""
    from rewriter.cli.proving import answers, proven  # noqa: PLC0415 (start-up time of a fix that builds nothing)

    proof = proven(arguments, chosen, on_disk=True)
    bad = tuple(f"{check.name}: {check.message}" for check in proof.checks if check.answer is not Answer.GOOD)
    return _Trial(answers(proof, chosen), tuple(check.name for check in proof.checks), bad)


def _refused(outcome: Patched, trial: _Trial) -> Unchanged:
    """Return the outcome where the builds do not prove the fix: nothing changes, and every finding says why."""
    detail = f"the builds do not prove the fix, so nothing was written ({'; '.join(trial.wrong)})"
    report = outcome.report
    failed = tuple(Refusal(finding, Reason.FAILED_VERIFICATION, detail) for finding in report.fixed)
    return Unchanged(replace(report, fixed=(), refusals=(*report.refusals, *failed)))


def _shown(outcome: Patched | Unchanged, chosen: Target, trial: _Trial, *, written: bool) -> str:
    if chosen.display.format is Format.JSON:
        _complain_of_problems(outcome.report)
        return json.outcome(outcome, proven=trial.names if trial.holds else ())
    before = f"{trial.shown}\n" if trial.shown else ""
    paint = Paint(on=colored(chosen.display.color, os.environ, sys.stdout))
    run_ = Run(root=chosen.root, argument=chosen.argument, written=written, quiet=chosen.display.quiet)
    return before + text.outcome(outcome, paint, run_)


def _complain_of_problems(report: Report) -> None:
    """Tell of files with errors on standard error, since the contract of the JSON has no place for them."""
    pen = Pen(redactor_of(report))
    for problem in report.problems:
        line = f":{problem.line}" if problem.line else ""
        complain(f"{pen.name(problem.path)}{line}: {pen.prose(problem.message)}")
