"""Recognise our own words among other people's: a block between two comments, with what it stands for.

Only the block is ever replaced. Whatever people write before or after it stays.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from hashlib import sha256
from typing import Final

from rewriter.record import Record

_HEAD: Final = re.compile(r"<!-- unbake:v1 (\{[^<>\n]{0,20000}\}) -->")
_END: Final = "<!-- unbake:end -->"
_WORD: Final = re.compile(r"[0-9a-z/-]{0,80}")


class Marker(Record):
    """Say what a text of ours stands for: `key` names the thing, `text` the version of the words.

    `dressed` tells that a pull request has got its labels and reviewers.
    """

    key: str
    change: str = ""
    findings: tuple[str, ...] = ()
    text: str = ""
    closed: bool = False
    dressed: bool = True


def block(marker: Marker, words: str) -> str:
    """Return words of ours with their marker; no name in them can pass for one, or for the end."""
    words = words.replace("<!--", "<! --")
    text = sha256(words.encode("utf-8", "surrogateescape")).hexdigest()[:16]
    told = {
        "key": marker.key,
        "change": marker.change,
        "findings": list(marker.findings),
        "text": text,
        "closed": marker.closed,
    } | ({} if marker.dressed else {"dressed": False})
    return f"<!-- unbake:v1 {json.dumps(told, separators=(',', ':'))} -->\n{words.strip()}\n{_END}\n"


def read(body: str) -> Marker | None:
    """Return the marker of a body, None where it has none of ours."""
    found = _HEAD.search(body)
    try:
        told = json.loads(found[1]) if found else None
    except ValueError:
        return None
    if not isinstance(told, dict):
        return None
    findings = told.get("findings")
    return Marker(
        key=_word(told.get("key")),
        change=_word(told.get("change")),
        findings=tuple(_word(one) for one in findings) if isinstance(findings, list) else (),
        text=_word(told.get("text")),
        closed=told.get("closed") is True,
        dressed=told.get("dressed") is not False,
    )


def replaced(body: str, new: str) -> str:
    """Return a body with its block replaced; one without a block gets it in front."""
    body = body.replace("\r\n", "\n")
    found = _HEAD.search(body)
    if found is None:
        return f"{new}\n{body}"
    end = body.find(_END, found.end())
    rest = body[end + len(_END) :].removeprefix("\n") if end >= 0 else ""
    return body[: found.start()] + new + rest


def outside(body: str) -> str:
    """Return what people wrote: a body without our block."""
    return replaced(body, "")


def findings_key(fingerprints: Sequence[str]) -> tuple[str, ...]:
    """Return fingerprints in the short form in which a marker holds them."""
    return tuple(sorted({one[:12] for one in fingerprints}))


def _word(value: object) -> str:
    return value if isinstance(value, str) and _WORD.fullmatch(value) else ""
