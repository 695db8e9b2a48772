"""Drop a secret build argument that the Dockerfile never declares.

It does nothing for the build, and still reaches provenance.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from rewriter.callers import BuildArgument, Caller, CallerRefusal
from rewriter.callers.model import Unreadable
from rewriter.flow.analysis import Analysis
from rewriter.model.plan import FileEdit, Fix, Reason, Refusal
from rewriter.model.secret import Finding, Safety
from rewriter.settings import Settings
from rewriter.transforms.build_callers import drop_argument
from rewriter.transforms.outcome import Proposal, Transform


def plan(analysis: Analysis, findings: tuple[Finding, ...], settings: Settings) -> Iterable[Proposal]:
    """Propose a fix or a refusal for each argument that no flow of a Dockerfile takes."""
    del settings
    by_place = {(finding.place.path, finding.place.span): finding for finding in findings}
    for caller in analysis.project.callers:
        for argument in caller.arguments:
            finding = by_place.get((argument.place.path, argument.place.span))
            if finding is not None and not _taken(analysis, caller, argument):
                yield _settle(analysis, caller, argument, finding)


def _taken(analysis: Analysis, caller: Caller, argument: BuildArgument) -> bool:
    build = analysis.project.build_at(caller.dockerfile)
    return build is not None and any(argument.name in flow.names for flow in analysis.flows(build))


def _declared(analysis: Analysis, caller: Caller, argument: BuildArgument) -> bool | None:
    build = analysis.project.build_at(caller.dockerfile)
    if build is None:
        return None
    inner = [entry.trigger or entry for entry in build.dockerfile.instructions]
    return any(one.name == argument.name for entry in inner if entry.keyword == "ARG" for one in entry.assignments)


def _settle(analysis: Analysis, caller: Caller, argument: BuildArgument, finding: Finding) -> Proposal:
    declared = _declared(analysis, caller, argument)
    if declared is None:
        where = caller.dockerfile or "the Dockerfile that it builds"
        why = f"{where} is not in this repository or cannot be read"
        if isinstance(argument.form, Unreadable) and caller.dockerfile is None:
            why = f"{caller.path}:{argument.place.line}: {argument.form.why}"
        return Refusal(finding, Reason.CALLER_UNSUPPORTED, why)
    if declared:
        return Refusal(
            finding,
            Reason.CALLER_UNSUPPORTED,
            f"{caller.dockerfile} declares {argument.name} in a form that is left",
        )
    change = drop_argument(caller, argument, source=analysis.project.source(caller.path))
    if isinstance(change, CallerRefusal):
        return Refusal(finding, Reason.CALLER_UNSUPPORTED, change.detail)
    note = (
        f"{caller.path}:{argument.place.line}: {caller.dockerfile} declares no {argument.name}; the argument is dropped"
    )
    return Fix(
        findings=(finding,),
        safety=Safety.SAFE,
        edits=tuple(FileEdit(caller.path, edit) for edit in change.edits),
        notes=(note,),
    )


TRANSFORM: Final = Transform(
    name="drop-argument", order=15, rules=frozenset({"no-secret-in-build-argument"}), plan=plan
)
