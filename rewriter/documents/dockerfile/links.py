"""Tell how stages hang together: which build on which, and which files go from one to another."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from rewriter.documents.dockerfile.model import Dockerfile, Instruction
from rewriter.documents.dockerfile.mounts import mount

_NUMBER: Final = re.compile("[0-9]{1,9}")


def final_stage(dockerfile: Dockerfile) -> int:
    """Return the stage that a build without `--target` makes."""
    return len(dockerfile.stages) - 1


def successors(dockerfile: Dockerfile, stage: int) -> tuple[int, ...]:
    """Return the stages that inherit from a stage through FROM, directly or not, in order."""
    heirs = {stage}
    for later in dockerfile.stages[stage + 1 :]:
        if later.base_stage in heirs:
            heirs.add(later.index)
    return tuple(sorted(heirs - {stage}))


@lru_cache(maxsize=64)
def copied_from(dockerfile: Dockerfile) -> tuple[tuple[int, Instruction], ...]:
    """Return each stage of the file whose files an instruction takes, with that instruction (its trigger for ONBUILD).

    These are `COPY --from=` and `RUN --mount=from=`; other images are left out.
    """
    names = {stage.name: stage.index for stage in dockerfile.stages if stage.name}
    found: list[tuple[int, Instruction]] = []
    for instruction in dockerfile.instructions:
        inner = instruction.trigger or instruction
        for source in _sources(inner):
            stage = names.get(source.lower())
            if inner.keyword == "COPY" and _NUMBER.fullmatch(source):
                stage = int(source) if int(source) < len(dockerfile.stages) else None
            if stage is not None:
                found.append((stage, inner))
    return tuple(found)


def _sources(instruction: Instruction) -> list[str]:
    """Return the stages or images that an instruction names as sources."""
    if instruction.keyword == "COPY":
        return [flag.value for flag in instruction.flags if flag.name == "from" and flag.value]
    if instruction.keyword != "RUN":
        return []
    mounts = [mount(flag) for flag in instruction.flags]
    return list(dict.fromkeys(source for item in mounts if item and (source := item.get("from"))))
