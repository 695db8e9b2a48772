"""Narrow a report to the files that changed since a revision branched off.

git is asked for names and object ids alone, of commits and trees: it neither looks at the working tree nor runs a
filter, a hook or a monitor that a repository's configuration names. A file counts as changed unless its bytes are
those of the revision; one that git converts on checkout counts as changed too.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha1, sha256
from pathlib import Path
from typing import Final

from rewriter.errors import RepositoryError, UsageError
from rewriter.model.patch import Report
from rewriter.record import replace
from rewriter.scm.local import LocalGit
from rewriter.tree.repository import Repository, shown

_LONG: Final = 256


def changed_since(revision: str, folder: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """Return the object id of every file of `folder` where the working tree branched off from a revision."""
    if not revision.strip() or revision.startswith("-") or not revision.isprintable() or len(revision) > _LONG:
        raise UsageError(f"--since {shown(revision)}: not a revision; name a commit, a branch or a tag")
    git = LocalGit(folder, environment)
    commit = git.ask("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    if commit is None:
        where = "in this repository; fetch it, or check the name"
        raise UsageError(f"--since {shown(revision)}: no such revision {where}")
    base = git.ask("merge-base", commit.strip(), "HEAD")
    if base is None:
        raise UsageError(f"--since {shown(revision)}: no commit in common with HEAD; fetch more of the history")
    entries = git.entries(base.strip())
    if entries is None:
        raise UsageError(f"--since {shown(revision)}: git cannot list the files of the revision")
    return {path: entry.sha for path, entry in entries.items() if entry.kind == "blob"}


def narrowed(report: Report, repository: Repository, before: Mapping[str, str]) -> Report:
    """Leave in a report what is about files that differ from those of the revision."""
    paths = {
        *(finding.place.path for finding in report.findings),
        *(ignored.finding.place.path for ignored in report.ignored),
        *(problem.path for problem in (*report.problems, *report.notices)),
    }
    same = {path for path in paths if path in before and _same(repository, path, before[path])}
    return replace(
        report,
        findings=tuple(finding for finding in report.findings if finding.place.path not in same),
        ignored=tuple(ignored for ignored in report.ignored if ignored.finding.place.path not in same),
        exposures=tuple(exposure for exposure in report.exposures if exposure.finding.place.path not in same),
        problems=tuple(problem for problem in report.problems if problem.path not in same),
        notices=tuple(notice for notice in report.notices if notice.path not in same),
    )


def _same(repository: Repository, path: str, identity: str) -> bool:
    """Tell whether a file's bytes are those that git has under an object id."""
    try:
        data = repository.read(path)
    except RepositoryError:
        return False
    kind = sha1 if len(identity) == 40 else sha256
    return kind(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest() == identity
