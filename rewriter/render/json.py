"""Write a report or an outcome as JSON; the schemas in rewriter/data say what it looks like."""

from __future__ import annotations

import json
from collections import Counter
from typing import Final

from rewriter.model.patch import Exposure, Ignored, Patch, Patched, Problem, Report, Unchanged
from rewriter.model.plan import BuildSecret, Refusal, RuntimeSecret
from rewriter.model.secret import Finding, Phase, Severity
from rewriter.render.commands import build_flag
from rewriter.render.pen import redactor_of
from rewriter.render.redact import Redactor
from rewriter.render.visible import visible

VERSION: Final = 1
_Json = dict[str, object]


def scan(report: Report) -> str:
    """Return the findings of a scan."""
    redactor = redactor_of(report)
    counts = Counter(finding.severity for finding in report.findings)
    return _dumped(
        {
            "version": VERSION,
            "findings": [_finding(finding, redactor) for finding in report.findings],
            "ignored": [_ignored(ignored, redactor) for ignored in report.ignored],
            "errors": [_problem(problem, redactor) for problem in report.problems],
            "notices": [_problem(notice, redactor) for notice in report.notices],
            "summary": {
                "documents": report.documents,
                "findings": len(report.findings),
                "ignored": len(report.ignored),
                "secrets": len({(finding.scope, finding.secret) for finding in report.findings}),
                "errors": len(report.problems),
                "severities": {severity.value: counts[severity] for severity in Severity},
            },
        }
    )


def outcome(result: Unchanged | Patched, *, proven: tuple[str, ...] = ()) -> str:
    """Return what became of a repository; `proven` names what was proven by builds."""
    report = result.report
    patch = result.patch if isinstance(result, Patched) else Patch((), (), (), (), ())
    redactor = redactor_of(report, patch)
    return _dumped(
        {
            "version": VERSION,
            "files": [{"path": _name(file.path, redactor), "change": file.change.value} for file in patch.files],
            "secrets": [
                *(_secret(secret, patch, redactor) for secret in patch.secrets),
                *(_mount(secret, redactor) for secret in patch.mounts),
            ],
            "fixed": [finding.fingerprint for finding in report.fixed],
            "refusals": [_refusal(refusal, redactor) for refusal in report.refusals],
            "ignored": [_ignored(ignored, redactor) for ignored in report.ignored],
            "rotation": [_exposure(exposure, redactor) for exposure in report.exposures],
            "checks": [*patch.checks, *proven],
        }
    )


def _dumped(document: _Json) -> str:
    return json.dumps(document, indent=2) + "\n"


def _name(text: str, redactor: Redactor) -> str:
    return _paired(redactor.name(text))


def _prose(text: str, redactor: Redactor) -> str:
    return _paired(redactor.text(text))


def _paired(text: str) -> str:
    """Write what no JSON text may hold, a byte that is not UTF-8 or half a character, as an escape."""
    return "".join(char if not 0xD800 <= ord(char) <= 0xDFFF else visible(char) for char in text)


def _finding(finding: Finding, redactor: Redactor) -> _Json:
    place = finding.place
    return {
        "rule": finding.rule,
        "path": _name(place.path, redactor),
        "line": place.line,
        "column": place.column,
        "end_line": place.end_line,
        "name": _name(finding.name, redactor),
        "secret": _name(finding.secret, redactor),
        "channel": finding.channel.value,
        "phase": finding.phase.value,
        "severity": finding.severity.value,
        "confidence": finding.confidence.value,
        "message": _prose(finding.message, redactor),
        "fingerprint": finding.fingerprint,
        "fixable": finding.fixable.value,
    }


def _ignored(ignored: Ignored, redactor: Redactor) -> _Json:
    place = ignored.finding.place
    return {
        "fingerprint": ignored.finding.fingerprint,
        "rule": ignored.finding.rule,
        "path": _name(place.path, redactor),
        "line": place.line,
        "by": ignored.by.value,
        "reason": _prose(ignored.reason, redactor),
    }


def _problem(problem: Problem, redactor: Redactor) -> _Json:
    where = f"line {problem.line}: " if problem.line else ""
    return {"path": _name(problem.path, redactor), "message": where + _prose(problem.message, redactor)}


def _secret(secret: BuildSecret, patch: Patch, redactor: Redactor) -> _Json:
    return {
        "id": _name(secret.id, redactor),
        "env": _name(secret.env, redactor),
        "target": _name(secret.target, redactor),
        "phase": _phase(secret, patch).value,
        "source": _name(secret.source, redactor),
        "build_flag": _name(build_flag(secret), redactor),
    }


def _mount(secret: RuntimeSecret, redactor: Redactor) -> _Json:
    return {
        "id": _name(secret.id, redactor),
        "env": _name(secret.env, redactor),
        "target": _name(secret.target, redactor),
        "phase": Phase.RUNTIME.value,
        "source": _name(secret.source, redactor),
        "build_flag": "",
    }


def _phase(secret: BuildSecret, patch: Patch) -> Phase:
    """Return when the secret is needed: at run time too where a finding that it settles says so."""
    phases = {finding.phase for fix in patch.fixes if secret in fix.secrets for finding in fix.findings}
    return Phase.BOTH if phases & {Phase.BOTH, Phase.RUNTIME} else Phase.BUILD


def _refusal(refusal: Refusal, redactor: Redactor) -> _Json:
    place = refusal.finding.place
    return {
        "fingerprint": refusal.finding.fingerprint,
        "path": _name(place.path, redactor),
        "line": place.line,
        "reason": refusal.reason.value,
        "detail": _prose(refusal.detail, redactor),
    }


def _exposure(exposure: Exposure, redactor: Redactor) -> _Json:
    return {
        "fingerprint": exposure.finding.fingerprint,
        "provider": exposure.provider,
        "where": _prose(exposure.where, redactor),
    }
