"""Read a credential from a mount, not from a file that a layer holds.

A RUN that takes a key or a token from a file which an earlier instruction copied, wrote or downloaded shows that the
file is in a layer: whoever can pull the image (or the builder's cache) can read it there. `rm` behind it hides it only.

Refused always: the finding goes with the one that puts the file there; where a fix mounts the file, both are settled.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from rewriter.documents.run import RunBody
from rewriter.flow.analysis import Analysis
from rewriter.flow.left import later_readers, uses_file
from rewriter.judgement import Certainty
from rewriter.model.plan import Reason
from rewriter.model.secret import Channel, Confidence, Finding, Phase, Severity
from rewriter.project.build import Build
from rewriter.project.readers import Reach
from rewriter.rules.rule import Leak, Rule, report

NAME: Final = "no-secret-read-from-layer"


def check(analysis: Analysis) -> Iterable[Finding]:
    """Yield one finding for each RUN and secret that it reads from a file of a layer."""
    for build in analysis.project.builds:
        seen: set[tuple[int, str]] = set()
        for body, leak in _readers(analysis, build):
            key = (body.instruction.index, leak.secret)
            if key not in seen:
                seen.add(key)
                yield report(NAME, build.dockerfile.source, body.instruction.keyword_span, leak)


def _readers(analysis: Analysis, build: Build) -> Iterator[tuple[RunBody, Leak]]:
    known: set[str] = set()
    for copied in analysis.copied(build):
        known.add(copied.source.rsplit("/", 1)[-1])
        known.add((copied.target or "").rsplit("/", 1)[-1])
        scope = f"{build.path}#{copied.source}" if copied.whole else build.path
        known_secret = copied.content is not None or copied.verdict.certainty is Certainty.NAME_ALONE
        sure = Confidence.HIGH if known_secret else Confidence.LOW
        base = (copied.target or copied.source).rsplit("/", 1)[-1]
        for body, reach in copied.readers:
            if reach is Reach.TOOL or (reach is Reach.TEXT and uses_file(body, base)):
                yield body, _leak(copied.source, copied.verdict.secret_id, scope, sure)
    for left in analysis.left(build):
        for body in later_readers(left) if not left.residue.contained else ():
            known.add(left.residue.written.rsplit("/", 1)[-1])
            sure = Confidence.LOW if left.placeholder else Confidence.HIGH
            yield body, _leak(left.name, left.secret, build.path, sure)
    for body, found in build.with_key_files():
        if found.rsplit("/", 1)[-1] not in known and not _made_here(body, found):
            identity = found.rsplit("/", 1)[-1].rpartition(".")[0].lower() or "key_file"
            yield body, _leak(found, identity, build.path, Confidence.MEDIUM)


def _made_here(body: RunBody, path: str) -> bool:
    """Tell whether the RUN has the file from a mount, or writes and removes it by itself."""
    mounted = any(flag.name == "mount" and path in (flag.value or "") for flag in body.instruction.flags)
    return mounted or any(words[0] in ("rm", "shred") and path in words for words in body.command_lines)


def _leak(name: str, secret: str, scope: str, confidence: Confidence) -> Leak:
    return Leak(
        name=name,
        secret=secret,
        scope=scope,
        channel=Channel.LAYER,
        phase=Phase.BUILD,
        severity=Severity.LOW if confidence is Confidence.LOW else Severity.MEDIUM,
        confidence=confidence,
        message=f"RUN reads {name} from a file of an earlier layer, where everyone who has the layer can read it",
    )


RULE: Final = Rule(
    code="UB114",
    name=NAME,
    summary="a RUN reads a secret from a file that a layer holds",
    check=check,
    unfixed=Reason.PERSISTED_BY_COMMAND,
    advice="mount the file in this RUN with --mount=type=secret,target=..., and take away what puts it into the layer",
)
