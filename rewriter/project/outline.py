"""Find what builds images and which files are Dockerfiles, before any of these is read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from rewriter import callers
from rewriter.callers import Caller, RunEnvironment
from rewriter.callers.model import LexicalForm
from rewriter.documents import compose
from rewriter.documents.compose import Compose
from rewriter.documents.dockerfile_name import is_dockerfile
from rewriter.model.patch import Problem
from rewriter.project.intake import Cache, Intake
from rewriter.project.pragmas import Pragma
from rewriter.project.selection import selected
from rewriter.record import Record, replace
from rewriter.settings import Settings
from rewriter.tree.repository import Repository


class Outline(Record):
    """Hold what is known before any Dockerfile is read: who builds, and which files are Dockerfiles.

    `dockerfiles` are those to read, `known` all that the repository has.
    """

    dockerfiles: tuple[str, ...]
    known: frozenset[str]
    called: tuple[Caller, ...]
    environments: tuple[RunEnvironment, ...]
    composes: tuple[Compose, ...]
    problems: tuple[Problem, ...]
    documents: int
    remarks: tuple[Pragma, ...]

    @property
    def bound(self) -> tuple[str, ...]:
        """Return the Dockerfiles that a caller names: what they leak depends on other documents."""
        named = {caller.dockerfile for caller in self.called}
        return tuple(path for path in self.dockerfiles if path in named)

    @property
    def free(self) -> tuple[str, ...]:
        """Return the Dockerfiles that nothing names, which depend on no other document."""
        named = {caller.dockerfile for caller in self.called}
        return tuple(path for path in self.dockerfiles if path not in named)

    def lots(self, free: Sequence[str], size: int) -> Iterator[Outline]:
        """Yield what can be looked at apart: what builds, with all that it builds, then the others by `size`."""
        first = replace(self, dockerfiles=self.bound)
        rest = Outline((), self.known, (), (), (), (), 0, ())
        if first != rest:
            yield first
        for start in range(0, len(free), size):
            yield replace(rest, dockerfiles=tuple(free[start : start + size]))


def outline(repository: Repository, settings: Settings, *, only: str | None, cache: Cache) -> Outline:
    """Read what builds images, and find the Dockerfiles."""
    reader = Intake(repository, cache)
    paths = selected(repository, settings, only)
    found: list[Caller] = []
    environments: list[RunEnvironment] = []
    composes: list[Compose] = []
    for path in paths:
        if not is_dockerfile(path) and callers.is_candidate(path):
            called, given = reader.callers(path)
            found += called
            environments += given
            if compose.is_compose_path(path):
                composes += reader.compose(path)
    named = {caller.dockerfile for caller in found if caller.dockerfile}
    asked = None if only is None or callers.is_candidate(only) else only
    wanted = tuple(path for path in paths if path == asked or is_dockerfile(path) or path in named)
    found = [_placed(reader, caller, wanted) for caller in found]
    return Outline(
        dockerfiles=wanted,
        known=frozenset(wanted),
        called=tuple(found),
        environments=tuple(environments),
        composes=tuple(composes),
        problems=tuple(reader.problems),
        documents=reader.count,
        remarks=tuple(reader.remarks),
    )


def _placed(reader: Intake, caller: Caller, dockerfiles: tuple[str, ...]) -> Caller:
    """Return a command of documentation with the Dockerfile that it builds: the one that declares its arguments.

    Where several do, the one in the same folder; where that says nothing, the caller stays without.
    """
    if caller.dockerfile is not None or not isinstance(caller.form, LexicalForm) or not caller.arguments:
        return caller
    names = "|".join(re.escape(argument.name) for argument in caller.arguments)
    declares = re.compile(rf"(?im)^[ \t]*ARG[ \t](?:.*[ \t])?(?:{names})\b")
    fitting = [path for path in dockerfiles if declares.search(reader.raw(path))]
    folder = caller.path.rpartition("/")[0]
    beside = [path for path in fitting if path.rpartition("/")[0] == folder]
    chosen = fitting if len(fitting) == 1 else beside
    return replace(caller, dockerfile=chosen[0]) if len(chosen) == 1 else caller
