"""Keep secrets out of the environment of compose services.

What stands under `environment` is in the configuration of the container: `docker inspect` shows it, `docker exec ...
env` too, and every process in it has it in `/proc/<pid>/environ`. A literal is in the repository besides. A variable
that comes from outside (`${DB_PASSWORD}`) is reported at low severity: it is in no file, but in every container.

Refused: a service of which nobody knows how it reads a file.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from rewriter.documents.compose import EnvEntry
from rewriter.flow.analysis import Analysis
from rewriter.model.plan import Reason
from rewriter.model.secret import Channel, Finding, Phase
from rewriter.rules.rule import Leak, Rule, report
from rewriter.services import Gift
from rewriter.services.severity import severity_of

NAME: Final = "no-secret-in-compose-environment"


def check(analysis: Analysis) -> Iterable[Finding]:
    """Yield one finding for each entry of an environment that carries a secret."""
    for gift in analysis.gifts():
        if isinstance(gift.entry, EnvEntry) and gift.verdict.secret:
            yield report(NAME, gift.source, gift.span, _leak(gift))


def _leak(gift: Gift) -> Leak:
    users = len(gift.users)
    whose = f"the service {gift.owner}" if users == 1 else f"{users} services"
    how = "a secret" if gift.literal is not None else "a secret from outside"
    return Leak(
        name=gift.name,
        secret=gift.name.lower(),
        scope=gift.scope,
        channel=Channel.COMPOSE,
        phase=Phase.RUNTIME,
        severity=severity_of(gift),
        confidence=gift.verdict.confidence,
        message=f"{gift.name} gives {whose} {how} in the environment: docker inspect shows it",
        values=(gift.literal,) if gift.literal is not None else (),
    )


RULE: Final = Rule(
    code="UB111",
    name=NAME,
    summary="the environment of a compose service carries a secret",
    check=check,
    unfixed=Reason.RUNTIME_SECRET,
    advice="give it to the service as a compose secret and read the file /run/secrets/ there",
)
