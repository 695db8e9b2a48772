"""Let the code of a service read its secrets as files: the edits of its sources, and what its image has to copy."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from rewriter.code import CodePlan, Memory, rewrite
from rewriter.documents import dockerignore
from rewriter.documents.dockerfile import Instruction, Word, final_stage, machine
from rewriter.model.plan import FileEdit, Reason
from rewriter.model.text import Edit, Source, Span
from rewriter.project.build import Build
from rewriter.project.copy_sources import context_path
from rewriter.project.project import Project
from rewriter.transforms.run_change import CannotChange
from rewriter.transforms.secret_names import identity

_NOT_PLAIN: Final = re.compile(r"[\s$\"'\\]")
_TEXT_LIMIT: Final = 16 * 1024 * 1024
_ROOT: Final = frozenset({"root", "0", "root:root", "0:0"})


class Sources:
    """Hold the sources of a project's build contexts, and how they change for some variables."""

    def __init__(self, project: Project, names: Iterable[str]) -> None:
        self.project = project
        self._memory = project.lasting.one(Memory)
        self._memory.expect({name: identity(name) for name in names})
        self._files: dict[str, dict[str, str]] = {}
        self._plans: dict[tuple[str, frozenset[str]], CodePlan] = {}

    def files(self, build: Build) -> Mapping[str, str]:
        """Return the texts of a context's own files that the build can copy."""
        if build.context not in self._files:
            self._files[build.context] = dict(self._read(build))
        return self._files[build.context]

    def _read(self, build: Build) -> Iterator[tuple[str, str]]:
        own, room = frozenset(self.project.repository.documents()), _TEXT_LIMIT
        for file in self.project.context_files(build):
            path = f"{build.context}/{file}" if build.context else file
            text = self.project.text(path) if path in own else None
            room -= len(text or "")
            if room < 0:
                return
            if text is not None and path != build.path:
                yield path, text

    def plan(self, build: Build, names: Iterable[str]) -> CodePlan:
        """Return how the sources change so that they read these variables from files first."""
        wanted = frozenset(names)
        key = (build.context, wanted)
        if key not in self._plans:
            self._plans[key] = rewrite(
                self.files(build), {name: identity(name) for name in sorted(wanted)}, self._memory
            )
        return self._plans[key]

    def refusal(self, build: Build, name: str) -> str | None:
        """Return why the sources cannot read a variable from a file, or None where they can."""
        plan = self.plan(build, (name,))
        refused = next((one for one in plan.refusals if one.name == name), None)
        if refused is not None:
            return f"{refused.path}:{refused.line}: {refused.detail}"
        if name not in plan.rewritten:
            return f"no source of the context of {build.path} reads {name}: what does cannot be told"
        try:
            self.copies(build, plan)
        except CannotChange as error:
            return str(error)
        return None

    def copies(self, build: Build, plan: CodePlan) -> tuple[FileEdit, ...]:
        """Return the edits of a Dockerfile that make it copy the new files of a plan, beside what reads them."""
        edits: list[FileEdit] = []
        for new in plan.new_files:
            inside = _inside(build, new.path)
            if inside is None:
                continue
            if self._hidden(build, inside):
                raise CannotChange(f"{new.path} would be new, and .dockerignore hides it", Reason.RUNTIME_SECRET)
            edits += (FileEdit(build.path, edit) for edit in _copying(build, inside, plan))
        return tuple(dict.fromkeys(edits))

    def _hidden(self, build: Build, path: str) -> bool:
        name = dockerignore.ignore_file_for(self.project.repository, build.context, build.path)
        text = self.project.text(name) if name is not None else None
        return text is not None and dockerignore.matcher(dockerignore.parse(Source(name or "", text)))(path)


def _inside(build: Build, path: str) -> str | None:
    prefix = f"{build.context}/" if build.context else ""
    return path.removeprefix(prefix) if path.startswith(prefix) else None


def _copying(build: Build, path: str, plan: CodePlan) -> Iterator[Edit]:
    """Yield what makes every COPY that takes a changed file of the same folder take the new one too."""
    folder = posixpath.dirname(path)
    changed = {
        inside
        for edit in plan.edits
        if (inside := _inside(build, edit.path)) is not None and posixpath.dirname(inside) == folder
    }
    taken = False
    for outer in build.dockerfile.instructions:
        if outer.keyword not in ("COPY", "ADD") or outer.flag("from") is not None or len(outer.operands) < 2:
            continue
        words = outer.operands[:-1]
        if any(_takes(word, path) for word in words):
            taken = True
        elif named := [word for word in words if context_path(word.value) in changed]:
            taken = True
            yield _with_source(build, outer, named[-1], path)
    if not taken and changed:
        raise CannotChange(
            f"{build.path}: the image has to copy {path} beside what reads it, and no COPY of it can be extended",
            Reason.RUNTIME_SECRET,
        )


def _takes(word: Word, path: str) -> bool:
    """Tell whether a source of a COPY brings a file along: it is a folder above it, or a pattern for it."""
    source = context_path(word.value)
    if not source or path == source or path.startswith(f"{source}/"):
        return True
    return dockerignore.matcher(dockerignore.parse(Source("", source)))(path) if "*" in source else False


def _with_source(build: Build, instruction: Instruction, word: Word, path: str) -> Edit:
    """Return the edit that copies a file to the folder into which a COPY puts another one."""
    target = instruction.operands[-1].value
    if instruction.trigger is not None or instruction.json or instruction.heredocs or _NOT_PLAIN.search(path + target):
        raise CannotChange(
            f"{build.path}:{instruction.line}: the COPY has to take {path} too, and cannot be extended",
            Reason.RUNTIME_SECRET,
        )
    if target.endswith("/") or target in (".", ".."):
        return Edit(Span(word.span.end, word.span.end), f" {path}")
    source = build.dockerfile.source
    flags = "".join(f"{flag.span.of(source.text)} " for flag in instruction.flags)
    folder = posixpath.dirname(target)
    line = f"{instruction.keyword_span.of(source.text)} {flags}{path} {folder.rstrip('/') or ('' if folder else '.')}/"
    end = instruction.span.end
    ended = source.text[:end].endswith("\n")
    return Edit(Span(end, end), line + source.newline if ended else source.newline + line)


def starts_as_root(build: Build) -> bool:
    """Tell whether the first process of an image is surely root's."""
    file = build.dockerfile
    last = file.stages[final_stage(file)].instructions[-1]
    user = last.operands[0].value if last.keyword == "USER" and last.operands else machine(file, last).user
    if user is not None:
        return user in _ROOT
    base = base_image(build)
    return bool(base) and "/" not in base.partition("@")[0]


def base_image(build: Build) -> str:
    """Return the image outside that the final stage is built on, empty where it depends on a variable."""
    file = build.dockerfile
    stage = file.stages[final_stage(file)]
    while stage.base_stage is not None:
        stage = file.stages[stage.base_stage]
    return "" if "$" in stage.base.value else stage.base.value


def keeps_entry_point(build: Build) -> bool:
    """Tell whether the entry point of the base image still starts the container."""
    file = build.dockerfile
    wanted = {final_stage(file)}
    stage = file.stages[final_stage(file)]
    while stage.base_stage is not None:
        wanted.add(stage.base_stage)
        stage = file.stages[stage.base_stage]
    return not any(entry.keyword == "ENTRYPOINT" and entry.stage in wanted for entry in file.instructions)
