"""Go through one layer once: what its files hold, what it deletes from the layers below, what it replaces."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable
from typing import Final

from rewriter.inspect import tar
from rewriter.inspect.distribution import is_distribution, is_package
from rewriter.inspect.examine import Hit
from rewriter.inspect.streams import Reader, Source, Tally
from rewriter.judgement import Certainty, credential_file
from rewriter.model.secret import Confidence
from rewriter.record import State, field
from rewriter.tree.repository import shown

Examine = Callable[[str, int, Reader], Iterable[Hit]]
Heard = Callable[[tar.Entry], Iterable[Hit]]

OPAQUE: Final = ".wh..wh..opq"
DELETED: Final = ".wh."
_RESERVED: Final = ".wh..wh."
HIT_LIMIT: Final = 2_000
LINK_LIMIT: Final = 50
NOTES: Final = 5


class LayerScan(State):
    """Hold what one layer holds, adds and takes away; paths count from the image's root, without a slash.

    `hits` stands under the path of each file with something in it, `links` are further names of such a file.
    """

    name: str
    size: int = 0
    entries: int = 0
    hits: dict[str, tuple[Hit, ...]] = field(default_factory=dict)
    links: dict[str, list[str]] = field(default_factory=dict)
    deleted: set[str] = field(default_factory=set)
    opaque: set[str] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)
    _placed: array[int] = field(default_factory=lambda: array("q"))
    _sorted: bool = False

    def takes_away(self, path: str) -> bool:
        """Tell whether a file of a lower layer is no longer seen above this one: deleted, hidden or replaced."""
        return self._places(path) or self.hides(path)

    def hides(self, path: str) -> bool:
        """Tell whether the layer deletes a path, or a folder above it, or puts something else there."""
        folders = _above(path)
        if path in self.deleted or not self.opaque.isdisjoint(folders):
            return True
        return any(folder and (folder in self.deleted or self._places(folder)) for folder in folders)

    def note(self, text: str) -> None:
        """Remember something odd, unless there is enough of that."""
        if len(self.notes) < NOTES:
            self.notes.append(text)

    def place(self, path: str) -> None:
        """Remember that the layer holds something that is no folder at a path."""
        self._placed.append(hash(path))

    def _places(self, path: str) -> bool:
        if not self._sorted:
            self._placed = array("q", sorted(self._placed))
            self._sorted = True
        wanted = hash(path)
        at = bisect_left(self._placed, wanted)
        return at < len(self._placed) and self._placed[at] == wanted


def _above(path: str) -> list[str]:
    """Return the folders above a path, the root (an empty path) last."""
    found = []
    while path:
        path = path.rpartition("/")[0]
        found.append(path)
    return found


def scan_layer(name: str, source: Source, examine: Examine, heard: Heard | None = None) -> LayerScan:
    """Return what a layer holds, be it an archive or one file.

    `examine` judges the bytes of each file, `heard` what its entry says.
    """
    scan = LayerScan(name)
    head = source.peek(tar.BLOCK)
    if head.strip(b"\0") and not tar.is_tar(head):
        whole = tuple(examine(name, 0, source))
        scan.entries = 1
        scan.size = source.taken
        if whole:
            scan.hits[name] = whole
        return scan
    for entry, content in tar.entries(source):
        scan.entries += 1
        scan.size += entry.size
        path = _path(entry.name, scan)
        folder, _, base = path.rpartition("/")
        if base.startswith(DELETED):
            _deletion(scan, folder, base, source.tally)
            continue
        found = [*(heard(entry) if heard else ())]
        if entry.type is tar.Type.FILE:
            found += examine(path, entry.size, content)
        elif entry.type is tar.Type.HARD_LINK:
            found += _linked(scan, path, _path(entry.link, scan), source.tally)
        if entry.type is not tar.Type.DIRECTORY:
            scan.place(path)
        if found:
            _keep(scan, path, tuple(found), source.tally)
    return scan


def _keep(scan: LayerScan, path: str, found: tuple[Hit, ...], tally: Tally) -> None:
    if len(scan.hits) < HIT_LIMIT and all(tally.keep(path) for _ in found):
        scan.hits[path] = found
    else:
        scan.note(f"more than {len(scan.hits):,} files with findings in one layer; the rest is not listed")


def _path(name: str, scan: LayerScan) -> str:
    """Return a path from the root; one that leads out of the image is told of, and never followed anyway."""
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if ".." in parts:
        scan.note(f"entry {shown(name[:200])} leads out of the image; no engine unpacks it")
        parts = [part for part in parts if part != ".."]
    return "/".join(parts)


def _deletion(scan: LayerScan, folder: str, base: str, tally: Tally) -> None:
    if not tally.keep(folder + base):
        scan.note(f"more than {len(scan.deleted) + len(scan.opaque):,} deletions; the rest is not traced")
    elif base == OPAQUE:
        scan.opaque.add(folder)
    elif not base.startswith(_RESERVED):
        scan.deleted.add(f"{folder}/{base.removeprefix(DELETED)}".lstrip("/"))


def _linked(scan: LayerScan, path: str, target: str, tally: Tally) -> tuple[Hit, ...]:
    """Note a further name of a file that holds something; judge by its name one of a file that says nothing."""
    if target in scan.hits:
        links = scan.links.setdefault(target, [])
        if len(links) < LINK_LIMIT and tally.keep(path):
            links.append(path)
        else:
            scan.note(f"{shown(target)} has more than {len(links):,} further names; the rest is not traced")
        return ()
    named = None if is_distribution(path) or is_package(path) else credential_file(path)
    if named is None or named.certainty is not Certainty.NAME_ALONE:
        return ()
    return (Hit(named.kind, named.category, Confidence.MEDIUM, ()),)
