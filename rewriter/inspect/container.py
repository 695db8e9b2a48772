"""Look into a container that runs: its configuration, the environment of every process, the files it is given.

The environment of a process is read from `/proc` of this machine where the engine runs here and permits it, else
by `cat` in the container. Nothing of the container's own program is started or stopped.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from rewriter.errors import InspectionError
from rewriter.inspect.commands import in_shell
from rewriter.inspect.engine import Engine, identity
from rewriter.inspect.history import Pair
from rewriter.inspect.metadata import judge_metadata, pair_leak, spoken_leak
from rewriter.inspect.oci import Json, at, items, text
from rewriter.model.inspection import Answer, Check, Inspection, Leak, Part
from rewriter.model.masked import Masked
from rewriter.record import Record, replace

SECRETS: Final = ("/run/secrets", "/var/run/secrets")
ENVIRONMENT_LIMIT: Final = 1 << 22
PROCESS_LIMIT: Final = 500

_PROCESS: Final = re.compile(r"\s*(\d{1,10})\s+(.*)")
_SCRIPT: Final = 'for p in /proc/[0-9]*; do printf "\\0==%s\\0" "${p#/proc/}"; cat "$p/environ" 2>/dev/null; done'
_MARK: Final = "=="


class Process(Record):
    """Hold one process: its number, its command line and its environment."""

    number: str
    command: str
    environment: tuple[Pair, ...]


def look_into(name: str, engine: Engine) -> tuple[Inspection, tuple[Check, ...]]:
    """Return the secrets that a container shows, and whether its secrets arrive as files."""
    found = engine.inspect("container", name)
    if found is None:
        raise InspectionError(f"{name}: no such container")
    notes: list[str] = []
    processes: tuple[Process, ...] = ()
    if at(found, "State", "Running") is True:
        processes = process_list(name, identity(found), engine, notes)
    else:
        notes.append("the container does not run, so the environment of its processes is not there to be read")
    leaks = tuple(_leaks(found, processes))
    result = Inspection(name, (), tuple(notes), leaks)
    return result, (_files(found, leaks),)


def _leaks(found: Json, processes: Iterable[Process]) -> Iterator[Leak]:
    configured = judge_metadata({"config": at(found, "Config")}, ())
    yield from configured
    seen = {(leak.where, leak.values) for leak in configured}
    places: dict[tuple[str, tuple[Masked, ...]], tuple[Leak, list[str]]] = {}
    for process in processes:
        who = f"pid {process.number} {process.command[:60]}".rstrip()
        for pair in process.environment:
            leak = pair_leak(Part.PROCESS, pair)
            if leak is not None and (leak.where, leak.values) not in seen:
                places.setdefault((leak.where, leak.values), (leak, []))[1].append(who)
        for spoken in in_shell(process.command):
            leak = spoken_leak(Part.PROCESS, "command line", spoken)
            if not spoken.placeholder:
                places.setdefault((leak.where, leak.values), (leak, []))[1].append(who)
    for leak, who_all in places.values():
        more = f" and {len(who_all) - 1} more" if len(who_all) > 1 else ""
        yield replace(leak, instruction=f"{who_all[0]}{more}")


def _files(found: Json, leaks: tuple[Leak, ...]) -> Check:
    """Tell whether secrets arrive as files under /run/secrets."""
    mounted = sorted(
        text(mount, "Destination")
        for mount in items(at(found, "Mounts"))
        if text(mount, "Destination").startswith(SECRETS)
    )
    tmpfs = at(found, "HostConfig", "Tmpfs")
    mounted += sorted(path for path in tmpfs if path.startswith(SECRETS)) if isinstance(tmpfs, dict) else []
    if mounted:
        return Check("run-time files", Answer.GOOD, "secrets arrive as files", tuple(mounted))
    if leaks:
        advice = "give them as files: `secrets:` in compose, or a mount of /run/secrets"
        return Check("run-time files", Answer.BAD, "no secret arrives as a file under /run/secrets", (advice,))
    return Check("run-time files", Answer.GOOD, "nothing is mounted under /run/secrets, and no secret is to be seen")


def process_list(name: str, identifier: str, engine: Engine, notes: list[str]) -> tuple[Process, ...]:
    """Return the processes of a container with their environments; what cannot be read is noted."""
    listed = engine.run("top", name, "-eo", "pid,args")
    rows = [found for line in listed.output.splitlines()[1:] if (found := _PROCESS.match(line))][:PROCESS_LIMIT]
    commands = {row[1]: row[2] for row in rows}
    here = {number: read for number in commands if (read := _from_proc(number, identifier)) is not None}
    if commands and len(here) == len(commands):
        return tuple(Process(number, commands[number], read) for number, read in here.items())
    inside = _from_inside(name, engine)
    if not inside:
        notes.append("the environment of the processes cannot be read: neither by /proc here nor by a shell inside")
    missing = tuple(Process(number, command, ()) for number, command in commands.items())
    return (*missing, *(Process(number, "", pairs) for number, pairs in inside.items()))


def _from_proc(number: str, identifier: str) -> tuple[Pair, ...] | None:
    """Return a process's environment from this machine, None where it is not the container's or not permitted."""
    folder = Path("/proc") / number
    try:
        if not identifier or identifier not in (folder / "cgroup").read_text("utf-8", "replace"):
            return None
        with (folder / "environ").open("rb") as stream:
            return _pairs(stream.read(ENVIRONMENT_LIMIT).decode("utf-8", "surrogateescape"))
    except OSError:
        return None


def _from_inside(name: str, engine: Engine) -> dict[str, tuple[Pair, ...]]:
    """Return the environments that a shell in the container sees, its own left out; of none, the first process's."""
    ran = engine.run("exec", name, "sh", "-c", _SCRIPT)
    if not ran.ok:
        first = engine.run("exec", name, "cat", "/proc/1/environ")
        return {"1": _pairs(first.output)} if first.ok else {}
    found: dict[str, list[str]] = {}
    current: list[str] = []
    for piece in ran.output[:ENVIRONMENT_LIMIT].split("\0"):
        if piece.startswith(_MARK) and piece.removeprefix(_MARK).isdigit():
            current = found.setdefault(piece.removeprefix(_MARK), [])
        else:
            current.append(piece)
    return {number: _pairs("\0".join(pieces)) for number, pieces in found.items()}


def _pairs(environment: str) -> tuple[Pair, ...]:
    return tuple(Pair(*entry.partition("=")[::2]) for entry in environment.split("\0") if "=" in entry)
