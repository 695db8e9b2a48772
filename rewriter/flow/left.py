"""List what the RUNs of one Dockerfile leave behind of secrets, and who reads it from the layer afterwards."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from rewriter.commands.credentials import literal_ids
from rewriter.documents.dockerfile import Instruction, mount, successors
from rewriter.documents.run import RunBody, bare_words
from rewriter.flow import Flow, secret_id
from rewriter.flow.residue import Kept, Residue, in_some_image, leavings, literal_residues, residues
from rewriter.judgement import is_drawn_or_mounted, judge_name
from rewriter.project.build import Build
from rewriter.project.readers import Reach, Taker, file_reach, recipes_called, tool_file_reach
from rewriter.record import Record


class Left(Record):
    """Hold one command of a build that leaves a secret or a stand-in behind.

    `name` is a variable or mount, `secret` its id.
    """

    build: Build
    name: str
    secret: str
    residue: Residue
    placeholder: bool = False


def left_behind(build: Build, flows: Iterable[Flow]) -> tuple[Left, ...]:
    """Return what RUNs leave behind of variables, of literals and of mounted secrets."""
    return (*_of_flows(flows), *_of_literals(build), *_of_mounts(build), *_of_fetched(build))


def _of_flows(flows: Iterable[Flow]) -> Iterator[Left]:
    for flow in flows:
        named = {use.body.instruction.index: use.body for use in flow.uses if use.reach is Reach.TEXT}
        found = [one for body in named.values() for one in residues(flow.build, body, flow.names)]
        for residue in (*found, *left_by_tools(flow)):
            yield Left(flow.build, flow.roots[0], secret_id(flow.roots[0]), residue, flow.placeholder)


def left_by_tools(flow: Flow) -> Iterator[Residue]:
    """Yield what tools leave behind by themselves of the variables of a flow."""
    calls: dict[int, set[Taker]] = {}
    for use in flow.uses:
        calls.setdefault(use.body.instruction.index, set()).update(use.takers)
    bodies = {use.body.instruction.index: use.body for use in flow.uses}
    for index in sorted(bodies):
        yield from leavings(bodies[index], calls[index])


def _of_literals(build: Build) -> Iterator[Left]:
    for secret, identity in literal_ids(build.secrets):
        for residue in literal_residues(build, secret):
            if residue.written not in _ACCOUNTS:
                yield Left(build, identity.upper(), identity, residue, secret.placeholder)


_ACCOUNTS: Final = frozenset(
    {
        "/etc/shadow",
        "/etc/sasldb2",
        "/var/cache/debconf/passwords.dat",
        "the Samba account store",
        "the Windows account store",
    }
)
"""Where a system keeps the passwords that it is given: that the literal is in the command says it already."""


def _of_mounts(build: Build) -> Iterator[Left]:
    return (left for left in kept_from_mounts(build) if in_some_image(build, left.residue))


def kept_from_mounts(build: Build) -> Iterator[Left]:
    """Yield what RUNs leave of mounted secrets in any stage, also one that only the cache of builds holds."""
    for entry in build.commands.entries:
        for name, identity, file in _mounted(entry):
            body = build.commands.body(entry)
            for residue in residues(build, body, (name,) if not file else (), file):
                yield Left(build, name, identity, residue)


def _of_fetched(build: Build) -> Iterator[Left]:
    """Yield what is left of secrets that a RUN fetches itself: `TOKEN=$(vault read ...)`."""
    for entry in build.commands.entries:
        names = {name for secret in build.commands.secrets.get(entry.index, ()) for name in secret.variables}
        for name in sorted(names):
            body = build.commands.body(entry)
            if judge_name(name).secret and _is_fetched(body, name):
                yield from (Left(build, name, secret_id(name), residue) for residue in residues(build, body, (name,)))


def _is_fetched(body: RunBody, name: str) -> bool:
    """Tell whether the RUN sets the variable to what a command prints, other than a value that is drawn anew."""
    values = [one.value.text for part in body.fragments for one in part.assigned if one.name == name and one.value]
    return any(("$(" in value or "`" in value) and not is_drawn_or_mounted(value) for value in values)


def _mounted(entry: Instruction) -> Iterator[tuple[str, str, str]]:
    """Yield name, id and file of the secrets that a RUN mounts already; the file is empty for a variable."""
    for flag in entry.flags:
        found = mount(flag)
        if found is None or found.type != "secret":
            continue
        name, identity, target = found.get("env"), found.get("id"), found.get("target")
        if name:
            yield name, identity or name, ""
        if target or (identity and not name):
            file = target or f"/run/secrets/{identity}"
            yield identity or file.rsplit("/", 1)[-1], identity or file.rsplit("/", 1)[-1], file


def later_readers(left: Left) -> Iterator[RunBody]:
    """Yield the RUNs that read from the layer what an earlier one left there, as far as that is certain."""
    build = left.build
    start = left.residue.body.instruction
    inheriting = {start.stage, *successors(build.dockerfile, start.stage)}
    for body in build.runs:
        if body.instruction.index > start.index and body.instruction.stage in inheriting and _reads(body, left.residue):
            yield body


def _reads(body: RunBody, residue: Residue) -> bool:
    if residue.kind in (Kept.WRITTEN, Kept.EDITED):
        base = residue.written.strip("\"'").rsplit("/", 1)[-1]
        path = residue.path or (f"/root/{base}" if base and "$" not in base else "")
        if not path:
            return False
        reach = file_reach(body, path)
        return reach is Reach.TOOL or (reach is Reach.TEXT and (uses_file(body, base) or _by_tool(body, path)))
    if residue.kind is Kept.GIT_CONFIG:
        return tool_file_reach(body, "/root/.gitconfig") is Reach.TOOL
    if residue.kind is Kept.STORED:
        own = tuple(word.text if word.value is None else word.value for word in bare_words(residue.visit.command))
        mine = {recipe.name for recipe in recipes_called(own)} if own else set()
        words = (words for words in body.command_lines if not {"config", "set"} & set(words[1:3]))
        return any(recipe.name in mine for line in words for recipe in recipes_called(line))
    return False


_UPKEEP: Final = frozenset(
    {"rm", "chmod", "chown", "unlink", "shred", "ls", "test", "echo", "printf", "mv", "touch", "mkdir", "[", "stat"}
)


def _by_tool(body: RunBody, path: str) -> bool:
    return tool_file_reach(body, path) is Reach.TOOL


def uses_file(body: RunBody, base: str) -> bool:
    """Tell whether a command names the file for another reason than to move or remove it or to set its mode."""
    return any(
        words[0].rsplit("/", 1)[-1] not in _UPKEEP and any(word.rsplit("/", 1)[-1] == base for word in words[1:])
        for words in body.command_lines
    )
