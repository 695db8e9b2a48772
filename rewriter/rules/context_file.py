"""Keep credential files out of the build context.

`COPY . .` takes along what `.dockerignore` does not name: `.env`, keys, `.npmrc`. The file then lies in a layer.

Refused: a file that a COPY names, or that a command of the image is started with.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from rewriter.flow.analysis import Analysis
from rewriter.flow.copied import CopiedFile
from rewriter.flow.expected import ExpectedFile, expected_files
from rewriter.judgement import secret_id
from rewriter.model.plan import Reason
from rewriter.model.secret import Channel, Confidence, Finding, Phase, Severity
from rewriter.rules.rule import Leak, Rule, is_kept, report

NAME: Final = "no-credential-file-in-context"


def check(analysis: Analysis) -> Iterable[Finding]:
    """Yield one finding for each credential file that a copied folder brings along."""
    for build in analysis.project.builds:
        for copied in analysis.copied(build):
            if copied.whole:
                yield report(NAME, build.dockerfile.source, copied.word.span, _leak(copied))
        for expected in expected_files(analysis.project, build):
            yield report(NAME, build.dockerfile.source, expected.word.span, _expected(build.path, expected))


def _expected(path: str, expected: ExpectedFile) -> Leak:
    folder = f"{expected.instruction.keyword} {expected.word.value}"
    return Leak(
        name=expected.source,
        secret=secret_id(expected.source),
        scope=f"{path}#{expected.source}",
        channel=Channel.CONTEXT,
        phase=Phase.BUILD,
        severity=Severity.MEDIUM,
        confidence=Confidence.MEDIUM,
        message=f"{folder} takes {expected.source} along into a layer: nothing else brings what a command logs in with",
    )


def _leak(copied: CopiedFile) -> Leak:
    folder = f"{copied.instruction.keyword} {copied.word.value}"
    return Leak(
        name=copied.source,
        secret=copied.verdict.secret_id,
        scope=f"{copied.build.path}#{copied.source}",
        channel=Channel.CONTEXT,
        phase=Phase.BUILD if copied.readers else Phase.UNKNOWN,
        severity=Severity.HIGH if is_kept(copied.build.dockerfile, copied.instruction.stage) else Severity.MEDIUM,
        confidence=Confidence.HIGH,
        message=f"{folder} takes {copied.source} ({copied.verdict.kind}) along into a layer",
        values=() if copied.content is None else copied.content.values,
    )


RULE: Final = Rule(
    code="UB107",
    name=NAME,
    summary="a copied folder brings a credential file along",
    check=check,
    unfixed=Reason.FILE_TRACKED,
    advice="name the file in .dockerignore",
)
