"""Draw an image as a page of HTML: layers from base to top, where each secret enters, what hides it, what keeps it.

The page stands for itself: it loads nothing, runs no script, and every text in it is redacted and escaped. Each
secret has a number and a lane beside the layers: a dot where it enters, a line while it is in sight, a ring where an
instruction takes it out of sight, and a broken line from there on, since a layer or the history keeps it.
"""

from __future__ import annotations

import sys
from itertools import groupby
from typing import Final

from rewriter.model.inspection import Image, Inspection, Layer, Leak, Part, Step
from rewriter.render.paint import Paint
from rewriter.render.pen import Pen
from rewriter.render.tree import PLACES, redactor, summary
from rewriter.template import render

TEMPLATE: Final = "image.html.j2"
TEXT_LIMIT: Final = 2_000
LANES: Final = 16
"""More lines beside the layers than this nobody can follow; further secrets are in the list alone."""
_UNITS: Final = ((1e9, "GB"), (1e6, "MB"), (1e3, "kB"))
_Row = dict[str, object]
_Numbered = tuple[tuple[int, Leak], ...]


def page(found: Inspection) -> str:
    """Return the page of an inspection."""
    pen = Pen(redactor(found.leaks, found.images), Paint())
    images: list[_Row] = []
    cards: list[_Row] = []
    for image in found.images:
        mine = tuple(enumerate(sorted(image.leaks, key=_entry), start=len(cards) + 1))
        images.append(_image(image, mine, pen))
        cards += [_card(number, leak, image, pen) for number, leak in mine]
    cards += [_card(number, leak, None, pen) for number, leak in enumerate(found.loose, start=len(cards) + 1)]
    return render(
        TEMPLATE,
        title=f"Secrets in {pen.name(found.target)}",
        summary=list(summary(found, pen)),
        figures=_figures(found),
        images=images,
        cards=cards,
        notes=[pen.prose(note) for note in found.notes],
    )


def _entry(leak: Leak) -> int:
    """Return where in the order of the page a secret stands: as it enters, what no step is known for at the end."""
    return sys.maxsize if leak.step is None else leak.step


def _figures(found: Inspection) -> list[tuple[str, str]]:
    layers = [layer for image in found.images for layer in image.layers]
    figures = [
        ("found", f"{len(found.leaks):,}"),
        ("hidden, but kept", f"{sum(leak.gone for leak in found.leaks):,}"),
        ("from the base image", f"{sum(leak.base for leak in found.leaks):,}"),
        ("layers", f"{len(layers):,}"),
        ("searched", _size(sum(layer.size for layer in layers))),
    ]
    return figures if found.leaks else figures[3:]


def _image(image: Image, mine: _Numbered, pen: Pen) -> _Row:
    lanes = tuple((number, leak) for number, leak in mine if leak.step is not None)[:LANES]
    steps = [_step(index, image, mine, lanes, pen) for index in range(len(image.steps))]
    return {
        "name": pen.name(image.name or image.digest),
        "platform": pen.name(image.platform),
        "digest": pen.name(image.digest[:19]),
        "lanes": [number for number, _ in lanes],
        "groups": [{"quiet": quiet, "steps": list(group)} for quiet, group in groupby(steps, lambda row: row["quiet"])],
        "attestations": [pen.name(kind) for kind in image.attestations],
    }


def _step(index: int, image: Image, mine: _Numbered, lanes: _Numbered, pen: Pen) -> _Row:
    step = image.steps[index]
    enters = [_event(number, leak, pen) for number, leak in mine if leak.step == index]
    hides = [_event(number, leak, pen) for number, leak in mine if leak.removed_step == index != leak.step]
    layer = _layer(step, image)
    return {
        "keyword": step.keyword,
        "text": _text(step, pen),
        "layer": None if layer is None or step.layer is None else step.layer + 1,
        "size": "" if layer is None else _size(layer.size),
        "line": step.line,
        "base": step.base,
        "enters": enters,
        "hides": hides,
        "lanes": [_lane(leak, index) for _, leak in lanes],
        "quiet": step.base and not enters and not hides and not any(_lane(leak, index) for _, leak in lanes),
    }


def _layer(step: Step, image: Image) -> Layer | None:
    return None if step.layer is None or step.layer >= len(image.layers) else image.layers[step.layer]


def _lane(leak: Leak, index: int) -> str:
    """Say how the lane of a secret looks beside a step."""
    if leak.step is None or index < leak.step:
        return ""
    removed = leak.removed_step
    if removed is None and leak.part in (Part.HISTORY, Part.BUILD_ARG):
        removed = leak.step  # no container ever shows it
    if index == leak.step:
        return "enters" if removed != index else "enters hidden"
    if removed is None or index < removed:
        return "shown"
    return "hides" if index == removed else "kept"


def _event(number: int, leak: Leak, pen: Pen) -> _Row:
    return {
        "number": number,
        "severity": leak.severity.value,
        "part": PLACES[leak.part],
        "where": pen.name(leak.where),
        "kind": _kind(leak, pen),
        "keeper": f"layer {leak.layer + 1} keeps it" if leak.layer is not None else "the history keeps it",
    }


def _kind(leak: Leak, pen: Pen) -> str:
    return pen.prose(leak.kind) + (f" in {leak.form}" if leak.form else "")


def _text(step: Step, pen: Pen) -> str:
    return pen.prose(step.text[:TEXT_LIMIT])


def _card(number: int, leak: Leak, image: Image | None, pen: Pen) -> _Row:
    return {
        **_event(number, leak, pen),
        "by": _cause(leak, leak.step, image, pen),
        "line": leak.line,
        "hidden_by": "" if leak.removed_step is None else _cause(leak, leak.removed_step, image, pen),
        "held": _held(leak, pen),
        "base": leak.base,
    }


def _cause(leak: Leak, step: int | None, image: Image | None, pen: Pen) -> str:
    if image is None or step is None:
        return pen.prose(leak.instruction)
    return f"{image.steps[step].keyword} {_text(image.steps[step], pen)}".strip()


def _held(leak: Leak, pen: Pen) -> str:
    """Say what keeps the secret now."""
    match leak.part:
        case Part.LAYER if leak.layer is not None:
            links = f", also as {', '.join(pen.name(link) for link in leak.links[:5])}" if leak.links else ""
            seen = "" if leak.gone else ", and every container shows it"
            return f"layer {leak.layer + 1} holds the file{links}{seen}"
        case Part.ENV | Part.LABEL | Part.COMMAND:
            return "the image's configuration holds it, and docker inspect shows it"
        case Part.HISTORY | Part.BUILD_ARG:
            return "the image's history holds it, and docker history shows it"
        case Part.PROVENANCE:
            return "the provenance that is attached to the image holds it"
        case _:
            return f"the {PLACES[leak.part]} holds it"


def _size(count: int) -> str:
    unit, name = next(((unit, name) for unit, name in _UNITS if count >= unit), (1.0, "B"))
    return f"{count / unit:,.1f} {name}" if unit > 1 else f"{count:,} B"
