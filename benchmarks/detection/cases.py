"""Read the hand-written cases: `examples/*.txt`.

A case begins with `=== name`; its lines are a Dockerfile, up to `--- path`, which begins another file. A line
`#! leak` or `#! clean` says that the next line holds a leak, or only looks like it (`#! leak 3`: the third line from
there, for text in which no comment may stand). `@{npm}` stands for an invented token. A case without a leak is
clean as a whole.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.detection.tokens import fill

FOLDER: Final = Path(__file__).parent / "examples"
_MARK: Final = re.compile(r"#! (leak|clean)(?: ([0-9]+))?")


class CaseError(Exception):
    """Report a case that is not written as it has to be."""


@dataclass(frozen=True, slots=True)
class Case:
    """Hold a small repository, and which of its lines leak or only look like it, as (path, line)."""

    name: str
    files: dict[str, bytes]
    leaks: tuple[tuple[str, int], ...]
    clean: tuple[tuple[str, int], ...]


def read_all(folder: Path = FOLDER) -> tuple[Case, ...]:
    """Return every case, in the order of file names and lines."""
    found = tuple(case for path in sorted(folder.glob("*.txt")) for case in read(path.stem, path.read_text("utf-8")))
    names = [case.name for case in found]
    if twice := {name for name in names if names.count(name) > 1}:
        raise CaseError(f"two cases are called {min(twice)}")
    return found


def read(topic: str, text: str) -> tuple[Case, ...]:
    """Return the cases of one file's text."""
    _, *blocks = re.split(r"^=== ", text, flags=re.MULTILINE)
    return tuple(_case(topic, block) for block in blocks)


def _case(topic: str, block: str) -> Case:
    name, _, body = block.partition("\n")
    files: dict[str, bytes] = {}
    marks: dict[str, list[tuple[str, int]]] = {"leak": [], "clean": []}
    parts = re.split(r"^--- (\S+)\n", f"--- Dockerfile\n{body}", flags=re.MULTILINE)
    for path, content in zip(parts[1::2], parts[2::2], strict=True):
        lines: list[str] = []
        for line in content.strip("\n").split("\n"):
            mark = _MARK.fullmatch(line)
            if mark is None:
                lines.append(fill(line))
            else:
                at = sum(one.count("\n") + 1 for one in lines) + int(mark[2] or 1)
                marks[mark[1]].append((path, at))
        if path in files:
            raise CaseError(f"{topic}/{name}: {path} is given twice")
        files[path] = ("\n".join(lines) + "\n").encode()
    if not marks["leak"] and not marks["clean"]:
        raise CaseError(f"{topic}/{name}: no line is marked")
    return Case(f"{topic}/{name}", files, tuple(marks["leak"]), tuple(marks["clean"]))
