"""Keep a file that holds a secret inside the RUN that needs it.

What only one RUN needs is removed at its end; what later RUNs read is written, read and removed in each of them.
Refused where the file holds more than the secret and others count on the rest.
"""

from __future__ import annotations

from collections.abc import Iterator

from rewriter.build import Build
from rewriter.copied import image_path
from rewriter.documents.dockerfile import machine, successors
from rewriter.documents.run import Form, Fragment, RunBody, bare_words
from rewriter.documents.shell import Command, Word
from rewriter.readers import Reach, file_reach, recipes_called, tool_file_reach
from rewriter.recipes import Recipe, inert_commands, recipes
from rewriter.residue import Residue
from rewriter.transforms.run_change import CannotChange
from rewriter.transforms.workshop import Workshop, after, later, plain


def keep_written(workshop: Workshop, residue: Residue) -> None:
    """Contain a file that a command writes by redirection."""
    path = residue.path
    base = _base(residue)
    if not any(recipe.reads_file(path or f"/root/{base}") for recipe in recipes()):
        raise CannotChange(
            f"the value is written to {residue.written}, which is not a file that a known build tool reads; "
            "if the running container needs it, give it to the container under /run/secrets/"
        )
    readers = [body for body in later(workshop, residue) if _reads(body, path, base)]
    _movable(residue, readers)
    _refuse_shared(workshop, residue, base)
    setup = [one for one in _writers(workshop.build, residue.body, residue, base) if one[0] is residue.fragment]
    _settle(workshop, residue, readers, setup=setup, cleanup=f"rm -f {residue.written}")


def keep_stored(workshop: Workshop, residue: Residue) -> None:
    """Contain what a tool stores in a file of its own, by the tool's own command that takes it back."""
    words = plain(residue.visit.command)
    tool = recipes_called(words)
    store = next((store for recipe in tool if (store := recipe.store(words)) is not None), None)
    cleanup = store.forgetting(words) if store is not None else None
    if store is None or cleanup is None:
        raise CannotChange(f"the tool keeps the value in {residue.written}, and there is no command that takes it back")
    readers = [body for body in later(workshop, residue) if any(_calls(words, tool) for words in body.command_lines)]
    if store.runtime and not readers and not _called_after(residue, tool):
        raise CannotChange(
            f"the tool keeps the value in {residue.written}, and no RUN is seen to use it: if the running container "
            "needs it, give it to the container under /run/secrets/, else delete the command"
        )
    _movable(residue, [*readers, residue.body])
    setup = [(residue.fragment, residue.visit.command)]
    _settle(workshop, residue, readers, setup=setup, cleanup=cleanup)


def _calls(words: tuple[str, ...], tool: tuple[Recipe, ...]) -> bool:
    return any(recipe in tool for recipe in recipes_called(words))


def _called_after(residue: Residue, tool: tuple[Recipe, ...]) -> bool:
    """Tell whether the same RUN calls the tool again, for something else than to store."""
    return any(
        after(residue, fragment, visit.command) and _calls(words, tool) and all(not one.store(words) for one in tool)
        for fragment, visit in residue.body.commands()
        if (words := plain(visit.command))
    )


def _base(residue: Residue) -> str:
    return residue.written.strip("\"'").rsplit("/", 1)[-1]


def _movable(residue: Residue, readers: list[RunBody]) -> None:
    """Refuse a command that no other RUN can repeat; what its own RUN alone reads can be removed at its end."""
    elsewhere = residue.visit.in_subshell or residue.fragment.nested
    found_again = residue.written.strip("\"'").startswith(("/", "~/", "$HOME/", "${HOME}/"))
    if not readers and (found_again or not elsewhere):
        return
    if residue.visit.in_subshell or residue.visit.conditional or residue.fragment.nested:
        raise CannotChange(f"the value is written to {residue.written} in a branch or in a script inside the command")


def _writers(build: Build, body: RunBody, residue: Residue, base: str) -> Iterator[tuple[Fragment, Command]]:
    """Yield the commands of a RUN that write the file."""
    for fragment, visit in body.commands():
        for redirect in visit.command.redirects:
            if redirect.writes and _names(build, body, redirect.target, residue, base):
                yield fragment, visit.command


def _refuse_shared(workshop: Workshop, residue: Residue, base: str) -> None:
    """Refuse a file that others write too: to remove it would take their part away."""
    file, mine = workshop.build.dockerfile, residue.body.instruction.stage
    for body in workshop.build.runs:
        stage = body.instruction.stage
        related = stage == mine or stage in successors(file, mine) or mine in successors(file, stage)
        if related and body is not residue.body and any(True for _ in _writers(workshop.build, body, residue, base)):
            raise CannotChange(f"{residue.written} is written by several RUNs: write it in one")
    own = list(_writers(workshop.build, residue.body, residue, base))
    appends = all(redirect.operator != ">" for _, command in own for redirect in command.redirects if redirect.writes)
    for entry in workshop.build.dockerfile.instructions:
        if entry.keyword in ("COPY", "ADD") and entry.index < residue.body.instruction.index and appends:
            named = any(word.value.rstrip("/").rsplit("/", 1)[-1] in (base, ".", "") for word in entry.operands[:-1])
            if named and entry.stage == residue.body.instruction.stage and not residue.written.startswith("~"):
                raise CannotChange(f"the value is added to {residue.written}, which a COPY may have brought")


def _reads(body: RunBody, path: str | None, base: str) -> bool:
    place = path or f"/root/{base}"
    reach = file_reach(body, place)
    if reach is Reach.TEXT:
        mine = [visit for fragment, visit in body.commands() if base in visit.command.span.of(fragment.script.text)]
        only = all(_is_upkeep(visit.command, base) for visit in mine)
        return tool_file_reach(body, place) is Reach.TOOL if only else True
    return reach is Reach.TOOL


def _is_upkeep(command: Command, base: str) -> bool:
    words = bare_words(command)
    name = (words[0].value or "").rsplit("/", 1)[-1] if words else ""
    return name in ("rm", "chmod", "chown", "unlink", "shred") and any(base in word.text for word in words)


def _settle(
    workshop: Workshop,
    residue: Residue,
    readers: list[RunBody],
    *,
    setup: list[tuple[Fragment, Command]],
    cleanup: str,
) -> None:
    """Take back at the end of the RUN what it stores, or do both in each RUN that reads it."""
    base = _base(residue)
    change = workshop.change(residue.body)
    if not readers:
        change.run_after(cleanup)
        _drop_removals(workshop, residue, base)
        return
    moved = setup + [
        (fragment, visit.command)
        for fragment, visit in residue.body.commands()
        if after(residue, fragment, visit.command) and _is_upkeep(visit.command, base)
    ]
    texts = [command.span.of(fragment.script.text) for fragment, command in moved]
    if any("\n" in text or "<<" in text for text in texts):
        raise CannotChange(f"{residue.written} is written by a heredoc and read by another RUN")
    _same_place(workshop.build, residue, readers)
    if _read_here(residue, base):
        change.run_after(cleanup)
    else:
        for fragment, command in moved:
            change.drop(fragment, command)
    _drop_removals(workshop, residue, base)
    for body in readers:
        workshop.mount(body)
        other = workshop.change(body)
        for text in texts:
            other.run_before(text)
        other.run_after(cleanup)


def _same_place(build: Build, residue: Residue, readers: list[RunBody]) -> None:
    file = build.dockerfile
    here = machine(file, residue.body.instruction)
    for body in readers:
        there = machine(file, body.instruction)
        relative = not residue.written.strip("\"'").startswith(("/", "~", "$HOME", "${HOME}"))
        if (relative and here.workdir != there.workdir) or here.user != there.user:
            raise CannotChange(f"{residue.written} is written and read by RUNs with different folders or users")
        if body.form is Form.EXEC:
            raise CannotChange(f"{residue.written} is read by a RUN in exec form")


def _read_here(residue: Residue, base: str) -> bool:
    """Tell whether a command after the one that writes, in the same RUN, may read the file."""
    for fragment, visit in residue.body.commands():
        if after(residue, fragment, visit.command):
            name = (plain(visit.command) or ("",))[0].rsplit("/", 1)[-1]
            if name and name not in inert_commands() and not _is_upkeep(visit.command, base):
                return True
    return False


def _drop_removals(workshop: Workshop, residue: Residue, base: str) -> None:
    """Drop the commands of later RUNs that remove the file: it is gone by then."""
    for body in later(workshop, residue):
        for fragment, visit in body.commands():
            words = bare_words(visit.command)
            if not words or words[0].value != "rm":
                continue
            names = [word for word in words[1:] if not word.text.startswith("-")]
            if any(_names(workshop.build, body, word, residue, base) for word in names):
                if len(names) == 1:
                    workshop.change(body).drop(fragment, visit.command)
                elif not any(word.text.startswith("-") and "f" in word.text for word in words):
                    raise CannotChange(f"a later rm of several files would fail without {residue.written}")


def _names(build: Build, body: RunBody, word: Word, residue: Residue, base: str) -> bool:
    place = image_path(build, body.instruction, word)
    if place is None or residue.path is None:
        return word.text.strip("\"'").rsplit("/", 1)[-1] == base
    return place == residue.path
