"""Refuse texts on which a parser would take too long or overflow its stack.

libcst's native parser ends the whole process at some thousand nested brackets or `elif`, and takes time that grows
with the square of a chain of operators and the cube of nesting; every bound here is far above what people write.
"""

from __future__ import annotations

import re
from typing import Final

LONGEST: Final = 512 * 1024
_LONGEST_PYTHON: Final = 256 * 1024
_DEEPEST: Final = 60
_CHAIN: Final = 400
_BRANCHES: Final = 500
_COST: Final = 3_000_000
_TOKEN: Final = re.compile(
    r"(?P<skip>\#[^\n]*|\"\"\"(?:[^\"\\]|\\.|\"(?!\"\"))*\"\"\"|'''(?:[^'\\]|\\.|'(?!''))*'''"
    r"|\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*')|(?P<open>[(\[{])|(?P<close>[)\]}])|(?P<end>[,;]|\n)"
    r"|(?P<word>\w+)|[^\s\w]",
    re.DOTALL,
)


def trouble(text: str) -> str:
    """Return why a source should not be parsed at all, or nothing."""
    if len(text) > LONGEST:
        return f"it is longer than {LONGEST // 1024} KiB"
    if "\0" in text:
        return "it holds a null byte"
    return ""


def readable(text: str) -> str:
    """Return the text as valid Unicode of the same length: a byte that is not UTF-8 becomes a replacement character."""
    if text.isascii():
        return text
    return re.sub(r"[\ud800-\udfff]", "�", text)


def python_trouble(text: str) -> str:
    """Return why Python source is not handed to libcst, or nothing; linear in the text."""
    if len(text) > _LONGEST_PYTHON:
        return f"it is longer than {_LONGEST_PYTHON // 1024} KiB"
    chains = [0]
    cost = branches = 0
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup
        if kind == "open":
            chains[-1] += 1
            chains.append(0)
        elif kind == "close":
            if len(chains) > 1:
                chains.pop()
            chains[-1] += 1
        elif kind == "end":
            if len(chains) == 1 or match.group() != "\n":
                chains[-1] = 0
        else:
            chains[-1] += match.group()[:1] != "#"
            branches += kind == "word" and match.group() == "elif"
        cost += chains[-1] + len(chains) * len(chains)
        if len(chains) > _DEEPEST or chains[-1] > _CHAIN or branches > _BRANCHES or cost > _COST:
            return "its expressions are nested too deeply or too long"
    return ""
