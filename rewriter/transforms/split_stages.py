"""Split a Dockerfile of one stage into base, build and final stage, where that is asked for.

The RUNs keep nothing of the secret in any stage; the split keeps what else they leave out of the image.

What stands before the first RUN that gets the secret becomes the stage `base`; from there through the last one that
needs the file is `build`; the final stage starts from `base` again, repeats every instruction of `build` but the RUNs,
and takes their clean artefacts with `COPY --from`. All metadata so ends as before. A RUN whose artefacts are not
known, and a file that the running container may need, are refused.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import Final

from rewriter.artefacts import left_behind
from rewriter.documents.dockerfile import Instruction, machine
from rewriter.documents.run import RunBody
from rewriter.documents.shell import Command
from rewriter.flow import Flow
from rewriter.flow.residue import Kept, Residue, residues
from rewriter.model.plan import Reason
from rewriter.model.text import Edit, Span
from rewriter.project.readers import Reach, file_reach
from rewriter.recipes import recipes
from rewriter.transforms.run_change import CannotChange
from rewriter.transforms.workshop import plain

BASE: Final = "base"
BUILD: Final = "build"
_HARMLESS: Final = frozenset(
    {"rm", "chmod", "chown", "echo", "printf", "set", "export", "unset", "test", "[", "[[", "true", ":"}
)
_PATH: Final = re.compile(r"[\w./@+*-]+", re.ASCII)


def split(flow: Flow) -> tuple[Edit, ...]:
    """Return the edits that split the stage around the RUNs of a flow; raises `CannotChange`."""
    file = flow.build.dockerfile
    if len(file.stages) != 1:
        raise CannotChange("the file has several stages already")
    if any(entry.keyword == "ONBUILD" for entry in file.instructions):
        raise CannotChange("ONBUILD of the stage would run for each stage that is split off it")
    left = tuple(_left(flow))
    first = min(use.body.instruction.index for use in flow.uses)
    last = max(body.instruction.index for body in _in_build_stage(flow, left))
    part = [entry for entry in file.instructions if first <= entry.index <= last]
    gone = {entry.instruction.index for entry in flow.definitions}
    copies: list[str] = []
    for entry in part:
        if entry.keyword == "RUN":
            copies += [text for text in _copies(flow, entry, left) if text not in copies]
        elif entry.index in gone and len(entry.assignments) > 1:
            raise CannotChange(f"line {entry.line}: {entry.keyword} sets the secret beside other values")
    if not copies:
        raise CannotChange("the RUNs with the secret leave nothing that a final stage could take")
    newline = file.source.newline
    kept = [_text(flow, entry) for entry in part if entry.keyword != "RUN" and entry.index not in gone]
    base, final = _names(flow)
    head = f"FROM {BASE} AS {BUILD}"
    start, end = part[0].span.start, part[-1].span.end
    before = "" if file.source.text[:end].endswith("\n") else newline
    tail = newline.join(["", f"FROM {BASE}{final}", *kept, *copies, ""])
    return (base, Edit(Span(start, start), f"{newline}{head}{newline}"), Edit(Span(end, end), before + tail))


def _text(flow: Flow, entry: Instruction) -> str:
    return entry.span.of(flow.build.dockerfile.source.text).rstrip("\r\n")


def _names(flow: Flow) -> tuple[Edit, str]:
    """Return the edit that names the first stage, and the name that the final one takes over from it."""
    stage = flow.build.dockerfile.stages[0]
    source = flow.build.dockerfile.source.text
    instruction = stage.instructions[0]
    taken = {stage.base.value.lower(), *(argument.name.lower() for argument in instruction.assignments)}
    if {BASE, BUILD} & taken or stage.name in (BASE, BUILD):
        raise CannotChange(f"{BASE} or {BUILD} is the name of something else")
    if stage.name is None:
        end = stage.base.span.end
        return Edit(Span(end, end), f" AS {BASE}"), ""
    word = instruction.words[-1]
    return Edit(word.span, BASE), f" AS {word.span.of(source)}"


def _left(flow: Flow) -> Iterator[Residue]:
    """Yield what the flow leaves; raises `CannotChange` for a file that the container may need."""
    for use in flow.uses:
        if use.reach is Reach.TEXT:
            for one in residues(flow.build, use.body, flow.names):
                base = _base(one)
                known = any(recipe.reads_file(one.path or f"/root/{base}") for recipe in recipes())
                if one.kind is Kept.WRITTEN and not known and not one.contained:
                    raise CannotChange(
                        f"the value is written to {one.written}, which is not a file that a known build tool reads; "
                        "if the running container needs it, give it to the container under /run/secrets/"
                    )
                yield one


def _base(residue: Residue) -> str:
    return residue.written.strip("\"'").rsplit("/", 1)[-1]


def _in_build_stage(flow: Flow, left: tuple[Residue, ...]) -> Iterator[RunBody]:
    """Yield the RUNs that have to stay with the secret: those that get it, and those that read or remove its file."""
    used = {use.body.instruction.index for use in flow.uses}
    names = {_base(one): one.path or f"/root/{_base(one)}" for one in left}
    for body in flow.build.runs:
        named = any(body.mentions_path(name) for name in names)
        fetches = any(
            file_reach(body, path) is Reach.TOOL for path in names.values() if body.instruction.index > min(used)
        ) and any(left_behind(words, _image(flow), _environment(flow)) for words in body.command_lines)
        if body.instruction.index in used or (body.instruction.index > min(used) and (named or fetches)):
            yield body


def _image(flow: Flow) -> str:
    return flow.build.dockerfile.stages[0].base.value


def _environment(flow: Flow) -> frozenset[str]:
    """Return the names of the variables that the file sets."""
    entries = flow.build.dockerfile.instructions
    return frozenset(one.name for entry in entries if entry.keyword in ("ARG", "ENV") for one in entry.assignments)


def _copies(flow: Flow, entry: Instruction, left: tuple[Residue, ...]) -> Iterator[str]:
    """Yield the `COPY --from` for what a RUN leaves; raises `CannotChange` where that is not known."""
    body = flow.build.commands.body(entry)
    if body.problem is not None:
        raise CannotChange(f"line {entry.line}: {body.problem}", Reason.UNREADABLE_SHELL)
    writing = {one.visit.command for one in left}
    place = machine(flow.build.dockerfile, entry).workdir
    commands: list[tuple[Command | None, tuple[str, ...]]] = [
        (visit.command, plain(visit.command)) for _, visit in body.commands()
    ]
    for command, words in commands or [(None, body.argv)]:
        if not words or command in writing:
            continue
        written = command is not None and any(redirect.writes for redirect in command.redirects)
        if words[0].rsplit("/", 1)[-1] in _HARMLESS and not (written and not _discards(command)):
            continue
        found = left_behind(words, _image(flow), _environment(flow)) if not written else ()
        if not found and not _only_prepares(words, left):
            raise CannotChange(
                f"line {entry.line}: what {words[0]} leaves is not known, so that it cannot be taken into a stage "
                "without the secret"
            )
        for path in found:
            if (place is None and not path.startswith("/")) or not _PATH.fullmatch(path):
                raise CannotChange(f"line {entry.line}: where {path} lies cannot be told", Reason.UNKNOWN_HOME)
            yield _copy(posixpath.normpath(posixpath.join(place or "/", path)))


def _copy(path: str) -> str:
    if "*" in path:
        return f"COPY --from={BUILD} {path} {posixpath.dirname(path)}/"
    return f"COPY --from={BUILD} {path} {path}"


def _discards(command: Command | None) -> bool:
    writes = [redirect.target.value for redirect in command.redirects if redirect.writes] if command is not None else []
    return all(value is not None and value.startswith("/dev/") for value in writes)


def _only_prepares(words: tuple[str, ...], left: tuple[Residue, ...]) -> bool:
    """Tell whether a command makes nothing but the folder of the secret's file."""
    if words[0] != "mkdir":
        return False
    folders = {posixpath.dirname(one.written.strip("\"'")) for one in left}
    return all(word.startswith("-") or word.rstrip("/") in folders for word in words[1:])
