"""Join what an image's documents and layers hold: each finding with what brought it in and what took it away."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from rewriter.documents.dockerfile import Dockerfile
from rewriter.inspect.archive import Gathered
from rewriter.inspect.examine import Hit
from rewriter.inspect.history import guessed_base, mark_base, read_history, with_lines
from rewriter.inspect.layer import LayerScan
from rewriter.inspect.metadata import judge_metadata
from rewriter.inspect.oci import Json, Manifest, at, manifests, texts
from rewriter.inspect.provenance import judge_attestation
from rewriter.model.inspection import Image, Inspection, Layer, Leak, Part, Step
from rewriter.model.secret import Confidence, Severity
from rewriter.record import Record, replace
from rewriter.tree.repository import shown as visible

NOTE_LIMIT: Final = 20


class Known(Record):
    """Hold what is known of an image from elsewhere: its Dockerfile, the layers of its base image."""

    dockerfile: Dockerfile | None = None
    stage: int | None = None
    base: tuple[str, ...] | None = None
    base_steps: int = 0


def inspection(target: str, gathered: Gathered, known: Known) -> Inspection:
    """Return what is in the images that were read."""
    found = manifests(gathered.document, gathered.too_large)
    if not found:
        note = "no image: neither a manifest.json nor an index.json names one whose configuration is there"
        return Inspection(target, (), (note,))
    notes: list[str] = []
    images = tuple(_image(manifest, gathered, known, notes) for manifest in found)
    used = {gathered.aliases.get(name, name) for manifest in found for name in manifest.layers}
    for name, scan in gathered.layers.items():
        if name in used:
            notes += [f"layer {short(name)}: {note}" for note in scan.notes]
    return Inspection(target, images, tuple(dict.fromkeys(notes))[:NOTE_LIMIT])


def short(name: str) -> str:
    """Return the beginning of a digest, or a name that has none."""
    digest = name.removesuffix("/layer.tar").rsplit("/", 1)[-1].rsplit(":", 1)[-1]
    return digest[:12]


def _image(manifest: Manifest, gathered: Gathered, known: Known, notes: list[str]) -> Image:
    steps = _steps(manifest, known)
    digests = texts(at(manifest.config, "rootfs", "diff_ids"))
    makers = {step.layer: index for index, step in enumerate(steps) if step.layer is not None}
    if len(makers) != len(manifest.layers):
        makers = {}
        if steps:
            notes.append(f"{manifest.name or short(manifest.digest)}: its history does not fit its layers")
    scans: list[LayerScan] = []
    layers: list[Layer] = []
    for index, name in enumerate(manifest.layers):
        scan = gathered.layer(name)
        if scan is None:
            notes.append(f"layer {index + 1} ({short(name) or 'without a name'}) is not there, so it was not searched")
            scan = LayerScan(name)
        scans.append(scan)
        step = makers.get(index)
        base = steps[step].base if step is not None else index < len(known.base or ())
        digest = digests[index] if index < len(digests) else name
        layers.append(Layer(digest, scan.size, scan.entries, step, base=base))
    leaks = [
        *_in_layers(scans, layers),
        *judge_metadata(manifest.config, steps),
        *(leak for kind, statement in manifest.attestations for leak in judge_attestation(kind, statement)),
        *_in_unread(manifest, gathered, notes),
    ]
    return Image(
        name=manifest.name,
        platform=manifest.platform,
        digest=manifest.digest,
        steps=steps,
        layers=tuple(layers),
        leaks=tuple(_based(leak, steps, layers) for leak in leaks),
        attestations=_kinds(manifest),
    )


def _kinds(manifest: Manifest) -> tuple[str, ...]:
    """Return what is attested of an image, each kind once."""
    return tuple(dict.fromkeys((*(kind for kind, _ in manifest.attestations), *(one[0] for one in manifest.unread))))


def _in_unread(manifest: Manifest, gathered: Gathered, notes: list[str]) -> Iterator[Leak]:
    """Yield what stands in attestations that are too large to be read: they were searched as any text."""
    for kind, name, size in manifest.unread:
        notes.append(f"{visible(kind)}: {size:,} bytes, so it was not read, only searched for tokens")
        scan = gathered.layer(name)
        for hit in (hit for hits in (scan.hits.values() if scan else ()) for hit in hits):
            yield Leak(Part.PROVENANCE, kind, hit.kind, confidence=hit.confidence, form=hit.form, values=hit.values)


def _steps(manifest: Manifest, known: Known) -> tuple[Step, ...]:
    steps = read_history(manifest.config)
    if known.base is not None:
        digests = texts(at(manifest.config, "rootfs", "diff_ids"))
        fits = digests[: len(known.base)] == known.base
        steps = mark_base(steps, known.base_steps if fits else 0)
    elif known.dockerfile is None:
        steps = mark_base(steps, guessed_base(steps))
    if known.dockerfile is not None:
        lined = with_lines(steps, known.dockerfile, known.stage)
        steps = (
            lined
            if known.base is None
            else tuple(replace(step, line=other.line) for step, other in zip(steps, lined, strict=True))
        )
    return steps


def _in_layers(scans: list[LayerScan], layers: list[Layer]) -> Iterator[Leak]:
    for index, scan in enumerate(scans):
        for path, hits in scan.hits.items():
            names = (path, *scan.links.get(path, ()))
            gone = [_remover(name, index, scans) for name in names]
            removed = None if None in gone else max(layer for layer in gone if layer is not None)
            shown = [name for name, layer in zip(names, gone, strict=True) if layer is None]
            for hit in hits:
                yield _leak(path, hit, index, layers, removed=removed, names=names, shown=shown)


def _remover(path: str, index: int, scans: list[LayerScan]) -> int | None:
    """Return the first layer above that takes a file out of sight."""
    return next((above for above in range(index + 1, len(scans)) if scans[above].takes_away(path)), None)


def _leak(
    path: str,
    hit: Hit,
    index: int,
    layers: list[Layer],
    *,
    removed: int | None,
    names: tuple[str, ...],
    shown: list[str],
) -> Leak:
    inside = f"!{hit.inside}" if hit.inside else ""
    sure = hit.confidence is Confidence.HIGH
    severity = Severity.CRITICAL if sure and removed is None else Severity.HIGH if sure else Severity.MEDIUM
    first = path if removed is not None or not shown or path in shown else shown[0]
    return Leak(
        part=Part.LAYER,
        where=f"/{first}{inside}",
        kind=hit.kind,
        severity=severity,
        confidence=hit.confidence,
        form=hit.form,
        layer=index,
        step=layers[index].step,
        removed_layer=removed,
        removed_step=None if removed is None else layers[removed].step,
        links=tuple(f"/{name}" for name in names if name != first),
        values=hit.values,
    )


def _based(leak: Leak, steps: tuple[Step, ...], layers: list[Layer]) -> Leak:
    """Return the leak, marked where the base image brings it along, and with its line."""
    base = leak.layer is not None and layers[leak.layer].base
    if leak.step is None:
        return replace(leak, base=base)
    step = steps[leak.step]
    return replace(leak, base=base or step.base, line=leak.line or step.line)


def diff_ids(config: Json) -> tuple[str, ...]:
    """Return the digests of an image's layers."""
    return texts(at(config, "rootfs", "diff_ids"))
