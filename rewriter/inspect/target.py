"""Tell what an argument names: an image, a container, an archive, a layout, or a repository to build."""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path
from typing import Final

from rewriter.errors import InspectionError, UsageError
from rewriter.inspect import tar
from rewriter.inspect.archive import is_layout, opened
from rewriter.inspect.engine import Engine
from rewriter.inspect.streams import Source, compression
from rewriter.record import Record
from rewriter.tree.repository import shown


class Sort(StrEnum):
    """Name the sorts of things that can be looked into, by the prefix that says so."""

    IMAGE = "image"
    CONTAINER = "container"
    ARCHIVE = "archive"
    LAYOUT = "oci"
    REPOSITORY = "path"


class Named(Record):
    """Hold what an argument names: a name on the engine, or a path."""

    sort: Sort
    name: str

    @property
    def path(self) -> Path:
        """Return the name as a path."""
        return Path(self.name)


_PREFIXES: Final = {f"{sort.value}:": sort for sort in Sort}


def named(argument: str, engine: Engine) -> Named:
    """Return what an argument names; raises `UsageError` where it names nothing, or two things.

    A prefix (`image:`, `container:`, `archive:`, `oci:`, `path:`) settles it. Without one, what lies on disk comes
    first: a folder is an OCI layout where it looks like one, else a repository; a file is an archive where it is a
    tar archive, else a Dockerfile. Otherwise the engine is asked for a container and an image of that name.
    """
    for prefix, sort in _PREFIXES.items():
        if argument.startswith(prefix):
            return _settled(Named(sort, argument.removeprefix(prefix)), engine)
    if not argument or "\0" in argument:
        raise UsageError("the target is empty; name an image, a container, an archive or a folder")
    if os.path.lexists(argument):
        return Named(_on_disk(Path(argument)), argument)
    container = engine.inspect("container", argument) is not None
    image = engine.inspect("image", argument) is not None
    if container and image:
        raise UsageError(
            f"{shown(argument)} is a container and an image: write container:{argument} or image:{argument}"
        )
    if container or image:
        return Named(Sort.CONTAINER if container else Sort.IMAGE, argument)
    raise UsageError(
        f"{shown(argument)}: no such file or folder, and no image or container of that name on the engine; "
        f"pull it first, or name an archive"
    )


def _settled(found: Named, engine: Engine) -> Named:
    if not found.name:
        raise UsageError(f"{found.sort.value}: names nothing; write {found.sort.value}:NAME")
    if found.sort in (Sort.IMAGE, Sort.CONTAINER):
        if engine.inspect(found.sort.value, found.name) is None:
            raise UsageError(f"{shown(found.name)}: no such {found.sort.value} on the engine")
        return found
    if not os.path.lexists(found.name):
        raise UsageError(f"{shown(found.name)}: no such file or folder")
    if found.sort is Sort.LAYOUT and not found.path.is_dir():
        return Named(Sort.ARCHIVE, found.name)
    if found.sort is Sort.LAYOUT and not is_layout(found.path):
        raise UsageError(f"{shown(found.name)}: holds no OCI layout (no index.json)")
    return found


def _on_disk(path: Path) -> Sort:
    if path.is_dir():
        return Sort.LAYOUT if is_layout(path) else Sort.REPOSITORY
    try:
        with opened(path) as reader:
            head = Source(reader).peek(tar.BLOCK)
    except InspectionError as error:
        raise UsageError(str(error)) from error
    return Sort.ARCHIVE if compression(head) or tar.is_tar(head) else Sort.REPOSITORY
