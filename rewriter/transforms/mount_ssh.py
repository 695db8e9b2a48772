"""Turn a private key that a RUN writes to `~/.ssh` for git or ssh into `--mount=type=ssh`.

The key then never comes into the build at all: ssh asks the agent of whoever builds. Only where every command that may
read the key asks an agent, and every caller has the key as a file (`--ssh default=PATH` reads it) or there is no
caller; else the key stays a secret, which works for every caller as it is. What sets up `known_hosts` stays.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from rewriter.documents.dockerfile import final_stage, machine, successors
from rewriter.documents.run import Form, Fragment, RunBody
from rewriter.documents.shell import Command
from rewriter.flow import Flow
from rewriter.flow.residue import Kept, Residue, residues
from rewriter.model.text import Edit
from rewriter.project.readers import Reach
from rewriter.recipes import inert_commands
from rewriter.record import State, field
from rewriter.transforms.image_user import is_root, user_id
from rewriter.transforms.run_change import CannotChange, RunChange
from rewriter.transforms.workshop import plain

_KEY: Final = re.compile(r"[\"']?(?:~|\$HOME|\$\{HOME\}|/root|/home/[\w.-]+)/\.ssh/(id_[a-z0-9_]+)[\"']?")
_ASK_AGENT: Final = frozenset(
    {"git", "git-lfs", "ssh", "scp", "sftp", "rsync", "npm", "yarn", "pnpm", "pip", "pip3", "poetry", "uv", "go"}
    | {"bundle", "composer", "cargo", "mix"}
)
_WITHOUT_KEY: Final = frozenset({"apt-get", "apt", "apk", "yum", "dnf", "microdnf", "ssh-keyscan"})
_UPKEEP: Final = frozenset({"rm", "chmod", "chown", "shred", "unlink"})


class _Key(State):
    """Gather what becomes of the RUNs of one key."""

    flow: Flow
    bases: frozenset[str]
    written: dict[int, set[Command]]
    changes: dict[int, RunChange] = field(default_factory=dict)

    def change(self, body: RunBody) -> RunChange:
        return self.changes.setdefault(body.instruction.index, RunChange(self.flow.build.dockerfile, body))

    def settle(self, body: RunBody) -> bool | None:
        """Change one RUN; tell whether it removes the key, None where it may read the key without an agent."""
        removed = False
        for fragment, visit in body.commands():
            command = visit.command
            words = plain(command)
            program = words[0].rsplit("/", 1)[-1] if words else ""
            if command in self.written.get(body.instruction.index, ()):
                self.change(body).drop(fragment, command)
            elif program in _UPKEEP and (kind := self._upkeep(words)):
                removed |= program not in ("chmod", "chown")
                if kind == "alone":
                    self.change(body).drop(fragment, command)
                elif kind == "among others":
                    return None
            elif any(base in command.span.of(fragment.script.text) for base in self.bases):
                return None
            elif program in _ASK_AGENT:
                self.change(body).mount(f"type=ssh{self._owner(body)},required=true")
            elif program and program not in _WITHOUT_KEY and program not in inert_commands():
                return None
        return removed

    def _upkeep(self, words: tuple[str, ...]) -> str:
        """Say how a command that removes files, or sets their mode, handles the key; empty where it does not."""
        names = [word.strip("\"'") for word in words[1:] if not word.startswith("-")]
        if words[0].rsplit("/", 1)[-1] in ("chmod", "chown"):
            names = names[1:]
        if any(re.search(r"/\.ssh(?:/\*?)?$", name) for name in names):
            return "folder"
        keys = [name for name in names if name.rsplit("/", 1)[-1] in self.bases]
        if not keys:
            return ""
        return "alone" if len(keys) == len(names) else "among others"

    def _owner(self, body: RunBody) -> str:
        if is_root(machine(self.flow.build.dockerfile, body.instruction).user):
            return ""
        number = user_id(self.flow.build, body.instruction)
        if number is None:
            raise CannotChange("the agent's socket has to belong to a user whose number is not known")
        return f",uid={number}"


def mount_agent(flow: Flow) -> tuple[Edit, ...] | None:
    """Return the edits of the RUNs after which they ask the agent, None where a key has to come as a secret."""
    found = _written(flow)
    if found is None:
        return None
    bases = frozenset(match[1] for one in found if (match := _KEY.fullmatch(one.written)))
    written: dict[int, set[Command]] = {}
    for one in found:
        written.setdefault(one.body.instruction.index, set()).add(one.visit.command)
    key = _Key(flow, bases, written)
    try:
        if not _settle_all(key):
            return None
        if not any(change.mounts for change in key.changes.values()):
            return None
        return tuple(edit for change in key.changes.values() for edit in change.finish())
    except CannotChange:
        return None


def _settle_all(key: _Key) -> bool:
    """Change every RUN that sees the key; tell whether all of them can do without the file."""
    build = key.flow.build
    first = min(key.written)
    stages = {use.body.instruction.stage for use in key.flow.uses}
    if len(stages) != 1:
        return False
    stage = stages.pop()
    seeing = {stage, *successors(build.dockerfile, stage)}
    for body in build.runs:
        if body.instruction.index < first or body.instruction.stage not in seeing:
            continue
        removed = key.settle(body)
        if removed is None:
            return False
        if removed and body.instruction.index >= max(key.written):
            return True
    return final_stage(build.dockerfile) not in seeing


def _written(flow: Flow) -> tuple[Residue, ...] | None:
    """Return the commands that write the key, where the flow does nothing but to reach them."""
    if len(flow.names) != 1 or flow.literals(flow.names[0]) or flow.in_final_image or not flow.uses:
        return None
    found: list[Residue] = []
    for use in flow.uses:
        if use.reach is not Reach.TEXT or use.body.form is Form.EXEC or use.body.problem is not None:
            return None
        mine = residues(flow.build, use.body, flow.names)
        if not mine or not all(_plain_write(one) for one in mine):
            return None
        if not set(_readers(use.body, use.name)) <= {one.visit.command for one in mine}:
            return None
        found += mine
    return tuple(found)


def _plain_write(one: Residue) -> bool:
    inside = one.visit.in_subshell or one.visit.conditional or one.fragment.nested
    own = any(redirect.writes and redirect.target is one.word for redirect in one.visit.command.redirects)
    return one.kind is Kept.WRITTEN and own and not inside and _KEY.fullmatch(one.written) is not None


def _readers(body: RunBody, name: str) -> Iterator[Command | None]:
    fragments: tuple[Fragment, ...] = body.fragments
    for fragment in fragments:
        yield from (use.command for use in fragment.uses if use.name == name)
