"""See what ONBUILD leaves to the builds of other images as a Dockerfile of its own.

The instructions behind ONBUILD run one after the other at the start of every image that is built on this one: their
ARGs are those of that build, ENV, USER, WORKDIR and SHELL come from this image.
"""

from __future__ import annotations

from typing import Final

from rewriter.documents.dockerfile import Instruction, final_stage, part, successors
from rewriter.project.build import Build, Commands
from rewriter.record import replace

_HANDED_ON: Final = frozenset({"FROM", "ENV", "USER", "WORKDIR", "SHELL"})


def onbuild(build: Build) -> Build | None:
    """Return the build of an image on this one as far as this file tells it; None where it tells nothing.

    None as well where a later stage of the file is that image: then both are one build.
    """
    file = build.dockerfile
    triggers = [entry for entry in file.instructions if entry.trigger is not None]
    final = final_stage(file)
    if not triggers or any(entry.stage != final for entry in triggers) or successors(file, final):
        return None
    handed: list[Instruction] = list(file.global_args)
    for entry in file.stages[final].instructions:
        if entry.trigger is not None:
            handed.append(replace(entry.trigger, span=entry.span))
        elif entry.keyword in _HANDED_ON:
            handed.append(entry)
    return Build(Commands(part(file, handed)), build.context, (), for_children=True)
