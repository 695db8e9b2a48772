"""Look for known values in everything that a build leaves behind, and note every file of the image on the way."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from rewriter.inspect import pem, tar
from rewriter.inspect.archive import Blob, Gathered, blobs_of_archive, blobs_of_folder, gather, opened
from rewriter.inspect.building import BuildResult
from rewriter.inspect.examine import Hit
from rewriter.inspect.image import short
from rewriter.inspect.layer import LayerScan, scan_layer
from rewriter.inspect.needles import Scanner, forms
from rewriter.inspect.oci import Json, Manifest, at, manifests, texts
from rewriter.inspect.streams import CHUNK, Reader, Source
from rewriter.judgement import Category
from rewriter.model.inspection import Part
from rewriter.model.secret import Confidence
from rewriter.record import Record, State, field

_JOINT: Final = "\0"


class Trace(Record, order=True):
    """Tell where a known value was found: `secret` is its id, `form` how it was written."""

    secret: str
    part: Part
    where: str
    form: str


class File(Record):
    """Hold what a file of an image is, its times left out; `digest` is that of its bytes, or what a link names."""

    type: tar.Type
    mode: int
    uid: int
    gid: int
    size: int
    digest: str
    attributes: tuple[tuple[str, str], ...] = ()


class Seen(State):
    """Hold an image that was searched: its configuration, and its files above the layers that were skipped.

    None stands for a file of a lower layer that is deleted; `held` are the files with a value in them.
    """

    config: dict[str, Json]
    files: dict[str, File | None] = field(default_factory=dict)
    held: frozenset[str] = frozenset()


class Hunter:
    """Look for some values, each under the id of its secret."""

    def __init__(self, values: Mapping[str, bytes]) -> None:
        self._needles = {
            f"{secret}{_JOINT}{name}": spelling
            for secret, value in values.items()
            for name, spelling in (*forms(value).items(), *_pieces(value))
        }
        self._files: dict[str, dict[str, File]] = {}

    def build(self, result: BuildResult, archive: Path, known: frozenset[str]) -> tuple[tuple[Trace, ...], Seen]:
        """Return what a build left of the values; layers with a digest in `known` are older than any of them."""
        documents = self._gathered(archive, None)
        images = manifests(documents.document)
        skipped = frozenset(name for image in images for name in _known_blobs(image, known))
        gathered = self._gathered(archive, skipped)
        found = {*self.log(result.log), *self._provenance(result.provenance)}
        found.update(self._layers(gathered, Part.LAYER))
        for name, document in gathered.documents.items():
            found.update(self._document(name, document))
        if result.cache is not None:
            with_cache = gather(blobs_of_folder(result.cache), self._read, skipped)
            found.update(self._layers(with_cache, Part.CACHE))
        seen = Seen(images[0].config if images else {})
        if images:
            seen.files = self._flattened(images[0], gathered)
            seen.held = frozenset(path for scan in gathered.layers.values() for path in scan.hits)
        return tuple(sorted(found)), seen

    def log(self, log: str) -> Iterator[Trace]:
        """Yield the lines of a log in which a value stands."""
        for number, line in enumerate(log.splitlines(), start=1):
            for secret, form in self.text(line):
                yield Trace(secret, Part.LOG, f"line {number}", form)

    def texts(self, document: Json) -> Iterator[tuple[str, str, str]]:
        """Yield where in a JSON value a value stands: the path, the secret's id, the form."""
        for path, written in _texts(document):
            for secret, form in self.text(written):
                yield path, secret, form

    def text(self, written: str) -> frozenset[tuple[str, str]]:
        """Return the secrets that stand in a text, each with its form."""
        scanner = Scanner(self._needles)
        scanner.feed(written.encode("utf-8", "surrogateescape"))
        return _split(scanner.close())

    def _gathered(self, archive: Path, skipped: frozenset[str] | None) -> Gathered:
        with opened(archive) as reader:
            blobs: Iterator[Blob] = blobs_of_archive(reader)
            if skipped is None:
                return gather(blobs, None)
            return gather(blobs, self._read, skipped)

    def _read(self, name: str, source: Source) -> LayerScan:
        files = self._files.setdefault(name, {})
        current: list[tar.Entry] = []

        def heard(entry: tar.Entry) -> Iterator[Hit]:
            current[:] = [entry]
            if entry.type is not tar.Type.FILE:
                files[_clean(entry.name)] = _file(entry, entry.link)
            for secret, form in self.text(_JOINT.join((entry.name, entry.link, *map(str, entry.attributes)))):
                yield _hit(secret, f"{form} in the entry itself")

        def examine(path: str, _: int, content: Reader) -> Iterator[Hit]:
            digest = hashlib.sha256()
            scanner = Scanner(self._needles)
            while piece := content.read(CHUNK):
                digest.update(piece)
                scanner.feed(piece)
            if current:
                files[path] = _file(current[0], digest.hexdigest())
            for secret, form in _split(scanner.close()):
                yield _hit(secret, form)

        return scan_layer(name, source, examine, heard)

    def _layers(self, gathered: Gathered, part: Part) -> Iterator[Trace]:
        for name, scan in gathered.layers.items():
            for path, hits in scan.hits.items():
                yield from (Trace(hit.kind, part, f"layer {short(name)}: /{path}", hit.form) for hit in hits)

    def _document(self, name: str, document: Json) -> Iterator[Trace]:
        attested = isinstance(document, dict) and "predicateType" in document
        configuration = isinstance(document, dict) and "rootfs" in document
        for path, written in _texts(document):
            for secret, form in self.text(written):
                if attested:
                    yield Trace(secret, Part.PROVENANCE, path, form)
                elif configuration and path.startswith("config.Env"):
                    yield Trace(secret, Part.ENV, written.partition("=")[0], form)
                elif configuration and path.startswith("config.Labels"):
                    yield Trace(secret, Part.LABEL, path.removeprefix("config.Labels."), form)
                elif configuration and path.startswith("history"):
                    yield Trace(secret, Part.HISTORY, path, form)
                else:
                    yield Trace(secret, Part.COMMAND, path if configuration else f"{short(name)} {path}", form)

    def _provenance(self, record: str) -> Iterator[Trace]:
        try:
            document: Json = json.loads(record) if record else None
        except ValueError:
            document = record
        for path, written in _texts(document):
            for secret, form in self.text(written):
                yield Trace(secret, Part.PROVENANCE, path, form)

    def _flattened(self, image: Manifest, gathered: Gathered) -> dict[str, File | None]:
        """Return the files of an image as a container sees them, as far as they are not of a layer skipped."""
        files: dict[str, File | None] = {}
        for name in image.layers:
            scan = gathered.layer(name)
            if scan is None:
                continue
            for path in [path for path in files if scan.hides(path)]:
                files[path] = None
            for path in scan.deleted:
                files[path] = None
            files.update(self._files.get(gathered.aliases.get(name, name), {}))
        return files


def _pieces(value: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield what of a private key is searched for besides the whole, each with a name."""
    for number, line in enumerate(pem.lines(value), start=1):
        yield f"piece {number} of the key", line
    seed = pem.seed(value)
    if seed is not None:
        yield from ((f"the key's number, {name}", spelling) for name, spelling in forms(seed).items())


def _known_blobs(image: Manifest, known: frozenset[str]) -> Iterator[str]:
    digests = texts(at(image.config, "rootfs", "diff_ids"))
    return (name for name, digest in zip(image.layers, digests, strict=False) if digest in known)


def _clean(name: str) -> str:
    return "/".join(part for part in name.split("/") if part not in ("", ".", ".."))


def _file(entry: tar.Entry, digest: str) -> File:
    size = 0 if entry.type is tar.Type.DIRECTORY else entry.size
    return File(entry.type, entry.mode, entry.uid, entry.gid, size, digest, entry.attributes)


def _hit(secret: str, form: str) -> Hit:
    return Hit(secret, Category.GENERIC, Confidence.HIGH, (), form)


def _split(found: frozenset[str]) -> frozenset[tuple[str, str]]:
    """Take the secret's id out of the names of forms; a form inside of something compressed names that first."""
    pairs: set[tuple[str, str]] = set()
    for name in found:
        head, _, form = name.rpartition(_JOINT)
        packed = re.match(r"(?:compressed )*", head)
        prefix = packed[0] if packed else ""
        pairs.add((head[len(prefix) :], prefix + form))
    return frozenset(pairs)


def _texts(value: Json, path: str = "", depth: int = 80) -> Iterator[tuple[str, str]]:
    """Yield each key and each text of a JSON value, with its path."""
    match value:
        case dict() if depth:
            for key, inner in value.items():
                below = f"{path}.{key}".lstrip(".")
                yield below, key
                yield from _texts(inner, below, depth - 1)
        case list() if depth:
            for index, inner in enumerate(value):
                yield from _texts(inner, f"{path}[{index}]", depth - 1)
        case str():
            yield path, value
        case _:
            return
