"""Keep secrets out of the environment files of compose services.

An `env_file` that lies in the repository publishes what stands in it, and puts it into the environment of every
container besides. A file that git ignores is this machine's own and is not reported. One that is neither there nor
ignored is reported at low severity, unless a sample beside it (`.env.example`) names no secret: nothing keeps it from
being committed, and every container has it.

Refused: a file that a service takes of which nobody knows how it reads a file under /run/secrets/, and one that is not
there.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from rewriter.documents.env_file import EnvLine
from rewriter.flow.analysis import Analysis
from rewriter.judgement import secret_id
from rewriter.model.plan import Reason
from rewriter.model.secret import Channel, Confidence, Finding, Phase, Severity
from rewriter.rules.rule import Leak, Rule, report
from rewriter.services import Gift
from rewriter.services.severity import severity_of
from rewriter.services.unseen import UnseenFile, unseen_files

NAME: Final = "no-secret-in-env-file"


def check(analysis: Analysis) -> Iterable[Finding]:
    """Yield one finding for each secret in a tracked environment file, and for each file that is not in sight."""
    for gift in analysis.gifts():
        if isinstance(gift.entry, EnvLine) and gift.verdict.secret and gift.verdict.literal:
            yield report(NAME, gift.source, gift.span, _leak(gift))
    for unseen in unseen_files(analysis.project):
        yield report(NAME, analysis.project.source(unseen.compose.path), unseen.span, _unseen(unseen))


def _unseen(unseen: UnseenFile) -> Leak:
    base = unseen.written.rsplit("/", 1)[-1]
    some = ", ".join(unseen.secrets[:3])
    more = f" and {len(unseen.secrets) - 3} more" if len(unseen.secrets) > 3 else ""
    what = f"{some}{more}" if unseen.secrets else "all that it holds"
    return Leak(
        name=base,
        secret=secret_id(base),
        scope=f"{unseen.compose.path}#{unseen.service}",
        channel=Channel.COMPOSE,
        phase=Phase.RUNTIME,
        severity=Severity.LOW,
        confidence=Confidence.MEDIUM if unseen.secrets else Confidence.LOW,
        message=f"{base} gives the service {unseen.service} {what} in the environment: docker inspect shows it, and no "
        ".gitignore keeps the file out of the repository",
    )


def _leak(gift: Gift) -> Leak:
    names = ", ".join(dict.fromkeys(user.service.name for user in gift.users[:3]))
    more = f" and {len(gift.users) - 3} more" if len(gift.users) > 3 else ""
    return Leak(
        name=gift.name,
        secret=gift.name.lower(),
        scope=gift.scope,
        channel=Channel.COMPOSE,
        phase=Phase.RUNTIME,
        severity=severity_of(gift),
        confidence=gift.verdict.confidence,
        message=f"{gift.name} stands in a file of the repository that gives it to {names}{more}",
        values=(gift.literal,) if gift.literal is not None else (),
    )


RULE: Final = Rule(
    code="UB112",
    name=NAME,
    summary="an environment file in the repository holds a secret",
    check=check,
    unfixed=Reason.RUNTIME_SECRET,
    advice="give it to the service as a compose secret and read the file /run/secrets/ there",
)
