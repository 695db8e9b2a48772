"""Make sure that the Dockerfile frontend knows `--mount=type=secret,env=` (docs/facts.md, "Frontend versions").

The option came with frontend 1.10. Without a `# syntax` directive the frontend is the one built into the
engine, which may be older; the directive makes BuildKit fetch one that is new enough.
"""

from __future__ import annotations

import re
from typing import Final

from rewriter.documents.dockerfile import Dockerfile
from rewriter.model.text import Edit, Span
from rewriter.transforms.dockerfile_edits import first_line

IMAGE: Final = "docker/dockerfile:1"
_ENOUGH: Final = (1, 10)
_REFERENCE: Final = re.compile(
    r"(?P<image>[^\s@:]+(?::\d+/[^\s@:]+)?)(?::(?P<tag>[\w.-]+))?(?P<digest>@sha256:[0-9a-f]+)?"
)
_VERSION: Final = re.compile(r"(?P<numbers>\d+(?:\.\d+)*)(?P<suffix>-[\w.-]+)?")


def require_env_mounts(file: Dockerfile) -> tuple[Edit, ...] | str:
    """Return the edits that set or raise the `# syntax` directive, or why it must not be touched."""
    directive = next((entry for entry in file.directives if entry.name == "syntax"), None)
    if directive is None:
        offset = first_line(file)
        return (Edit(Span(offset, offset), f"# syntax={IMAGE}{file.source.newline}"),)
    match = _REFERENCE.fullmatch(directive.value)
    if match is None or not re.search(r"(?:^|/)dockerfile(?:-upstream)?$", match["image"]):
        return f"# syntax={directive.value} names a frontend of its own; whether it knows env mounts is not known"
    tag = match["tag"] or ""
    version = _VERSION.fullmatch(tag)
    if version is None:
        if tag in ("", "latest", "labs", "master"):
            return ()
        return _replace(directive.value_span, match, "1", file)
    numbers = tuple(int(part) for part in version["numbers"].split("."))
    if len(numbers) == 1 or numbers[:2] >= _ENOUGH:
        return ()
    return _replace(directive.value_span, match, "1.10" + _labs(version["suffix"]), file)


def _labs(suffix: str | None) -> str:
    return "-labs" if suffix and "labs" in suffix else ""


def _replace(span: Span, match: re.Match[str], tag: str, file: Dockerfile) -> tuple[Edit, ...] | str:
    if match["digest"]:
        return "the # syntax directive is pinned to a digest of a frontend older than 1.10: pin one of 1.10 or newer"
    start = span.of(file.source.text).index(match["image"]) + span.start + len(match["image"])
    end = start + (len(match["tag"]) + 1 if match["tag"] else 0)
    return (Edit(Span(start, end), f":{tag}"),)
