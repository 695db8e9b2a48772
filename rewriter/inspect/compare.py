"""Compare the images of two builds: files but for their times, configuration but for what had to change."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from rewriter.inspect import tar
from rewriter.inspect.hunt import File, Seen
from rewriter.inspect.oci import Json, at, texts
from rewriter.record import replace

SHOWN: Final = 8

_VOLATILE: Final = re.compile(
    r"(?:var/(?:cache|log|lib/(?:apt|dpkg|systemd|ca-certificates|ldconfig)|tmp)|tmp|proc|sys|dev|run|etc/(?:ld\.so\.cache"
    r"|mtab|hostname|hosts|resolv\.conf|\.pwd\.lock))(?:/|$)|.*(?:__pycache__/[^/]*\.pyc|\.pyc)$"
    r"|(?:.*/)?\.npm/_(?:cacache|logs|update-notifier-last-checked)(?:/|$)|(?:.*/)?\.cache(?:/|$)"
    r"|.*/\.git/(?:index|logs/.*|objects/.*|FETCH_HEAD|ORIG_HEAD)$|.*/node_modules/\.package-lock\.json$"
)
"""Places that two builds of one Dockerfile fill differently; a difference there is told and proves nothing."""
_NEW_EACH_TIME: Final = re.compile(r"(?:.*/)?(?:ssh_)?known_hosts2?$|etc/ssh/ssh_host_[a-z0-9_]{1,20}_key(?:\.pub)?$")
"""Files that `ssh-keyscan` and `ssh-keygen` write anew each time; that they are there is no chance."""
_OTHER_BYTES: Final = "has other bytes"
_NAMES: Final = ("Entrypoint", "Cmd", "User", "WorkingDir", "ExposedPorts", "Volumes", "Labels", "Healthcheck",
                 "StopSignal", "Shell", "OnBuild")  # fmt: skip


def config_differences(before: Seen, after: Seen, removed: frozenset[str]) -> Iterator[str]:
    """Yield what the configurations differ in; variables in `removed` were to go."""
    one, other = at(before.config, "config"), at(after.config, "config")
    for name in _NAMES:
        if (at(one, name) or None) != (at(other, name) or None):
            yield f"{name} is not the same"
    was, now = _environment(one), _environment(other)
    for name in sorted(was.keys() | now.keys()):
        if name not in removed and was.get(name) != now.get(name):
            what = "is new" if name not in was else "is gone" if name not in now else "has another value"
            yield f"variable {name} {what}"


def kept_secrets(after: Seen, removed: frozenset[str]) -> tuple[str, ...]:
    """Return the variables that were to go and are still there."""
    return tuple(sorted(removed & _environment(at(after.config, "config")).keys()))


def _environment(config: Json) -> dict[str, str]:
    pairs = (entry.partition("=") for entry in texts(at(config, "Env")))
    return {name: value for name, _, value in pairs}


def file_differences(before: Seen, after: Seen, expected: frozenset[str]) -> tuple[tuple[str, ...], int]:
    """Return the files that differ, and how many differ in places where any two builds do.

    `expected` are paths that the rewrite takes away, and files that held a secret: these have to differ.
    """
    found: list[str] = []
    volatile = 0
    for path in sorted(before.files.keys() | after.files.keys()):
        what = _difference(before, after, path)
        if what is None or _is_expected(path, expected):
            continue
        if _VOLATILE.match(path) or (what == _OTHER_BYTES and _NEW_EACH_TIME.match(path)):
            volatile += 1
        else:
            found.append(f"/{path} {what}")
    return tuple(found), volatile


def _difference(before: Seen, after: Seen, path: str) -> str | None:
    was, now = before.files.get(path), after.files.get(path)
    if path in before.files and path in after.files:
        if was is None or now is None:
            return None if was is now else "is there in one of the two only"
        return _changed(was, now)
    there = was if path in before.files else now
    if there is None or there.type is tar.Type.DIRECTORY:
        return None  # deleted and never there are the same; a folder comes along with an entry below it
    return "is gone" if path in before.files else "is new"


def _changed(was: File, now: File) -> str | None:
    if was == now:
        return None
    if replace(was, mode=now.mode) == now:
        return f"has mode {now.mode:o} instead of {was.mode:o}"
    if replace(was, uid=now.uid, gid=now.gid) == now:
        return f"belongs to {now.uid}:{now.gid} instead of {was.uid}:{was.gid}"
    return "is a different kind of file" if was.type is not now.type else _OTHER_BYTES


def _is_expected(path: str, expected: frozenset[str]) -> bool:
    return any(path == one or path.startswith(f"{one}/") or path.rsplit("/", 1)[-1] == one for one in expected)
