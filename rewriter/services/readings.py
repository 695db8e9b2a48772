"""Tell how a service can take a variable as a file: by a variable of its image that names one, or not at all."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

from rewriter.documents.compose import Build as ComposeBuild
from rewriter.documents.compose import Compose, assume_defaults
from rewriter.documents.yaml import Scalar, get
from rewriter.file_variables import FileForm, ImageTable, Opener, image_version, table_of
from rewriter.project.build import Build
from rewriter.record import Record
from rewriter.services.model import Ref

_ROOT: Final = frozenset({"", "0", "root", "0:0", "root:root"})
_TAG_VARIABLE: Final = re.compile(r"\$\{[A-Za-z_][A-Za-z0-9_]*(?::?[?][^}]*)?\}|\$[A-Za-z_][A-Za-z0-9_]*")


class ByVariable(Record):
    """Say that the image reads the file that the variable `form` names."""

    table: ImageTable
    form: FileForm
    name: str


class ByCode(Record):
    """Say that the sources of the service's build read the file."""

    build: Build


Reading = ByVariable | ByCode


class Unreadable(Record):
    """Say why a service cannot take a variable as a file."""

    detail: str


class Member(Record):
    """Join what the compose files of one folder say about one service; its files lie over each other."""

    name: str
    refs: tuple[Ref, ...]
    image: str | None
    build: ComposeBuild | None
    user: str

    @property
    def as_root(self) -> bool:
        """Tell whether its first process is started as root, as far as compose says."""
        return self.user in _ROOT


def members(composes: Iterable[Compose]) -> Mapping[str, Member]:
    """Return the services of one folder's compose files by name, each joined over the files."""
    refs: dict[str, list[Ref]] = {}
    for compose in composes:
        for service in compose.services:
            refs.setdefault(service.name, []).append(Ref(compose, service))
    return {name: _member(name, tuple(found)) for name, found in refs.items()}


def _member(name: str, refs: tuple[Ref, ...]) -> Member:
    images = [ref.service.image for ref in refs if ref.service.image]
    builds = [ref.service.build for ref in refs if ref.service.build is not None]
    users = [node.value for ref in refs if isinstance(node := get(ref.service.node, "user"), Scalar)]
    return Member(name, refs, images[0] if images else None, builds[0] if builds else None, users[0] if users else "")


def by_variable(image: str | None, name: str) -> ByVariable | Unreadable:
    """Tell how an image reads a variable from a file."""
    reference = _reference(image)
    if not reference:
        return Unreadable("its image depends on a variable")
    table = table_of(reference)
    if table is None:
        return Unreadable(f"nothing is known of how the image {reference} reads a file")
    form = table.form(name, image_version(reference))
    if form is None:
        known = table.knows(name)
        bounds = "in the version of this tag" if known else "as a file"
        return Unreadable(table.note or f"the image {reference} does not read {name} {bounds}")
    return ByVariable(table, form, form.of(name))


def _reference(image: str | None) -> str:
    """Return an image with its variables at their defaults; a tag that is one alone says nothing of the version."""
    if image is None:
        return ""
    assumed = assume_defaults(image)
    if assumed is not None:
        return assumed
    name, _, tag = image.rpartition(":")
    return name if name and "$" not in name and "/" not in tag and _TAG_VARIABLE.search(tag) else ""


def is_shared(member: Member, reading: ByVariable) -> bool:
    """Tell whether somebody else than root has to be able to open the file."""
    if reading.table.opener is Opener.OWNER:
        return False
    return not member.as_root or reading.table.opener is Opener.USER
