"""Put what was found into a report: in order, with fingerprints, without what is left out on purpose."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256

from rewriter.model.patch import Ignored, Problem, Report, Silence
from rewriter.model.plan import Refusal
from rewriter.model.secret import Finding
from rewriter.model.text import Span
from rewriter.record import replace
from rewriter.rotation import exposure
from rewriter.settings import Settings

Pair = tuple[Finding, str | None]
"""A finding, and the reason that its file gives for leaving it out."""


def divided(pairs: Iterable[Pair], settings: Settings) -> tuple[tuple[Finding, ...], tuple[Ignored, ...]]:
    """Return the findings that count and those that are left out, both in order and with their fingerprints."""
    ordered = sorted(pairs, key=lambda pair: _order(pair[0]))
    left: list[Finding] = []
    ignored: list[Ignored] = []
    for finding, (_, reason) in zip(_numbered([finding for finding, _ in ordered]), ordered, strict=True):
        if reason is not None:
            ignored.append(Ignored(finding, Silence.PRAGMA, reason))
        elif finding.fingerprint in settings.baseline:
            ignored.append(Ignored(finding, Silence.BASELINE, ""))
        else:
            left.append(finding)
    return tuple(left), tuple(ignored)


def _order(finding: Finding) -> tuple[str, Span, str, str]:
    return finding.place.path, finding.place.span, finding.rule, finding.name


def secret_of(finding: Finding) -> tuple[str, str]:
    """Return what findings of one secret have in common."""
    return finding.scope, finding.secret


def _numbered(findings: list[Finding]) -> list[Finding]:
    """Give each finding its fingerprint: what and where it is, but neither its line nor its value."""
    seen: dict[tuple[str, ...], int] = {}
    result: list[Finding] = []
    for finding in findings:
        parts = (
            finding.rule,
            finding.place.path,
            finding.scope,
            finding.secret,
            finding.name,
            finding.channel.value,
        )
        number = seen[parts] = seen.get(parts, -1) + 1
        text = "\0".join((*parts, str(number)))
        digest = sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:20]
        result.append(replace(finding, fingerprint=digest))
    return result


def make_report(
    findings: tuple[Finding, ...],
    *,
    problems: tuple[Problem, ...],
    documents: int,
    fixed: tuple[Finding, ...] = (),
    refusals: tuple[Refusal, ...] = (),
    ignored: tuple[Ignored, ...] = (),
    notices: tuple[Problem, ...] = (),
) -> Report:
    """Put a report together; every secret among the findings counts as exposed."""
    exposed: dict[tuple[str, str], Finding] = {}
    for finding in findings:
        exposed.setdefault((finding.scope, finding.secret), finding)
    return Report(
        findings=findings,
        fixed=fixed,
        refusals=refusals,
        problems=_sorted(problems),
        exposures=tuple(exposure(finding) for finding in exposed.values()),
        documents=documents,
        ignored=ignored,
        notices=_sorted(notices),
    )


def _sorted(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    return tuple(sorted(set(problems), key=lambda problem: (problem.path, problem.line, problem.message)))
