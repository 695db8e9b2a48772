"""Tell which RUNs read a secret variable, and which other instructions take its value."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Final

from rewriter.documents.dockerfile import Binding, Instruction, Kind, references, scope
from rewriter.documents.run import RunBody
from rewriter.flow.model import Definition, Use
from rewriter.project.build import Build
from rewriter.project.project import Project
from rewriter.project.readers import Reach, takers, variable_reach
from rewriter.recipes import Recipe, inert_commands, recipes


def uses_of(
    project: Project, build: Build, names: tuple[str, ...], definitions: tuple[Definition, ...]
) -> tuple[Use, ...]:
    """Return the RUNs that read each name, implicit readers included (docs/design.md, "Implicit readers")."""
    found: list[Use] = []
    known = {entry.binding.assignment.span for entry in definitions}
    exported = {entry.name for entry in definitions if entry.binding.kind is Kind.ENV}
    script = project.context_script(build)
    configured = _Configured(project, build)
    for name in names:
        strong: list[Use] = []
        weak: list[Use] = []
        tools: list[Use] = []
        for body in build.runs:
            binding = scope(build.dockerfile, body.instruction).get(name)
            if binding is None or binding.assignment.span not in known or _shadowed(body, name):
                continue
            reach = variable_reach(body, name, configured=configured, script=script)
            if reach is Reach.OPAQUE:
                weak.append(Use(body, name, reach))
            elif reach is not Reach.NONE:
                strong.append(Use(body, name, reach, takers(body, name, configured=configured)))
            elif any(words[0].rsplit("/", 1)[-1] not in inert_commands() for words in body.command_lines):
                tools.append(Use(body, name, Reach.OPAQUE))
        passed_on = any(name in entry.sources for entry in definitions)
        if name in exported or (not strong and not passed_on):
            strong += weak
        if not strong and not passed_on:
            strong = tools
        found += strong
    return tuple(sorted(found, key=lambda use: (use.body.instruction.index, use.name)))


def _shadowed(body: RunBody, name: str) -> bool:
    """Tell whether the RUN has a mount of that name, or sets the variable itself before it uses it."""
    for flag in body.instruction.flags:
        if flag.name == "mount" and flag.value and f"env={name}" in flag.value.split(","):
            return True
    for fragment in body.fragments:
        for assigned in fragment.assigned:
            first = fragment.script.text.find(name)
            if assigned.name == name and assigned.span.start <= first:
                return assigned.value is None or name not in assigned.value.text
    return False


class _Configured:
    """Tell whether a credential file of a tool, somewhere in the context, refers to a variable.

    A file that the Dockerfile brings to its place, and that the repository lacks, may refer to any variable but
    those that are another tool's own.
    """

    def __init__(self, project: Project, build: Build) -> None:
        self.project = project
        self.build = build

    @cached_property
    def _unseen(self) -> frozenset[str]:
        """Return the base names of files that COPY, `cp` or `mv` put somewhere and that the context lacks."""
        present = {path.rsplit("/", 1)[-1] for path in self.project.context_files(self.build)}
        words = [
            word.value
            for entry in self.build.dockerfile.instructions
            if entry.keyword in ("COPY", "ADD") and entry.flag("from") is None
            for word in entry.operands
        ]
        for body in self.build.runs:
            words += (word for line in body.command_lines if line[0] in ("cp", "mv", "ln") for word in line[1:])
        return frozenset(word.rsplit("/", 1)[-1] for word in words) - present

    def __call__(self, recipe: Recipe, name: str) -> bool:
        if any(not self._unseen.isdisjoint(file.names) for file in recipe.files) and not _anothers(recipe, name):
            return True
        prefix = f"{self.build.context}/" if self.build.context else ""
        for path in self.project.context_files(self.build):
            base = path.rsplit("/", 1)[-1]
            runs = recipe.runs_file(path)
            if runs or any(base in file.names for file in recipe.files):
                text = self.project.text(prefix + path)
                if text is not None and (_refers(text, name) or (runs and _speaks_of(text, name))):
                    return True
        return False


def _refers(text: str, name: str) -> bool:
    """Tell whether a configuration file has a variable filled in: `${NAME}`, `${env.NAME}`, `%NAME%`."""
    return f"{{{name}" in text.replace("env.", "") or f"%{name}%" in text


def _speaks_of(text: str, name: str) -> bool:
    return re.search(rf"(?<![A-Za-z0-9_]){re.escape(name)}(?![A-Za-z0-9_])", text) is not None


def _anothers(recipe: Recipe, name: str) -> bool:
    return any(other is not recipe and other.reads_variable(name) for other in recipes())


_UNEXPANDED: Final = ("CMD", "ENTRYPOINT", "HEALTHCHECK", "SHELL", "RUN", "COMMENT")


def blocked_by(
    build: Build, names: tuple[str, ...], *, handed: frozenset[str] = frozenset()
) -> Iterable[tuple[Instruction, str]]:
    """Yield the instructions, other than ARG, ENV and RUN, that take a value from one of the names.

    Under ONBUILD, names that are `handed` on have a flow of their own.
    """
    file = build.dockerfile
    for entry in file.instructions:
        if entry.keyword == "ONBUILD" and entry.trigger is not None:
            inner = entry.trigger
            text = inner.arguments.text
            if any(
                f"${name}" in text or f"${{{name}" in text or (inner.keyword in ("ARG", "ENV") and name in text)
                for name in names
                if name not in handed
            ):
                yield entry, names[0]
            continue
        if entry.keyword in ("ARG", "ENV", *_UNEXPANDED):
            continue
        used = {reference.name for reference in references(entry.arguments, file.escape)}
        used |= {
            reference.name
            for flag in entry.flags
            if flag.value
            for reference in references(flag.value_raw, file.escape)
        }
        visible: Mapping[str, Binding] = scope(file, entry)
        for name in names:
            if name in used and name in visible:
                yield entry, name
