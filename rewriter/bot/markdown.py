"""Write foreign text into Markdown so that it stays text: no link, mention, image, heading or HTML comes of it."""

from __future__ import annotations

import re
from typing import Final

_SPECIAL: Final = re.compile(r"([\\`*_{}\[\]()#+\-.!|~>$:])")
_TICKS: Final = re.compile(r"`+")
_HTML: Final = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "@": "&#64;"}


def code(text: str) -> str:
    """Return a code span, also fit for a table."""
    inner = text.replace("|", "\\|") or " "
    fence = "`" * (max((len(run) for run in _TICKS.findall(inner)), default=0) + 1)
    space = " " if inner.startswith("`") or inner.endswith("`") else ""
    return f"{fence}{space}{inner}{space}{fence}"


def prose(text: str) -> str:
    """Return text that reads as it is written."""
    marked = _SPECIAL.sub(r"\\\1", text)
    return "".join(_HTML.get(char, char) for char in marked.replace("\\>", ">"))


def fenced(text: str) -> str:
    """Return a block of code that its content cannot end."""
    fence = "`" * max(3, max((len(run) for run in _TICKS.findall(text)), default=0) + 1)
    return f"{fence}\n{text}\n{fence}"
