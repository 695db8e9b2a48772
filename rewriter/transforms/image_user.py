"""Tell the number of the user as which a RUN works, from USER itself or from the command that made the user.

A secret's file belongs to one user: `uid=` takes a number only (docs/facts.md, "Secret mounts").
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Final

from rewriter.documents.dockerfile import Instruction, machine
from rewriter.project.build import Build

_MAKERS: Final = frozenset({"useradd", "adduser"})
_JOINED: Final = re.compile(r"(?:--uid=|-u)(\d{1,10})")
_VALUED: Final = frozenset(
    {"-g", "-G", "--gid", "--groups", "--ingroup", "--group", "-d", "-h", "--home", "-s", "--shell", "-c", "--comment"}
)
_OF_IMAGES: Final = {"node": ("node", "1000")}
"""Users that come with an image: its name, the user's, the user's number."""


def is_root(user: str | None) -> bool:
    """Tell whether USER as written is root; without any USER the image is taken to run as root, as most do."""
    return (user or "root").partition(":")[0] in ("root", "0")


def user_id(build: Build, instruction: Instruction) -> str | None:
    """Return the number of the user of a RUN that is not root, None where it cannot be told."""
    user = (machine(build.dockerfile, instruction).user or "").partition(":")[0].strip("\"'")
    if user.isdecimal() and user.isascii():
        return user
    if not user or "$" in user:
        return None
    made = {
        number
        for body in build.runs
        for words in body.command_lines
        if words[0].rsplit("/", 1)[-1] in _MAKERS and _makes(words, user)
        if (number := _number(words)) is not None
    }
    if len(made) == 1:
        return made.pop()
    base = build.dockerfile.stages[instruction.stage].base.value.rsplit("/", 1)[-1]
    known = _OF_IMAGES.get(base.partition("@")[0].partition(":")[0])
    return known[1] if not made and known is not None and known[0] == user else None


def _makes(words: tuple[str, ...], user: str) -> bool:
    """Tell whether a word of a command is the user that it makes, and not a group or a folder of that name."""
    return any(word == user and before not in _VALUED for before, word in pairwise(words))


def _number(words: tuple[str, ...]) -> str | None:
    """Return what `-u` or `--uid` of a command says."""
    for index, word in enumerate(words[1:], start=1):
        joined = _JOINED.fullmatch(word)
        if joined is not None:
            return joined[1]
        following = words[index + 1] if index + 1 < len(words) else ""
        option = word == "--uid" or re.fullmatch(r"-[a-zA-Z]*u", word) is not None
        if option and following.isdecimal() and following.isascii():
            return following
    return None
