"""Join a Dockerfile with the context that it is built from and with what builds it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from rewriter.callers import Caller
from rewriter.commands.credentials import CommandSecret, command_secrets
from rewriter.documents import dockerfile
from rewriter.documents.dockerfile import Dockerfile, Instruction
from rewriter.documents.run import RunBody, is_posix_shell, read_run, written
from rewriter.judgement import may_hold_credential, may_name_key_file
from rewriter.project.readers import key_files
from rewriter.record import Record


class Commands(Record, eq=False, dict=True):
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


class Build(Record):
    """Join a Dockerfile with the context that it is built from and with what builds it.

    `for_children`: the instructions are those that ONBUILD leaves to the builds of other images.
    """

    commands: Commands
    context: str
    callers: tuple[Caller, ...]
    for_children: bool = False

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
