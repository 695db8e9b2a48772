"""Gather what a repository holds into a project: its Dockerfiles, read, and joined with what builds them."""

from __future__ import annotations

from collections.abc import Iterator

from rewriter.callers import Caller
from rewriter.documents.dockerfile import Dockerfile
from rewriter.project.build import Build, Commands
from rewriter.project.copy_sources import guess_context
from rewriter.project.intake import Cache, Intake
from rewriter.project.outline import Outline, outline
from rewriter.project.project import Project
from rewriter.settings import Settings
from rewriter.tree.repository import Repository


def read(repository: Repository, settings: Settings, *, only: str | None = None, cache: Cache | None = None) -> Project:
    """Return the parsed view of a repository; `only` limits it to one Dockerfile."""
    kept = cache or Cache()
    return join(repository, outline(repository, settings, only=only, cache=kept), kept)


def join(repository: Repository, outlined: Outline, cache: Cache) -> Project:
    """Read the Dockerfiles of an outline and join them with what builds them."""
    reader = Intake(repository, cache)
    files = [file for path in outlined.dockerfiles if (file := reader.dockerfile(path)) is not None]
    by_dockerfile: dict[str | None, list[Caller]] = {}
    for caller in outlined.called:
        by_dockerfile.setdefault(caller.dockerfile, []).append(caller)
    builds = tuple(
        _build(repository, file, tuple(by_dockerfile.get(file.dockerfile.source.path, ()))) for file in files
    )
    return Project(
        repository,
        builds=builds,
        composes=outlined.composes,
        called=outlined.called,
        environments=outlined.environments,
        known=outlined.known,
        problems=(*outlined.problems, *reader.problems),
        documents=outlined.documents + reader.count,
        lasting=cache.lasting,
        remarks=(*outlined.remarks, *reader.remarks),
    )


def _build(repository: Repository, commands: Commands, mine: tuple[Caller, ...]) -> Build:
    context = next((caller.context for caller in mine if caller.context is not None), None)
    if context is None:
        file = commands.dockerfile
        context = guess_context(repository, file.source.path, _sources(file))
    return Build(commands, context, mine)


def _sources(file: Dockerfile) -> Iterator[str]:
    for entry in file.instructions:
        if entry.keyword in ("COPY", "ADD") and entry.flag("from") is None:
            yield from (word.value for word in entry.operands[:-1])
