"""Collect what changes in one RUN instruction, and turn it into edits that keep its form."""

from __future__ import annotations

import re
from typing import Final

from rewriter.documents.dockerfile import Dockerfile, Mount, mount, read_mount, secret_file
from rewriter.documents.run import Form, Fragment, RunBody, bare_words
from rewriter.documents.shell import Command, Item, Operator, remove_element, remove_elements
from rewriter.model.plan import Reason
from rewriter.model.text import Edit, Span
from rewriter.project.readers import recipes_called, substitutes
from rewriter.record import State, field
from rewriter.transforms.dockerfile_edits import insert_mounts, remove_instruction
from rewriter.transforms.variable_mount import VariableMount

_WIDTH: Final = 120
"""Where a RUN would grow longer than this, its parts go on lines of their own."""
_INDENT: Final = " " * 4
_ONLY_FLAGS: Final = re.compile(r"(?i)RUN(?:[ \t]+--\S+)+[ \t]*[\\`]")
_SHELL_LINE: Final = re.compile(r"#![^\n]*\b(?:ba|da|a|z|k)?sh\b")


class CannotChange(Exception):  # noqa: N818
    """Say in plain words why a change is not possible; the transform turns it into a refusal."""

    def __init__(self, why: str, reason: Reason = Reason.PERSISTED_BY_COMMAND) -> None:
        super().__init__(why)
        self.reason = reason


def _other_content(old: Mount, new: Mount) -> bool:
    """Tell whether one secret would have to be a whole configuration file and a single value at once."""
    target = old.get("target")
    whole = target is not None and not target.startswith("/run/secrets/")
    return whole and new.get("env") is not None


class RunChange(State):
    """Gather mounts, commands put before and after, dropped commands and word edits of one RUN.

    A builder inside one transform; what leaves it are edits.
    """

    file: Dockerfile
    body: RunBody
    mounts: list[VariableMount | str] = field(default_factory=list)
    prepared: list[str] = field(default_factory=list)
    before: list[str] = field(default_factory=list)
    after: list[str] = field(default_factory=list)
    dropped: list[tuple[Fragment, Command]] = field(default_factory=list)
    taken: list[tuple[Fragment, tuple[Item, ...]]] = field(default_factory=list)
    edits: list[Edit] = field(default_factory=list)

    def mount(self, wanted: VariableMount | str) -> None:
        """Add a mount once: one that fills a variable, or any other by its options."""
        if wanted not in self.mounts:
            self.mounts.append(wanted)

    def unmount(self, name: str) -> None:
        """Take back the mounts of an environment variable."""
        self.mounts = [one for one in self.mounts if not (isinstance(one, VariableMount) and one.name == name)]

    @property
    def first(self) -> list[str]:
        """Return the commands that run before the rest: those that fill variables, then the others."""
        loads = [one.load for one in self.mounts if isinstance(one, VariableMount) and one.load]
        return [*dict.fromkeys(loads), *self.prepared, *self.before]

    @property
    def mount_options(self) -> list[str]:
        """Return the options of the mounts, each once."""
        return list(dict.fromkeys(one if isinstance(one, str) else one.options for one in self.mounts))

    def reads(self, name: str) -> bool:
        """Tell whether anything that stays, or is put in front or behind, reads a variable."""
        if any(f"${name}" in text or f"${{{name}" in text for text in (*self.first, *self.after)):
            return True
        gone = [*(command.span for _, command in self.dropped), *(one.span for _, items in self.taken for one in items)]
        for fragment, visit in self.body.commands():
            if not any(span.covers(visit.command.span) for span in gone):
                words = tuple(word.text if word.value is None else word.value for word in bare_words(visit.command))
                tools = recipes_called(words) if words else ()
                named = name in visit.command.span.of(fragment.script.text) or substitutes(visit.command, (name,))
                if named or any(one.reads_variable(name) for one in tools):
                    return True
        return False

    def prepare(self, command: str) -> None:
        """Set a variable for the rest, once; without a rest it is not needed either."""
        if command not in self.prepared:
            self.prepared.append(command)

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

    def take(self, fragment: Fragment, items: tuple[Item, ...]) -> None:
        """Take neighbouring elements out of the list of the whole command."""
        if (fragment, items) not in self.taken:
            self.taken.append((fragment, items))

    @property
    def loses_commands(self) -> bool:
        """Tell whether anything is taken out."""
        return bool(self.dropped or self.taken)

    @property
    def changes_command(self) -> bool:
        """Tell whether the text of the command changes, not only its mounts."""
        return bool(self.first or self.after or self.loses_commands or self.edits)

    def finish(self) -> tuple[Edit, ...]:
        """Return the edits; raises `CannotChange`."""
        if self._empties():
            if self.before or self._words():
                raise CannotChange("nothing of the command would be left but the preparation")
            return (remove_instruction(self.body.instruction),)
        source = self.file.source
        wanted = [options for options in self.mount_options if not self._mounted_already(options)]
        broken = self._break(wanted)
        edits = list(insert_mounts(source, self.body.instruction, wanted, broken=broken))
        edits += self._drops()
        edits += self._words()
        edits += self._around(broken)
        return tuple(edits)

    def _break(self, mounts: list[str]) -> str:
        """Return what stands between the parts of the RUN: a space, or a continued line where one would be long."""
        source, instruction = self.file.source, self.body.instruction
        if instruction.heredocs or not (mounts or self.first or self.after):
            return " "
        numbers = (
            source.line(instruction.span.start),
            source.line(instruction.arguments.offset(len(instruction.arguments.text))),
        )
        lines = [source.line_span(number).of(source.text).rstrip() for number in dict.fromkeys(numbers)]
        head = sum(len(f" --mount={one}") for one in mounts) + sum(len(f"{one} && ") for one in self.first)
        foot = sum(len(f" && {one}") for one in self.after)
        lengths = [len(line) for line in lines]
        lengths[0] += head
        lengths[-1] += foot
        if max(lengths) <= _WIDTH and not _ONLY_FLAGS.fullmatch(lines[0].lstrip()):
            return " "
        return f" {self.file.escape}{source.newline}{_INDENT}"

    def _words(self) -> list[Edit]:
        """Return the edits of words that stay."""
        spans = [(fragment, command.span) for fragment, command in self.dropped]
        spans += [(fragment, item.span) for fragment, items in self.taken for item in items]
        places = [place for fragment, span in spans if (place := fragment.span(span)) is not None]
        return [edit for edit in self.edits if not any(place.covers(edit.span) for place in places)]

    def _mounted_already(self, options: str) -> bool:
        """Tell whether the RUN has a mount at the same place or in the same variable; one id serves one content."""
        new = read_mount(options)
        for flag in self.body.instruction.flags:
            old = mount(flag)
            if old is None or new is None or (old.type, new.type) != ("secret", "secret"):
                continue
            if (place := secret_file(new)) is not None and place == secret_file(old):
                return True
            if old.get("id") == new.get("id") and _other_content(old, new):
                raise CannotChange(
                    f"line {self.body.instruction.line}: the secret {new.get('id')} is mounted there already as "
                    f"{old.get('target')}: give this one another name with --id",
                    Reason.UNSUPPORTED_FORM,
                )
        return False

    def _empties(self) -> bool:
        """Tell whether the dropped commands are all that the RUN does."""
        top = [fragment for fragment in self.body.fragments if not fragment.nested]
        if not top or not self.loses_commands:
            return False
        gone = self._gone(top[-1])
        rest = [item.node for item in top[-1].script.items if item.node.span not in gone]
        return all(isinstance(node, Command) and node.name == "cd" and not node.redirects for node in rest)

    def _gone(self, fragment: Fragment) -> set[Span]:
        """Return the spans of what is taken out of a script."""
        gone = {command.span for holder, command in self.dropped if holder is fragment}
        return gone | {item.node.span for holder, items in self.taken if holder is fragment for item in items}

    def _drops(self) -> list[Edit]:
        """Take the dropped commands out; several at the end of a list go in one piece, with what joins them."""
        edits: list[Edit] = []
        rest = list(self.dropped)
        units = list(self.taken)
        for fragment in dict.fromkeys(fragment for fragment, _ in (*self.dropped, *self.taken)):
            gone = self._gone(fragment)
            items = fragment.script.items
            kept = max((number for number, item in enumerate(items) if item.node.span not in gone), default=-1)
            tail = [item.node.span for item in items[kept + 1 :]]
            place = (
                fragment.span(Span(items[kept].node.span.end, tail[-1].end)) if len(tail) > 1 and kept >= 0 else None
            )
            if place is not None and items[kept].operator is Operator.AND:
                edits.append(Edit(place, ""))
                rest = [one for one in rest if one[0] is not fragment or one[1].span not in tail]
                units = [one for one in units if one[0] is not fragment or one[1][-1].node.span not in tail]
        edits += [self._take(fragment, taken) for fragment, taken in units]
        return edits + [self._drop(fragment, command) for fragment, command in rest]

    def _take(self, fragment: Fragment, items: tuple[Item, ...]) -> Edit:
        span = remove_elements(fragment.script, items)
        place = fragment.span(span) if span is not None else None
        if place is None:
            raise CannotChange("a condition cannot be taken out of its list with what stands under it")
        return Edit(place, "")

    def _drop(self, fragment: Fragment, command: Command) -> Edit:
        span = remove_element(fragment.script, command)
        place = fragment.span(span) if span is not None else None
        if place is None:
            raise CannotChange(f"the command {command.name or ''!r} cannot be taken out of its list by itself")
        return Edit(place, "")

    def _around(self, broken: str) -> tuple[Edit, ...]:
        first = self.first
        if not first and not self.after:
            return ()
        if self.body.form is Form.EXEC:
            raise CannotChange(
                "exec form has no shell that could run a command before or after", Reason.UNSUPPORTED_FORM
            )
        script_below = self.body.form is Form.HEREDOC and not self._head()
        if script_below:
            return self._around_heredoc()
        arguments = self.body.instruction.arguments
        start, end = arguments.offset(0), arguments.offset(len(arguments.text))
        edits: list[Edit] = []
        if first:
            joint = f";{broken}" if self._starts_in_background() else f"{broken}&& "
            edits.append(Edit(Span(start, start), f"{broken}&& ".join(first) + joint))
        if self.after:
            if self.body.form is Form.HEREDOC or not self._chained():
                raise CannotChange(
                    "nothing can be put behind a command that runs on in the background, or that ends it"
                )
            edits.append(Edit(Span(end, end), "".join(f"{broken}&& {command}" for command in self.after)))
        return tuple(edits)

    def _head(self) -> str:
        """Return the command on the line of a heredoc; empty where the heredoc is the script itself."""
        return self.body.instruction.arguments.text.split("<<")[0].strip()

    def _starts_in_background(self) -> bool:
        """Tell whether the first list of the script ends in `&`: what is joined to it by `&&` runs there too."""
        top = next((fragment for fragment in self.body.fragments if not fragment.nested), None)
        if top is None:
            return "&" in self.body.text.replace("&&", "")
        joined = (Operator.AND, Operator.OR)
        ends = next((item.operator for item in top.script.items if item.operator not in joined), None)
        return ends is Operator.BACKGROUND

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
        if len(instruction.heredocs) != 1:
            raise CannotChange("the heredocs are the input of a command, not the script itself")
        heredoc = instruction.heredocs[0]
        text = heredoc.body.of(self.file.source.text)
        if text.startswith("#!") and not _SHELL_LINE.match(text):
            raise CannotChange("the heredoc is a script of another language than the shell", Reason.UNSUPPORTED_FORM)
        newline = self.file.source.newline
        start = heredoc.body.start + (text.find("\n") + 1 if text.startswith("#!") else 0)
        edits = []
        if self.first:
            edits.append(Edit(Span(start, start), "".join(command + newline for command in self.first)))
        if self.after:
            end = heredoc.body.end
            edits.append(Edit(Span(end, end), "".join(command + newline for command in self.after)))
        return tuple(edits)
