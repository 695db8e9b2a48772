"""See a repository as builds: each Dockerfile with its context, its ignore file and what calls it.

Every file is read once and parsed once; a file that cannot be read becomes a `Problem` and the rest goes on.
"""

from __future__ import annotations

import posixpath
import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import cached_property
from typing import Final, TypeVar

from rewriter import callers
from rewriter.callers import Caller, RunEnvironment
from rewriter.callers.model import LexicalForm
from rewriter.credentials import CommandSecret, command_secrets
from rewriter.documents import compose, dockerfile, dockerignore
from rewriter.documents.compose import Compose
from rewriter.documents.dockerfile import Dockerfile, Instruction
from rewriter.documents.run import RunBody, is_posix_shell, read_run, written
from rewriter.errors import ParseError, RepositoryError
from rewriter.judgement import may_hold_credential, may_name_key_file
from rewriter.model.patch import Problem
from rewriter.model.text import Source, decode
from rewriter.pragmas import Pragma, pragmas
from rewriter.readers import key_files
from rewriter.repository import Kind, Repository
from rewriter.settings import Settings

_SKIPPED: Final = re.compile(
    r"(?i)\.(?:dockerignore|j2|jinja2?|tmpl|tpl|template|erb|in|mustache|hbs|ejs|md|rst|html?|py|js|ts|go|rb|sh|png|"
    r"svg|jpe?g|gif|pdf|xlsx?|zip|gz|tar|orig|rej|bak|swp|yml|yaml|json|toml|lock|patch|diff)$"
)
_TEXT_LIMIT: Final = 512 * 1024
_SEARCH_LIMIT: Final = 32 * 1024 * 1024
_Kept = TypeVar("_Kept")


def is_dockerfile(path: str) -> bool:
    """Tell by its name whether a file is a Dockerfile (or Containerfile)."""
    base = path.rsplit("/", 1)[-1].lower()
    if _SKIPPED.search(base):
        return False
    return base.startswith(("dockerfile", "containerfile")) or base.endswith((".dockerfile", ".containerfile"))


@dataclass(frozen=True, eq=False)
class Commands:
    """Hold what the RUN instructions of one Dockerfile execute, worked out once."""

    dockerfile: Dockerfile

    @cached_property
    def entries(self) -> tuple[Instruction, ...]:
        """Return the RUN instructions, in the order of the file."""
        return tuple(entry for entry in self.dockerfile.instructions if entry.keyword == "RUN")

    @cached_property
    def _bodies(self) -> dict[int, RunBody]:
        return {}

    def body(self, entry: Instruction) -> RunBody:
        """Return what one RUN executes; its shell is read when it is first asked for."""
        if entry.index not in self._bodies:
            self._bodies[entry.index] = read_run(self.dockerfile.source, entry)
        return self._bodies[entry.index]

    @cached_property
    def runs(self) -> tuple[RunBody, ...]:
        """Return the body of every RUN instruction, in the order of the file."""
        return tuple(self.body(entry) for entry in self.entries)

    @cached_property
    def secrets(self) -> dict[int, tuple[CommandSecret, ...]]:
        """Return the credentials in the commands of the RUNs that hold any, by the index of the instruction."""
        source = self.dockerfile.source
        texts = [written(source, entry) for entry in self.entries]
        if not texts or not may_hold_credential("\n".join(texts)):  # most files; what holds for all holds for each
            return {}
        suspects = (entry for entry, text in zip(self.entries, texts, strict=True) if may_hold_credential(text))
        return {entry.index: found for entry in suspects if (found := command_secrets(self.body(entry)))}


@dataclass(frozen=True, slots=True)
class Build:
    """Join a Dockerfile with the context that it is built from and with what builds it."""

    commands: Commands
    context: str
    callers: tuple[Caller, ...]

    @property
    def dockerfile(self) -> Dockerfile:
        """Return the Dockerfile."""
        return self.commands.dockerfile

    @property
    def path(self) -> str:
        """Return the Dockerfile's path."""
        return self.dockerfile.source.path

    @property
    def runs(self) -> tuple[RunBody, ...]:
        """Return the body of every RUN instruction, in the order of the file."""
        return self.commands.runs

    @property
    def secrets(self) -> tuple[CommandSecret, ...]:
        """Return the credentials in the commands of every RUN, in the order of the file."""
        return tuple(secret for found in self.commands.secrets.values() for secret in found)

    def secrets_in(self, body: RunBody) -> tuple[CommandSecret, ...]:
        """Return the credentials in the commands of one RUN."""
        return self.commands.secrets.get(body.instruction.index, ())

    def with_key_files(self) -> Iterator[tuple[RunBody, str]]:
        """Yield the RUNs that tell a tool to log in with a key file, with its path."""
        source = self.dockerfile.source
        for entry in self.commands.entries:
            if may_name_key_file(written(source, entry)):
                body = self.commands.body(entry)
                yield from ((body, name) for name in key_files(body))

    def posix_shell(self, instruction: Instruction) -> bool:
        """Tell whether the shell that runs an instruction is POSIX-like."""
        machine = dockerfile.machine(self.dockerfile, instruction)
        return is_posix_shell(machine.shell, self.dockerfile.escape)


class Cache:
    """Keep parsed documents between passes over a repository, by path and text."""

    def __init__(self) -> None:
        self.dockerfiles: dict[tuple[str, str], Commands] = {}
        self.callers: dict[tuple[str, str], tuple[Caller, ...]] = {}
        self.environments: dict[tuple[str, str], tuple[RunEnvironment, ...]] = {}
        self.composes: dict[tuple[str, str], Compose] = {}
        self._kept: dict[type, object] = {}

    def kept(self, kind: type[_Kept]) -> _Kept:
        """Return the one object of a kind that lives as long as the run; it is made when it is first asked for."""
        if kind not in self._kept:
            self._kept[kind] = kind()
        found = self._kept[kind]
        assert isinstance(found, kind)
        return found


class Project:
    """Hold the parsed view of one repository; make it with `read`."""

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
        cache: Cache,
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
        self.cache = cache
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
                return _join(build.context, min(matches, key=len))
            tail = tail.partition("/")[2]
        return None

    def mentioned(self, build: Build, name: str, *, skip: Callable[[str], bool]) -> tuple[str, ...]:
        """Return the context's own source files that name a variable, at most ten, vendored ones left out."""
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
            if text is not None and name in text and pattern.search(text):
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


def context_path(written: str) -> str:
    """Return what a COPY source names inside the context, as BuildKit cleans it; empty for the whole context."""
    return posixpath.normpath("/" + written.replace("\0", "")).lstrip("/")


def _join(context: str, path: str) -> str:
    return f"{context}/{path}" if context else path


@dataclass(frozen=True, slots=True)
class Outline:
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

    def shares(self, number: int) -> tuple[Outline, ...]:
        """Split the Dockerfiles over `number` outlines that can be looked at apart from each other.

        What builds stays together with everything that it builds, in the first share; a Dockerfile that nothing
        names depends on no other document.
        """
        if number == 1:
            return (self,)
        named = {caller.dockerfile for caller in self.called}
        bound = [path for path in self.dockerfiles if path in named]
        free = [path for path in self.dockerfiles if path not in named]
        size = -(-len(self.dockerfiles) // number)
        first = max(size - len(bound), 0)
        cuts = [free[start : start + size] for start in range(first, len(free), size)]
        mine = replace(self, dockerfiles=tuple(sorted((*bound, *free[:first]))))
        others = (
            replace(
                self,
                dockerfiles=tuple(cut),
                called=(),
                environments=(),
                composes=(),
                problems=(),
                documents=0,
                remarks=(),
            )
            for cut in cuts
        )
        return (mine, *others)


def read(repository: Repository, settings: Settings, *, only: str | None = None, cache: Cache | None = None) -> Project:
    """Return the parsed view of a repository; `only` limits it to one Dockerfile."""
    kept = cache or Cache()
    return join(repository, outline(repository, settings, only=only, cache=kept), kept)


def outline(repository: Repository, settings: Settings, *, only: str | None, cache: Cache) -> Outline:
    """Read what builds images, and find the Dockerfiles."""
    reader = _Reader(repository, cache)
    paths = (only,) if only is not None else _selected(repository.documents(), settings.exclude)
    found: list[Caller] = []
    environments: list[RunEnvironment] = []
    composes: list[Compose] = []
    for path in paths:
        if callers.is_candidate(path) and not is_dockerfile(path):
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


def _placed(reader: _Reader, caller: Caller, dockerfiles: tuple[str, ...]) -> Caller:
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


def join(repository: Repository, outlined: Outline, cache: Cache) -> Project:
    """Read the Dockerfiles of an outline and join them with what builds them."""
    reader = _Reader(repository, cache)
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
        cache=cache,
        remarks=(*outlined.remarks, *reader.remarks),
    )


def _selected(paths: Iterable[str], exclude: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(path for path in paths if not any(fnmatchcase(path, pattern) for pattern in exclude))


class _Reader:
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


def _build(repository: Repository, commands: Commands, mine: tuple[Caller, ...]) -> Build:
    file = commands.dockerfile
    contexts = [caller.context for caller in mine if caller.context is not None]
    context = contexts[0] if contexts else _guess_context(repository, file)
    return Build(commands, context, mine)


def _guess_context(repository: Repository, file: Dockerfile) -> str:
    """Return the folder in which the COPY sources exist: the Dockerfile's own, one above, or the root."""
    folder = file.source.path.rpartition("/")[0]
    sources = [
        context_path(word.value)
        for entry in file.instructions
        if entry.keyword in ("COPY", "ADD") and not any(flag.name == "from" for flag in entry.flags)
        for word in (entry.json or entry.words)[:-1]
    ]
    exact = [name for name in sources if name and not re.search(r"[*?\[$:]", name)]
    candidates = [folder]
    while folder:
        folder = folder.rpartition("/")[0]
        candidates.append(folder)

    def present(context: str) -> int:
        return sum(repository.kind(_join(context, name)) is not Kind.MISSING for name in exact)

    return max(candidates, key=present) if exact else candidates[0]
