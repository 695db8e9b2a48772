"""Do not count on a variable that never reaches the build.

A RUN that uses `$TOKEN` as a credential without any ARG or ENV of that name gets an empty string: the host's
environment does not reach a build. Often the author then bakes the value in to make it work.

Refused always: whether the command should have the secret is for its author to say.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from rewriter.analysis import Analysis
from rewriter.credentials import CommandSecret
from rewriter.documents.dockerfile import scope
from rewriter.flow import secret_id
from rewriter.judgement import judge_name
from rewriter.model.plan import Reason
from rewriter.model.secret import Channel, Confidence, Finding, Phase, Severity
from rewriter.project import Build
from rewriter.rules.rule import Leak, Rule, report

NAME: Final = "no-undeclared-secret"


def check(analysis: Analysis) -> Iterable[Finding]:
    """Yield one finding for each credential made of a variable that is declared nowhere."""
    for build in analysis.project.builds:
        for secret in build.secrets:
            for name in secret.variables:
                if not secret.companion and judge_name(name).secret and not _known(build, secret, name):
                    span = secret.span or secret.body.instruction.keyword_span
                    yield report(NAME, build.dockerfile.source, span, _leak(build, name))


def _known(build: Build, secret: CommandSecret, name: str) -> bool:
    instruction = secret.body.instruction
    if name in scope(build.dockerfile, instruction):
        return True
    if any(flag.name == "mount" and f"env={name}" in (flag.value or "") for flag in instruction.flags):
        return True
    fragments = secret.body.fragments
    return any(entry.name == name for fragment in fragments for entry in fragment.assigned)


def _leak(build: Build, name: str) -> Leak:
    return Leak(
        name=name,
        secret=secret_id(name),
        scope=build.path,
        channel=Channel.HISTORY,
        phase=Phase.BUILD,
        severity=Severity.MEDIUM,
        confidence=Confidence.MEDIUM,
        message=f"RUN uses {name} as a credential, but no ARG or ENV declares it: it is empty in the build",
    )


RULE: Final = Rule(
    code="UB105",
    name=NAME,
    summary="a RUN uses a secret that is declared nowhere",
    check=check,
    unfixed=Reason.UNDECLARED_VARIABLE,
    advice="add --mount=type=secret,id=...,env=... to this RUN if it needs the secret, or drop the use",
)
