"""Look at one share of a repository with every rule, and keep of it what a report needs."""

from __future__ import annotations

from collections.abc import Iterator

from rewriter.flow.analysis import Analysis
from rewriter.model.masked import Masked
from rewriter.model.patch import Problem
from rewriter.model.plan import Fix
from rewriter.model.secret import Finding, Safety
from rewriter.planner import Key, all_transforms, key
from rewriter.project.gathering import join
from rewriter.project.ignoring import Sifted, sift
from rewriter.project.intake import Cache
from rewriter.project.outline import Outline
from rewriter.project.project import Project
from rewriter.record import Record, replace
from rewriter.rules import names, rules
from rewriter.scan.report import Pair
from rewriter.settings import Settings
from rewriter.tree.repository import Repository


def examine(repository: Repository, share: Outline, settings: Settings) -> Seen:
    """Read a share, look at it, and let go of its documents."""
    project = join(repository, share, Cache())
    analysis = Analysis(project)
    found = findings_of(analysis, settings)
    sifted = sift(project, found, names(), complete=settings.complete)
    heeded = tuple(finding for finding, reason in zip(found, sifted.reasons, strict=True) if reason is None)
    safeties = _safeties(analysis, heeded, settings) if heeded else {}
    told = tuple(replace(finding, fixable=safeties.get(key(finding), Safety.MANUAL)) for finding in found)
    return Seen.of(told, sifted, project)


def findings_of(analysis: Analysis, settings: Settings) -> tuple[Finding, ...]:
    """Return what the rules that the settings ask for find."""
    return tuple(
        finding
        for rule in rules()
        if not settings.rules or rule.name in settings.rules
        for finding in rule.check(analysis)
        if finding.severity.rank >= settings.min_severity.rank
    )


def _safeties(analysis: Analysis, findings: tuple[Finding, ...], settings: Settings) -> dict[Key, Safety]:
    """Return how each finding could be fixed."""
    found: dict[Key, Safety] = {}
    for transform in all_transforms():
        mine = tuple(finding for finding in findings if finding.rule in transform.rules)
        for proposal in transform.plan(analysis, mine, settings) if mine else ():
            if isinstance(proposal, Fix):
                found |= {key(finding): proposal.safety for finding in proposal.findings}
    return found


class Seen(Record):
    """Hold what one share of a repository gave, in a form that goes through a pipe.

    `values` are those of each finding. The pipe joins two processes of one run, nothing else can read it.
    """

    _hidden = ("values",)

    findings: tuple[Finding, ...]
    values: tuple[tuple[str, ...], ...]
    reasons: tuple[str | None, ...]
    problems: tuple[Problem, ...]
    notices: tuple[Problem, ...]
    documents: int

    @classmethod
    def of(cls, found: tuple[Finding, ...], sifted: Sifted, project: Project) -> Seen:
        """Take the values out of their masks."""
        return cls(
            findings=tuple(replace(finding, values=()) for finding in found),
            values=tuple(tuple(value.reveal() for value in finding.values) for finding in found),
            reasons=sifted.reasons,
            problems=project.problems,
            notices=sifted.notices,
            documents=project.documents,
        )

    def found(self) -> Iterator[Pair]:
        """Yield the findings, the values masked again."""
        for finding, values, reason in zip(self.findings, self.values, self.reasons, strict=True):
            yield replace(finding, values=tuple(map(Masked, values))), reason
