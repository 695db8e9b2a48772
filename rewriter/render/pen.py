"""Bring foreign text onto the page: a pen redacts, escapes and colours every name and message."""

from __future__ import annotations

from collections.abc import Iterator

from rewriter.model.masked import Masked
from rewriter.model.patch import Patch, Report
from rewriter.model.secret import Finding, Place
from rewriter.record import Record, field
from rewriter.render.paint import Paint
from rewriter.render.redact import Redactor
from rewriter.render.visible import visible


class Pen(Record):
    """Write names and prose without values and without control characters."""

    redactor: Redactor
    paint: Paint = field(default_factory=Paint)

    def name(self, text: str) -> str:
        """Return a path, a variable or another name, fit to print."""
        return visible(self.redactor.name(text))

    def prose(self, text: str) -> str:
        """Return a message, fit to print on one line."""
        return visible(self.redactor.text(text))

    def place(self, place: Place) -> str:
        """Return `path:line:column`, fit to print."""
        return f"{self.name(place.path)}:{place.line}:{place.column}"


def redactor_of(report: Report, patch: Patch | None = None) -> Redactor:
    """Return a redactor that knows every value of a run."""
    return Redactor((*_seen(report), *(_moved(patch) if patch else ())))


def _seen(report: Report) -> Iterator[Masked]:
    for finding in _findings(report):
        yield from finding.values


def _findings(report: Report) -> Iterator[Finding]:
    yield from report.findings
    yield from report.fixed
    yield from (refusal.finding for refusal in report.refusals)
    yield from (exposure.finding for exposure in report.exposures)
    yield from (ignored.finding for ignored in report.ignored)


def _moved(patch: Patch) -> Iterator[Masked]:
    yield from (local.value for local in patch.values)
    for fix in patch.fixes:
        yield from (local.value for local in fix.values)
        for finding in fix.findings:
            yield from finding.values
