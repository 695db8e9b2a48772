"""Tell which compose files are deployed to a swarm.

`docker stack deploy` takes a secret from a file or from the swarm itself; it refuses a file in which one comes from a
variable (docs/facts.md, "Swarm").
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from functools import cached_property
from typing import Final

from rewriter import callers
from rewriter.documents.compose import Compose
from rewriter.documents.yaml import Mapping, Node, Scalar, entries, get, walk
from rewriter.model.text import Source
from rewriter.project.project import Project

_ONLY_SWARM: Final = ("placement", "update_config", "rollback_config", "endpoint_mode")
_PLACEHOLDER: Final = re.compile(r"\{\{ ?\.(?:Node|Task|Service)\.")
_DEPLOY: Final = re.compile(r"\bdocker[ \t]+stack[ \t]+(?:deploy|up)\b")


class Swarm:
    """Tell for the compose files of one project whether they go to a swarm."""

    def __init__(self, project: Project) -> None:
        self._project = project

    def evidence(self, compose: Compose) -> str | None:
        """Return what shows it: a setting of the file, or the place of a command that deploys it."""
        return _own(compose) or next(self._commands(compose), None)

    def _commands(self, compose: Compose) -> Iterator[str]:
        name = posixpath.basename(compose.path)
        for source, start in self._deployments:
            if source.path != compose.path and name in source.text:
                yield f"{source.path}:{source.line(start)}"

    @cached_property
    def _deployments(self) -> tuple[tuple[Source, int], ...]:
        """Return the files that deploy something to a swarm, each with the place where it does."""
        found: list[tuple[Source, int]] = []
        for path in self._project.repository.documents():
            text = self._project.text(path) if callers.is_candidate(path) else None
            match = _DEPLOY.search(text) if text is not None else None
            if text is not None and match is not None:
                found.append((Source(path, text), match.start()))
        return tuple(found)


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
