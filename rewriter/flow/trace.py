"""Put the flows of a Dockerfile together."""

from __future__ import annotations

from rewriter.build import Build
from rewriter.documents.dockerfile import Binding
from rewriter.flow.model import Definition, Flow, Origin
from rewriter.flow.runtime import phase_of, runtime_readers
from rewriter.flow.tracer import Tracer, bindings_of, suspect
from rewriter.flow.uses import blocked_by, uses_of
from rewriter.model.masked import Masked
from rewriter.project import Project


def flows(project: Project, build: Build) -> tuple[Flow, ...]:
    """Return the flows of secrets through one Dockerfile, in the order of their first assignment."""
    bindings = tuple(bindings_of(build))
    told_elsewhere = build.secrets or any(caller.arguments for caller in build.callers)
    if not bindings or not (told_elsewhere or any(map(suspect, bindings))):
        return ()
    tracer = Tracer(build, bindings)
    secret = tracer.secret_names()
    return tuple(_flow(project, build, group, tracer) for group in tracer.groups(secret))


def _flow(project: Project, build: Build, names: tuple[str, ...], tracer: Tracer) -> Flow:
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
        blocked=tuple(blocked_by(build, names)),
        phase=phase_of(names, ordered, uses, runtime, build),
        runtime_readers=runtime,
    )


def _definition(binding: Binding, tracer: Tracer) -> Definition:
    origin = tracer.origin(binding)
    value = binding.assignment.value
    literal = Masked(value.value) if origin is Origin.LITERAL and value is not None else None
    sources = tuple(name for name in tracer.sources[id(binding)] if name != binding.name)
    return Definition(binding.name, binding, origin, sources, literal, tracer.verdict(binding))
