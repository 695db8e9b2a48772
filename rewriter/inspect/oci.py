"""Join the documents of an image: index, manifests, configurations, attestations.

An archive of `docker save` names its images in `manifest.json`, an OCI layout in `index.json`; a new one has
both. A name that a document gives is looked up among what was read, and never opened.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final, TypeAlias

from rewriter.errors import InspectionError
from rewriter.record import Record

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | float | bool | None"

_DIGEST: Final = re.compile(r"(sha256|sha512|sha384):([0-9a-f]{64,128})")
IMAGE_LIMIT: Final = 2_000
LAYER_LIMIT: Final = 1_000
_DEPTH: Final = 4
_REFERENCE: Final = "vnd.docker.reference.digest"
_KIND: Final = "vnd.docker.reference.type"
_NAMES: Final = ("io.containerd.image.name", "org.opencontainers.image.ref.name")

Lookup = Callable[[str], Json]
Large = Callable[[str], int]
"""Tells the size of a document that is too large to be read, 0 for any other."""


class Manifest(Record):
    """Hold one image: its configuration, the names of its layers' blobs in order, and what is attested of it.

    `unread` are attestations that are too large for that: what they are, the blob's name, its size.
    """

    name: str
    digest: str
    config: dict[str, Json]
    layers: tuple[str, ...]
    attestations: tuple[tuple[str, Json], ...] = ()
    unread: tuple[tuple[str, str, int], ...] = ()

    @property
    def platform(self) -> str:
        """Return the platform as Docker writes it."""
        parts = (text(self.config, "os"), text(self.config, "architecture"), text(self.config, "variant"))
        return "/".join(part for part in parts if part)


def at(value: Json, *keys: str) -> Json:
    """Return what stands under keys, one inside the other; None where there is nothing."""
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def items(value: Json) -> list[Json]:
    """Return a list's members, nothing for what is none."""
    return value if isinstance(value, list) else []


def text(value: Json, *keys: str) -> str:
    """Return the text under keys, an empty one where there is none."""
    found = at(value, *keys)
    return found if isinstance(found, str) else ""


def texts(value: Json) -> tuple[str, ...]:
    """Return the texts in a list; a text alone is a list of one."""
    if isinstance(value, str):
        return (value,)
    return tuple(item for item in items(value) if isinstance(item, str))


def manifests(lookup: Lookup, large: Large = lambda _: 0) -> tuple[Manifest, ...]:
    """Return the images that the documents describe, each once, in the order of the index."""
    named = _docker(lookup)
    found = tuple(_oci(lookup, large, {manifest.digest: manifest.name for manifest in named if manifest.name}))
    known = {manifest.digest for manifest in found}
    return (*found, *(manifest for manifest in named if manifest.digest not in known))


def _docker(lookup: Lookup) -> tuple[Manifest, ...]:
    found: list[Manifest] = []
    images = items(lookup("manifest.json"))
    _check_count(len(images))
    for image in images:
        config = lookup(text(image, "Config"))
        if isinstance(config, dict):
            digest = re.sub(r"^blobs/sha256/|\.json$", "", text(image, "Config"))
            names = ", ".join(texts(at(image, "RepoTags")))
            found.append(Manifest(names, f"sha256:{digest}", config, _few(texts(at(image, "Layers")))))
    return tuple(found)


def _oci(lookup: Lookup, large: Large, names: dict[str, str]) -> Iterator[Manifest]:
    descriptors = tuple(_descriptors(lookup, lookup("index.json"), "", set(), _DEPTH))
    _check_count(len(descriptors))
    attested: dict[str, list[tuple[str, Json]]] = {}
    unread: dict[str, list[tuple[str, str, int]]] = {}
    for descriptor, _ in descriptors:
        if text(descriptor, "annotations", _KIND) == "attestation-manifest":
            about = text(descriptor, "annotations", _REFERENCE)
            for kind, name in _statements(lookup, text(descriptor, "digest")):
                if size := large(name):
                    unread.setdefault(about, []).append((kind or "attestation", name, size))
                elif isinstance(statement := lookup(name), dict):
                    told = text(statement, "predicateType") or "attestation"
                    attested.setdefault(about, []).append((told, statement))
    seen: set[str] = set()
    for descriptor, name in descriptors:
        digest = text(descriptor, "digest")
        manifest = lookup(blob(digest))
        config = lookup(blob(text(manifest, "config", "digest")))
        attestation = text(descriptor, "annotations", _KIND) == "attestation-manifest"
        if attestation or digest in seen or not isinstance(config, dict):
            continue
        seen.add(digest)
        layers = _few(tuple(blob(text(layer, "digest")) for layer in items(at(manifest, "layers"))))
        identity = text(manifest, "config", "digest")
        yield Manifest(
            names.get(identity, name),
            identity,
            config,
            layers,
            tuple(attested.get(digest, ())),
            tuple(unread.get(digest, ())),
        )


def _descriptors(lookup: Lookup, index: Json, name: str, seen: set[str], depth: int) -> Iterator[tuple[Json, str]]:
    """Yield the descriptors of manifests, those of an index in an index too, with the name that they go by.

    An index is looked into once, since a few that name each other many times would take for ever.
    """
    for descriptor in items(at(index, "manifests")):
        digest = text(descriptor, "digest")
        own = next((found for key in _NAMES if (found := text(descriptor, "annotations", key))), name)
        inner = lookup(blob(digest))
        if depth and isinstance(at(inner, "manifests"), list):
            if digest not in seen:
                seen.add(digest)
                yield from _descriptors(lookup, inner, own, seen, depth - 1)
        else:
            yield descriptor, own


def _check_count(count: int) -> None:
    if count > IMAGE_LIMIT:
        raise InspectionError(f"more than {IMAGE_LIMIT:,} images in one archive: not read; save the one that is meant")


def _few(layers: tuple[str, ...]) -> tuple[str, ...]:
    """Return the layers of one image, which no engine lets be more than some hundred."""
    if len(layers) > LAYER_LIMIT:
        raise InspectionError(f"an image of {len(layers):,} layers: not read")
    return layers


def _statements(lookup: Lookup, digest: str) -> Iterator[tuple[str, str]]:
    """Yield what a manifest of attestations says that each is, and the name of its blob."""
    for layer in items(at(lookup(blob(digest)), "layers")):
        yield text(layer, "annotations", "in-toto.io/predicate-type"), blob(text(layer, "digest"))


def blob(digest: str) -> str:
    """Return the name of the blob with a digest; a malformed digest names nothing."""
    found = _DIGEST.fullmatch(digest)
    return f"blobs/{found[1]}/{found[2]}" if found else ""
