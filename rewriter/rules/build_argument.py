"""Pass build secrets with --secret, not with --build-arg.

A build argument reaches provenance even when the Dockerfile never declares it, so a clean Dockerfile with an
unchanged caller still leaks.

Refused: a caller that cannot pass build secrets.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from rewriter.analysis import Analysis
from rewriter.callers import BuildArgument, Caller, from_secret_store, from_variables
from rewriter.flow import secret_id
from rewriter.judgement import judge_pair
from rewriter.model.plan import Reason
from rewriter.model.secret import Channel, Confidence, Finding, Phase, Place, Severity
from rewriter.rules.rule import Rule, printable

NAME: Final = "no-secret-in-build-argument"


def check(analysis: Analysis) -> Iterable[Finding]:
    """Yield one finding for each build argument of a caller that carries a secret."""
    for caller in analysis.project.callers:
        for argument in caller.arguments:
            scope, secret, confidence = _target(analysis, caller, argument)
            if secret and not argument.is_empty:
                yield _finding(caller, argument, scope=scope, secret=secret, confidence=confidence)


def _target(analysis: Analysis, caller: Caller, argument: BuildArgument) -> tuple[str, str, Confidence]:
    build = analysis.project.build_at(caller.dockerfile)
    for flow in analysis.flows(build) if build is not None else ():
        if argument.name in flow.names:
            return flow.build.path, secret_id(flow.root_of(argument.name)), flow.confidence
    verdict = judge_pair(argument.name, argument.literal.reveal() if argument.literal else None)
    if from_secret_store(argument):
        sure = verdict.secret and verdict.confidence is Confidence.HIGH
        return (
            caller.dockerfile or caller.path,
            secret_id(argument.name),
            verdict.confidence if sure else Confidence.MEDIUM,
        )
    weak = verdict.confidence is Confidence.LOW and from_variables(argument)
    if not verdict.secret or weak:
        return "", "", Confidence.LOW
    return caller.dockerfile or caller.path, secret_id(argument.name), verdict.confidence


def _finding(caller: Caller, argument: BuildArgument, *, scope: str, secret: str, confidence: Confidence) -> Finding:
    where: Place = argument.place
    return Finding(
        rule=NAME,
        place=where,
        name=printable(argument.name),
        secret=secret,
        scope=scope,
        channel=Channel.CALLER,
        phase=Phase.BUILD,
        severity=Severity.CRITICAL if argument.literal else Severity.HIGH,
        confidence=confidence,
        message=f"{caller.kind} passes {printable(argument.name)} as a build argument: provenance and history keep it",
        values=(argument.literal,) if argument.literal else (),
    )


RULE: Final = Rule(
    code="UB108",
    name=NAME,
    summary="a caller passes a secret as a build argument",
    check=check,
    unfixed=Reason.CALLER_UNSUPPORTED,
    advice="pass it with --secret",
)
