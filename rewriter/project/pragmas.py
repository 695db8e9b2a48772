"""Read the comments by which a file says that a finding is to be left out.

    # unbake: ignore[no-secret-in-arg] the token is public

It speaks of the line that it ends, or, alone on its line, of the next line that is neither blank nor a comment. Any
mark of a comment will do, since the same comment stands in Dockerfiles, YAML, scripts, HCL and Groovy. It needs a
rule, by name or code, and a reason. hadolint's `# hadolint ignore=DL3064` and `# hadolint global ignore=DL3064` are
heeded for the rules that look for the same thing; their reason is their text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from rewriter.model.text import Source
from rewriter.record import Record

_WORDS: Final = ("unbake:", "hadolint")
_MARKS: Final = r"(?:#|//|--|;|::|\brem\b)"
_OURS: Final = re.compile(rf"(?i)(?P<mark>{_MARKS}|<!--)[ \t]{{0,9}}unbake:[ \t]{{0,9}}ignore\b(?P<rest>.{{0,999}})")
_THEIRS: Final = re.compile(
    r"#[ \t]{0,9}hadolint[ \t]{1,9}(?P<all>global[ \t]{1,9})?ignore[ \t]{0,9}=[ \t]{0,9}(?P<codes>[\w, \t]{1,999})"
)
_LISTED: Final = re.compile(r"\[([^\]]{0,500})\](.*)", re.DOTALL)
_COMMENT: Final = re.compile(rf"(?i)[ \t]*(?:{_MARKS}|<!--|$)")
_CLOSED: Final = re.compile(r"[ \t]*(?:-->|\*/)[ \t]*$")
_HADOLINT: Final = {"DL3064": ("no-secret-in-arg", "no-secret-in-env")}
_AHEAD: Final = 50
_LONG: Final = 2_000


class Pragma(Record):
    """Hold one comment: where it stands, the line that it speaks of (0: the whole file), its rules as written.

    One with a `fault` is not heeded. A `foreign` one was written for another tool.
    """

    path: str
    line: int
    target: int
    rules: tuple[str, ...]
    reason: str
    fault: str = ""
    foreign: bool = False


def speaks_to_us(text: str) -> bool:
    """Tell whether a text may hold a comment of ours; False is certain."""
    return _WORDS[0] in text.lower()


def pragmas(source: Source) -> tuple[Pragma, ...]:
    """Return the comments of a file that leave something out, in order."""
    if not any(word in source.text.lower() for word in _WORDS):
        return ()
    return tuple(_read(source.path, source.text.split("\n")))


def _read(path: str, lines: list[str]) -> Iterator[Pragma]:
    for number, line in enumerate(lines, start=1):
        text = line[:_LONG].rstrip("\r")
        if (ours := _OURS.search(text)) is not None:
            yield _own(path, number, _target(lines, number, text[: ours.start()]), ours["rest"])
        elif (theirs := _THEIRS.search(text)) is not None:
            codes = re.findall(r"\w+", theirs["codes"])
            rules = tuple(rule for code in codes for rule in _HADOLINT.get(code, ()))
            if rules:
                target = 0 if theirs["all"] else _target(lines, number, text[: theirs.start()])
                yield Pragma(path, number, target, rules, f"hadolint ignore={','.join(codes)}", foreign=True)


def _own(path: str, line: int, target: int, rest: str) -> Pragma:
    listed = _LISTED.match(rest)
    if listed is None:
        return Pragma(path, line, target, (), "", "names no rule; write `unbake: ignore[RULE] REASON`")
    rules = tuple(dict.fromkeys(name for part in listed[1].split(",") if (name := part.strip())))
    reason = _CLOSED.sub("", listed[2]).strip(" \t:-")
    if not rules:
        return Pragma(path, line, target, (), reason, "names no rule; write `unbake: ignore[RULE] REASON`")
    if not reason:
        return Pragma(path, line, target, rules, "", "gives no reason; write why behind the bracket")
    return Pragma(path, line, target, rules, reason)


def _target(lines: list[str], number: int, before: str) -> int:
    """Return the line that a comment on line `number` speaks of; `before` is what stands left of it."""
    if before.strip():
        return number
    for ahead, line in enumerate(lines[number : number + _AHEAD], start=number + 1):
        if _COMMENT.match(line.rstrip("\r")[:_LONG]) is None:
            return ahead
    return number
