"""Turn a compose project into one that can be started for a trial without touching anything but itself.

The model is what `docker compose config --format json` gives. Of a service only what makes its program run is kept:
no port is published, no name is taken, no device, socket or file of the machine is mounted, no network leads out, and
every volume is a new one. So a project can be started beside the one that runs already, and its data stays as it is.
See https://docs.docker.com/reference/compose-file/.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from typing import Final

from rewriter.errors import InspectionError
from rewriter.inspect.oci import Json, at, items, text
from rewriter.record import Record, field

LABEL: Final = "unbake.verify"
"""Every container, network and volume of a trial has this label, with the folder of the trial."""

_KEPT: Final = frozenset(
    {
        "build", "cap_drop", "command", "configs", "cpus", "depends_on", "dns_search", "domainname", "entrypoint",
        "environment", "expose", "extra_hosts", "group_add", "healthcheck", "hostname", "image", "init", "links",
        "mem_limit", "mem_reservation", "memswap_limit", "networks", "pids_limit", "platform",
        "read_only", "secrets", "shm_size", "stdin_open", "stop_signal", "tmpfs", "tty", "ulimits", "user", "volumes",
        "working_dir",
    }
)  # fmt: skip
"""What is kept of a service; `ports`, `labels`, `privileged`, `devices` and the like are not among it."""
_QUIET: Final = frozenset(
    {"annotations", "attach", "container_name", "deploy", "develop", "env_file", "labels", "logging", "network_mode",
     "ports", "profiles", "pull_policy", "restart", "scale", "stop_grace_period"}
)  # fmt: skip
"""What a trial does without, and nobody needs to be told."""
_BUILT: Final = frozenset(
    {"additional_contexts", "args", "context", "dockerfile", "dockerfile_inline", "extra_hosts", "network", "secrets",
     "shm_size", "target", "ulimits"}
)  # fmt: skip
_OUTSIDE: Final = ("host", "container:")


class Surroundings(Record):
    """Say what a trial may use.

    `tree` is the folder that it must not leave, `image` how the names of its images begin, `network` the network of
    its builds. `given` are files that stand for secrets which the machine was to have (`external`), by name.
    """

    tree: str
    image: str
    network: str = ""
    given: Mapping[str, str] = field(default_factory=dict)


class Project(Record):
    """Hold a project that can be started.

    `images` are the names that its builds get, by service; `pulled` the images from elsewhere; `copied` the mounted
    places of the tree, each of which has to be replaced by a copy before anything writes there; `notes` say what is
    left out.
    """

    _hidden = ("model",)

    model: dict[str, Json]
    images: Mapping[str, str]
    pulled: frozenset[str]
    copied: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def services(self) -> tuple[str, ...]:
        """Return the names of the services."""
        found = self.model.get("services")
        return tuple(sorted(found)) if isinstance(found, dict) else ()


def harmless(model: Json, around: Surroundings) -> Project:
    """Return a project that does what the model says, as far as that touches nothing outside."""
    notes: list[str] = []
    ours: dict[str, Json] = {LABEL: around.tree}
    services: dict[str, Json] = {}
    images: dict[str, str] = {}
    copied: dict[str, None] = {}
    pulled: set[str] = set()
    secrets = _files(model, "secrets", around, notes)
    configs = _files(model, "configs", around, notes)
    for name, service in _named(model, "services"):
        kept: dict[str, Json] = {key: value for key, value in service.items() if key in _KEPT and value is not None}
        left = sorted(service.keys() - _KEPT - _QUIET)
        if left:
            notes.append(f"{name}: started without {', '.join(left)}")
        kept["secrets"] = _granted(service, "secrets", secrets)
        kept["configs"] = _granted(service, "configs", configs)
        kept["volumes"] = list(_volumes(name, service, around, copied, notes))
        kept.pop("networks", None)
        kept.update(_network(name, service, notes))
        build = at(service, "build")
        if isinstance(build, dict):
            images[name] = kept["image"] = f"{around.image}-{len(images)}"
            kept["build"] = _build(name, build, around, secrets)
            if build.get("ssh"):
                notes.append(f"{name}: built without ssh: it is handed no key and no agent of this machine")
        elif image := text(service, "image"):
            pulled.add(image)
        services[name] = {**kept, "labels": dict(ours), "restart": "no", "stop_grace_period": "1s"}
    networks = ("default", *(name for name, _ in _named(model, "networks", empty=True)))
    volumes = (name for name, _ in _named(model, "volumes", empty=True))
    made: dict[str, Json] = {
        "services": services,
        "networks": {name: {"internal": True, "labels": dict(ours)} for name in networks},
        "volumes": {name: {"labels": dict(ours)} for name in volumes},
        "secrets": secrets,
        "configs": configs,
    }
    return Project(made, images, frozenset(pulled), tuple(copied), tuple(notes))


def _build(name: str, build: dict[str, Json], around: Surroundings, secrets: dict[str, Json]) -> dict[str, Json]:
    context = text(build, "context")
    if posixpath.isabs(context) and not _within(context, around.tree):
        raise InspectionError(f"service {name} is built from outside of what is proven; name the folder above")
    contexts = at(build, "additional_contexts")
    for place in contexts.values() if isinstance(contexts, dict) else ():
        if not isinstance(place, str) or not (_is_elsewhere(place) or _within(place, around.tree)):
            raise InspectionError(
                f"service {name} takes a context from outside of what is proven; name the folder above"
            )
    kept = {key: value for key, value in build.items() if key in _BUILT}
    kept["secrets"] = _granted(build, "secrets", secrets)
    return {**kept, "network": around.network} if around.network else kept


def _is_elsewhere(place: str) -> bool:
    """Tell whether a context is no folder of this machine: an image, a repository or an archive, another service."""
    return re.match(r"(?:docker-image|https?|git|ssh)://|service:|git@", place) is not None


def _named(model: Json, key: str, *, empty: bool = False) -> Iterator[tuple[str, dict[str, Json]]]:
    found = at(model, key)
    for name, value in found.items() if isinstance(found, dict) else ():
        if isinstance(value, dict):
            yield name, value
        elif empty:
            yield name, {}


def _files(model: Json, key: str, around: Surroundings, notes: list[str]) -> dict[str, Json]:
    """Return the secrets or configs that lie in the tree, in a variable or in the model itself."""
    found: dict[str, Json] = {}
    for name, value in _named(model, key):
        path = text(value, "file")
        if name in around.given and not path:
            found[name] = {"file": around.given[name]}
        elif (path and _within(path, around.tree)) or text(value, "environment") or text(value, "content"):
            found[name] = {one: value[one] for one in ("file", "environment", "content") if value.get(one)}
        else:
            notes.append(f"{key} {name}: left out, since it lies outside of what is proven")
    return found


def _granted(service: dict[str, Json], key: str, known: dict[str, Json]) -> list[Json]:
    return [grant for grant in items(service.get(key)) if text(grant, "source") in known]


def _volumes(
    name: str, service: dict[str, Json], around: Surroundings, copied: dict[str, None], notes: list[str]
) -> Iterator[Json]:
    for volume in items(service.get("volumes")):
        kind, source, aim = text(volume, "type"), text(volume, "source"), text(volume, "target")
        if kind == "bind" and not _within(source, around.tree):
            notes.append(f"{name}: started without {aim}, which would be a file or folder of this machine")
        elif kind == "bind":
            copied.setdefault(posixpath.normpath(source))
            yield {"type": "bind", "source": source, "target": aim, "read_only": at(volume, "read_only") is True}
        elif kind == "tmpfs":
            yield {"type": "tmpfs", "target": aim}
        elif kind == "volume":
            plain: dict[str, Json] = {"type": "volume", "target": aim, "read_only": at(volume, "read_only") is True}
            yield {**plain, "source": source} if source else plain
        else:
            notes.append(f"{name}: started without {aim} ({kind})")


def _network(name: str, service: dict[str, Json], notes: list[str]) -> dict[str, Json]:
    """Return how a service is reached: by the names that it has in its networks, none of which leads out."""
    mode = text(service, "network_mode")
    if mode == "none" or mode.startswith("service:"):
        return {"network_mode": mode}
    if mode.startswith(_OUTSIDE):
        notes.append(f"{name}: started in a network of its own instead of {mode}")
    found = service.get("networks")
    joined: dict[str, Json] = {}
    for network, value in found.items() if isinstance(found, dict) else ():
        joined[network] = {"aliases": at(value, "aliases")} if at(value, "aliases") else None
    return {"networks": joined} if joined else {}


def _within(path: str, tree: str) -> bool:
    return posixpath.normpath(path) == tree or posixpath.normpath(path).startswith(f"{tree}/")
