"""Pass build secrets with --secret, not with --build-arg.

A build argument reaches provenance even when the Dockerfile never declares it, so a clean Dockerfile with an
unchanged caller still leaks.

Refused: a caller that cannot pass build secrets.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from rewriter.callers import BuildArgument, Caller, from_secret_store, from_variables
from rewriter.flow import secret_id
from rewriter.flow.analysis import Analysis
from rewriter.judgement import judge_pair
from rewriter.model.plan import Reason
from rewriter.model.secret import Channel, Confidence, Finding, Phase, Place, Severity
from rewriter.record import Record
from rewriter.rules.rule import Rule, printable

NAME: Final = "no-secret-in-build-argument"


class _Carried(Record):
    """Say which secret an argument carries; `weak` tells that nothing but a doubtful name or a stand-in says so."""

    scope: str
    secret: str
    confidence: Confidence
    weak: bool


def check(analysis: Analysis) -> Iterable[Finding]:
    """Yield one finding for each build argument of a caller that carries a secret."""
    for caller in analysis.project.callers:
        for argument in caller.arguments:
            carried = None if argument.is_empty else _carried(analysis, caller, argument)
            if carried is not None:
                yield _finding(caller, argument, carried)


def _carried(analysis: Analysis, caller: Caller, argument: BuildArgument) -> _Carried | None:
    build = analysis.project.build_at(caller.dockerfile)
    verdict = judge_pair(argument.name, argument.literal.reveal() if argument.literal else None)
    for flow in analysis.flows(build) if build is not None else ():
        if argument.name in flow.names:
            weak = verdict.placeholder if argument.literal else flow.weak
            return _Carried(flow.build.path, secret_id(flow.root_of(argument.name)), flow.confidence, weak)
    scope, secret = caller.dockerfile or caller.path, secret_id(argument.name)
    if from_secret_store(argument):
        sure = verdict.secret and verdict.confidence is Confidence.HIGH
        return _Carried(scope, secret, Confidence.HIGH if sure else Confidence.MEDIUM, weak=False)
    doubtful = verdict.confidence is Confidence.LOW
    if not verdict.secret or (doubtful and from_variables(argument)):
        return None
    doubtful |= verdict.confidence is Confidence.MEDIUM and from_variables(argument)
    return _Carried(scope, secret, verdict.confidence, weak=doubtful)


def _finding(caller: Caller, argument: BuildArgument, carried: _Carried) -> Finding:
    where: Place = argument.place
    severity = Severity.CRITICAL if argument.literal else Severity.HIGH
    return Finding(
        rule=NAME,
        place=where,
        name=printable(argument.name),
        secret=carried.secret,
        scope=carried.scope,
        channel=Channel.CALLER,
        phase=Phase.BUILD,
        severity=Severity.LOW if carried.weak else severity,
        confidence=carried.confidence,
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
