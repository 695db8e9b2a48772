"""Describe what was found in an image, a container or a build: leaks, each with the instruction that caused it."""

from __future__ import annotations

from enum import StrEnum

from rewriter.model.masked import Masked
from rewriter.model.secret import Confidence, Severity
from rewriter.record import Record


class Part(StrEnum):
    """Name the part of an image, a container or a build that holds a secret."""

    LAYER = "layer"
    ENV = "env"
    LABEL = "label"
    COMMAND = "command"
    HISTORY = "history"
    BUILD_ARG = "build-arg"
    PROVENANCE = "provenance"
    LOG = "log"
    CACHE = "cache"
    PROCESS = "process"


class Step(Record):
    """Hold one entry of an image's history, base first.

    `keyword` and `text` are the instruction as BuildKit or the classic builder recorded it. `layer` is the
    index of the layer that it made, `line` its line in the Dockerfile, 0 where that is not known. `base`: it
    comes from the base image.
    """

    keyword: str
    text: str
    arguments: tuple[tuple[str, Masked], ...] = ()
    layer: int | None = None
    line: int = 0
    base: bool = False


class Layer(Record):
    """Hold one layer: the digest of its content, how many bytes it has unpacked, and the step that made it."""

    digest: str
    size: int
    entries: int
    step: int | None
    base: bool = False


class Leak(Record):
    """Report one secret in one place.

    `where` is a path in the image, or the name of a variable, a label, an option. `kind` says what it is.
    `form` says how it is written where that is not plainly: `base64`, `gzip`. `layer` and `step` are indices
    of what brought it in, `removed_layer` and `removed_step` of what took it out of sight; `links` are other
    names of the same file. `instruction` and `line` name the cause where no entry of the history does.
    `base`: the base image brings it along.
    """

    part: Part
    where: str
    kind: str
    severity: Severity = Severity.HIGH
    confidence: Confidence = Confidence.HIGH
    form: str = ""
    layer: int | None = None
    step: int | None = None
    removed_layer: int | None = None
    removed_step: int | None = None
    links: tuple[str, ...] = ()
    instruction: str = ""
    line: int = 0
    base: bool = False
    values: tuple[Masked, ...] = ()

    @property
    def gone(self) -> bool:
        """Tell whether the running container no longer shows it, although the image keeps it."""
        return self.removed_layer is not None or self.removed_step is not None


class Image(Record):
    """Hold one image (of one platform) as it was found."""

    name: str
    platform: str
    digest: str
    steps: tuple[Step, ...]
    layers: tuple[Layer, ...]
    leaks: tuple[Leak, ...]
    attestations: tuple[str, ...] = ()


class Inspection(Record):
    """Hold what looking into a target gave.

    `loose` are leaks that belong to no image: in a log, a cache, a container. `notes` say what could not be looked
    into, and why.
    """

    target: str
    images: tuple[Image, ...]
    notes: tuple[str, ...] = ()
    loose: tuple[Leak, ...] = ()

    @property
    def leaks(self) -> tuple[Leak, ...]:
        """Return all leaks."""
        return (*(leak for image in self.images for leak in image.leaks), *self.loose)


class Answer(StrEnum):
    """Say how a check came out; `unknown` is one that could not be made."""

    GOOD = "good"
    BAD = "bad"
    UNKNOWN = "unknown"


class Check(Record):
    """Answer one question, in the words of one line; `details` say where and what to do."""

    name: str
    answer: Answer
    message: str
    details: tuple[str, ...] = ()
