"""Read PowerShell scripts and batch files, as far as an option can be told in them."""

from __future__ import annotations

from typing import Final

from rewriter.callers.kind import Kind
from rewriter.callers.lexical import Area, in_powershell, read, read_runs, refuse
from rewriter.callers.model import CallerKind, Files, Reading
from rewriter.model.text import Source, Span

_BATCH: Final = refuse("the value is computed in a batch file: pass `--secret id=...,env=NAME` by hand")


def _matches(path: str) -> bool:
    return path.lower().endswith((".ps1", ".psm1", ".cmd", ".bat"))


def _read(source: Source, files: Files) -> Reading:  # noqa: ARG001
    classify = in_powershell if source.path.lower().endswith((".ps1", ".psm1")) else _BATCH
    area = Area(Span(0, len(source.text)), CallerKind.POWERSHELL, classify)
    return Reading(read(source, area), read_runs(source))


KIND: Final = Kind(_matches, _read)
