"""Tell which compose files are deployed to a swarm.

`docker stack deploy` takes a secret from a file or from the swarm itself; it refuses a file in which one comes from a
variable (docs/facts.md, "Swarm").
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import Final

from rewriter import callers
from rewriter.documents.compose import Compose
from rewriter.documents.yaml import Mapping, Node, Scalar, entries, get, walk
from rewriter.project import Project

_ONLY_SWARM: Final = ("placement", "update_config", "rollback_config", "endpoint_mode")
_PLACEHOLDER: Final = re.compile(r"\{\{ ?\.(?:Node|Task|Service)\.")
_DEPLOY: Final = re.compile(r"\bdocker[ \t]+stack[ \t]+(?:deploy|up)\b")


def swarm_evidence(project: Project, compose: Compose) -> str | None:
    """Return what shows that a compose file goes to a swarm: a setting of its own, or a command that deploys it."""
    return _own(compose) or next(_commands(project, compose), None)


def _own(compose: Compose) -> str | None:
    if compose.root is None:
        return None
    for service in compose.services:
        deploy = get(service.node, "deploy")
        found = next((key for key in _ONLY_SWARM if get(deploy, key) is not None), None)
        if found is not None:
            return f"deploy.{found} of the service {service.name}"
        if _is(deploy, "mode", "global"):
            return f"deploy.mode of the service {service.name}"
    networks = get(compose.root, "networks")
    for entry in entries(networks) if isinstance(networks, Mapping) else ():
        if _is(entry.value, "driver", "overlay"):
            return "an overlay network"
    placed = any(isinstance(node, Scalar) and _PLACEHOLDER.search(node.value) for node in walk(compose.root))
    return "a placeholder of the swarm" if placed else None


def _is(node: Node | None, key: str, wanted: str) -> bool:
    value = get(node, key)
    return isinstance(value, Scalar) and value.value == wanted


def _commands(project: Project, compose: Compose) -> Iterator[str]:
    name = posixpath.basename(compose.path)
    for path in project.repository.documents():
        text = project.text(path) if callers.is_candidate(path) and path != compose.path else None
        match = _DEPLOY.search(text) if text is not None and name in text else None
        if text is not None and match is not None:
            line = text.count("\n", 0, match.start()) + 1
            yield f"{path}:{line}"
