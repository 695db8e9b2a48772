"""Tell in which state an instruction runs: as which user, where, with which shell and home directory."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from rewriter.documents.dockerfile.model import Dockerfile, Instruction, Stage
from rewriter.documents.dockerfile.symbols import Binding, Kind, Scope, scope, start
from rewriter.documents.dockerfile.variables import expand
from rewriter.record import Record, replace

MAX_KEPT: Final = 4_000_000
"""How many characters all directories of a file may have, before they count as unknown."""

_MAX_PATH: Final = 4096
_ROOT: Final = ("root", "0")


class Machine(Record):
    """Hold the state before an instruction.

    `user` is the last USER as written, None where only the base image knows. `workdir` is absolute, None where it
    depends on the base image or on a variable of unknown value. `shell` is the last SHELL. `home` is ENV HOME, or
    what the user's name suggests; it is a guess unless `home_known`. Without any USER the image is taken to run
    as root, as most do.
    """

    user: str | None = None
    workdir: str | None = None
    shell: tuple[str, ...] | None = None
    home: str | None = "/root"
    home_known: bool = True


def machine(dockerfile: Dockerfile, instruction: Instruction) -> Machine:
    """Return the state in which an instruction runs, before it takes effect."""
    return _machines(dockerfile)[instruction.index]


@lru_cache(maxsize=64)
def _machines(dockerfile: Dockerfile) -> tuple[Machine, ...]:
    """Return the state before each instruction."""
    states = [Machine()] * len(dockerfile.global_args)
    ends: list[Machine] = []
    handed: dict[int, Machine] = {}
    kept = 0
    for stage in dockerfile.stages:
        states.append(Machine())
        base = stage.base_stage
        if base is None:
            state = Machine(workdir="/") if stage.base.value == "scratch" else Machine()
        elif base in handed:
            state = handed[base]
        else:
            state = handed[base] = _handed(dockerfile, stage, ends[base])
        for instruction in stage.instructions[1:]:
            states.append(state)
            after = _after(dockerfile, instruction, state, scope(dockerfile, instruction))
            if after is not state:
                kept += len(after.workdir or "") + len(after.home or "")
            state = after if kept <= MAX_KEPT else replace(after, workdir=None, home=None, home_known=False)
        ends.append(state)
    return tuple(states)


def _handed(dockerfile: Dockerfile, stage: Stage, state: Machine) -> Machine:
    """Return the state in which a stage built on another begins: what that holds under ONBUILD runs first."""
    visible = start(dockerfile, stage)
    for item in dockerfile.stages[stage.base_stage or 0].instructions:
        if item.trigger is not None:
            state = _after(dockerfile, item.trigger, state, visible)
    return state


def _after(dockerfile: Dockerfile, instruction: Instruction, state: Machine, visible: Scope) -> Machine:
    """Return the state behind an instruction."""
    match instruction.keyword:
        case "USER":
            user = instruction.words[0]
            value = expand(user, visible.value, dockerfile.escape)
            home, known = _home(value, visible)
            return replace(state, user=user.raw.text, home=home, home_known=known)
        case "WORKDIR":
            path = expand(instruction.words[0], visible.value, dockerfile.escape)
            return replace(state, workdir=_join(state.workdir, path))
        case "SHELL":
            return replace(state, shell=tuple(word.value for word in instruction.json or ()))
        case "ARG" | "ENV":
            return _set_home(dockerfile, instruction, state, visible)
        case _:
            return state


def _set_home(dockerfile: Dockerfile, instruction: Instruction, state: Machine, visible: Scope) -> Machine:
    """Return the state behind ENV HOME or ARG HOME."""
    for assignment in reversed(instruction.assignments):
        if assignment.name == "HOME" and assignment.value is not None:
            value = expand(assignment.value, visible.value, dockerfile.escape)
            return replace(state, home=value, home_known=instruction.keyword == "ENV" and value is not None)
    return state


def _home(user: str | None, visible: Mapping[str, Binding]) -> tuple[str | None, bool]:
    """Return the home directory under a user, and whether it is more than a guess."""
    binding = visible.get("HOME")
    if binding is not None and binding.default is not None:
        known = binding.kind is Kind.ENV and binding.value is not None
        return binding.value, known
    name = None if user is None else user.partition(":")[0]
    if name in _ROOT:
        return "/root", True
    return (None if not name or name.isdecimal() else f"/home/{name}"), False


def _join(base: str | None, path: str | None) -> str | None:
    """Return the working directory that a WORKDIR leads to, as BuildKit cleans it; None for a Windows path."""
    if path is None or "\\" in path or path[1:2] == ":":
        return None
    if not path.startswith("/"):
        if base is None:
            return None
        path = posixpath.join(base, path)
    return "/" + posixpath.normpath(path).lstrip("/") if len(path) <= _MAX_PATH else None
