"""Look into an image, wherever it is kept."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from rewriter.errors import InspectionError
from rewriter.inspect.archive import Gathered, Meter, blobs_of_archive, blobs_of_folder, gather, opened
from rewriter.inspect.engine import Engine
from rewriter.inspect.examine import Hit, examine
from rewriter.inspect.image import Known, inspection
from rewriter.inspect.layer import NOTES, LayerScan, scan_layer
from rewriter.inspect.streams import Reader, Source
from rewriter.inspect.target import Named, Sort
from rewriter.model.inspection import Inspection
from rewriter.tree.repository import shown


def judged(name: str, source: Source) -> LayerScan:
    """Return what a layer holds by the rules of the analyzer; what is not read to its end is noted."""
    unread: list[str] = []

    def cut(path: str, why: str) -> None:
        if len(unread) < NOTES:
            unread.append(f"{shown(path)}: {why}")

    def judge(path: str, length: int, content: Reader) -> Iterable[Hit]:
        return examine(path, length, content, cut=cut) if length or path == name else ()

    scan = scan_layer(name, source, judge)
    for note in unread:
        scan.note(note)
    return scan


def look(found: Named, engine: Engine, known: Known, meter: Meter | None = None) -> Inspection:
    """Return what is in an image, an archive or a layout."""
    try:
        return inspection(found.name, _gathered(found, engine, meter), known)
    except InspectionError as error:
        raise InspectionError(f"{shown(found.name)}: {error}") from error


def _gathered(found: Named, engine: Engine, meter: Meter | None) -> Gathered:
    if found.sort is Sort.IMAGE:
        with engine.saved(found.name) as stream:
            return gather(blobs_of_archive(stream, meter), judged)
    if found.sort is Sort.LAYOUT:
        return gather(blobs_of_folder(found.path, meter), judged)
    with opened(found.path) as reader:
        return gather(blobs_of_archive(reader, meter), judged)


def size(found: Named) -> int:
    """Return how many bytes there are to read, 0 where that is not known before."""
    path = Path(found.name)
    if found.sort is Sort.ARCHIVE:
        return path.stat().st_size
    return 0
