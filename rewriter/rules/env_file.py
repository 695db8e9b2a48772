"""Keep secrets out of the environment files of compose services.

An `env_file` that lies in the repository publishes what stands in it, and puts it into the environment of every
container besides. A file that git ignores is this machine's own and is not reported.

Refused: a file that a service takes of which nobody knows how it reads a file under /run/secrets/.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from rewriter.analysis import Analysis
from rewriter.documents.env_file import EnvLine
from rewriter.model.plan import Reason
from rewriter.model.secret import Channel, Finding, Phase
from rewriter.rules.rule import Leak, Rule, report
from rewriter.services import Gift
from rewriter.services.severity import severity_of

NAME: Final = "no-secret-in-env-file"


def check(analysis: Analysis) -> Iterable[Finding]:
    """Yield one finding for each line of a tracked environment file that holds a secret."""
    for gift in analysis.gifts():
        if isinstance(gift.entry, EnvLine) and gift.verdict.secret and gift.verdict.literal:
            yield report(NAME, gift.source, gift.span, _leak(gift))


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
