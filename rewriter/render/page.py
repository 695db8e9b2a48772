"""Draw an image as a page of HTML: layers from base to top, where each secret enters, what hides it, what keeps it.

The page stands for itself: it loads nothing, runs no script, and every text in it is redacted and escaped.
"""

from __future__ import annotations

from rewriter.model.inspection import Image, Inspection, Leak, Part, Step
from rewriter.render.paint import Paint
from rewriter.render.pen import Pen
from rewriter.render.tree import PLACES, redactor, summary
from rewriter.template import render

TEMPLATE = "image.html.j2"
TEXT_LIMIT = 2_000
_Row = dict[str, object]


def page(found: Inspection) -> str:
    """Return the page of an inspection."""
    pen = Pen(redactor(found.leaks, found.images), Paint())
    cards = [_card(leak, image, pen) for image in found.images for leak in image.leaks]
    cards += [_card(leak, None, pen) for leak in found.loose]
    return render(
        TEMPLATE,
        title=f"Secrets in {pen.name(found.target)}",
        summary=" ".join(summary(found, pen)),
        findings=len(found.leaks),
        images=[_image(image, pen) for image in found.images],
        cards=cards,
        notes=[pen.prose(note) for note in found.notes],
    )


def _image(image: Image, pen: Pen) -> _Row:
    return {
        "name": pen.name(image.name or image.digest),
        "platform": pen.name(image.platform),
        "digest": pen.name(image.digest[:19]),
        "steps": [_step(index, image, pen) for index in range(len(image.steps))],
    }


def _step(index: int, image: Image, pen: Pen) -> _Row:
    step = image.steps[index]
    layer = None if step.layer is None or step.layer >= len(image.layers) else image.layers[step.layer]
    return {
        "keyword": step.keyword,
        "text": _text(step, pen),
        "layer": None if layer is None or step.layer is None else step.layer + 1,
        "size": "" if layer is None else f"{layer.size / 1e6:,.1f} MB",
        "line": step.line,
        "base": step.base,
        "enters": [_card(leak, image, pen) for leak in image.leaks if leak.step == index],
        "hides": [_card(leak, image, pen) for leak in image.leaks if leak.removed_step == index != leak.step],
    }


def _text(step: Step, pen: Pen) -> str:
    return pen.prose(step.text[:TEXT_LIMIT])


def _card(leak: Leak, image: Image | None, pen: Pen) -> _Row:
    form = f" in {leak.form}" if leak.form else ""
    return {
        "severity": leak.severity.value,
        "part": PLACES[leak.part],
        "where": pen.name(leak.where),
        "kind": pen.prose(leak.kind) + form,
        "by": _cause(leak, leak.step, image, pen),
        "hidden_by": "" if leak.removed_step is None else _cause(leak, leak.removed_step, image, pen),
        "held": _held(leak, pen),
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
            return "the image's configuration holds it, and `docker inspect` shows it"
        case Part.HISTORY | Part.BUILD_ARG:
            return "the image's history holds it, and `docker history` shows it"
        case Part.PROVENANCE:
            return "the provenance that is attached to the image holds it"
        case _:
            return f"the {PLACES[leak.part]} holds it"
