"""Collect what changes in one RUN instruction, and turn it into edits that keep its form."""

from __future__ import annotations

from dataclasses import dataclass, field

from rewriter.documents.dockerfile import Dockerfile
from rewriter.documents.run import Form, Fragment, RunBody, bare_words
from rewriter.documents.shell import Command, Operator, remove_element
from rewriter.model.plan import Reason
from rewriter.model.text import Edit, Span
from rewriter.readers import recipes_called
from rewriter.transforms.dockerfile_edits import insert_mount, remove_instruction


class CannotChange(Exception):  # noqa: N818
    """Say in plain words why a change is not possible; the transform turns it into a refusal."""

    def __init__(self, why: str, reason: Reason = Reason.PERSISTED_BY_COMMAND) -> None:
        super().__init__(why)
        self.reason = reason


@dataclass(slots=True)
class RunChange:
    """Gather mounts, commands put before and after, dropped commands and word edits of one RUN.

    A builder inside one transform; what leaves it are edits.
    """

    file: Dockerfile
    body: RunBody
    mounts: list[str] = field(default_factory=list)
    before: list[str] = field(default_factory=list)
    after: list[str] = field(default_factory=list)
    dropped: list[tuple[Fragment, Command]] = field(default_factory=list)
    edits: list[Edit] = field(default_factory=list)

    def mount(self, options: str) -> None:
        """Add a mount once."""
        if options not in self.mounts:
            self.mounts.append(options)

    def unmount(self, name: str) -> None:
        """Take back the mounts of an environment variable."""
        self.mounts = [options for options in self.mounts if f"env={name}" not in options.split(",")]

    def reads(self, name: str) -> bool:
        """Tell whether anything that stays, or is put in front or behind, reads a variable."""
        if any(f"${name}" in text or f"${{{name}" in text for text in (*self.before, *self.after)):
            return True
        gone = [command.span for _, command in self.dropped]
        for fragment, visit in self.body.commands():
            if not any(span.covers(visit.command.span) for span in gone):
                words = tuple(word.text if word.value is None else word.value for word in bare_words(visit.command))
                tools = recipes_called(words) if words else ()
                if name in visit.command.span.of(fragment.script.text) or any(
                    one.reads_variable(name) for one in tools
                ):
                    return True
        return False

    def run_before(self, command: str) -> None:
        """Run a command before the rest, once."""
        if command not in self.before:
            self.before.append(command)

    def run_after(self, command: str) -> None:
        """Run a command after the rest has succeeded, once."""
        if command not in self.after:
            self.after.append(command)

    def drop(self, fragment: Fragment, command: Command) -> None:
        """Take a whole element out of its list."""
        if all(known.span != command.span for _, known in self.dropped):
            self.dropped.append((fragment, command))

    @property
    def changes_command(self) -> bool:
        """Tell whether the text of the command changes, not only its mounts."""
        return bool(self.before or self.after or self.dropped or self.edits)

    def finish(self) -> tuple[Edit, ...]:
        """Return the edits; raises `CannotChange`."""
        if self._empties():
            if self.before or self.edits:
                raise CannotChange("nothing of the command would be left but the preparation")
            return (remove_instruction(self.body.instruction),)
        source = self.file.source
        edits = [insert_mount(source, self.body.instruction, options) for options in self.mounts]
        edits += [self._drop(fragment, command) for fragment, command in self.dropped]
        edits += self.edits
        edits += self._around()
        return tuple(edits)

    def _empties(self) -> bool:
        """Tell whether the dropped commands are all that the RUN does."""
        top = [fragment for fragment in self.body.fragments if not fragment.nested]
        if not top or not self.dropped:
            return False
        gone = {command.span for fragment, command in self.dropped if fragment is top[-1]}
        return all(item.node.span in gone for item in top[-1].script.items)

    def _drop(self, fragment: Fragment, command: Command) -> Edit:
        span = remove_element(fragment.script, command)
        place = fragment.span(span) if span is not None else None
        if place is None:
            raise CannotChange(f"the command {command.name or ''!r} cannot be taken out of its list by itself")
        return Edit(place, "")

    def _around(self) -> tuple[Edit, ...]:
        if not self.before and not self.after:
            return ()
        if self.body.form is Form.EXEC:
            raise CannotChange(
                "exec form has no shell that could run a command before or after", Reason.UNSUPPORTED_FORM
            )
        if self.body.form is Form.HEREDOC:
            return self._around_heredoc()
        arguments = self.body.instruction.arguments
        start, end = arguments.offset(0), arguments.offset(len(arguments.text))
        edits = [Edit(Span(start, start), "".join(f"{command} && " for command in self.before))] if self.before else []
        if self.after:
            if not self._chained():
                raise CannotChange(
                    "nothing can be put behind a command that runs on in the background, or that ends it"
                )
            edits.append(Edit(Span(end, end), "".join(f" && {command}" for command in self.after)))
        return tuple(edits)

    def _chained(self) -> bool:
        """Tell whether `&& command` at the end runs when, and only when, the RUN has succeeded so far."""
        top = [fragment for fragment in self.body.fragments if not fragment.nested]
        if len(top) != 1:
            return False
        script = top[0].script
        last = script.items[-1]
        ends = isinstance(last.node, Command) and last.node.name in ("exit", "exec", "return")
        background = any(item.operator is Operator.BACKGROUND for item in script.items)
        return last.operator is None and not (ends or background or script.comments)

    def _around_heredoc(self) -> tuple[Edit, ...]:
        instruction = self.body.instruction
        if len(instruction.heredocs) != 1 or instruction.arguments.text.split("<<")[0].strip():
            raise CannotChange("the heredoc is the input of a command, not the script itself")
        heredoc = instruction.heredocs[0]
        text = heredoc.body.of(self.file.source.text)
        newline = self.file.source.newline
        start = heredoc.body.start + (text.find("\n") + 1 if text.startswith("#!") else 0)
        edits = []
        if self.before:
            edits.append(Edit(Span(start, start), "".join(command + newline for command in self.before)))
        if self.after:
            end = heredoc.body.end
            edits.append(Edit(Span(end, end), "".join(command + newline for command in self.after)))
        return tuple(edits)
