"""Show on the forge what was found: a check run on our commit, or an analysis of the default branch.

A forge takes the same report twice, so it is asked first.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from rewriter.bot import texts
from rewriter.errors import RepositoryError
from rewriter.model.patch import Report
from rewriter.model.text import decode
from rewriter.render.pen import Pen, redactor_of
from rewriter.scm.forge import Annotation, Forge, RemoteRepository
from rewriter.tree.repository import Repository

_LINE: Final = 300


class Show(StrEnum):
    """Choose what is shown besides the pull request."""

    NOTHING = "nothing"
    CHECK = "check"
    SARIF = "sarif"


def check(forge: Forge, name: str, sha: str, report: Report) -> None:
    """Put a check run on a commit of ours, with what is left there and why."""
    if forge.reports.has_check(name, sha):
        return
    pen = Pen(redactor_of(report))
    rows = [
        Annotation(one.finding.place.path, max(1, one.finding.place.line), pen.prose(one.detail)[:_LINE])
        for one in report.refusals
        if pen.name(one.finding.place.path) == one.finding.place.path
    ]
    title = f"{len(rows)} left for a person" if rows else "no secret ends up in an image"
    forge.reports.check(name, sha, title=title, summary=texts.check_summary(report), annotations=rows)


def analysis(forge: Forge, repository: RemoteRepository, sha: str, *, tree: Repository, report: Report) -> None:
    """Hand in what was found on the default branch."""
    from rewriter.render import sarif  # noqa: PLC0415 (on request alone)

    ref = f"refs/heads/{repository.default_branch}"
    if forge.reports.analysed(repository.full_name, ref) == sha:
        return
    files = dict.fromkeys(one.place.path for one in report.findings)
    forge.reports.analyse(
        repository.full_name, ref, sha, sarif.scan(report, {path: _text(tree, path) for path in files})
    )


def _text(tree: Repository, path: str) -> str:
    try:
        return decode(tree.read(path))
    except RepositoryError:
        return ""
