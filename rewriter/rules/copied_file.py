"""Mount credential files; do not copy them.

A copied file stays in its layer even when a later RUN removes it: whoever can pull the image can read every layer.

Refused: a file that the running container needs, and one that a command copies or moves on.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from rewriter.documents.dockerfile import Instruction
from rewriter.flow.analysis import Analysis
from rewriter.flow.copied import CopiedFile
from rewriter.flow.fetched import FetchedFile, fetched_files
from rewriter.judgement import Certainty
from rewriter.model.plan import Reason
from rewriter.model.secret import Channel, Confidence, Finding, Phase, Severity
from rewriter.project.build import Build
from rewriter.rules.rule import Leak, Rule, is_kept, report

NAME: Final = "no-credential-file-in-layer"


def check(analysis: Analysis) -> Iterable[Finding]:
    """Yield one finding for each credential file that an instruction names."""
    for build in analysis.project.builds:
        for copied in analysis.copied(build):
            if not copied.whole:
                yield report(NAME, build.dockerfile.source, copied.word.span, _leak(copied))
        for fetched in fetched_files(build, analysis.copied(build)):
            yield report(NAME, build.dockerfile.source, fetched.span, _fetched(build, fetched))


def _severity(build: Build, instruction: Instruction) -> Severity:
    return Severity.HIGH if is_kept(build.dockerfile, instruction.stage) else Severity.MEDIUM


def _fetched(build: Build, fetched: FetchedFile) -> Leak:
    return Leak(
        name=fetched.name,
        secret=fetched.secret,
        scope=build.path,
        channel=Channel.LAYER,
        phase=Phase.UNKNOWN,
        severity=_severity(build, fetched.instruction),
        confidence=Confidence.MEDIUM,
        message=f"{fetched.name} ({fetched.kind}) reaches a layer: {fetched.how}",
    )


def _leak(copied: CopiedFile) -> Leak:
    later = "although a later RUN removes it" if copied.removed else "for everyone who can pull the image"
    known = copied.content is not None
    sure = known or copied.verdict.certainty is Certainty.NAME_ALONE
    return Leak(
        name=copied.source,
        secret=copied.verdict.secret_id,
        scope=copied.build.path,
        channel=Channel.LAYER,
        phase=Phase.BUILD if copied.readers else Phase.UNKNOWN,
        severity=_severity(copied.build, copied.instruction) if sure else Severity.LOW,
        confidence=Confidence.HIGH if known else Confidence.MEDIUM,
        message=f"{copied.source} ({copied.verdict.kind}) is copied into a layer and stays there {later}",
        values=() if copied.content is None else copied.content.values,
    )


RULE: Final = Rule(
    code="UB106",
    name=NAME,
    summary="a credential file is copied into the image",
    check=check,
    unfixed=Reason.UNKNOWN_READER,
    advice="mount the file in the RUN that reads it, or give it to the container under /run/secrets/",
)
