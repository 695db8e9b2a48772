"""Check a change of a repository before anybody sees it; the only maker of a `Patch`.

Every check is static and always made: the changed files parse and print back, two readers agree, the findings are
gone and none is new, untouched instructions are equal byte for byte, and a second run would change nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from rewriter.documents.dockerfile import Dockerfile
from rewriter.errors import VerificationError
from rewriter.flow.analysis import Analysis
from rewriter.flow.left import kept_from_mounts
from rewriter.model.patch import FileChange, Ignored, Patch, Problem
from rewriter.model.plan import Fix, LocalValue
from rewriter.model.secret import Finding
from rewriter.model.text import Span
from rewriter.planner import Key, key
from rewriter.project.build import Build
from rewriter.project.project import Project
from rewriter.record import Record, replace
from rewriter.second_reader import disagreement

CHECKS: Final = (
    "lossless",
    "readers-agree",
    "findings-gone",
    "no-new-findings",
    "untouched-instructions-equal",
    "second-run-changes-nothing",
)


class State(Record):
    """Hold a repository as it was read and what was found in it; `ignored` is to stay as it is."""

    analysis: Analysis
    findings: tuple[Finding, ...]
    ignored: tuple[Ignored, ...] = ()
    notices: tuple[Problem, ...] = ()

    @property
    def project(self) -> Project:
        """Return the repository as builds."""
        return self.analysis.project


def problems(before: State, after: State, fixes: Sequence[Fix]) -> tuple[str, ...]:
    """Return what is wrong with a change made by `fixes`; nothing when every check passes."""
    return (
        *_unreadable(before.project, after.project),
        *_readers(before.project, after.project),
        *_left(before, after, fixes),
        *_new(before, after),
        *_kept(before.project, after.project),
        *_lost(before, after),
        *_touched(before.project, after.project, fixes),
    )


def clashes(fixes: Sequence[Fix]) -> tuple[str, ...]:
    """Return the files that would have to hold two values, so that one of them would be lost."""
    kept: dict[str, LocalValue] = {}
    lost = [
        value.path for fix in fixes for value in fix.values if kept.setdefault(value.path, value).value != value.value
    ]
    return tuple(f"{path} would have to hold two different values" for path in dict.fromkeys(lost))


def make_patch(
    before: State, after: State, *, files: tuple[FileChange, ...], fixes: tuple[Fix, ...], settled: bool
) -> Patch:
    """Return the verified patch; raises `VerificationError` when the whole fails a check.

    `settled` tells that planning the result again gives no fix.
    """
    wrong = [
        *_unreadable(before.project, after.project),
        *_readers(before.project, after.project),
        *_new(before, after),
    ]
    if not settled:
        wrong.append("a second run would change the result again")
    if wrong:
        raise VerificationError("; ".join(wrong))
    return Patch(
        files=files,
        values=_values(fixes),
        secrets=tuple(dict.fromkeys(secret for fix in fixes for secret in fix.secrets)),
        fixes=fixes,
        checks=CHECKS,
        mounts=tuple(dict.fromkeys(mount for fix in fixes for mount in fix.mounts)),
    )


def _values(fixes: Sequence[Fix]) -> tuple[LocalValue, ...]:
    """Return each file once; one that somebody else than its owner has to read is so for all."""
    found: dict[str, LocalValue] = {}
    for value in (value for fix in fixes for value in fix.values):
        before = found.setdefault(value.path, value)
        found[value.path] = replace(before, shared=before.shared or value.shared)
    return tuple(found.values())


def _kept(before: Project, after: Project) -> Iterator[str]:
    """Report mounted secrets that stay in a layer of any stage, where none did before."""
    known = {what for build in before.builds for what, _ in _kept_files(build)}
    for build in after.builds:
        for (path, secret, place), line in _kept_files(build):
            if (path, secret, place) not in known:
                yield f"{path}:{line}: the secret {secret} would stay in {place}"


def _kept_files(build: Build) -> Iterator[tuple[tuple[str, str, str], int]]:
    for left in kept_from_mounts(build):
        if not left.residue.contained:
            yield (build.path, left.secret, left.residue.written), left.residue.body.instruction.line


def _unreadable(before: Project, after: Project) -> Iterator[str]:
    known = {(problem.path, problem.message) for problem in before.problems}
    for problem in after.problems:
        if (problem.path, problem.message) not in known:
            yield f"{problem.path}:{problem.line}: {problem.message}"
    for file in _changed(before, after):
        if "".join(piece.of(file.source.text) for piece in file.pieces) != file.source.text:
            yield f"{file.source.path}: does not print back as it was read"
    lost = {build.path for build in before.builds} - {build.path for build in after.builds}
    yield from (f"{path}: can no longer be read" for path in sorted(lost))


def _changed(before: Project, after: Project) -> Iterator[Dockerfile]:
    texts = {build.path: build.dockerfile.source.text for build in before.builds}
    for build in after.builds:
        if texts.get(build.path) != build.dockerfile.source.text:
            yield build.dockerfile


def _readers(before: Project, after: Project) -> Iterator[str]:
    for file in _changed(before, after):
        if (difference := disagreement(file)) is not None:
            yield difference


def _left(before: State, after: State, fixes: Iterable[Fix]) -> Iterator[str]:
    """Compare how many findings of each kind remain with how many the fixes leave on purpose."""
    allowed = Counter(key(finding) for finding in before.findings)
    settled = Counter(key(finding) for fix in fixes for finding in fix.findings)
    remaining: Counter[Key] = Counter()
    for finding in after.findings:
        remaining[key(finding)] += 1
        if key(finding) in settled and remaining[key(finding)] > allowed[key(finding)] - settled[key(finding)]:
            yield f"{finding.place.path}:{finding.place.line}: still {finding.rule} ({finding.name})"


def _new(before: State, after: State) -> Iterator[str]:
    known = Counter(key(finding) for finding in before.findings)
    for finding in after.findings:
        if key(finding) not in known:
            yield f"{finding.place.path}:{finding.place.line}: new finding {finding.rule} ({finding.name})"


def _lost(before: State, after: State) -> Iterator[str]:
    """Name what was to be left alone and is no longer there."""
    kept = Counter(key(ignored.finding) for ignored in after.ignored)
    for ignored in before.ignored:
        finding = ignored.finding
        kept[key(finding)] -= 1
        if kept[key(finding)] < 0:
            where = f"{finding.place.path}:{finding.place.line}"
            yield f"{where}: {finding.rule} ({finding.name}) is ignored, and was changed"


def _touched(before: Project, after: Project, fixes: Sequence[Fix]) -> Iterator[str]:
    """Compare every instruction that no edit touches with what stands in the result, in order."""
    edits: dict[str, list[Span]] = {}
    for fix in fixes:
        for edit in fix.edits:
            edits.setdefault(edit.path, []).append(edit.edit.span)
    results = {build.path: build.dockerfile for build in after.builds}
    for build in before.builds:
        spans = edits.get(build.path)
        result = results.get(build.path)
        if not spans or result is None:
            continue
        file = build.dockerfile
        kept = [
            entry.span.of(file.source.text)
            for entry in file.instructions
            if not any(entry.span.overlaps(span) for span in spans)
        ]
        rest = iter([entry.span.of(result.source.text) for entry in result.instructions])
        missing = next((text for text in kept if text not in rest), None)
        if missing is not None:
            yield f"{build.path}: an instruction changed that no fix names"
