"""Write foreign text into Markdown so that it stays text: no link, mention, image, heading or HTML comes of it.

GitHub looks for mentions, numbers of issues and addresses in the text of the finished page, where nothing shows any
more how a character was written: neither a backslash nor an entity hides it. A space of no width behind the sign does.
"""

from __future__ import annotations

import re
from typing import Final

_SPECIAL: Final = re.compile(r"[\\`*_\[\]|~$]")
_HTML: Final = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_NOTHING: Final = "&#8203;"
_LINKED: Final = re.compile(r"[@#]|:(?=//)|(?i:www|gh)(?=[.-])")
_START: Final = re.compile(r"\A(?=[-+=])|\A[0-9]{1,9}(?=[.)])")
"""What begins a list or underlines a heading."""
_TICKS: Final = re.compile(r"`+")


def code(text: str) -> str:
    """Return a code span; nothing in it is looked at by anything."""
    inner = text or " "
    fence = "`" * (max((len(run) for run in _TICKS.findall(inner)), default=0) + 1)
    space = " " if inner.startswith("`") or inner.endswith("`") else ""
    return f"{fence}{space}{inner}{space}{fence}"


def cell(text: str) -> str:
    """Return a code span for a table, which takes each `|` for its own unless it is escaped, also in code."""
    return code(text).replace("|", "\\|")


def prose(text: str) -> str:
    """Return text that reads as it is written."""
    plain = "".join(_HTML.get(char, char) for char in text.strip())
    marked = _SPECIAL.sub(r"\\\g<0>", _LINKED.sub(rf"\g<0>{_NOTHING}", plain))
    return _START.sub(r"\g<0>\\", marked)


def told(text: str) -> str:
    """Return prose in which what stands between two backticks is code; where they do not pair, all of it is prose."""
    parts = text.split("`")
    if len(parts) % 2 == 0 or not all(parts[1::2]):
        return prose(text)
    return "".join(code(part) if index % 2 else _between(part) for index, part in enumerate(parts))


def _between(part: str) -> str:
    """Return prose with the space that keeps it apart from the code beside it."""
    inner = prose(part)
    before, behind = part[:1].isspace(), part[-1:].isspace()
    return f"{' ' if before else ''}{inner}{' ' if behind and inner else ''}"


def fenced(text: str) -> str:
    """Return a block of code that its content cannot end."""
    fence = "`" * max(3, max((len(run) for run in _TICKS.findall(text)), default=0) + 1)
    return f"{fence}\n{text}\n{fence}"
