"""Take some of a Dockerfile's instructions for a Dockerfile of their own, at their places in the same text."""

from __future__ import annotations

from collections.abc import Iterable

from rewriter.documents.dockerfile.model import Dockerfile, Instruction
from rewriter.documents.dockerfile.stages import stages
from rewriter.record import replace


def part(dockerfile: Dockerfile, instructions: Iterable[Instruction]) -> Dockerfile:
    """Return the instructions, which hold one FROM, as one Dockerfile: numbered anew, spans as they are."""
    found: list[Instruction] = []
    for entry in instructions:
        begun = entry.keyword == "FROM" or (bool(found) and found[-1].stage == 0)
        found.append(replace(entry, index=len(found), stage=0 if begun else -1))
    return replace(dockerfile, instructions=tuple(found), stages=stages(tuple(found), dockerfile.escape))
