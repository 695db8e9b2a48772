"""Keep what a command stores of a secret inside the step that needs it."""

from __future__ import annotations

from rewriter.flow.residue import Kept, Residue
from rewriter.transforms.contain_file import keep_stored, keep_written
from rewriter.transforms.contain_git import take_from_config, take_from_url
from rewriter.transforms.run_change import CannotChange
from rewriter.transforms.workshop import Workshop


def contain(workshop: Workshop, residue: Residue) -> None:
    """Make the changes that keep one residue out of the layers; raises `CannotChange`."""
    if residue.contained:
        return
    match residue.kind:
        case Kept.GIT_URL:
            take_from_url(workshop, residue)
        case Kept.GIT_CONFIG:
            take_from_config(workshop, residue)
        case Kept.WRITTEN | Kept.EDITED:
            keep_written(workshop, residue)
        case Kept.STORED:
            keep_stored(workshop, residue)
        case Kept.LEFT:
            if residue.path is None:
                raise CannotChange(
                    f"the tool leaves the value in {residue.written}, and nothing else takes it from there"
                )
            workshop.change(residue.body).run_after(f"rm -rf {residue.path}")


__all__ = ["Workshop", "contain"]
