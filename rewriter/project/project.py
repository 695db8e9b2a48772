"""See a repository as builds: each Dockerfile with its context, its ignore file and what calls it."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable
from typing import Final

from rewriter.callers import Caller, RunEnvironment
from rewriter.documents import dockerignore
from rewriter.documents.compose import Compose
from rewriter.errors import RepositoryError
from rewriter.model.patch import Problem
from rewriter.model.text import Source, decode
from rewriter.project.build import Build
from rewriter.project.copy_sources import joined
from rewriter.project.lasting import Lasting
from rewriter.project.pragmas import Pragma
from rewriter.tree.repository import Kind, Repository

_TEXT_LIMIT: Final = 512 * 1024
_SEARCH_LIMIT: Final = 32 * 1024 * 1024


class Project:
    """Hold the parsed view of one repository; make it with `gathering.read`."""

    def __init__(
        self,
        repository: Repository,
        *,
        builds: tuple[Build, ...],
        composes: tuple[Compose, ...],
        called: tuple[Caller, ...],
        environments: tuple[RunEnvironment, ...],
        known: frozenset[str],
        problems: tuple[Problem, ...],
        documents: int,
        lasting: Lasting,
        remarks: tuple[Pragma, ...] = (),
    ) -> None:
        self.repository = repository
        self.builds = builds
        self._by_path = {build.path: build for build in builds}
        self.dockerfiles = known
        self.caller_paths = frozenset(caller.path for caller in called)
        self.composes = composes
        self.callers = called
        self.environments = environments
        self.problems = problems
        self.documents = documents
        self.lasting = lasting
        self.remarks = tuple(sorted(set(remarks), key=lambda remark: (remark.path, remark.line)))
        self._texts: dict[str, str | None] = {}
        self._contexts: dict[tuple[str, str], tuple[str, ...]] = {}

    def text(self, path: str) -> str | None:
        """Return the text of a file of moderate size, or None if there is none."""
        if path not in self._texts:
            self._texts[path] = self._read_text(path)
        return self._texts[path]

    def _read_text(self, path: str) -> str | None:
        if self.repository.kind(path) not in (Kind.FILE, Kind.LINK):
            return None
        try:
            data = self.repository.read(path, _TEXT_LIMIT)
        except RepositoryError:
            return None
        return None if b"\0" in data else decode(data)

    def source(self, path: str) -> Source:
        """Return a file as a source; raises `RepositoryError` when it cannot be read."""
        return Source(path, decode(self.repository.read(path)))

    def build_at(self, path: str | None) -> Build | None:
        """Return the build of the Dockerfile at a path, if there is one."""
        return None if path is None else self._by_path.get(path)

    def context_files(self, build: Build) -> tuple[str, ...]:
        """Return the paths, relative to the context, that a build can copy (its ignore file applied)."""
        key = (build.context, build.path)
        if key not in self._contexts:
            self._contexts[key] = self._list_context(build)
        return self._contexts[key]

    def _list_context(self, build: Build) -> tuple[str, ...]:
        prefix = f"{build.context}/" if build.context else ""
        inside = [path.removeprefix(prefix) for path in _below(self.repository.paths(), build.context)]
        hidden = self._hidden(build)
        return tuple(inside) if hidden is None else tuple(path for path in inside if not hidden(path))

    def _hidden(self, build: Build) -> Callable[[str], bool] | None:
        name = dockerignore.ignore_file_for(self.repository, build.context, build.path)
        text = None if name is None else self.text(name)
        if name is None or text is None:
            return None
        return dockerignore.matcher(dockerignore.parse(Source(name, text)))

    def hides(self, build: Build, path: str) -> bool:
        """Tell whether the ignore file of a build keeps a path out of its context, be it there or not."""
        hidden = self._hidden(build)
        return hidden is not None and hidden(path)

    def context_script(self, build: Build) -> Callable[[str], str | None]:
        """Return a function that gives the text of the context's script which a command names."""

        def script(path: str) -> str | None:
            found = self.script_path(build, path)
            return None if found is None else self.text(found)

        return script

    def script_path(self, build: Build, path: str) -> str | None:
        """Return the context's file that a command in the image names, by the longest common end of the paths."""
        files = self.context_files(build)
        tail = path.removeprefix("./").lstrip("/")
        while tail:
            matches = [file for file in files if file == tail or file.endswith("/" + tail)]
            if matches:
                return joined(build.context, min(matches, key=len))
            tail = tail.partition("/")[2]
        return None

    def mentioned(
        self, build: Build, name: str, *, skip: Callable[[str], bool], reads: Callable[[str, str, str], bool]
    ) -> tuple[str, ...]:
        """Return the context's own source files that name a variable and may read it (`reads` of path, text, name).

        At most ten, vendored ones left out.
        """
        pattern = re.compile(rf"(?<![A-Za-z0-9_]){re.escape(name)}(?![A-Za-z0-9_])")
        allowed = set(self.context_files(build))
        prefix = f"{build.context}/" if build.context else ""
        found: list[str] = []
        budget = _SEARCH_LIMIT
        for path in _below(self.repository.documents(), build.context):
            if path.removeprefix(prefix) not in allowed or skip(path):
                continue
            text = self.text(path)
            budget -= len(text or "")
            if text is None:
                continue
            spelt = name in text and pattern.search(text)
            if (spelt or (path.endswith(".py") and "BaseSettings" in text)) and reads(path, text, name):
                found.append(path)
            if len(found) == 10 or budget < 0:
                break
        return tuple(found)


def _below(paths: tuple[str, ...], folder: str) -> tuple[str, ...]:
    """Return the paths of a sorted list that lie in a folder."""
    if not folder:
        return paths
    behind = chr(ord("/") + 1)
    return paths[bisect_left(paths, f"{folder}/") : bisect_left(paths, folder + behind)]
