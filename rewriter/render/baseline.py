"""Write the findings of a report as a baseline: what each is and where, but neither its line nor a value."""

from __future__ import annotations

import json

from rewriter.model.patch import Report, Silence
from rewriter.model.secret import Finding
from rewriter.render.pen import Pen, redactor_of


def baseline(report: Report) -> str:
    """Return the open findings and those that the baseline leaves out already; a comment's are not needed there."""
    pen = Pen(redactor_of(report))
    findings = [*report.findings, *(one.finding for one in report.ignored if one.by is Silence.BASELINE)]
    entries = [_entry(finding, pen) for finding in sorted(findings, key=_order)]
    return json.dumps({"version": 1, "findings": entries}, indent=2) + "\n"


def _order(finding: Finding) -> tuple[str, str, str]:
    return finding.place.path, finding.rule, finding.fingerprint


def _entry(finding: Finding, pen: Pen) -> dict[str, str]:
    return {
        "fingerprint": finding.fingerprint,
        "rule": finding.rule,
        "path": pen.name(finding.place.path),
        "name": pen.name(finding.name),
    }
