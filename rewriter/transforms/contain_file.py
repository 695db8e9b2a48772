"""Keep a file that holds a secret inside the RUN that needs it.

What only one RUN needs is removed at its end; what later RUNs read is written, read and removed in each of them.
Refused where the file holds more than the secret and others count on the rest.
"""

from __future__ import annotations

from collections.abc import Iterator

from rewriter.documents.dockerfile import final_stage, machine, successors
from rewriter.documents.run import Form, Fragment, RunBody, bare_words
from rewriter.documents.shell import Command, Visit
from rewriter.flow.residue import Residue
from rewriter.model.plan import Reason
from rewriter.model.text import Edit, Span
from rewriter.project.build import Build
from rewriter.project.readers import Reach, recipes_called, tool_file_reach
from rewriter.recipes import Recipe, inert_commands, recipes
from rewriter.record import replace
from rewriter.transforms.run_change import CannotChange
from rewriter.transforms.tended_file import care, move
from rewriter.transforms.unit import Unit, take_out, unit_of
from rewriter.transforms.workshop import Workshop, after, later, plain
from rewriter.transforms.written_file import WrittenFile, base_name, is_upkeep


def keep_written(workshop: Workshop, residue: Residue) -> None:
    """Contain a file that a command writes by redirection, or edits in place."""
    path = residue.path
    base = base_name(residue)
    if not any(recipe.reads_file(path or f"/root/{base}") for recipe in recipes()):
        raise CannotChange(
            f"the value is written to {residue.written}, which is not a file that a known build tool reads; "
            "if the running container needs it, give it to the container under /run/secrets/"
        )
    file = WrittenFile(workshop, residue)
    readers = [body for body in later(workshop, residue) if file.read_by(body)]
    if not readers and not _read_here(residue, base) and not file.there_before():
        readers = _by_unknown_code(workshop, residue, path or f"/root/{base}")
    file.refuse_mixed(readers)
    unread = not _read_here(residue, base) and tool_file_reach(residue.body, path or f"/root/{base}") is Reach.NONE
    if unread and not readers and not _is_for_the_build(workshop, residue):
        raise _used_by_no_run(residue)
    restored = file.there_before()
    tended = () if restored else care(file)
    orig = _beside(residue.written)
    _silence(workshop, residue, base)
    units = _units(residue, [one for one in file.writers(residue.body) if one[0] is residue.fragment], base, readers)
    _settle(
        workshop,
        residue,
        readers,
        units=units,
        first=[f"cp -p {residue.written} {orig}"] if restored else [],
        cleanup=f"mv {orig} {residue.written}" if restored else f"rm -f {residue.written}",
    )
    move(workshop, tended, readers)


def _by_unknown_code(workshop: Workshop, residue: Residue, path: str) -> list[RunBody]:
    """Return the later RUNs of code that cannot be looked into: a file is written for somebody to read."""
    return [body for body in later(workshop, residue) if tool_file_reach(body, path) is Reach.OPAQUE]


def _beside(written: str) -> str:
    """Return the name under which a file waits for its content to come back."""
    quote = written[-1] if written[-1] in "\"'" else ""
    return f"{written.removesuffix(quote)}.orig{quote}"


def _units(
    residue: Residue, found: list[tuple[Fragment, Visit]], base: str, readers: list[RunBody]
) -> tuple[Unit, ...]:
    """Return what writes the file in the RUN of a residue; raises `CannotChange` where a reader cannot repeat it."""
    mine = [visit.command for _, visit in found]
    kept = [
        (fragment, visit)
        for fragment, visit in residue.body.commands()
        if after(residue, fragment, visit.command) and is_upkeep(visit.command, base)
    ]
    units: dict[Span, Unit] = {}
    for fragment, visit in (*found, *kept):
        unit = unit_of(
            residue.body,
            fragment,
            visit,
            mine=lambda command: command in mine or is_upkeep(command, base) or _writes_too(command, base),
        )
        if unit is None:
            where = f"the value is written to {residue.written}"
            if readers or not _found_again(residue):
                raise CannotChange(f"{where} in a branch or in a script inside the command")
            return ()
        units[unit.span] = unit
    return tuple(units.values())


def _writes_too(command: Command, base: str) -> bool:
    """Tell whether a command of a pipeline hands its input on to the file: `... | tee FILE`."""
    return command.name == "tee" and any(word.text.strip("\"'").endswith(base) for word in command.words[1:])


def _silence(workshop: Workshop, residue: Residue, base: str) -> None:
    """Keep a `tee` that writes the file from showing the value in the log as well."""
    change = workshop.change(residue.body)
    for fragment, visit in residue.body.commands():
        command = visit.command
        shown = fragment is residue.fragment and _writes_too(command, base) and visit.piped_to is None
        place = fragment.span(command.span) if shown and not command.redirects else None
        edit = Edit(Span(place.end, place.end), " > /dev/null") if place is not None else None
        if edit is not None and edit not in change.edits:
            change.edits.append(edit)


def _found_again(residue: Residue) -> bool:
    """Tell whether the end of the RUN finds the file under the name that the command has for it."""
    elsewhere = residue.visit.in_subshell or residue.fragment.nested
    return not elsewhere or residue.written.strip("\"'").startswith(("/", "~/", "$HOME/", "${HOME}/"))


def keep_stored(workshop: Workshop, residue: Residue) -> None:
    """Contain what a tool stores in a file of its own, by the tool's own command that takes it back."""
    words = plain(residue.visit.command)
    tool = recipes_called(words)
    store = next((store for recipe in tool if (store := recipe.store(words)) is not None), None)
    cleanup = store.forgetting(words) if store is not None else None
    if store is None or cleanup is None:
        raise CannotChange(f"the tool keeps the value in {residue.written}, and there is no command that takes it back")
    tools = (*tool, *_sharing(residue))
    readers = [body for body in later(workshop, residue) if any(_calls(words, tools) for words in body.command_lines)]
    if not readers and not _called_after(residue, tool) and _is_for_the_build(workshop, residue):
        readers = [
            body for body in later(workshop, residue) if tool_file_reach(body, residue.written) is not Reach.NONE
        ]
    if not readers and not _called_after(residue, tool) and (store.runtime or not _is_for_the_build(workshop, residue)):
        raise _used_by_no_run(residue)
    if {"-g", "--global"} & set(words):
        residue = replace(residue, written=f"~/{base_name(residue)}")  # wherever the command stands
    cleanup = _as_wrapped(residue, cleanup)
    units = _units(residue, [(residue.fragment, residue.visit)], base_name(residue), [*readers, residue.body])
    if residue.visit.conditional:
        cleanup = f"{{ {cleanup} || true; }}"  # where nothing was stored, there is nothing to take back
    _settle(workshop, residue, readers, units=units, first=[], cleanup=cleanup)


def _used_by_no_run(residue: Residue) -> CannotChange:
    return CannotChange(
        f"the value is kept in {residue.written}, and no RUN is seen to use it: if the running container needs it, "
        "give it to the container under /run/secrets/, else delete the command",
        Reason.UNKNOWN_READER,
    )


def _sharing(residue: Residue) -> Iterator[Recipe]:
    """Yield the recipes of all tools that read the file: Yarn and pnpm take what npm stores."""
    if residue.written.startswith("~/"):
        path = f"/root/{residue.written.removeprefix('~/')}"
        yield from (recipe for recipe in recipes() if recipe.reads_file(path))


def _is_for_the_build(workshop: Workshop, residue: Residue) -> bool:
    """Tell whether no container can need what a tool stores: a later RUN removes it, or no image has the stage."""
    file = WrittenFile(workshop, residue)
    for body in later(workshop, residue):
        for _, visit in body.commands():
            words = bare_words(visit.command)
            if words and words[0].value == "rm" and any(file.names(body, word) for word in words[1:]):
                return True
    dockerfile, stage = workshop.build.dockerfile, residue.body.instruction.stage
    return final_stage(dockerfile) not in (stage, *successors(dockerfile, stage))


def _as_wrapped(residue: Residue, cleanup: str) -> str:
    """Return commands with what stands in front of the one that stores: `gosu app` has another home."""
    command = residue.visit.command
    begin, end = command.words[0].span.start, bare_words(command)[0].span.start
    wrapper = residue.fragment.script.text[begin:end]
    return " && ".join(f"{wrapper}{part}" for part in cleanup.split(" && "))


def _calls(words: tuple[str, ...], tool: tuple[Recipe, ...]) -> bool:
    return any(recipe in tool for recipe in recipes_called(words))


def _called_after(residue: Residue, tool: tuple[Recipe, ...]) -> bool:
    """Tell whether the same RUN calls the tool again, for something else than to store."""
    return any(
        after(residue, fragment, visit.command) and _calls(words, tool) and all(not one.store(words) for one in tool)
        for fragment, visit in residue.body.commands()
        if (words := plain(visit.command))
    )


def _settle(
    workshop: Workshop,
    residue: Residue,
    readers: list[RunBody],
    *,
    units: tuple[Unit, ...],
    first: list[str],
    cleanup: str,
) -> None:
    """Take back at the end of the RUN what it stores, or do both in each RUN that reads it."""
    base = base_name(residue)
    change = workshop.change(residue.body)
    texts = [unit.text(change) for unit in units] if readers else []
    if readers:
        _same_place(workshop.build, residue, readers)
    if not readers or _read_here(residue, base) or not take_out(change, units):
        _starts_there(residue, first)
        for text in first:
            change.run_before(text)
        change.run_after(cleanup)
    if not first:
        _drop_removals(workshop, residue)
    for body in readers:
        workshop.mount(body)
        other = workshop.change(body)
        for text in first:
            other.run_before(text)
        for unit, text in zip(units, texts, strict=True):
            other.run_before(f"{{ {text}; }}" if unit.chained and other.first else text)
        other.run_after(cleanup)


def _starts_there(residue: Residue, first: list[str]) -> None:
    """Refuse to keep a file whose folder the RUN enters by itself: its beginning would not find the file."""
    relative = not residue.written.strip("\"'").startswith(("/", "~/", "$HOME/", "${HOME}/"))
    if first and relative and any(words[0] in ("cd", "pushd") for words in residue.body.command_lines):
        raise CannotChange(f"{residue.written} holds more than the secret, in a folder that the command enters")


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
            if name and name not in inert_commands() and not is_upkeep(visit.command, base):
                return True
    return False


def _drop_removals(workshop: Workshop, residue: Residue) -> None:
    """Drop the commands of later RUNs that remove the file: it is gone by then."""
    file = WrittenFile(workshop, residue)
    for body in later(workshop, residue):
        for fragment, visit in body.commands():
            words = bare_words(visit.command)
            if not words or words[0].value != "rm":
                continue
            names = [word for word in words[1:] if not word.text.startswith("-")]
            if any(file.names(body, word) for word in names):
                if len(names) == 1:
                    workshop.change(body).drop(fragment, visit.command)
                elif not any(word.text.startswith("-") and "f" in word.text for word in words):
                    raise CannotChange(f"a later rm of several files would fail without {residue.written}")
