"""Read a plain Dockerfile in one go: what its instructions say, without where they say it.

Most Dockerfiles leak nothing, and to see that nobody has to know the place of each word. `skim` takes only what
BuildKit surely reads, and reads the same as `documents.dockerfile` does. For all else it gives None: heredocs, ONBUILD,
another escape character, odd white space, quotes in odd places, whatever may be an error. A property test holds it to
that.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Final, NamedTuple

MAX_LINE: Final = 16_000
"""BuildKit reads 65535 bytes, and a character has four at most."""

_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_ODD: Final = re.compile(r"[\x80-\xa0\u1680\u2000-\u200f\u2028\u2029\u202f\u205f\u3000\ud800-\udfff\ufeff]")
_DIRECTIVE: Final = re.compile(r"#[ \t]*(syntax|escape|check)[ \t]*=", re.IGNORECASE)
_CONTINUED: Final = re.compile(r"(?<!\\)\\[ \t]*\n")
_FLAG: Final = re.compile(r"--([a-z-]+)")
_NAME: Final = r"[^\s=\"'\\$]+"
_VALUE: Final = r"(?:[^\s\"'\\]++|\"(?:[^\"\\]++|\\.)*\"|'[^']*')*"
_QUOTED: Final = r'"[^\s=\"\'\\$]+"'
_ASSIGNMENT: Final = re.compile(rf"({_NAME}|{_QUOTED})(?:=({_VALUE}))?(?:[ \t]+|$)")
_STRING: Final = re.compile(r'"([^"\\]*)"')
_STRINGS: Final = r'\[[ \t]*"[^"\\]*"[ \t]*(?:,[ \t]*"[^"\\]*"[ \t]*)*\]'
_WORD: Final = r"[^\s\"'\\<\[][^\s\"'\\<]*"
_WORDS: Final = rf"{_WORD}(?:[ \t]+{_WORD})*"
_TEXT: Final = r"(?!\[.*\]$).+"
_PLAIN: Final = r"[^\"'\\]+"


def _form(flags: str, text: str) -> re.Pattern[str]:
    """Return the pattern of what stands behind a keyword: the flags that may come, in any order, then the text."""
    return re.compile(rf"((?:(?:{flags})[ \t]+)*)((?![ \t]|--)(?:{text}))", re.IGNORECASE)


_COPY: Final = _form(r"--(?:from|chown|chmod)=[\w.:/${}-]+|--link", rf"{_WORD}(?:[ \t]+{_WORD})+|{_STRINGS}")
_COMMAND: Final = _form("", rf"{_TEXT}|{_STRINGS}|\[[ \t]*\]")
_PAIRS: Final = _form("", rf"(?:{_NAME}={_VALUE}(?:[ \t]+|$))+|{_NAME}[ \t]+[^ \t].*")
_FORMS: Final = {
    "ADD": _COPY,
    "ARG": _form("", rf"(?:{_NAME}(?:={_VALUE})?(?:[ \t]+|$))+"),
    "CMD": _COMMAND,
    "COPY": _COPY,
    "ENTRYPOINT": _COMMAND,
    "ENV": _PAIRS,
    "EXPOSE": _form("", _PLAIN),
    "FROM": _form(r"--platform=[\w./:${}-]+", r"(?!\S*(?:\{\{|<%))[^\s\"'\\]+(?:[ \t]+as[ \t]+[a-z][a-z0-9_.-]*)?"),
    "HEALTHCHECK": _form(
        r"--(?:interval|timeout|start-period|start-interval|retries)=[\w.]+", rf"cmd[ \t]+(?:{_TEXT}|{_STRINGS})"
    ),
    "LABEL": _form("", rf"(?:(?:{_NAME}|{_QUOTED})={_VALUE}(?:[ \t]+|$))+|{_NAME}[ \t]+[^ \t].*"),
    "MAINTAINER": _form("", ".+"),
    "RUN": _form(r"--mount=[\w=,./:+-]+", rf"{_TEXT}|{_STRINGS}"),
    "SHELL": _form("", _STRINGS),
    "STOPSIGNAL": _form("", _PLAIN),
    "USER": _form("", _PLAIN),
    "VOLUME": _form("", rf'{_WORDS}|(?!.*"[ \t]*"){_STRINGS}'),
    "WORKDIR": _form("", rf'{_PLAIN}|"[^"\\]+"'),
}


class Skimmed(NamedTuple):
    """Hold one instruction: its keyword in upper case, its flags as written, and the text behind them."""

    keyword: str
    flags: str
    text: str

    @property
    def assignments(self) -> list[tuple[str, str]]:
        """Return the names to which an ARG, ENV or LABEL gives a value, each with that value as written."""
        words = self.text.split(None, 1)
        if self.keyword != "ARG" and "=" not in words[0]:
            return [(words[0], words[1])]  # `ENV NAME some value`
        return [(name.strip('"'), value) for name, value in _ASSIGNMENT.findall(self.text)]

    @property
    def operands(self) -> list[str]:
        """Return the words of a COPY or ADD."""
        return _STRING.findall(self.text) if self.text[0] == "[" else self.text.split()


def skim(text: str) -> list[Skimmed] | None:
    """Return the instructions of a plain Dockerfile, or None where it has to be read properly."""
    if "\r" in text:
        text = text.replace("\r\n", "\n")
    if "<<" in text or _CONTROL.search(text) or not (text.isascii() or _ODD.search(text) is None):
        return None
    directives = [name.lower() for name in _DIRECTIVE.findall(text)]
    if len(directives) > 1 or "escape" in directives:
        return None
    lines = [line for line in text.split("\n") if (head := line.lstrip(" \t")) and head[0] != "#"]
    if max(map(len, lines), default=MAX_LINE) >= MAX_LINE or _begins_with_nothing(lines):
        return None
    lines.append("")
    found: list[Skimmed] = []
    for line in _CONTINUED.sub("", "\n".join(lines)).split("\n"):
        if line:
            entry = _instruction(line)
            if entry is None:
                return None
            found.append(entry)
    return found if _in_order(found) else None


def _begins_with_nothing(lines: list[str]) -> bool:
    """Tell whether a continuation stands where an instruction should begin: a line of a backslash, behind no other."""
    if "\\" not in map(str.strip, lines):
        return False
    behind = [False, *(_CONTINUED.search(f"{line}\n") is not None for line in lines)]
    return any(line.strip() == "\\" and not joined for line, joined in zip(lines, behind, strict=False))


def _instruction(line: str) -> Skimmed | None:
    words = line.strip(" \t").split(None, 1)
    if len(words) < 2:
        return None
    keyword = words[0].upper()
    form = _FORMS.get(keyword)
    match = None if form is None else form.fullmatch(words[1])
    if match is None:
        return None
    flags, text = match.groups()
    if flags and any(number > 1 for name, number in Counter(_FLAG.findall(flags)).items() if name != "mount"):
        return None
    return Skimmed(keyword, flags, text)


def _in_order(entries: list[Skimmed]) -> bool:
    """Tell whether a FROM comes first, but for ARGs."""
    first = next((entry.keyword for entry in entries if entry.keyword != "ARG"), "")
    return first == "FROM"
