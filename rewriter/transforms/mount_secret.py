"""Turn a secret build argument or ENV into secret mounts on the RUNs that read it.

The ARG and ENV go, each reader gets `--mount=type=secret,id=...,env=...`, so that the command stays as it is; what
the command would leave behind is contained; every caller passes the value with `--secret` from then on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Final

from rewriter.flow import Flow, secret_id
from rewriter.flow.analysis import Analysis
from rewriter.model.plan import BuildSecret, FileEdit, Fix, Reason, Refusal
from rewriter.model.secret import Finding, Phase, Safety
from rewriter.model.text import Edit, Span
from rewriter.recipes import recipes
from rewriter.record import replace
from rewriter.services.image_env import is_for_containers
from rewriter.settings import FixLevel, MultiStage, SecretStyle, Settings
from rewriter.transforms.build_callers import agent_for_key
from rewriter.transforms.callers import Passing, pass_to_callers
from rewriter.transforms.flow_mounts import Mounting, mount_flow, remove_definitions
from rewriter.transforms.local_values import value_path
from rewriter.transforms.mount_ssh import mount_agent
from rewriter.transforms.outcome import Proposal, Transform, by_secret
from rewriter.transforms.remote_add import authorised
from rewriter.transforms.run_change import CannotChange
from rewriter.transforms.split_stages import split
from rewriter.transforms.syntax import choose_frontend, require_mounts


def plan(analysis: Analysis, findings: tuple[Finding, ...], settings: Settings) -> Iterable[Proposal]:
    """Propose one fix, or the refusals, for each flow that the findings speak of."""
    groups = by_secret(findings)
    for build in analysis.project.builds:
        flows = analysis.flows(build)
        apart = any(flow.build.for_children for flow in flows)
        triggers = tuple(entry.span for entry in build.dockerfile.instructions if apart and entry.trigger is not None)
        proposals: list[tuple[Flow, Proposal]] = []
        for flow in flows:
            if is_for_containers(flow):
                continue  # compose-secrets answers for it
            mine = tuple(
                finding
                for identity in flow.secret_ids
                for finding in groups.get((build.path, identity), ())
                if _speaks_of(finding, flow, triggers)
            )
            if mine:
                proposals += ((flow, proposal) for proposal in _settle(analysis, flow, mine, settings))
        yield from _together(flows, proposals) if apart else (proposal for _, proposal in proposals)


def _together(flows: tuple[Flow, ...], proposals: list[tuple[Flow, Proposal]]) -> Iterator[Proposal]:
    """Refuse a secret of this build and of its children in both where one of them has to stay as it is."""
    stuck: dict[str, tuple[Reason, str]] = {
        identity: (Reason.SECRET_IN_ONBUILD, f"ONBUILD hands on {flow.names[0]}, which a container of this image has")
        for flow in flows
        if is_for_containers(flow)
        for identity in flow.secret_ids
    }
    for flow, proposal in proposals:
        if isinstance(proposal, Refusal) and proposal.reason is not Reason.CALLER_UNSUPPORTED:
            stuck |= dict.fromkeys(flow.secret_ids, (proposal.reason, proposal.detail))
    for flow, proposal in proposals:
        why = next((stuck[identity] for identity in flow.secret_ids if identity in stuck), None)
        if isinstance(proposal, Fix) and why is not None:
            yield from (Refusal(finding, *why) for finding in proposal.findings)
        else:
            yield proposal


def _speaks_of(finding: Finding, flow: Flow, triggers: tuple[Span, ...]) -> bool:
    """Tell whether a finding is of the flow's own instructions: what ONBUILD hands on, or the rest and its callers."""
    handed = finding.place.path == flow.build.path and any(span.covers(finding.place.span) for span in triggers)
    return handed is flow.build.for_children


def _settle(analysis: Analysis, flow: Flow, findings: tuple[Finding, ...], settings: Settings) -> Iterable[Proposal]:
    reason = _refuse(flow)
    if reason is None:
        try:
            yield from _fix(analysis, flow, findings, settings)
        except CannotChange as error:
            reason = (error.reason, str(error))
    if reason is not None:
        yield from (Refusal(finding, reason[0], reason[1]) for finding in findings)


_BLOCKED: Final = {
    "FROM": (
        Reason.SECRET_IN_FROM,
        "FROM takes the value, and a secret cannot feed FROM: log in to the registry instead",
    ),
    "COPY": (Reason.SECRET_IN_COPY, "COPY takes the value, and a secret cannot feed COPY"),
    "ONBUILD": (Reason.SECRET_IN_ONBUILD, "ONBUILD passes the value to every image built from this one"),
}


def _refuse(flow: Flow) -> tuple[Reason, str] | None:
    """Return why nothing can be done about a flow, or None."""
    for instruction, name in flow.blocked:
        if instruction.keyword == "ADD":
            return Reason.SECRET_IN_COPY, f"line {instruction.line}: no mount feeds ADD; {authorised(instruction)}"
        default = (
            Reason.SECRET_IN_METADATA,
            f"{instruction.keyword} takes the value of {name} into the image",
        )
        reason, text = _BLOCKED.get(instruction.keyword, default)
        return reason, f"line {instruction.line}: {text}"
    if flow.build.for_children and (why := _refuse_for_children(flow)) is not None:
        return Reason.SECRET_IN_ONBUILD, why
    if flow.phase is Phase.BOTH:
        readers = ", ".join(flow.runtime_readers[:3])
        return (
            Reason.RUNTIME_SECRET,
            f"the running container reads it ({readers}): a build secret cannot serve it",
        )
    for root in flow.roots:
        if len(flow.literals(root)) > 1:
            return (
                Reason.UNSUPPORTED_FORM,
                f"{root} has different literal values in this file: give each a name of its own",
            )
    return None


def _refuse_for_children(flow: Flow) -> str | None:
    """Return why what ONBUILD hands on to builds of other images cannot be a mount there, or None."""
    line, name = flow.definitions[0].instruction.line, flow.names[0]
    if flow.phase is not Phase.BUILD:
        return f"line {line}: ONBUILD gives {name} to the containers of every image built from this one"
    if any(flow.literals(root) for root in flow.roots):
        return f"line {line}: ONBUILD hands the value of {name} on to every image built from this one"
    if not flow.uses:
        return f"line {line}: ONBUILD declares {name} for the Dockerfiles of other images: change these first"
    return None


_CHILDREN_NOTE: Final = (
    "{path}: every image that is built from this one is given `--secret id={id},env={name}` from then on, and no "
    "longer `--build-arg {name}`; a RUN of its own that reads {name} needs a mount of its own"
)


def _fix(analysis: Analysis, flow: Flow, findings: tuple[Finding, ...], settings: Settings) -> list[Proposal]:
    if (agent := _by_agent(analysis, flow, findings, settings)) is not None:
        return [agent]
    _refuse_shared_ids(analysis, flow, settings)
    mounting, edits = _mount(analysis, flow, settings)
    path = flow.build.path
    file_edits = [FileEdit(path, edit) for edit in edits]
    passing = [_pass(analysis, flow, root, mounting, settings) for root in flow.roots]
    file_edits += [edit for one in passing for edit in one.edits]
    notes = [note for one in passing for note in one.notes]
    if not mounting.mounted:
        notes.append(f"{path}: no RUN reads {flow.roots[0]}; it is removed and no build secret takes its place")
    gone = tuple(name for name in flow.in_final_image if not any(one.reads_variable(name) for one in recipes()))
    if gone:
        notes.append(
            f"{path}: containers no longer have {', '.join(gone)} in their environment; no file of the context reads it"
        )
    if flow.build.for_children:
        ids = {root: settings.secret_id(root, secret_id(root)) for root in flow.roots}
        notes += [_CHILDREN_NOTE.format(path=path, id=given, name=root) for root, given in ids.items()]
    review = mounting.review or bool(gone) or flow.build.for_children or any(one.review for one in passing)
    left = {place: detail for one in passing for place, detail in one.left}
    fix = Fix(
        findings=tuple(finding for finding in findings if finding.place not in left),
        safety=Safety.REVIEW if review else Safety.SAFE,
        edits=tuple(file_edits),
        values=tuple(value for one in passing for value in one.values),
        secrets=tuple(secret for one in passing for secret in one.secrets if not flow.build.for_children),
        ignores=tuple(ignore for one in passing for ignore in one.ignores),
        notes=tuple(notes),
    )
    refused = [finding for finding in findings if finding.place in left]
    return [
        *([fix] if fix.findings else []),
        *(Refusal(finding, Reason.CALLER_UNSUPPORTED, left[finding.place]) for finding in refused),
    ]


_AGENT_NOTE: Final = (
    "{path}: ssh takes the key from the agent of whoever builds: run `ssh-add KEY` first, or build with "
    "`--ssh default=KEY`"
)


def _by_agent(analysis: Analysis, flow: Flow, findings: tuple[Finding, ...], settings: Settings) -> Fix | None:
    """Return the fix by ssh's agent for a private key, None where a secret has to carry it."""
    if settings.fix is FixLevel.SAFE:
        return None
    changes = [
        agent_for_key(caller, flow.names[0], source=analysis.project.source(caller.path))
        for caller in flow.build.callers
    ]
    edits = None if None in changes else mount_agent(flow)
    if edits is None:
        return None
    build = flow.build
    own = (*require_mounts(build.dockerfile, settings), *edits, *remove_definitions(flow))
    called = [
        FileEdit(caller.path, edit)
        for caller, change in zip(build.callers, changes, strict=True)
        if change is not None
        for edit in change.edits
    ]
    return Fix(
        findings=findings,
        safety=Safety.REVIEW,
        edits=(*(FileEdit(build.path, edit) for edit in own), *called),
        secrets=(
            BuildSecret(
                id="default",
                env=flow.names[0],
                target="",
                source="ssh",
                dockerfile=build.path,
                context=build.context,
            ),
        ),
        notes=(_AGENT_NOTE.format(path=build.path),),
    )


def _mount(analysis: Analysis, flow: Flow, settings: Settings) -> tuple[Mounting, tuple[Edit, ...]]:
    """Return how a flow is mounted, and every edit of its Dockerfile."""
    if not flow.uses:
        mounting = mount_flow(flow, SecretStyle.ENV, settings, files=())
        return mounting, mounting.edits
    chosen = choose_frontend(flow.build.dockerfile, settings)
    mounting, stages = _in_stages(analysis, flow, chosen.style, settings)
    return mounting, (*(chosen.edits if mounting.mounted else ()), *stages, *mounting.edits)


def _in_stages(
    analysis: Analysis, flow: Flow, style: SecretStyle, settings: Settings
) -> tuple[Mounting, tuple[Edit, ...]]:
    """Return how a flow is mounted, with the edits that split its stage where that is asked for and possible."""
    mounting = mount_flow(flow, style, settings, files=analysis.project.context_files(flow.build))
    if settings.multi_stage is MultiStage.ALWAYS:
        with suppress(CannotChange):
            return replace(mounting, review=True), split(flow)
    return mounting, ()


def _refuse_shared_ids(analysis: Analysis, flow: Flow, settings: Settings) -> None:
    """Refuse an id, given by `--id`, under which another secret of the same file goes already."""
    if not settings.ids:
        return
    mine = {settings.secret_id(root, secret_id(root)): root for root in flow.roots}
    for other in analysis.flows(flow.build):
        for root in other.roots:
            given = settings.secret_id(root, secret_id(root))
            if mine.get(given, root) != root:
                raise CannotChange(f"{mine[given]} and {root} would share the id {given}", Reason.UNSUPPORTED_FORM)


def _pass(analysis: Analysis, flow: Flow, root: str, mounting: Mounting, settings: Settings) -> Passing:
    """Make every caller of the build pass one root, and say where its value comes from."""
    identity = settings.secret_id(root, secret_id(root))
    literals = flow.literals(root)
    return pass_to_callers(
        analysis,
        flow.build,
        names=flow.names if len(flow.roots) == 1 else (root,),
        secret=BuildSecret(
            id=identity,
            env=root,
            target="",
            source=f"src={value_path(identity)}" if literals else f"env={root}",
            dockerfile=flow.build.path,
            context=flow.build.context,
        ),
        value=literals[0] if literals else None,
        needed=mounting.needs(root),
    )


TRANSFORM: Final = Transform(
    name="mount-secret",
    order=10,
    rules=frozenset(
        {
            "no-secret-in-arg",
            "no-secret-in-env",
            "no-secret-in-run",
            "no-secret-in-build-argument",
            "no-secret-left-in-file",
        }
    ),
    plan=plan,
)
