"""Make sure that the Dockerfile frontend knows the mounts that a fix needs (docs/facts.md, "Frontend versions").

Secret mounts came with frontend 1.2, their option `env=` with 1.10. Without a `# syntax` directive the frontend is
the one built into the engine, which may be older; the directive makes BuildKit fetch one that is new enough. Where
the directive must not be touched, a secret comes as a file, which older frontends know too.
"""

from __future__ import annotations

import re
from typing import Final

from rewriter.documents.dockerfile import Dockerfile, frontend
from rewriter.model.plan import Reason
from rewriter.model.text import Edit, Span
from rewriter.record import Record
from rewriter.settings import SYNTAX_AUTO, SYNTAX_KEEP, SecretStyle, Settings
from rewriter.transforms.dockerfile_edits import first_line
from rewriter.transforms.run_change import CannotChange

IMAGE: Final = "docker/dockerfile:1"
_ENV: Final = (1, 10)
_FILE: Final = (1, 2)
_REFERENCE: Final = re.compile(
    r"(?P<image>[^\s@:]+(?::\d+/[^\s@:]+)?)(?::(?P<tag>[\w.-]+))?(?P<digest>@sha256:[0-9a-f]+)?"
)
_VERSION: Final = re.compile(r"(?P<numbers>\d+(?:\.\d+)*)(?P<suffix>-[\w.-]+)?")


class Frontend(Record):
    """Hold how the RUNs of a file get a secret (`style` is never `auto`), and the edits of its `# syntax` line."""

    style: SecretStyle
    edits: tuple[Edit, ...]


def choose_frontend(file: Dockerfile, settings: Settings) -> Frontend:
    """Return the style of the mounts and what it asks of the `# syntax` line; raises `CannotChange`."""
    if settings.secret_style is not SecretStyle.FILE:
        edits = _require(file, settings, _ENV)
        if not isinstance(edits, str):
            return Frontend(SecretStyle.ENV, edits)
        if settings.secret_style is SecretStyle.ENV or frontend(file).at_least(*_FILE) is not True:
            raise CannotChange(edits, Reason.FRONTEND_PINNED)
    return Frontend(SecretStyle.FILE, require_mounts(file, settings))


def require_mounts(file: Dockerfile, settings: Settings) -> tuple[Edit, ...]:
    """Return what a mount of ssh's agent asks of the `# syntax` line; raises `CannotChange`."""
    edits = _require(file, settings, _FILE)
    if isinstance(edits, str):
        raise CannotChange(edits, Reason.FRONTEND_PINNED)
    return edits


def _require(file: Dockerfile, settings: Settings, version: tuple[int, int]) -> tuple[Edit, ...] | str:
    """Return the edits that set or raise the `# syntax` directive, or why it must not be touched."""
    directive = next((entry for entry in file.directives if entry.name == "syntax"), None)
    wanted = IMAGE if settings.syntax in (SYNTAX_AUTO, SYNTAX_KEEP) else settings.syntax
    if directive is None:
        if settings.syntax == SYNTAX_KEEP or (settings.syntax == SYNTAX_AUTO and version == _FILE):
            return ()
        offset = first_line(file)
        return (Edit(Span(offset, offset), f"# syntax={wanted}{file.source.newline}"),)
    match = _REFERENCE.fullmatch(directive.value)
    if match is None or not re.search(r"(?:^|/)dockerfile(?:-upstream)?$", match["image"]):
        return f"# syntax={directive.value} names a frontend of its own; whether it knows the mount is not known"
    tag = match["tag"] or ""
    found = _VERSION.fullmatch(tag)
    if found is None and tag in ("", "latest", "labs", "master"):
        return ()
    numbers = tuple(int(part) for part in found["numbers"].split(".")) if found is not None else ()
    if numbers and (len(numbers) == 1 or numbers[:2] >= version):
        return ()
    needed = ".".join(str(number) for number in version)
    if settings.syntax == SYNTAX_KEEP:
        return f"# syntax={directive.value} is older than {needed}, and --syntax=keep leaves it"
    if match["digest"]:
        return f"the # syntax directive is pinned to a digest of a frontend older than {needed}: pin a newer one"
    if settings.syntax != SYNTAX_AUTO:
        return (Edit(directive.value_span, wanted),)
    return _replace(directive.value_span, match, "1" if found is None else needed + _labs(found["suffix"]), file)


def _labs(suffix: str | None) -> str:
    return "-labs" if suffix and "labs" in suffix else ""


def _replace(span: Span, match: re.Match[str], tag: str, file: Dockerfile) -> tuple[Edit, ...]:
    start = span.of(file.source.text).index(match["image"]) + span.start + len(match["image"])
    end = start + (len(match["tag"]) + 1 if match["tag"] else 0)
    return (Edit(Span(start, end), f":{tag}"),)
