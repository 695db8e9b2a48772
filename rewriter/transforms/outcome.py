"""Say what a transform is and what it gives back."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from rewriter.flow.analysis import Analysis
from rewriter.model.plan import Fix, Refusal
from rewriter.model.secret import Finding
from rewriter.record import Record
from rewriter.settings import Settings

Proposal = Fix | Refusal


def by_secret(findings: Iterable[Finding]) -> dict[tuple[str, str], tuple[Finding, ...]]:
    """Return the findings of each secret, by scope and id."""
    groups: dict[tuple[str, str], list[Finding]] = {}
    for finding in findings:
        groups.setdefault((finding.scope, finding.secret), []).append(finding)
    return {key: tuple(group) for key, group in groups.items()}


class Transform(Record):
    """Settle the findings of some rules; `plan` gets those findings and answers for each of them."""

    name: str
    order: int
    rules: frozenset[str]
    plan: Callable[[Analysis, tuple[Finding, ...], Settings], Iterable[Proposal]]
