"""Open what an image is kept in: an archive of `docker save`, an OCI layout as archive or as folder, a stream.

Every blob is read once, in the order in which it comes, so that a stream needs no copy on disk: what belongs
together is joined afterwards. Nothing is unpacked to disk, and no name in an archive is ever opened as a path.
"""

from __future__ import annotations

import io
import json
import os
import stat
from collections.abc import Callable, Container, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from rewriter.errors import InspectionError
from rewriter.inspect import tar
from rewriter.inspect.layer import LayerScan
from rewriter.inspect.oci import Json
from rewriter.inspect.streams import CHUNK, Reader, Source, Tally, unpacked
from rewriter.record import Record, State, field
from rewriter.tree.beneath import Kind, open_file
from rewriter.tree.repository import DirectoryRepository, shown

DOCUMENT_LIMIT: Final = 1 << 23
DOCUMENTS_LIMIT: Final = 1 << 26
"""So much memory the documents of one image may take together, as far as `_weight` can tell."""
BLOB_LIMIT: Final = 20_000

Meter = Callable[[int], None]
"""Is told how many bytes were read from the outside."""


class Blob(Record):
    """Hold one blob of an image as it streams by."""

    name: str
    size: int
    source: Source


class Gathered(State):
    """Hold what was read: JSON documents and layers by the name of their blob, names that stand for others.

    `oversized` are documents that would take too much memory, with their sizes; they are in `layers`, searched as text.
    """

    documents: dict[str, Json] = field(default_factory=dict)
    oversized: dict[str, int] = field(default_factory=dict)
    layers: dict[str, LayerScan] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)

    def document(self, name: str) -> Json:
        """Return a document, None where there is none of that name; raises where it is too large."""
        if size := self.too_large(name):
            raise InspectionError(f"{shown(name)}: {size:,} bytes of JSON: not read")
        return self.documents.get(self.aliases.get(name, name))

    def too_large(self, name: str) -> int:
        """Return the size of a document that is not read since it is too large; 0 for any other."""
        return self.oversized.get(self.aliases.get(name, name), 0)

    def layer(self, name: str) -> LayerScan | None:
        """Return the scan of a layer, if it was there."""
        return self.layers.get(self.aliases.get(name, name))


class Metered:
    """Tell a meter of what is read."""

    def __init__(self, reader: Reader, meter: Meter | None, tally: Tally | None = None) -> None:
        self.tally: Final = tally or Tally()
        self._reader = reader
        self._meter = meter

    def read(self, size: int, /) -> bytes:
        """Return the next bytes."""
        try:
            data = self._reader.read(size)
        except OSError as error:
            raise InspectionError(f"the image cannot be read ({error.strerror})") from error
        self.tally.fed += len(data)
        if self._meter is not None:
            self._meter(len(data))
        return data


ReadLayer = Callable[[str, Source], LayerScan]
"""Reads the layer of a name."""


def gather(blobs: Iterator[Blob], read_layer: ReadLayer | None, skipped: Container[str] = ()) -> Gathered:
    """Read every blob once; layers of the names in `skipped` are passed over, without `read_layer` all of them."""
    found = Gathered()
    room = DOCUMENTS_LIMIT
    for number, blob in enumerate(blobs):
        if number >= BLOB_LIMIT:
            raise InspectionError(f"more than {BLOB_LIMIT:,} blobs in one image: not read further")
        if isinstance(blob, _Alias):
            found.aliases[blob.name] = blob.target
            continue
        data = _written(blob)
        weight = blob.size if data is None else _weight(data)
        if data is not None and weight <= room:
            room -= weight
            document = _document(data)
            if document is not None:
                found.documents[blob.name] = document
                continue
        elif data is not None or _is_json(blob):
            found.oversized[blob.name] = blob.size
        source = blob.source if data is None else Source(io.BytesIO(data), blob.source.tally)
        del data
        if read_layer is None or blob.name in skipped:
            found.layers[blob.name] = LayerScan(blob.name)
        else:
            found.layers[blob.name] = _layer(blob.name, source, read_layer)
    return found


def _is_json(blob: Blob) -> bool:
    return blob.source.peek(64).lstrip()[:1] in (b"{", b"[")


def _written(blob: Blob) -> bytes | None:
    """Return the bytes of a blob that may be a document; None for one that is none, or a larger one."""
    return blob.source.exactly(blob.size) if _is_json(blob) and blob.size <= DOCUMENT_LIMIT else None


def _weight(data: bytes) -> int:
    """Return how much memory a document takes at most, or little more: values and keys weigh more than their text.

    A list of empty lists takes thirty times its bytes, a text with one character from far away four times its own.
    """
    wide = 1 if data.isascii() and b"\\u" not in data else 4
    values = 60 * data.count(b",") + 100 * data.count(b":") + 90 * (data.count(b"[") + data.count(b"{"))
    return len(data) * wide + values


def _document(data: bytes) -> Json:
    """Return the JSON that a blob is; None where it is none."""
    try:
        loaded: Json = json.loads(data)
    except (ValueError, RecursionError):
        return None
    return loaded


def _layer(name: str, source: Source, read_layer: ReadLayer) -> LayerScan:
    try:
        plain = unpacked(source)
        scan = read_layer(name, plain)
        while plain.read(CHUNK):  # behind the end of the archive nothing is unpacked, but it may be cut off there
            pass
    except InspectionError as error:
        raise InspectionError(f"{shown(name)}: {error}") from error
    return scan


class _Alias(Blob):
    """Be a name that stands for another one, as old archives have it for layers that they share."""

    target: str = ""


def blobs_of_archive(reader: Reader, meter: Meter | None = None) -> Iterator[Blob]:
    """Yield the blobs of an archive, which may be compressed as a whole."""
    source = unpacked(Source(Metered(reader, meter)))
    head = source.peek(tar.BLOCK)
    if not tar.is_tar(head):
        what = "it is empty" if not head else "it is no tar archive"
        raise InspectionError(f"this is no image: {what}; `docker save IMAGE` writes one")
    for entry, content in tar.entries(source):
        name = _plain(entry.name)
        if entry.type is tar.Type.FILE and name:
            yield Blob(name, entry.size, Source(content))
        elif entry.type in (tar.Type.HARD_LINK, tar.Type.SYMLINK) and name:
            target = entry.link if entry.type is tar.Type.HARD_LINK else _beside(name, entry.link)
            yield _Alias(name, 0, Source(content), _plain(target))


def _plain(name: str) -> str:
    return "/".join(part for part in name.split("/") if part not in ("", "."))


def _beside(name: str, link: str) -> str:
    """Return what a link names, as a name in the archive; what leads out of it names nothing."""
    parts = name.split("/")[:-1]
    for part in link.split("/"):
        if part == "..":
            if not parts:
                return ""
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts)


def blobs_of_folder(folder: Path, meter: Meter | None = None) -> Iterator[Blob]:
    """Yield the blobs of a layout in a folder; links that lead out of it are not followed."""
    repository = DirectoryRepository(folder)
    tally = Tally()
    for path in repository.paths():
        real = repository.resolve(path).split("/")
        try:
            descriptor = open_file(repository.root, real)
        except OSError as error:
            raise InspectionError(f"{shown(path)}: cannot be read ({error.strerror})") from error
        with os.fdopen(descriptor, "rb") as stream:
            yield Blob(path, os.fstat(descriptor).st_size, Source(Metered(stream, meter, tally)))


def is_layout(folder: Path) -> bool:
    """Tell whether a folder is an OCI layout or an unpacked archive of `docker save`."""
    repository = DirectoryRepository(folder)
    names = ("oci-layout", "index.json"), ("manifest.json",)
    return any(all(repository.kind(name) is Kind.FILE for name in each) for each in names)


@contextmanager
def opened(path: Path) -> Iterator[Reader]:
    """Open a file, which has to be a regular one."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
        status = os.fstat(descriptor)
    except OSError as error:
        raise InspectionError(f"{shown(str(path))}: cannot be read ({error.strerror})") from error
    if not stat.S_ISREG(status.st_mode):
        os.close(descriptor)
        raise InspectionError(f"{shown(str(path))}: is no regular file")
    with os.fdopen(descriptor, "rb", buffering=0) as stream:
        yield stream
