"""Keep secrets out of labels, start commands, health checks and download URLs.

LABEL, CMD, ENTRYPOINT and HEALTHCHECK are part of the image's configuration, which everyone who can pull the image can
read. The URL of an ADD is in history and provenance.

Refused: no mount serves these instructions. The start command has to read a file under /run/secrets/, a download
has to move into a RUN.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from rewriter.analysis import Analysis
from rewriter.credentials import command_secrets
from rewriter.documents.dockerfile import Instruction
from rewriter.documents.run import read_run
from rewriter.judgement import judge_pair, url_credentials
from rewriter.model.masked import Masked
from rewriter.model.plan import Reason
from rewriter.model.secret import Channel, Confidence, Finding, Phase, Severity
from rewriter.model.text import Source, Span
from rewriter.project import Build
from rewriter.rules.rule import Leak, Rule, report

NAME: Final = "no-secret-in-metadata"


def check(analysis: Analysis) -> Iterable[Finding]:
    """Yield one finding for each literal credential in an instruction that no mount serves."""
    for build in analysis.project.builds:
        source = build.dockerfile.source
        for outer in build.dockerfile.instructions:
            entry = outer.trigger or outer
            for name, span, value in _found(source, entry):
                yield report(NAME, source, span, _leak(build, entry, name, value))


def _found(source: Source, entry: Instruction) -> Iterator[tuple[str, Span, Masked | None]]:
    match entry.keyword:
        case "LABEL":
            for assignment in entry.assignments:
                word = assignment.value
                if word is not None and word.value and judge_pair(assignment.name, word.value).literal:
                    yield assignment.name, assignment.span, Masked(word.value)
        case "CMD" | "ENTRYPOINT" | "HEALTHCHECK":
            for secret in command_secrets(read_run(source, entry)):
                if secret.value is not None and not secret.placeholder and not secret.companion:
                    yield secret.option or secret.tool, secret.span or entry.keyword_span, secret.value
        case "ADD" | "COPY" | "FROM":
            for word in entry.operands:
                for url in url_credentials(word.value):
                    if url.literal and not url.placeholder:
                        yield url.host.of(word.value), word.span, Masked(url.secret.of(word.value))
        case _:
            pass


def _leak(build: Build, entry: Instruction, name: str, value: Masked | None) -> Leak:
    return Leak(
        name=name,
        secret=re.sub(r"[^a-z0-9]+", "_", f"{entry.keyword} {name}".lower()).strip("_"),
        scope=build.path,
        channel=Channel.HISTORY,
        phase=Phase.BUILD if entry.keyword in ("ADD", "COPY", "FROM") else Phase.RUNTIME,
        severity=Severity.HIGH,
        confidence=Confidence.HIGH,
        message=f"{entry.keyword} holds a credential: the image's configuration or its history shows it",
        values=() if value is None else (value,),
    )


RULE: Final = Rule(
    code="UB110",
    name=NAME,
    summary="an instruction that no mount serves holds a credential",
    check=check,
    unfixed=Reason.SECRET_IN_METADATA,
    advice="move the download into a RUN with a mounted secret, or read a file under /run/secrets/ at the start",
)
