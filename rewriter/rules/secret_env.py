"""Keep secrets out of ENV.

An ENV is part of the image's configuration: `docker inspect` shows it, every process of every container has it in
`/proc/<pid>/environ`, and a later `ENV NAME=` leaves the old value in `docker history`.

Refused: a variable that the application reads at run time, until the application reads it from a file.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from rewriter.documents.dockerfile import Kind
from rewriter.flow import Definition, Flow, Origin, secret_id
from rewriter.flow.analysis import Analysis
from rewriter.model.plan import Reason
from rewriter.model.secret import Channel, Confidence, Finding, Severity
from rewriter.rules.rule import Leak, Rule, is_kept, report

NAME: Final = "no-secret-in-env"


def check(analysis: Analysis) -> Iterable[Finding]:
    """Yield one finding for each ENV that carries a secret."""
    for build in analysis.project.builds:
        for flow in analysis.flows(build):
            for definition in flow.definitions:
                if definition.binding.kind is Kind.ENV and definition.origin is not Origin.EMPTY:
                    span = definition.binding.assignment.span
                    yield report(NAME, build.dockerfile.source, span, _leak(flow, definition))


def _leak(flow: Flow, definition: Definition) -> Leak:
    file = flow.build.dockerfile
    stage = definition.instruction.stage
    stays = is_kept(file, stage)
    severity = Severity.CRITICAL if stays else Severity.HIGH
    if flow.placeholder or flow.weak:
        severity = Severity.LOW
    elif flow.confidence is Confidence.LOW:
        severity = Severity.MEDIUM
    where = "docker inspect and every container show it" if stays else "provenance and the build cache keep it"
    return Leak(
        name=definition.name,
        secret=secret_id(flow.root_of(definition.name)),
        scope=flow.build.path,
        channel=Channel.ENV if stays else Channel.PROVENANCE,
        phase=flow.phase,
        severity=severity,
        confidence=flow.confidence,
        message=f"environment variable {definition.name} carries a secret: {where}",
        values=(definition.value,) if definition.value is not None else (),
    )


RULE: Final = Rule(
    code="UB102",
    name=NAME,
    summary="an environment variable of the image carries a secret",
    check=check,
    unfixed=Reason.RUNTIME_SECRET,
    advice="give the value to the container as a file under /run/secrets/ and read it there",
)
