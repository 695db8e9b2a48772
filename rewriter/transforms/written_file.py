"""Tell who else writes the file in which a command leaves a secret, who reads it, and what it held before."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from rewriter.documents.dockerfile import Instruction, machine, mount, secret_file, successors
from rewriter.documents.run import Fragment, RunBody, bare_words
from rewriter.documents.shell import Command, Visit, Word
from rewriter.flow.copied import image_path
from rewriter.flow.residue import Kept, Residue
from rewriter.project.build import Build
from rewriter.project.copy_sources import context_path
from rewriter.project.readers import Reach, file_reach, tool_file_reach
from rewriter.transforms.run_change import CannotChange
from rewriter.transforms.workshop import Workshop


class WrittenFile:
    """Answer for the file of one residue."""

    def __init__(self, workshop: Workshop, residue: Residue) -> None:
        self.workshop = workshop
        self.residue = residue
        self.base = base_name(residue)
        self.own = residue.body.instruction

    def writers(self, body: RunBody) -> Iterator[tuple[Fragment, Visit]]:
        """Yield the commands of a RUN that write the file."""
        mine = [one.visit.command for one in self.workshop.kept if one.body is body and self._same(one)]
        for fragment, visit in body.commands():
            targets = [redirect.target for redirect in visit.command.redirects if redirect.writes]
            if visit.command in mine or any(self.names(body, target) for target in targets):
                yield fragment, visit

    def names(self, body: RunBody, word: Word) -> bool:
        """Tell whether a word of a command names the file."""
        place = image_path(self.workshop.build, body.instruction, word)
        if place is None or self.residue.path is None:
            return word.text.strip("\"'").rsplit("/", 1)[-1] == self.base
        return place == self.residue.path

    def read_by(self, body: RunBody) -> bool:
        """Tell whether a RUN reads the file, by name or by a tool; raises `CannotChange` where it may be another."""
        place = self.residue.path or f"/root/{self.base}"
        if self._covered(body):
            return False
        reach = file_reach(body, place)
        if reach is not Reach.TEXT:
            return reach is Reach.TOOL
        writing = [visit.command for _, visit in self.writers(body)]
        named = [
            visit for fragment, visit in body.commands() if self.base in visit.command.span.of(fragment.script.text)
        ]
        if all(visit.command in writing or is_upkeep(visit.command, self.base) for visit in named):
            return tool_file_reach(body, place) is Reach.TOOL
        return True

    def _covered(self, body: RunBody) -> bool:
        """Tell whether a RUN finds another file there: one that is mounted, or that a COPY has brought meanwhile."""
        found = [mount(flag) for flag in body.instruction.flags]
        if self.residue.path in [secret_file(one) for one in found if one is not None and one.type == "secret"]:
            return self.residue.path is not None
        for entry in self.workshop.build.dockerfile.instructions[: body.instruction.index]:
            if entry.index > self.own.index and entry.keyword in ("COPY", "ADD") and self._brings(entry):
                if _destination(self.workshop.build, entry) is None or self.residue.path is None:
                    raise CannotChange(f"line {entry.line}: {entry.keyword} may bring another {self.residue.written}")
                return True
        return False

    def refuse_mixed(self, readers: list[RunBody]) -> None:
        """Refuse what another RUN adds before the last reader: what is written anew there would lack it."""
        last = max((body.instruction.index for body in readers), default=self.own.index)
        for body in self._related():
            within = self.own.index < body.instruction.index <= last
            if within and not self._contained_too(body) and not self._taken_back(body):
                raise CannotChange(f"{self.residue.written} is written by several RUNs: write it in one")

    def there_before(self) -> bool:
        """Tell whether the file holds something else already: it is edited, a COPY or another RUN brings it."""
        if self.residue.kind is Kept.EDITED:
            return True
        before = [body for body in self._related() if body.instruction.index < self.own.index]
        return any(not self._contained_too(body) for body in before) or any(
            self._brings(entry) for entry in self.workshop.build.dockerfile.instructions if self._precedes(entry)
        )

    def _related(self) -> Iterator[RunBody]:
        """Yield the other RUNs, of this stage and of those that hand on to it or take over from it, that write it."""
        file, mine = self.workshop.build.dockerfile, self.own.stage
        for body in self.workshop.build.runs:
            stage = body.instruction.stage
            related = stage == mine or stage in successors(file, mine) or mine in successors(file, stage)
            if related and body is not self.residue.body and any(True for _ in self.writers(body)):
                yield body

    def _contained_too(self, body: RunBody) -> bool:
        """Tell whether all that a RUN writes to the file is the secret's."""
        mine = [one.visit.command for one in self.workshop.kept if one.body is body and self._same(one)]
        return all(visit.command in mine for _, visit in self.writers(body))

    def _taken_back(self, body: RunBody) -> bool:
        """Tell whether a RUN removes at its end what it writes, or puts back what was there."""
        ends = [visit.command.span.start for _, visit in body.commands() if self._ends(body, visit.command)]
        return bool(ends) and all(visit.command.span.start < max(ends) for _, visit in self.writers(body))

    def _ends(self, body: RunBody, command: Command) -> bool:
        words = bare_words(command)
        return len(words) > 1 and words[0].value in ("rm", "mv") and self.names(body, words[-1])

    def _same(self, other: Residue) -> bool:
        if other.kind not in (Kept.WRITTEN, Kept.EDITED):
            return False
        same_path = other.path == self.residue.path if other.path and self.residue.path else True
        return same_path and base_name(other) == self.base

    def _precedes(self, entry: Instruction) -> bool:
        file, mine = self.workshop.build.dockerfile, self.own.stage
        inherited = entry.stage == mine or mine in successors(file, entry.stage)
        return entry.index < self.own.index and inherited and entry.keyword in ("COPY", "ADD")

    def _brings(self, entry: Instruction) -> bool:
        """Tell whether a COPY brings the file: by its name, or in a folder of the context that holds it."""
        words = entry.operands
        if len(words) < 2 or self.residue.written.startswith("~"):
            return False
        place = _destination(self.workshop.build, entry)
        if place is not None and self.residue.path is not None and self.residue.path == place:
            return True
        folder = self.residue.path is None or place is None or posixpath.dirname(self.residue.path) == place
        return folder and any(self._holds(entry, word.value) for word in words[:-1])

    def _holds(self, entry: Instruction, written: str) -> bool:
        inside = context_path(written)
        if inside.rsplit("/", 1)[-1] == self.base:
            return True
        if entry.flag("from") is not None or "$" in written:
            return False
        return f"{inside}/{self.base}".lstrip("/") in self.workshop.files


def _destination(build: Build, entry: Instruction) -> str | None:
    """Return the path that a COPY fills, as `image_path` gives it."""
    written = entry.operands[-1].value
    if "$" in written:
        return None
    return posixpath.normpath(posixpath.join(machine(build.dockerfile, entry).workdir or "", written))


def base_name(residue: Residue) -> str:
    """Return the name of the file without its folder."""
    return residue.written.strip("\"'").rsplit("/", 1)[-1]


def is_upkeep(command: Command, base: str) -> bool:
    """Tell whether a command only removes the file, or sets its mode or owner."""
    words = bare_words(command)
    name = (words[0].value or "").rsplit("/", 1)[-1] if words else ""
    return name in ("rm", "chmod", "chown", "unlink", "shred") and any(base in word.text for word in words)
