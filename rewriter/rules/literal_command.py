"""Keep passwords and tokens out of command lines.

A literal in a RUN is in `docker history`, in the build log, in provenance and in the repository. The value moves to
an ignored file and reaches the command through a mounted environment variable.

Refused: a password that the image itself is given (`chpasswd`, `htpasswd`), since it has to be in the image and only
another way of logging in helps; exec form, which has no shell that expands a variable.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from rewriter.commands.credentials import CommandSecret, literal_ids
from rewriter.flow.analysis import Analysis
from rewriter.model.plan import Reason
from rewriter.model.secret import Channel, Finding, Phase, Severity
from rewriter.project.build import Build
from rewriter.rules.rule import Leak, Rule, is_kept, report

NAME: Final = "no-literal-in-command"


def check(analysis: Analysis) -> Iterable[Finding]:
    """Yield one finding for each literal credential in a RUN."""
    for build in analysis.project.builds:
        for secret, identity in literal_ids(build.secrets):
            span = secret.span or secret.body.instruction.keyword_span
            yield report(NAME, build.dockerfile.source, span, _leak(build, secret, identity))
        for secret in build.secrets:
            if secret.companion and secret.value is not None and not secret.placeholder:
                span = secret.span or secret.body.instruction.keyword_span
                yield report(NAME, build.dockerfile.source, span, _public_half(build, secret))


def _public_half(build: Build, secret: CommandSecret) -> Leak:
    return Leak(
        name=secret.option,
        secret=f"{secret.tool}_key_id".lower(),
        scope=build.path,
        channel=Channel.HISTORY,
        phase=Phase.BUILD,
        severity=Severity.LOW,
        confidence=secret.confidence,
        message="the public half of a credential stands in a command line: it tells whose key it is",
        values=() if secret.value is None else (secret.value,),
    )


def _leak(build: Build, secret: CommandSecret, identity: str) -> Leak:
    exposed = is_kept(build.dockerfile, secret.body.instruction.stage)
    what = f"{secret.tool} {secret.option}".strip() or "a command"
    return Leak(
        name=identity.upper(),
        secret=identity,
        scope=build.path,
        channel=Channel.HISTORY,
        phase=Phase.BUILD,
        severity=Severity.LOW if secret.placeholder else Severity.CRITICAL if exposed else Severity.HIGH,
        confidence=secret.confidence,
        message=f"a credential stands in the command line of {what}: docker history, provenance and the log show it",
        values=() if secret.value is None else (secret.value,),
    )


RULE: Final = Rule(
    code="UB104",
    name=NAME,
    summary="a credential stands literally in a command",
    check=check,
    unfixed=Reason.ONLY_ROTATION_HELPS,
    advice="take the value from a mounted secret, or give the image no password at all",
)
