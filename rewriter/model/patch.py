"""Describe a verified change of a repository and what became of a run."""

from __future__ import annotations

from enum import StrEnum

from rewriter.errors import UnbakeError
from rewriter.model.plan import BuildSecret, Fix, LocalValue, Refusal, RuntimeSecret
from rewriter.model.secret import Finding
from rewriter.record import Record


class Change(StrEnum):
    """Say what happens to a file."""

    MODIFIED = "modified"
    CREATED = "created"


class FileChange(Record):
    """Hold one file's text before (empty when created) and after."""

    path: str
    change: Change
    before: str
    after: str


class Problem(Record):
    """Name a file that could not be handled, and why; `line` counts from 1, 0 is the file as a whole."""

    path: str
    line: int
    message: str


class Exposure(Record):
    """Remind of one credential that was exposed and has to be rotated, whether or not the files are fixed."""

    finding: Finding
    provider: str
    where: str


class Silence(StrEnum):
    """Say what leaves a finding out: a comment in its file, or the baseline."""

    PRAGMA = "pragma"
    BASELINE = "baseline"


class Ignored(Record):
    """Hold a finding that is neither reported as open nor fixed, and the reason that somebody wrote for it."""

    finding: Finding
    by: Silence
    reason: str


class Report(Record):
    """Gather what a run saw: every finding, which are settled, which are left and why, what it could not read.

    `ignored` are left out on purpose and are not among the findings. `notices` are of no consequence for the
    exit status: a comment that ignores nothing, a line of the baseline that no finding has any more.
    """

    findings: tuple[Finding, ...]
    fixed: tuple[Finding, ...]
    refusals: tuple[Refusal, ...]
    problems: tuple[Problem, ...]
    exposures: tuple[Exposure, ...]
    documents: int
    ignored: tuple[Ignored, ...] = ()
    notices: tuple[Problem, ...] = ()


class Patch(Record):
    """Hold a change that passed every check named in `checks`; only the verifier makes one."""

    files: tuple[FileChange, ...]
    values: tuple[LocalValue, ...]
    secrets: tuple[BuildSecret, ...]
    fixes: tuple[Fix, ...]
    checks: tuple[str, ...]
    mounts: tuple[RuntimeSecret, ...] = ()


class Unchanged(Record):
    """Say that no file is to change: nothing was found, or everything found was refused."""

    report: Report


class Patched(Record):
    """Say that files are to change, as the patch tells."""

    report: Report
    patch: Patch


class Failed(Record):
    """Say that the run broke; no file is to change."""

    error: UnbakeError


Outcome = Unchanged | Patched | Failed
