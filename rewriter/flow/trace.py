"""Put the flows of a Dockerfile together."""

from __future__ import annotations

from collections.abc import Collection

from rewriter.documents.dockerfile import Binding
from rewriter.flow.model import Definition, Flow, Origin
from rewriter.flow.onbuild import onbuild
from rewriter.flow.runtime import phase_of, runtime_readers
from rewriter.flow.tracer import Tracer, bindings_of, suspect
from rewriter.flow.uses import blocked_by, uses_of
from rewriter.model.masked import Masked
from rewriter.model.text import Span
from rewriter.project.build import Build
from rewriter.project.project import Project


def flows(project: Project, build: Build) -> tuple[Flow, ...]:
    """Return the flows of secrets through one Dockerfile, in the order of their first assignment.

    Those of what ONBUILD leaves to other builds come last.
    """
    children = onbuild(build)
    if children is not None:
        own = {
            entry.keyword_span for entry in children.dockerfile.instructions if entry.keyword_span not in _own(build)
        }
        handed = tuple(
            flow
            for flow in _flows(project, children)
            if flow.uses or any(entry.instruction.keyword_span in own for entry in flow.definitions)
        )
        if all(entry.instruction.keyword_span in own for flow in handed for entry in flow.definitions):
            names = frozenset(name for flow in handed for name in flow.names)
            return (*_flows(project, build, without=own, handed=names), *handed)
    return _flows(project, build)


def _own(build: Build) -> set[Span]:
    return {entry.keyword_span for entry in build.dockerfile.instructions}


def _flows(
    project: Project, build: Build, *, without: Collection[Span] = (), handed: frozenset[str] = frozenset()
) -> tuple[Flow, ...]:
    """Return the flows of one build, `without` what instructions at these places assign."""
    bindings = tuple(one for one in bindings_of(build) if one.instruction.keyword_span not in without)
    told_elsewhere = build.secrets or any(caller.arguments for caller in build.callers)
    if not bindings or not (told_elsewhere or any(map(suspect, bindings))):
        return ()
    tracer = Tracer(build, bindings)
    secret = tracer.secret_names()
    return tuple(_flow(project, build, group, tracer, handed=handed) for group in tracer.groups(secret))


def _flow(project: Project, build: Build, names: tuple[str, ...], tracer: Tracer, *, handed: frozenset[str]) -> Flow:
    definitions = tuple(_definition(binding, tracer) for name in names for binding in tracer.by_name[name])
    ordered = tuple(sorted(definitions, key=lambda entry: entry.binding.assignment.span.start))
    roots = tuple(
        name
        for name in names
        if not any(source in names for entry in ordered if entry.name == name for source in entry.sources)
    )
    uses = uses_of(project, build, names, ordered)
    runtime = runtime_readers(project, build, ordered)
    return Flow(
        build=build,
        names=names,
        roots=roots or names[:1],
        definitions=ordered,
        uses=uses,
        blocked=tuple(blocked_by(build, names, handed=handed)),
        phase=phase_of(names, ordered, uses, runtime, build),
        runtime_readers=runtime,
    )


def _definition(binding: Binding, tracer: Tracer) -> Definition:
    origin = tracer.origin(binding)
    value = binding.assignment.value
    literal = Masked(value.value) if origin is Origin.LITERAL and value is not None else None
    sources = tuple(name for name in tracer.sources[id(binding)] if name != binding.name)
    return Definition(binding.name, binding, origin, sources, literal, tracer.verdict(binding))
