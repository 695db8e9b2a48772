"""Say which keys a build's steps find in ssh's agent.

A client that is given the file of a key (`--ssh default=FILE`) is an agent for it by itself, in its own memory, for as
long as the build takes. So a made-up key needs no agent that somebody has to end: it lies in a file of ours until the
client ends. See https://docs.docker.com/reference/cli/docker/buildx/build/#ssh.
"""

from __future__ import annotations

import os
import stat
import subprocess
from collections.abc import Mapping
from pathlib import Path
from shutil import which
from typing import Final

from rewriter.documents.dockerfile import Dockerfile, mount
from rewriter.errors import InspectionError, UsageError
from rewriter.inspect.archive import opened
from rewriter.inspect.streams import Source
from rewriter.record import Record

DEFAULT: Final = "default"
_SOCKET: Final = "SSH_AUTH_SOCK"
_TOOL: Final = "ssh-keygen"
_PATIENCE: Final = 20
_LIMIT: Final = 100 * 1024
"""The largest key that buildx takes."""
_WANTING: Final = (
    "not checked: the build asks ssh's agent, and ssh-keygen, which makes a key for that, is not on the PATH; "
    "install OpenSSH's client, or hand over a key by --ssh default=KEY"
)


class Agent(Record):
    """Hold what stands behind one id: `keys` that are made up, or what the user `said`, with its keys where known."""

    _hidden = ("keys",)

    said: str | None = None
    keys: tuple[bytes, ...] = ()


def read_agent(word: str, environment: Mapping[str, str]) -> tuple[str, Agent]:
    """Return the id and what it stands for, as buildx reads `default|ID[=SOCKET|KEY[,KEY]]`; raises `UsageError`."""
    name, equals, said = word.partition("=")
    if not name or (equals and not said):
        raise UsageError("--ssh: write default, default=SOCKET or default=KEY[,KEY]")
    paths = said.split(",") if said else [environment.get(_SOCKET, "")]
    if not paths[0]:
        raise UsageError(f"--ssh {name}: {_SOCKET} is not set, so there is no agent; write {name}=SOCKET or {name}=KEY")
    sockets = [_is_socket(path) for path in paths]
    if len(paths) > 1 and any(sockets):
        raise UsageError(f"--ssh {name}: one socket, or keys alone")
    return name, Agent(said, () if any(sockets) else tuple(map(_read, paths)))


def _is_socket(path: str) -> bool:
    try:
        return stat.S_ISSOCK(os.stat(path).st_mode)  # noqa: PTH116 (a path of the user's, as buildx takes it)
    except OSError as error:
        raise UsageError(f"--ssh: {path}: {error.strerror}") from error


def _read(path: str) -> bytes:
    with opened(Path(path)) as reader:
        return Source(reader).exactly(_LIMIT)


def asked(file: Dockerfile) -> tuple[str, ...]:
    """Return the ids under which a Dockerfile's steps ask for an agent."""
    mounts = (mount(flag) for entry in file.instructions if entry.keyword == "RUN" for flag in entry.flags)
    return tuple(dict.fromkeys(found.get("id") or DEFAULT for found in mounts if found and found.type == "ssh"))


def new_key(home: Path, environment: Mapping[str, str]) -> bytes:
    """Return a private key that nobody has; what makes it has a folder for it, which is empty afterwards."""
    program = which(_TOOL, path=environment.get("PATH"))
    if program is None:
        raise InspectionError(_WANTING)
    file = home / "key"
    words = [program, "-q", "-t", "ed25519", "-N", "", "-C", "unbake", "-f", str(file)]
    try:
        done = subprocess.run(  # noqa: S603 (the words are ours)
            words, env=dict(environment), stdin=subprocess.DEVNULL, capture_output=True, timeout=_PATIENCE, check=False
        )
        if done.returncode:
            raise InspectionError(f"not checked: {_TOOL} makes no key (status {done.returncode})")
        return file.read_bytes()
    except (OSError, subprocess.TimeoutExpired) as error:
        raise InspectionError(f"not checked: {_TOOL} makes no key") from error
    finally:
        file.unlink(missing_ok=True)
        file.with_suffix(".pub").unlink(missing_ok=True)
