"""Show a person what is in an image: its layers from base to top, what brought each secret in, what hides it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from rewriter.model.inspection import Answer, Check, Image, Inspection, Leak, Part, Step
from rewriter.render.paint import Paint
from rewriter.render.pen import Pen
from rewriter.render.redact import Redactor

WIDTH: Final = 88
PLACES: Final = {
    Part.LAYER: "file",
    Part.ENV: "environment",
    Part.LABEL: "label",
    Part.COMMAND: "start command",
    Part.HISTORY: "history",
    Part.BUILD_ARG: "build argument",
    Part.PROVENANCE: "provenance",
    Part.LOG: "log",
    Part.CACHE: "cache",
    Part.PROCESS: "process",
}
_ANSWERS: Final = {Answer.GOOD: "ok", Answer.BAD: "FAIL", Answer.UNKNOWN: "?"}


def redactor(leaks: Iterable[Leak], images: Iterable[Image] = ()) -> Redactor:
    """Return a redactor that knows every value that was seen."""
    values = [value for leak in leaks for value in leak.values]
    arguments = [value for image in images for step in image.steps for _, value in step.arguments]
    return Redactor((*values, *arguments))


def inspection(found: Inspection, paint: Paint, *, quiet: bool = False) -> str:
    """Return the tree of every image, or with `quiet` one line a finding."""
    pen = Pen(redactor(found.leaks, found.images), paint)
    if quiet:
        lines = [line(leak, image, pen) for image in found.images for leak in image.leaks]
        lines += [line(leak, None, pen) for leak in found.loose]
        return _page([*lines, *_notes(found.notes, pen)])
    shown: list[str] = []
    for image in found.images:
        shown += (*_image(image, pen), "")
    if found.loose:
        shown += (pen.paint.bold("Outside of the image"), *(f"  {line(leak, None, pen)}" for leak in found.loose), "")
    if found.notes:
        shown += (pen.paint.bold("Not looked into"), *_notes(found.notes, pen), "")
    return _page([*shown, *summary(found, pen)])


def checks(answers: Iterable[Check], pen: Pen) -> Iterator[str]:
    """Yield a list of answers, one a line, with what there is to say about each."""
    for check in answers:
        mark = _ANSWERS[check.answer].rjust(4)
        color = {Answer.GOOD: pen.paint.green, Answer.BAD: pen.paint.red, Answer.UNKNOWN: pen.paint.yellow}[
            check.answer
        ]
        yield f"{color(mark)}  {pen.paint.bold(check.name)}: {pen.prose(check.message)}"
        yield from (f"      {pen.prose(detail)}" for detail in check.details)


def answers(found: Iterable[Check], pen: Pen, *, quiet: bool = False) -> str:
    """Return the answers of a proof; with `quiet` only those that are not good."""
    shown = [check for check in found if not quiet or check.answer is not Answer.GOOD]
    return _page(checks(shown, pen))


def container(found: Inspection, checked: Iterable[Check], paint: Paint) -> str:
    """Return what a container shows."""
    pen = Pen(redactor(found.leaks), paint)
    lines = [pen.paint.bold(pen.name(found.target)), *(f"  {line(leak, None, pen)}" for leak in found.loose)]
    lines += [*_notes(found.notes, pen), *checks(checked, pen), ""]
    if found.loose:
        lines.append("A variable is seen by every process, by `docker inspect` and by whatever it crashes into.")
    else:
        lines.append(pen.paint.green("Nothing found."))
    return _page(lines)


def _page(lines: Iterable[str]) -> str:
    text = "\n".join(lines).strip("\n")
    return f"{text}\n" if text else ""


def _notes(notes: Iterable[str], pen: Pen) -> Iterator[str]:
    return (f"  {pen.paint.yellow('note')} {pen.prose(note)}" for note in notes)


def _image(image: Image, pen: Pen) -> Iterator[str]:
    name = image.name or image.digest
    yield f"{pen.paint.bold(pen.name(name))}  {pen.paint.dim(pen.name(f'{image.platform} {image.digest[:19]}'))}"
    mine: dict[int, list[str]] = {}
    rest: list[Leak] = []
    for leak in image.leaks:
        for index, text in _events(leak, image, pen):
            mine.setdefault(index, []).append(text)
        if leak.step is None:
            rest.append(leak)
    steps = [index for index, step in enumerate(image.steps) if not step.base or index in mine]
    if hidden := len(image.steps) - len(steps):
        yield pen.paint.dim(f"├─ base image: {hidden} {'entry' if hidden == 1 else 'entries'} without a finding")
    for index in steps:
        yield f"├─ {_step(image.steps[index], index, pen)}"
        yield from (f"│    {text}" for text in mine.get(index, ()))
    for leak in rest:
        yield f"├─ {line(leak, image, pen)}"
    if image.attestations:
        yield pen.paint.dim(f"├─ attested: {pen.name(', '.join(image.attestations))}")
    yield f"└─ {_count(len(image.leaks), 'finding')}"


def _step(step: Step, index: int, pen: Pen) -> str:
    place = f" (line {step.line})" if step.line else ""
    base = " (base)" if step.base else ""
    layer = "" if step.layer is None else f"  layer {step.layer + 1}"
    return f"{instruction(step, pen)}{pen.paint.dim(f'{layer}{place}{base}')}" if index >= 0 else ""


def instruction(step: Step, pen: Pen) -> str:
    """Return an instruction on one line, cut where it is long."""
    text = " ".join(pen.prose(step.text).split())
    cut = text if len(text) <= WIDTH else f"{text[:WIDTH]}..."
    return f"{pen.paint.cyan(step.keyword)} {cut}".rstrip()


def _events(leak: Leak, image: Image, pen: Pen) -> Iterator[tuple[int, str]]:
    """Yield what to say of a leak at which step: where it enters, where it is hidden."""
    if leak.step is None:
        return
    yield leak.step, f"{pen.paint.red('+')} {_what(leak, pen)}"
    if leak.removed_step is not None and leak.removed_step != leak.step:
        kept = f"layer {leak.layer + 1} keeps it" if leak.layer is not None else "the history keeps it"
        entered = instruction(image.steps[leak.step], pen)
        yield leak.removed_step, f"{pen.paint.yellow('-')} {pen.name(leak.where)} is hidden here, {kept} ({entered})"


def _what(leak: Leak, pen: Pen) -> str:
    form = f" in {leak.form}" if leak.form else ""
    links = f", also {', '.join(pen.name(link) for link in leak.links[:3])}" if leak.links else ""
    severity = pen.paint.severity(leak.severity)
    place = f" (line {leak.line})" if leak.line and leak.step is None else ""
    return f"{severity} {PLACES[leak.part]} {pen.name(leak.where)}: {pen.prose(leak.kind)}{form}{links}{place}"


def line(leak: Leak, image: Image | None, pen: Pen) -> str:
    """Return a finding on one line, with the layer and the instruction that brought it in and that hid it."""
    text = _what(leak, pen)
    if leak.layer is not None:
        text += f"; layer {leak.layer + 1}"
    if image is None or leak.step is None:
        return text + (f"; by {pen.prose(leak.instruction)}" if leak.instruction else "")
    place = f", line {leak.line}" if leak.line else ""
    text += f"; by {instruction(image.steps[leak.step], pen)}{place}"
    if leak.removed_step is not None:
        text += f"; hidden by {instruction(image.steps[leak.removed_step], pen)}"
    return text + ("; from the base image" if leak.base else "")


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def summary(found: Inspection, pen: Pen) -> Iterator[str]:
    """Yield the last lines: how much there is, and what follows from it."""
    layers = sum(len(image.layers) for image in found.images)
    size = sum(layer.size for image in found.images for layer in image.layers)
    searched = f"{_count(layers, 'layer')}, {size / 1e6:,.1f} MB searched"
    if not found.images and not found.leaks:
        yield pen.paint.yellow("No image was found") + ", so nothing is known of it."
        return
    if not found.leaks:
        yield pen.paint.green("Nothing found.") + f" {searched}."
        return
    base = sum(leak.base for leak in found.leaks)
    gone = sum(leak.gone for leak in found.leaks)
    parts = [f"{gone:,} hidden by a later instruction" if gone else "", f"{base:,} from the base image" if base else ""]
    details = ", ".join(part for part in parts if part)
    yield f"{_count(len(found.leaks), 'finding')}{f' ({details})' if details else ''}; {searched}."
    yield "Whoever can pull the image can read all of it, what a later layer deletes too: rotate what was exposed."
