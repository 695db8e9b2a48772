"""Read every file once and parse it once; one that cannot be read becomes a `Problem`, and the rest goes on."""

from __future__ import annotations

from rewriter import callers
from rewriter.callers import Caller, RunEnvironment
from rewriter.documents import compose, dockerfile
from rewriter.documents.compose import Compose
from rewriter.errors import ParseError, RepositoryError
from rewriter.model.patch import Problem
from rewriter.model.text import Source, decode
from rewriter.project.build import Commands
from rewriter.project.lasting import Lasting
from rewriter.project.pragmas import Pragma, pragmas
from rewriter.tree.repository import Kind, Repository


class Cache:
    """Keep parsed documents between passes over a repository, by path and text."""

    def __init__(self) -> None:
        self.dockerfiles: dict[tuple[str, str], Commands] = {}
        self.callers: dict[tuple[str, str], tuple[Caller, ...]] = {}
        self.environments: dict[tuple[str, str], tuple[RunEnvironment, ...]] = {}
        self.composes: dict[tuple[str, str], Compose] = {}
        self.lasting = Lasting()


class Intake:
    """Read and parse files, collecting problems."""

    def __init__(self, repository: Repository, cache: Cache) -> None:
        self.repository = repository
        self.cache = cache
        self.problems: list[Problem] = []
        self.remarks: list[Pragma] = []
        self.count = 0
        self._sources: dict[str, Source | None] = {}

    def _source(self, path: str) -> Source | None:
        if path not in self._sources:
            self._sources[path] = self._load(path)
        return self._sources[path]

    def _load(self, path: str) -> Source | None:
        try:
            data = self.repository.read(path)
        except RepositoryError as error:
            self.problems.append(Problem(path, 0, str(error).removeprefix(f"{path}: ")))
            return None
        self.count += 1
        source = Source(path, decode(data))
        self.remarks += pragmas(source)
        return source

    def raw(self, path: str) -> str:
        """Return the text of a file, empty where it cannot be read."""
        try:
            return decode(self.repository.read(path))
        except RepositoryError:
            return ""  # whoever reads the file itself reports it

    def dockerfile(self, path: str) -> Commands | None:
        """Return what a Dockerfile executes; None where it cannot be read."""
        source = self._source(path)
        if source is None:
            return None
        key = (path, source.text)
        if key not in self.cache.dockerfiles:
            try:
                self.cache.dockerfiles[key] = Commands(dockerfile.parse(source))
            except ParseError as error:
                self.problems.append(Problem(path, error.line, error.what))
                return None
        return self.cache.dockerfiles[key]

    def callers(self, path: str) -> tuple[tuple[Caller, ...], tuple[RunEnvironment, ...]]:
        """Return what a file builds and what it runs."""
        source = self._source(path)
        if source is None:
            return (), ()
        key = (path, source.text)
        if key not in self.cache.callers:
            try:
                reading = callers.read(
                    path, source, files=lambda name: self.repository.kind(name) in (Kind.FILE, Kind.LINK)
                )
                self.cache.callers[key] = reading.callers
                self.cache.environments[key] = reading.environments
            except ParseError as error:
                if "docker" in source.text or "build-arg" in source.text:
                    self.problems.append(Problem(path, error.line, error.what))
                return (), ()
        return self.cache.callers[key], self.cache.environments[key]

    def compose(self, path: str) -> tuple[Compose, ...]:
        """Return the compose document of a file, if it is one."""
        source = self._source(path)
        if source is None:
            return ()
        key = (path, source.text)
        if key not in self.cache.composes:
            try:
                self.cache.composes[key] = compose.parse(source)
            except ParseError:
                return ()  # the callers' reader has reported it
        return (self.cache.composes[key],)
