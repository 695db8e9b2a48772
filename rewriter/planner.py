"""Choose what is done about the findings of a repository: one plan whose fixes do not overlap.

Fixes are taken in the order of file, place and transform; one that overlaps an earlier one, or changes the same
caller's file, waits for the next pass over the changed repository.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from rewriter import transforms as transforms_package
from rewriter.flow.analysis import Analysis
from rewriter.model.plan import Fix, Plan, Reason, Refusal
from rewriter.model.secret import Finding, Safety
from rewriter.model.text import Span
from rewriter.project.project import Project
from rewriter.rules import rules
from rewriter.settings import FixLevel, Settings
from rewriter.transforms.mount_lines import break_lines
from rewriter.transforms.outcome import Transform

Key = tuple[str, str, str, str]


def key(finding: Finding) -> Key:
    """Return what tells two findings apart whatever their lines: rule, file, scope, secret."""
    return finding.rule, finding.place.path, finding.scope, finding.secret


@cache
def all_transforms() -> tuple[Transform, ...]:
    """Return every transform, in the order in which they are asked."""
    names = [info.name for info in iter_modules(transforms_package.__path__)]
    modules = [import_module(f"{transforms_package.__name__}.{name}") for name in names]
    found = [module.TRANSFORM for module in modules if isinstance(getattr(module, "TRANSFORM", None), Transform)]
    return tuple(sorted(found, key=lambda transform: (transform.order, transform.name)))


def plan(
    analysis: Analysis, findings: tuple[Finding, ...], settings: Settings, *, refused: Collection[Key] = ()
) -> Plan:
    """Return the fixes to make now, and the refusals of what no fix takes on; `refused` findings are left out."""
    open_findings = tuple(finding for finding in findings if key(finding) not in refused)
    fixes: list[Fix] = []
    refusals: list[Refusal] = []
    answered: set[Key] = set()
    for proposal in _proposals(analysis, open_findings, settings):
        mine = (proposal.finding,) if isinstance(proposal, Refusal) else proposal.findings
        answered |= {key(finding) for finding in mine}
        if isinstance(proposal, Refusal):
            refusals.append(proposal)
        elif (reason := _unwanted(proposal, settings)) is not None:
            refusals += [Refusal(finding, Reason.NOT_SELECTED, reason) for finding in proposal.findings]
        else:
            fixes.append(proposal)
    advice = {rule.name: rule for rule in rules()}
    for finding in open_findings:
        if key(finding) not in answered:
            rule = advice[finding.rule]
            refusals.append(Refusal(finding, rule.unfixed, rule.advice))
    chosen = _without_overlap(fixes, analysis.project)
    return Plan(break_lines(chosen, analysis.project), tuple(refusals))


def _proposals(analysis: Analysis, findings: tuple[Finding, ...], settings: Settings) -> Iterator[Fix | Refusal]:
    for transform in all_transforms():
        mine = tuple(finding for finding in findings if finding.rule in transform.rules)
        if mine:
            yield from transform.plan(analysis, mine, settings)


def _unwanted(fix: Fix, settings: Settings) -> str | None:
    if settings.only and not any(finding.secret in settings.only for finding in fix.findings):
        return "left out by --only"
    if settings.fix is FixLevel.SAFE and fix.safety is not Safety.SAFE:
        return f"the fix asks for review; --fix=safe leaves it: {', '.join(fix.notes) or 'a command changes'}"
    if settings.fix is not FixLevel.ALL and fix.safety is Safety.MANUAL:
        return "a person has to make this fix; --fix=all proposes it"
    return None


def _without_overlap(fixes: Iterable[Fix], project: Project) -> Iterator[Fix]:
    taken: dict[str, list[Span]] = {}
    whole: set[str] = set()
    dockerfiles = {build.path for build in project.builds}
    for fix in sorted(fixes, key=_order):
        locks = [(edit.path, _lock(project, edit.path, edit.edit.span)) for edit in fix.edits]
        paths = {path for path, _ in locks if path not in dockerfiles}
        if paths & whole or any(
            lock is not None and any(lock.overlaps(other) for other in taken.get(path, ())) for path, lock in locks
        ):
            continue
        whole |= paths
        for path, lock in locks:
            if lock is not None:
                taken.setdefault(path, []).append(lock)
        yield fix


def _order(fix: Fix) -> tuple[str, int, str]:
    first = min(fix.findings, key=lambda finding: (finding.place.path, finding.place.span.start, finding.rule))
    return first.place.path, first.place.span.start, first.rule


def _lock(project: Project, path: str, span: Span) -> Span | None:
    """Return what an edit claims: its instruction, unless it only inserts (several mounts stand together)."""
    if span.start == span.end:
        return None
    build = project.build_at(path)
    for entry in build.dockerfile.instructions if build is not None else ():
        if entry.span.overlaps(span):
            return entry.span
    return span
