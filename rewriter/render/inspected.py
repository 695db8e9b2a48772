"""Write what was found in an image as JSON; no field holds a value."""

from __future__ import annotations

import json
from typing import Final

from rewriter.model.inspection import Check, Image, Inspection, Layer, Leak, Step
from rewriter.render.redact import Redactor
from rewriter.render.tree import redactor
from rewriter.render.visible import visible

VERSION: Final = 1
_Json = dict[str, object]


def inspection(found: Inspection, checks: tuple[Check, ...] = ()) -> str:
    """Return an inspection, and the answers of a check list where there is one."""
    hide = _Hide(redactor(found.leaks, found.images))
    document: _Json = {
        "version": VERSION,
        "target": hide(found.target),
        "images": [_image(image, hide) for image in found.images],
        "findings": [_leak(leak, None, hide) for leak in found.loose],
        "notes": [hide(note) for note in found.notes],
        "summary": {
            "images": len(found.images),
            "findings": len(found.leaks),
            "hidden": sum(leak.gone for leak in found.leaks),
            "base": sum(leak.base for leak in found.leaks),
        },
    }
    if checks:
        document["checks"] = [answer(check, hide) for check in checks]
    return dumped(document)


def answers(target: str, checks: tuple[Check, ...], hidden: Redactor) -> str:
    """Return the answers of a check alone."""
    hide = _Hide(hidden)
    return dumped({"version": VERSION, "target": hide(target), "checks": [answer(check, hide) for check in checks]})


def dumped(document: _Json) -> str:
    """Return a document as text."""
    return json.dumps(document, indent=2) + "\n"


class _Hide:
    """Take values out of a text, and what no JSON may hold."""

    def __init__(self, hidden: Redactor) -> None:
        self._redactor = hidden

    def __call__(self, text: str) -> str:
        plain = self._redactor.text(text)
        return "".join(char if not 0xD800 <= ord(char) <= 0xDFFF else visible(char) for char in plain)


def answer(check: Check, hide: _Hide) -> _Json:
    """Return one answer."""
    details = [hide(detail) for detail in check.details]
    return {"name": check.name, "answer": check.answer.value, "message": hide(check.message), "details": details}


def _image(image: Image, hide: _Hide) -> _Json:
    return {
        "name": hide(image.name),
        "platform": hide(image.platform),
        "digest": hide(image.digest),
        "steps": [_step(step, hide) for step in image.steps],
        "layers": [_layer(layer, hide) for layer in image.layers],
        "attestations": [hide(kind) for kind in image.attestations],
        "findings": [_leak(leak, image, hide) for leak in image.leaks],
    }


def _step(step: Step, hide: _Hide) -> _Json:
    return {
        "instruction": hide(f"{step.keyword} {step.text}".strip()),
        "layer": step.layer,
        "line": step.line or None,
        "base": step.base,
    }


def _layer(layer: Layer, hide: _Hide) -> _Json:
    return {
        "digest": hide(layer.digest),
        "size": layer.size,
        "entries": layer.entries,
        "step": layer.step,
        "base": layer.base,
    }


def _leak(leak: Leak, image: Image | None, hide: _Hide) -> _Json:
    digest = "" if leak.layer is None or image is None else image.layers[leak.layer].digest
    return {
        "part": leak.part.value,
        "where": hide(leak.where),
        "kind": hide(leak.kind),
        "form": leak.form or None,
        "severity": leak.severity.value,
        "confidence": leak.confidence.value,
        "layer": leak.layer,
        "layer_digest": hide(digest) or None,
        "step": leak.step,
        "instruction": _instruction(leak, leak.step, image, hide),
        "line": leak.line or None,
        "removed_layer": leak.removed_layer,
        "removed_step": leak.removed_step,
        "removed_by": _instruction(leak, leak.removed_step, image, hide) if leak.removed_step is not None else None,
        "links": [hide(link) for link in leak.links],
        "base": leak.base,
    }


def _instruction(leak: Leak, step: int | None, image: Image | None, hide: _Hide) -> str | None:
    if step is None or image is None:
        return hide(leak.instruction) or None
    return hide(f"{image.steps[step].keyword} {image.steps[step].text}".strip())
