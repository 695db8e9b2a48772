"""Pass build secrets as secret mounts, not as build arguments.

The value of a build argument is readable in `docker history` (as soon as a RUN follows the ARG in the final
stage), in the provenance attestation at every level, and in the build log, whose step titles expand it. That
holds for an ARG of a builder stage too, history apart (docs/facts.md, "Where a build argument ends up").

Refused: an ARG that feeds FROM, COPY, ADD or a label, since a mount serves RUN alone.
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

NAME: Final = "no-secret-in-arg"


def check(analysis: Analysis) -> Iterable[Finding]:
    """Yield one finding for each ARG that carries a secret."""
    for build in analysis.project.builds:
        for flow in analysis.flows(build):
            for definition in flow.definitions:
                if definition.binding.kind is Kind.ARG:
                    span = definition.binding.assignment.span
                    yield report(NAME, build.dockerfile.source, span, _leak(flow, definition))


def _leak(flow: Flow, definition: Definition) -> Leak:
    literal = definition.origin is Origin.LITERAL and definition.verdict.literal
    where = (
        "its default stands in the file, in provenance and in every fork of the repository"
        if literal
        else ("its value shows in docker history, provenance and the build log")
    )
    exposed = is_kept(flow.build.dockerfile, definition.instruction.stage)
    severity = Severity.HIGH if exposed else Severity.MEDIUM
    if flow.placeholder or flow.weak:
        severity = Severity.LOW
    elif literal:
        severity = Severity.CRITICAL if exposed else Severity.HIGH
    elif flow.confidence is Confidence.LOW:
        severity = Severity.MEDIUM
    return Leak(
        name=definition.name,
        secret=secret_id(flow.root_of(definition.name)),
        scope=flow.build.path,
        channel=Channel.BUILD_ARG,
        phase=flow.phase,
        severity=severity,
        confidence=flow.confidence,
        message=f"build argument {definition.name} carries a secret: {where}",
        values=(definition.value,) if definition.value is not None else (),
    )


RULE: Final = Rule(
    code="UB101",
    name=NAME,
    summary="a build argument carries a secret",
    check=check,
    unfixed=Reason.UNSUPPORTED_FORM,
    advice="pass the value with `RUN --mount=type=secret` instead of ARG",
)
