"""See the ENVs of images that containers need as gifts to the services that are built so."""

from __future__ import annotations

from collections.abc import Iterable

from rewriter.documents.compose import Compose
from rewriter.documents.dockerfile import Kind
from rewriter.flow import Flow, Origin
from rewriter.model.secret import Phase
from rewriter.services.model import Gift, ImageEnv, Ref


def is_for_containers(flow: Flow) -> bool:
    """Tell whether the running container needs the value, or probably does, and the build does not."""
    return flow.phase in (Phase.RUNTIME, Phase.UNKNOWN) and not flow.blocked and not flow.build.for_children


def image_gift(composes: Iterable[Compose], flow: Flow) -> Gift | str:
    """Return the one ENV of a flow as a gift, or why it cannot be seen so."""
    path, first = flow.build.path, flow.definitions[0]
    where = f"{path}:{first.instruction.line}"
    if len(flow.definitions) > 1 or flow.uses:
        return f"{where}: {first.name} passes through several instructions on its way to the container"
    if first.binding.kind is not Kind.ENV or first.origin is not Origin.LITERAL or first.value is None:
        return f"{where}: the value of {first.name} does not stand there"
    readers = [reader for reader in flow.runtime_readers if reader.startswith(f"{path}:")]
    if readers:
        return f"{readers[0]}: the command that starts the container, or checks it, names {first.name}"
    users = [
        Ref(compose, service)
        for compose in composes
        for service in compose.services
        if service.build is not None and service.build.dockerfile == path
    ]
    return Gift(
        name=first.name,
        source=flow.build.dockerfile.source,
        span=first.binding.assignment.span,
        owner="",
        literal=first.value,
        variable=None,
        default=False,
        verdict=first.verdict,
        entry=ImageEnv(flow, first),
        users=tuple(users),
    )
