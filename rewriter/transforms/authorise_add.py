"""Refuse an ADD whose URL holds a credential, and say by which secret of the build BuildKit sends it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from rewriter.documents.dockerfile import Instruction
from rewriter.flow.analysis import Analysis
from rewriter.model.plan import Reason, Refusal
from rewriter.model.secret import Finding
from rewriter.settings import Settings
from rewriter.transforms.outcome import Transform
from rewriter.transforms.remote_add import authorised


def plan(analysis: Analysis, findings: tuple[Finding, ...], _settings: Settings) -> Iterator[Refusal]:
    """Yield a refusal for each finding in an ADD; the rule's own advice is for the others."""
    for finding in findings:
        entry = _add(analysis, finding)
        if entry is not None:
            detail = f"line {entry.line}: no mount feeds ADD; {authorised(entry)}"
            yield Refusal(finding, Reason.SECRET_IN_METADATA, detail)


def _add(analysis: Analysis, finding: Finding) -> Instruction | None:
    build = analysis.project.build_at(finding.place.path)
    for outer in build.dockerfile.instructions if build is not None else ():
        if outer.span.start <= finding.place.span.start < outer.span.end:
            entry = outer.trigger or outer
            return entry if entry.keyword == "ADD" and not entry.heredocs else None
    return None


TRANSFORM: Final = Transform(
    name="authorise-add",
    order=90,
    rules=frozenset({"no-secret-in-metadata"}),
    plan=plan,
)
