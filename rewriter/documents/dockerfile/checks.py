"""Reject what BuildKit rejects when it reads an instruction, before it builds anything.

Flags that BuildKit does not know are let through where newer versions may add some (RUN, COPY, ADD, FROM,
HEALTHCHECK). What ONBUILD holds is only checked by BuildKit when a child image is built, so it is not checked here.
Reference: `frontend/dockerfile/instructions/parse.go` of BuildKit.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from typing import Final

from rewriter.documents.dockerfile.instructions import Header, RejectError
from rewriter.documents.dockerfile.model import Flag
from rewriter.documents.dockerfile.mounts import mount

_STAGE_NAME: Final = re.compile(r"[a-z][a-z0-9\-_.]*")
_HEREDOC: Final = re.compile(r"[0-9]*<<-?[\t\n\f\r ]*[^<]+")
_FLAGS: Final = {
    "ADD": ("chown", "chmod", "link", "keep-git-dir", "checksum", "unpack", "exclude"),
    "COPY": ("chown", "chmod", "link", "from", "parents", "exclude"),
    "FROM": ("platform",),
    "RUN": ("mount", "network", "security", "device"),
    "HEALTHCHECK": ("interval", "timeout", "start-period", "start-interval", "retries"),
}
_SWITCHES: Final = frozenset(("link", "keep-git-dir", "unpack", "parents"))
_MANY: Final = frozenset(("mount", "device", "exclude"))
_FLAGS_UNREAD: Final = frozenset(("ARG", "STOPSIGNAL"))


def check(head: Header) -> None:
    """Raise `RejectError` for an instruction that BuildKit does not take."""
    if head.flags:
        _check_flags(head)
    special = _SPECIAL.get(head.keyword)
    if special is not None:
        special(head)


def _check_flags(head: Header) -> None:
    if head.keyword in _FLAGS_UNREAD or _is_none(head):
        return
    known = _FLAGS.get(head.keyword)
    if known is None:
        raise RejectError(f"{head.keyword} takes no flags; a command that begins with `--` needs a program before it")
    for name, count in Counter(flag.name for flag in head.flags).items():
        if count > 1 and name in known and name not in _MANY:
            raise RejectError(f"--{name} is given twice; keep one")
    for flag in head.flags:
        if flag.name not in known:
            continue
        if not flag.raw.text.startswith(f"--{flag.name}"):
            raise RejectError(f"--{flag.name} must be written in lower case")
        if flag.name in _SWITCHES:
            if (flag.value or "").lower() not in ("true", "false") and flag.value is not None:
                raise RejectError(f"--{flag.name} takes true or false")
        elif flag.value is None:
            raise RejectError(f"--{flag.name} needs a value")
        if flag.name == "mount":
            _check_mount(flag)


def _is_none(head: Header) -> bool:
    return head.keyword == "HEALTHCHECK" and bool(head.words) and head.words[0].value.upper() == "NONE"


def _check_mount(flag: Flag) -> None:
    options = mount(flag)
    if options is None:
        raise RejectError("the options of --mount are no comma-separated values; quote a whole option, or none of it")
    source = options.get("from") or ""
    if "$" in source[:-1]:
        raise RejectError("--mount=from takes no variables; name a stage with FROM and use its name")


def _at_least_one(head: Header) -> None:
    if not head.arguments.text:
        raise RejectError(f"{head.keyword} needs an argument")


def _exactly_one(head: Header) -> None:
    if not head.arguments.text:
        raise RejectError(f"{head.keyword} needs exactly one argument")


def _volume(head: Header) -> None:
    values = [word.value for word in (head.words if head.json is None else head.json)]
    if not values or not all(value.strip() for value in values):
        raise RejectError("VOLUME needs paths that are not empty")


def _copy(head: Header) -> None:
    words = head.words if head.json is None else head.json
    if len(words) < 2:
        raise RejectError(f"{head.keyword} needs a source and a destination")
    last = words[-1].value if head.json is not None else words[-1].raw.text
    if "<<" in last and _HEREDOC.fullmatch(last):
        raise RejectError(f"{head.keyword} cannot take a heredoc as its destination; name a path after it")


def _from(head: Header) -> None:
    words = [word.raw.text for word in head.words]
    if len(words) not in (1, 3) or (len(words) == 3 and words[1].lower() != "as"):
        raise RejectError("FROM takes an image, or an image and a name: FROM image AS name")
    if len(words) == 3 and not _STAGE_NAME.fullmatch(words[2].lower()):
        raise RejectError("a stage's name begins with a letter and holds letters, digits, `-`, `_` and `.` only")
    if "{{" in words[0] or "<%" in words[0]:
        raise RejectError("the image is a template; render the template first")


def _shell(head: Header) -> None:
    if not head.json:
        raise RejectError('SHELL takes a JSON array: SHELL ["/bin/sh", "-c"]')


def _healthcheck(head: Header) -> None:
    kind = head.words[0].value.upper() if head.words else ""
    if kind not in ("CMD", "NONE"):
        raise RejectError("HEALTHCHECK takes NONE, or CMD and a command")
    more = len(head.arguments.text) > len(head.words[0].raw.text)
    if more == (kind == "NONE") or head.json == ():
        raise RejectError("HEALTHCHECK NONE takes no arguments, and CMD needs a command")


_SPECIAL: Final[dict[str, Callable[[Header], None]]] = {
    "ADD": _copy,
    "ARG": _at_least_one,
    "COPY": _copy,
    "ENV": _at_least_one,
    "EXPOSE": _at_least_one,
    "FROM": _from,
    "HEALTHCHECK": _healthcheck,
    "LABEL": _at_least_one,
    "MAINTAINER": _exactly_one,
    "ONBUILD": _at_least_one,
    "SHELL": _shell,
    "STOPSIGNAL": _exactly_one,
    "USER": _exactly_one,
    "VOLUME": _volume,
    "WORKDIR": _exactly_one,
}
