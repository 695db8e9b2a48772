"""Leave no secret behind in a file of a layer.

A RUN that writes the value to a file, or runs a tool that stores it (`git clone` with the token in the URL, `npm
config set`, `git config --global`), puts it into the layer. A later `rm` hides it and removes nothing.

Refused: a file that no known build tool reads, since the running container may need it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from rewriter.flow.analysis import Analysis
from rewriter.flow.left import Left
from rewriter.flow.residue import Kept
from rewriter.model.plan import Reason
from rewriter.model.secret import Channel, Confidence, Finding, Phase, Severity
from rewriter.project.build import Build
from rewriter.rules.rule import Leak, Rule, is_kept, report

NAME: Final = "no-secret-left-in-file"


def check(analysis: Analysis) -> Iterable[Finding]:
    """Yield one finding for each command that leaves a secret behind in its layer."""
    for build in analysis.project.builds:
        for left in analysis.left(build):
            residue = left.residue
            if not residue.contained:
                span = residue.fragment.span(residue.visit.command.span) or residue.body.instruction.keyword_span
                yield report(NAME, build.dockerfile.source, span, _leak(build, left))


def _leak(build: Build, left: Left) -> Leak:
    residue = left.residue
    exposed = is_kept(build.dockerfile, residue.body.instruction.stage)
    severity = Severity.LOW if left.placeholder else Severity.HIGH if exposed else Severity.MEDIUM
    how = {
        Kept.WRITTEN: "the command writes it there",
        Kept.GIT_URL: "git keeps the URL that it cloned from",
        Kept.GIT_CONFIG: "git config writes it there",
        Kept.EDITED: "the command edits it in",
        Kept.STORED: "the tool stores it there",
        Kept.LEFT: "the tool does so by itself",
    }[residue.kind]
    return Leak(
        name=left.name,
        secret=left.secret,
        scope=build.path,
        channel=Channel.LAYER,
        phase=Phase.BUILD,
        severity=severity,
        confidence=Confidence.HIGH,
        message=f"the value of {left.name} stays in the layer in {residue.written}: {how}",
    )


RULE: Final = Rule(
    code="UB109",
    name=NAME,
    summary="a command leaves a secret behind in a file",
    check=check,
    unfixed=Reason.PERSISTED_BY_COMMAND,
    advice="use the tool's form that stores nothing, or remove the file in the same RUN",
)
