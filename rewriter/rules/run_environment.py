"""Give a container its secrets as files, not as `docker run -e NAME=value`.

A literal on a command line that starts a container stands in the repository, in `docker inspect` and in the
environment of every process of the container. A value from outside (`-e TOKEN`, `-e TOKEN=$TOKEN`) is reported at low
severity: it is in no file, but in the container.

Refused: what the container reads instead depends on its image. `--env-file` with an ignored file keeps the value out
of the repository, a mounted file under /run/secrets/ also out of the environment.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from rewriter.callers import RunEnvironment
from rewriter.flow.analysis import Analysis
from rewriter.judgement import judge_pair
from rewriter.model.plan import Reason
from rewriter.model.secret import Channel, Confidence, Finding, Phase, Severity
from rewriter.rules.rule import Rule, printable

NAME: Final = "no-secret-on-run-command"


def check(analysis: Analysis) -> Iterable[Finding]:
    """Yield one finding for each secret that a command gives to a container."""
    for given in analysis.project.environments:
        if given.literal is None:
            verdict = judge_pair(given.name, given.value)
            if verdict.secret and verdict.confidence is Confidence.HIGH:
                yield _finding(given, verdict.confidence, severity=Severity.LOW)
            continue
        verdict = judge_pair(given.name, given.literal.reveal())
        if verdict.secret and verdict.literal:
            severity = Severity.LOW if verdict.placeholder else Severity.HIGH
            yield _finding(given, verdict.confidence, severity=severity)


def _finding(given: RunEnvironment, confidence: Confidence, *, severity: Severity) -> Finding:
    outside = "from outside: docker inspect and every process of the container show it"
    literal = "as a literal: the repository and every process of the container show it"
    how = outside if given.literal is None else literal
    return Finding(
        rule=NAME,
        place=given.place,
        name=printable(given.name),
        secret=printable(given.name.lower()),
        scope=given.place.path,
        channel=Channel.CALLER,
        phase=Phase.RUNTIME,
        severity=severity,
        confidence=confidence,
        message=f"the command gives the container {printable(given.name)} {how}",
        values=() if given.literal is None else (given.literal,),
    )


RULE: Final = Rule(
    code="UB115",
    name=NAME,
    summary="a command that starts a container gives it a secret",
    check=check,
    unfixed=Reason.RUNTIME_SECRET,
    advice="use --env-file with an ignored file, or mount the value under /run/secrets/ and read it there",
)
