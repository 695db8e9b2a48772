"""Give secrets to the RUN that needs them by a mount.

A RUN that sees a secret build argument or environment variable has its value in `docker history` and, where the
command names it, in the step title of the build log. With a secret mount neither holds it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from rewriter.flow import Flow, secret_id
from rewriter.flow.analysis import Analysis
from rewriter.model.plan import Reason
from rewriter.model.secret import Channel, Finding, Severity
from rewriter.project.readers import Reach
from rewriter.rules.rule import Leak, Rule, report

NAME: Final = "no-secret-in-run"


def check(analysis: Analysis) -> Iterable[Finding]:
    """Yield one finding for each RUN that is known to read a secret variable."""
    for build in analysis.project.builds:
        for flow in analysis.flows(build):
            source = build.dockerfile.source
            for use in flow.uses:
                yield report(NAME, source, use.body.instruction.keyword_span, _leak(flow, use.name, use.reach))
            for instruction, name in flow.blocked:
                if instruction.trigger is not None and instruction.trigger.keyword == "RUN":
                    yield report(NAME, source, instruction.keyword_span, _leak(flow, name, Reach.TEXT))


def _leak(flow: Flow, name: str, reach: Reach) -> Leak:
    how = {
        Reach.TEXT: "the command names it",
        Reach.TOOL: "a tool in it reads the variable by itself",
        Reach.CONFIG: "a configuration file refers to it",
        Reach.SCRIPT: "a script that it runs names it",
    }.get(reach, "it runs code that may read it")
    severity = Severity.LOW if flow.placeholder or flow.weak or reach is Reach.OPAQUE else Severity.MEDIUM
    return Leak(
        name=name,
        secret=secret_id(flow.root_of(name)),
        scope=flow.build.path,
        channel=Channel.LOG if reach is Reach.TEXT else Channel.HISTORY,
        phase=flow.phase,
        severity=severity,
        confidence=flow.confidence,
        message=f"RUN gets {name} from the environment ({how}): the value reaches docker history or the build log",
    )


RULE: Final = Rule(
    code="UB103",
    name=NAME,
    summary="a RUN takes a secret from a build argument or an environment variable",
    check=check,
    unfixed=Reason.UNSUPPORTED_FORM,
    advice="mount the secret in this RUN",
)
