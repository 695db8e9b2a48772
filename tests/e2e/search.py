"""Search everything that a build leaves behind for a canary.

The image is read from `docker save`: each layer as it was written, so that a file which a later layer
deletes is found, and the configuration, its history and the attestations that lie beside it.
"""

import gzip
import io
import json
import re
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import IO, Final, TypeAlias

from rewriter.inspect.needles import Scanner, forms

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | float | bool | None"

_CHUNK: Final = 1 << 20
_GZIP: Final = b"\x1f\x8b"
_ZSTD: Final = b"\x28\xb5\x2f\xfd"


class Channel(StrEnum):
    """Name the places in which a secret can leave a build."""

    LAYER = "layer"
    ENV = "env"
    CONFIG = "config"
    HISTORY = "history"
    PROVENANCE = "provenance"
    LOG = "log"
    CACHE = "cache"


@dataclass(frozen=True, slots=True, order=True)
class Leak:
    """Tell where a canary was found, and in which form."""

    channel: Channel
    where: str
    form: str = "plain"


@dataclass(frozen=True, slots=True)
class Evidence:
    """Hold what one build left behind.

    `known_layers` are the layers (diff ids) of base images that are older than the canary: they are skipped.
    """

    archive: Path | None = None
    history: str = ""
    log: str = ""
    provenance: str = ""
    cache: Path | None = None
    known_layers: frozenset[str] = frozenset()


def leaks(canary: bytes, evidence: Evidence) -> tuple[Leak, ...]:
    """Return every place in which the canary stands, sorted; each once a form."""
    needles = forms(canary)
    found = set(_in_lines(evidence.log, Channel.LOG, needles))
    found.update(_in_lines(evidence.history, Channel.HISTORY, needles))
    found.update(_in_provenance(evidence.provenance, needles))
    skipped: frozenset[str] = frozenset()
    if evidence.archive is not None:
        skipped = known_blobs(evidence.archive, evidence.known_layers)
        found.update(_in_archive(evidence.archive, needles, skipped))
    if evidence.cache is not None:
        found.update(_in_cache(evidence.cache, needles, skipped))
    return tuple(sorted(found))


def channels(found: tuple[Leak, ...]) -> frozenset[Channel]:
    """Return the channels of some leaks."""
    return frozenset(leak.channel for leak in found)


def known_blobs(archive: Path, known_layers: frozenset[str]) -> frozenset[str]:
    """Return the names of those layers in a saved image whose diff id is known."""
    blobs: set[str] = set()
    with tarfile.open(archive) as packed:
        for image in _items(_load(packed, "manifest.json")):
            names = _items(_at(image, "Layers"))
            config = _load(packed, str(_at(image, "Config")))
            ids = _items(_at(_at(config, "rootfs"), "diff_ids"))
            pairs = zip(names, ids, strict=True)
            blobs.update(str(name) for name, diff_id in pairs if diff_id in known_layers)
    return frozenset(blobs)


def _at(value: Json, key: str) -> Json:
    return value.get(key) if isinstance(value, dict) else None


def _items(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []


def _load(packed: tarfile.TarFile, name: str) -> Json:
    stream = packed.extractfile(name)
    if stream is None:
        raise ValueError(f"{name}: not a file in the image archive")
    with stream:
        loaded: Json = json.load(stream)
    return loaded


def _in_archive(archive: Path, needles: Mapping[str, bytes], skipped: frozenset[str]) -> Iterator[Leak]:
    blobs = 0
    with tarfile.open(archive) as packed:
        for member in packed:
            stream = packed.extractfile(member) if member.isfile() and member.name not in skipped else None
            if stream is not None:
                with stream:
                    blobs += 1
                    yield from _in_blob(stream, member.name, needles, Channel.LAYER)
    if blobs < 2:
        raise ValueError(f"{archive}: holds no image, so nothing was searched")


def _in_cache(cache: Path, needles: Mapping[str, bytes], skipped: frozenset[str]) -> Iterator[Leak]:
    files = [path for path in sorted(cache.rglob("*")) if path.is_file()]
    if not files:
        raise ValueError(f"{cache}: holds no cache, so nothing was searched")
    for path in files:
        name = path.relative_to(cache).as_posix()
        if name not in skipped:
            with path.open("rb") as stream:
                for leak in _in_blob(stream, name, needles, Channel.CACHE):
                    yield Leak(Channel.CACHE, leak.where, leak.form)


def _in_blob(stream: IO[bytes], name: str, needles: Mapping[str, bytes], channel: Channel) -> Iterator[Leak]:
    magic = stream.read(4)
    stream.seek(0)
    document = _document(stream) if magic[:1] in {b"{", b"["} else None
    if document is not None:
        yield from _in_document(document, name, needles)
    elif magic == _ZSTD:
        raise ValueError(f"{name}: a layer in zstd cannot be searched; build without compression=zstd")
    elif magic[:2] == _GZIP:
        with gzip.open(stream) as plain:
            yield from _in_layer(plain, name, needles, channel)
    else:
        yield from _in_layer(stream, name, needles, channel)


def _document(stream: IO[bytes]) -> Json:
    """Return a JSON value; None when it is something else, with the stream at its start again."""
    try:
        loaded: Json = json.load(stream)
    except ValueError:
        stream.seek(0)
        return None
    return loaded


def _in_layer(
    stream: IO[bytes] | gzip.GzipFile, name: str, needles: Mapping[str, bytes], channel: Channel
) -> Iterator[Leak]:
    short = re.sub(r".*?([0-9a-f]{12})[0-9a-f]{52}", r"\1", name)
    try:
        opened = tarfile.open(fileobj=stream, mode="r|")  # noqa: SIM115 (closed below, after the check)
    except tarfile.ReadError:
        stream.seek(0)
        yield from (Leak(channel, short, form) for form in _scan(stream, needles))
        return
    with opened as layer:
        for entry in layer:
            header = "\0".join((entry.name, entry.linkname, entry.uname, entry.gname, *entry.pax_headers.values()))
            for form in _scan(io.BytesIO(header.encode(errors="surrogateescape")), needles):
                yield Leak(channel, f"{short}:/{entry.name} (entry)", form)
            content = layer.extractfile(entry) if entry.isfile() else None
            if content is not None:
                for form in _scan(content, needles):
                    yield Leak(channel, f"{short}:/{entry.name}", form)


def _in_document(document: Json, name: str, needles: Mapping[str, bytes]) -> Iterator[Leak]:
    """Search a JSON blob: a configuration with its history, an attestation, a manifest."""
    attested = isinstance(document, dict) and "predicateType" in document
    configuration = isinstance(document, dict) and "rootfs" in document
    for path, text in _texts(document):
        for form in _scan(io.BytesIO(text.encode()), needles):
            if attested:
                yield Leak(Channel.PROVENANCE, f"attestation {path}", form)
            elif configuration and path.startswith("config.Env"):
                yield Leak(Channel.ENV, text.partition("=")[0], form)
            elif configuration and path.startswith("history"):
                yield Leak(Channel.HISTORY, path, form)
            else:
                yield Leak(Channel.CONFIG, path if configuration else f"{name} {path}", form)


def _in_provenance(text: str, needles: Mapping[str, bytes]) -> Iterator[Leak]:
    for path, value in _texts(json.loads(text)) if text else ():
        for form in _scan(io.BytesIO(value.encode()), needles):
            yield Leak(Channel.PROVENANCE, path, form)


def _texts(value: Json, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield each key and each string of a JSON value, with its path."""
    match value:
        case dict():
            for key, inner in value.items():
                below = f"{path}.{key}".lstrip(".")
                yield below, key
                yield from _texts(inner, below)
        case list():
            for index, inner in enumerate(value):
                yield from _texts(inner, f"{path}[{index}]")
        case str():
            yield path, value


def _in_lines(text: str, channel: Channel, needles: Mapping[str, bytes]) -> Iterator[Leak]:
    for number, line in enumerate(text.splitlines(), start=1):
        for form in _scan(io.BytesIO(line.encode(errors="surrogateescape")), needles):
            yield Leak(channel, f"line {number}", form)


def _scan(stream: IO[bytes] | gzip.GzipFile, needles: Mapping[str, bytes]) -> frozenset[str]:
    scanner = Scanner(needles)
    while piece := stream.read(_CHUNK):
        scanner.feed(piece)
    return scanner.close()
