"""Propose how the containers of an image get their secrets where no compose file says how they are run."""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Iterable

from rewriter.model.plan import NewFile
from rewriter.project.build import Build
from rewriter.project.project import Project
from rewriter.record import Record
from rewriter.settings import Runtime
from rewriter.template import render
from rewriter.transforms.secret_names import Named


class Proposal(Record):
    """Hold new files, and what is shown instead."""

    files: tuple[NewFile, ...] = ()
    notes: tuple[str, ...] = ()


class _Mounted(Record):
    """Hold one secret as templates take it."""

    id: str
    target: str
    path: str
    key: str
    value: str


def proposal(
    project: Project, directory: str, secrets: Iterable[tuple[Build, Named, str]], runtime: Runtime
) -> Proposal:
    """Return a `compose.yaml` for images that no service is built from, or the form for another way to run them."""
    found: dict[str, tuple[Build, list[_Mounted]]] = {}
    for build, named, target in secrets:
        declared = named.declaration(directory)
        mounted = _Mounted(named.identity, target, named.path, declared.key, declared.value)
        found.setdefault(build.path, (build, []))[1].append(mounted)
    files: list[NewFile] = []
    notes: list[str] = []
    for path, (build, mine) in found.items():
        place = posixpath.join(directory, "compose.yaml")
        free = not files and not any(posixpath.dirname(one.path) == directory for one in project.composes)
        if runtime is Runtime.COMPOSE and free:
            files.append(NewFile(place, _compose(build, directory, mine)))
            notes.append(f"{place} is new: it starts the image of {path} with its secrets")
        else:
            notes.append(f"{path}: {_shown(runtime, build, mine)}")
    return Proposal(tuple(files), tuple(notes))


def _compose(build: Build, directory: str, mine: list[_Mounted]) -> str:
    context = posixpath.relpath(build.context or ".", directory or ".")
    dockerfile = posixpath.relpath(build.path, build.context or ".")
    name = re.sub(r"[^a-z0-9_-]", "-", posixpath.basename(build.context).lower()).strip("-") or "app"
    return render("compose.yaml.j2", service=name, context=context, dockerfile=dockerfile, secrets=mine)


def _shown(runtime: Runtime, build: Build, mine: list[_Mounted]) -> str:
    name = posixpath.basename(build.context) or "app"
    match runtime:
        case Runtime.COMPOSE | Runtime.DOCKER:
            mounts = (f"type=bind,source=./{one.path},target=/run/secrets/{one.target},readonly" for one in mine)
            return "start it with `docker run " + " ".join(f"--mount {shlex.quote(one)}" for one in mounts) + " ...`"
        case Runtime.SWARM:
            made = " && ".join(f"docker secret create {one.id} {shlex.quote(one.path)}" for one in mine)
            given = " ".join(f"--secret source={one.id},target={one.target}" for one in mine)
            return f"start it with `{made} && docker service create {given} ...`"
        case Runtime.KUBERNETES:
            files = " ".join(f"--from-file={one.target}={shlex.quote(one.path)}" for one in mine)
            made = f"kubectl create secret generic {name} {files}"
            pod = render("kubernetes.yaml.j2", name=name, secrets=mine)
            return f"make the secret with `{made}` and mount it in the pod:\n{pod}"
