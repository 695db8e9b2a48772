"""Keep secrets out of labels, start commands, health checks and download URLs.

LABEL, CMD, ENTRYPOINT and HEALTHCHECK are part of the image's configuration, which everyone who can pull the image can
read. The URL of an ADD is in history and provenance.

Refused: no mount serves these instructions. The start command has to read a file under /run/secrets/, a download
has to move into a RUN.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from rewriter.flow.analysis import Analysis
from rewriter.flow.kept_texts import KeptText, kept_texts
from rewriter.model.plan import Reason
from rewriter.model.secret import Channel, Confidence, Finding, Phase, Severity
from rewriter.project.build import Build
from rewriter.rules.rule import Leak, Rule, report

NAME: Final = "no-secret-in-metadata"


def check(analysis: Analysis) -> Iterable[Finding]:
    """Yield one finding for each credential in an instruction that no mount serves."""
    for build in analysis.project.builds:
        for kept in kept_texts(build, analysis.flows(build)):
            yield report(NAME, build.dockerfile.source, kept.span, _leak(build, kept))


def _leak(build: Build, kept: KeptText) -> Leak:
    keyword = kept.instruction.keyword
    where = "the image's configuration or its history shows it"
    if kept.at_start:
        where = f"{kept.name} is on the command line of a process, which every user of the host can list"
    return Leak(
        name=kept.name,
        secret=kept.secret or re.sub(r"[^a-z0-9]+", "_", f"{keyword} {kept.name}".lower()).strip("_"),
        scope=build.path,
        channel=Channel.HISTORY,
        phase=Phase.BUILD if keyword in ("ADD", "COPY", "FROM", "RUN") else Phase.RUNTIME,
        severity=Severity.LOW if kept.at_start else Severity.HIGH,
        confidence=Confidence.HIGH,
        message=f"{keyword} holds a credential: {where}",
        values=() if kept.value is None else (kept.value,),
    )


RULE: Final = Rule(
    code="UB110",
    name=NAME,
    summary="an instruction that no mount serves holds a credential",
    check=check,
    unfixed=Reason.SECRET_IN_METADATA,
    advice="move the download into a RUN with a mounted secret, or read a file under /run/secrets/ at the start",
)
