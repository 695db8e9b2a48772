"""Keep secrets out of the commands of compose services.

`command`, `entrypoint` and `healthcheck` are in the container's configuration, which `docker inspect` shows, and every
user of the host sees a running command line. A literal is in the repository besides; a variable that comes from outside
(`${PASSWORD}`) is reported at low severity.

Refused: what reads a file instead depends on the program. Let a shell read it: `sh -c 'exec prog --password "$$(cat
/run/secrets/password)"'` keeps it out of the configuration, a configuration file that is a secret out of both.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from rewriter.flow.analysis import Analysis
from rewriter.model.plan import Reason
from rewriter.model.secret import Channel, Finding, Phase, Severity
from rewriter.rules.rule import Leak, Rule, report
from rewriter.services.commands import Spoken, spoken

NAME: Final = "no-secret-in-compose-command"


def check(analysis: Analysis) -> Iterable[Finding]:
    """Yield one finding for each credential in a command of a service."""
    for compose in analysis.project.composes:
        found = tuple(spoken(compose))
        if found:
            source = analysis.project.source(compose.path)
            yield from (report(NAME, source, one.span, _leak(compose.path, one)) for one in found)


def _leak(path: str, one: Spoken) -> Leak:
    what = "a credential" if one.value is not None else "a credential from outside"
    return Leak(
        name=one.name,
        secret=one.identity,
        scope=f"{path}#{one.service}",
        channel=Channel.COMPOSE,
        phase=Phase.RUNTIME,
        severity=_severity(one),
        confidence=one.confidence,
        message=f"{one.key} of the service {one.service} holds {what}: docker inspect shows it",
        values=() if one.value is None else (one.value,),
    )


def _severity(one: Spoken) -> Severity:
    if one.value is None or one.placeholder:
        return Severity.LOW
    return Severity.MEDIUM if one.default else Severity.HIGH


RULE: Final = Rule(
    code="UB113",
    name=NAME,
    summary="a command of a compose service holds a credential",
    check=check,
    unfixed=Reason.RUNTIME_SECRET,
    advice="let a shell read it when it starts: `sh -c 'exec prog --password \"$$(cat /run/secrets/password)\"'`",
)
