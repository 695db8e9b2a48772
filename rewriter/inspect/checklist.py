"""Give the state of each point of the runbook: what was looked at, how it stands, what is to be done."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from rewriter import rotation
from rewriter.model.inspection import Answer, Check, Leak, Part
from rewriter.model.secret import Channel, Finding, Severity

_SHOWN: Final = 6


class _Point(NamedTuple):
    """Hold one point: which parts of an image and which channels of a repository it is about, and what to say."""

    name: str
    parts: tuple[Part, ...]
    channels: tuple[Channel, ...]
    good: str
    advice: str


_POINTS: Final = (
    _Point(
        "history", (Part.HISTORY, Part.LABEL, Part.COMMAND), (Channel.HISTORY,),
        "commands, labels and start commands hold no value", "move the value into a mounted secret: `unbake fix`",
    ),
    _Point(
        "build arguments", (Part.BUILD_ARG, Part.PROVENANCE, Part.LOG),
        (Channel.BUILD_ARG, Channel.PROVENANCE, Channel.CALLER),
        "no secret is a build argument", "hand it over by --secret in every caller: `unbake fix`",
    ),
    _Point(
        "environment", (Part.ENV, Part.PROCESS), (Channel.ENV, Channel.COMPOSE),
        "no variable carries a secret", "give the container a file under /run/secrets instead",
    ),
    _Point(
        "files in layers", (Part.LAYER, Part.CACHE), (Channel.LAYER,),
        "no layer holds a credential", "mount the file in the step that reads it: `unbake fix`",
    ),
)  # fmt: skip
_IGNORE: Final = "ignore file"
_FILES: Final = "run-time files"
_ROTATION: Final = "rotation"


def checklist(
    leaks: Iterable[Leak], findings: Iterable[Finding] | None, files: Check | None = None, *, built: bool = True
) -> tuple[Check, ...]:
    """Return the points.

    `findings` are those of the repository, None where none is known; `built`: an image or a container was read.
    """
    found = tuple(leak for leak in leaks if leak.severity is not Severity.LOW)
    static = None if findings is None else tuple(one for one in findings if one.severity is not Severity.LOW)
    checks = [_point(point, found, static, built=built) for point in _POINTS]
    checks.append(files or Check(_FILES, Answer.UNKNOWN, "not seen: look into a container that runs, by its name"))
    checks.append(_ignore(static))
    checks.append(_rotation(found, static or ()))
    return tuple(checks)


def _point(point: _Point, leaks: tuple[Leak, ...], findings: tuple[Finding, ...] | None, *, built: bool) -> Check:
    places = [f"{leak.part.value} {leak.where}" for leak in leaks if leak.part in point.parts]
    places += [
        f"{one.place.path}:{one.place.line} {one.name}" for one in findings or () if one.channel in point.channels
    ]
    if places:
        return Check(point.name, Answer.BAD, f"{len(places)} to settle; {point.advice}", tuple(_some(places)))
    if not built and findings is None:
        return Check(point.name, Answer.UNKNOWN, "not looked at")
    return Check(point.name, Answer.GOOD, point.good)


def _ignore(findings: tuple[Finding, ...] | None) -> Check:
    if findings is None:
        return Check(_IGNORE, Answer.UNKNOWN, "not seen: name the Dockerfile by --dockerfile, or the repository")
    places = [f"{one.name} ({one.place.path}:{one.place.line})" for one in findings if one.channel is Channel.CONTEXT]
    if places:
        return Check(_IGNORE, Answer.BAD, "name these in .dockerignore: `unbake fix`", tuple(_some(places)))
    return Check(_IGNORE, Answer.GOOD, "no credential file reaches the build unasked")


def _rotation(leaks: tuple[Leak, ...], findings: tuple[Finding, ...]) -> Check:
    """Name whom to ask for a new credential: what was in an image once is known to all who could pull it."""
    rows: dict[str, str] = {}
    for leak in leaks:
        row = next((one for one in rotation.providers() if leak.kind.split(" ")[0] in (one.id, *one.files)), None)
        row = row or rotation.UNKNOWN
        rows.setdefault(f"{leak.where}: {row.title}", row.where)
    for finding in findings:
        exposure = rotation.exposure(finding)
        rows.setdefault(f"{finding.name}: {rotation.provider(exposure.provider).title}", exposure.where)
    if not rows:
        return Check(_ROTATION, Answer.GOOD, "nothing exposed was found")
    details = tuple(_some([f"{who}; {where}" for who, where in rows.items()]))
    return Check(_ROTATION, Answer.BAD, f"{len(rows)} to rotate, whatever becomes of the image", details)


def _some(lines: list[str]) -> Iterator[str]:
    yield from lines[:_SHOWN]
    if len(lines) > _SHOWN:
        yield f"and {len(lines) - _SHOWN} more"
