"""Do not count on a variable that never reaches the build.

A RUN that uses `$TOKEN` as a credential without any ARG or ENV of that name gets an empty string: the host's
environment does not reach a build. Often the author then bakes the value in to make it work. The same goes for
`ENV TOKEN=$TOKEN`, which is reported at low severity.

Refused always: whether the command should have the secret is for its author to say.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from rewriter.commands.credentials import CommandSecret
from rewriter.documents.dockerfile import Assignment, scope
from rewriter.documents.run import RunBody, written
from rewriter.flow import secret_id
from rewriter.flow.analysis import Analysis
from rewriter.judgement import judge_name
from rewriter.model.plan import Reason
from rewriter.model.secret import Channel, Confidence, Finding, Phase, Severity
from rewriter.project.build import Build
from rewriter.record import replace
from rewriter.rules.rule import Leak, Rule, report

NAME: Final = "no-undeclared-secret"


def check(analysis: Analysis) -> Iterable[Finding]:
    """Yield one finding for each credential made of a variable that is declared nowhere."""
    for build in analysis.project.builds:
        for secret in build.secrets:
            for name in secret.variables:
                if (
                    not secret.companion
                    and _expands(secret, name)
                    and judge_name(name).secret
                    and not _known(build, secret, name)
                ):
                    span = secret.span or secret.body.instruction.keyword_span
                    yield report(NAME, build.dockerfile.source, span, _leak(build, name))
        for body, use in _written(build):
            span = body.instruction.keyword_span
            yield report(NAME, build.dockerfile.source, span, _leak(build, use))
        for assignment in _given_nothing(build):
            leak = _leak(build, assignment.name)
            what = f"ENV takes {assignment.name} from a variable that no ARG declares: it is empty in the image"
            leak = replace(leak, channel=Channel.ENV, phase=Phase.UNKNOWN, severity=Severity.LOW, message=what)
            yield report(NAME, build.dockerfile.source, assignment.span, leak)


def _given_nothing(build: Build) -> Iterator[Assignment]:
    """Yield each ENV of a secret whose whole value is a variable that is declared nowhere."""
    file = build.dockerfile
    for entry in file.instructions:
        for assignment in entry.assignments if entry.keyword == "ENV" else ():
            verdict = judge_name(assignment.name)
            whole = _WHOLE.fullmatch(assignment.value.value) if assignment.value is not None else None
            if (
                whole
                and verdict.secret
                and verdict.confidence is Confidence.HIGH
                and whole[1] not in scope(file, entry)
            ):
                yield assignment


_WHOLE: Final = re.compile(r"\$\{?([A-Za-z_][A-Za-z0-9_]*)\}?")
_EXPANDED: Final = re.compile(r"\$\{?([A-Za-z_][A-Za-z0-9_]*)")


def _written(build: Build) -> Iterator[tuple[RunBody, str]]:
    """Yield the undeclared secrets that `echo` or `printf` prints into a file or another command."""
    for entry in build.commands.entries:
        if not any(judge_name(name).secret for name in _EXPANDED.findall(written(build.dockerfile.source, entry))):
            continue
        body = build.commands.body(entry)
        taken = {name for secret in build.secrets_in(body) for name in secret.variables}
        for name in dict.fromkeys(_printed(body)):
            verdict = judge_name(name)
            sure = verdict.secret and verdict.confidence is Confidence.HIGH and not verdict.carries_url
            if sure and "_" in name and name not in taken and not _visible(build, body, name):
                yield body, name


def _printed(body: RunBody) -> Iterator[str]:
    for fragment in body.fragments:
        for use in fragment.uses:
            command = use.command
            printer = command is not None and command.name in ("echo", "printf") and not use.modifier
            if (
                command is not None
                and printer
                and any(
                    visit.command.span == command.span and (visit.piped_to is not None or visit.command.redirects)
                    for visit in fragment.visits
                )
            ):
                yield use.name


def _expands(secret: CommandSecret, name: str) -> bool:
    """Tell whether the shell expands the name there: quoted, it is text for somebody else."""
    if secret.fragment is None or secret.word is None:
        return True
    return name in secret.fragment.names_in(secret.word.span)


def _known(build: Build, secret: CommandSecret, name: str) -> bool:
    return _visible(build, secret.body, name)


def _visible(build: Build, body: RunBody, name: str) -> bool:
    instruction = body.instruction
    if name in scope(build.dockerfile, instruction):
        return True
    if any(flag.name == "mount" and f"env={name}" in (flag.value or "") for flag in instruction.flags):
        return True
    fragments = body.fragments
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
    advice="add --mount=type=secret,id=...,env=... to the RUN that needs the secret, or drop the use",
)
