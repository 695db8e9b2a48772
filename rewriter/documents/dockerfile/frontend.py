"""Tell which Dockerfile frontend reads the file, and so which syntax it may use.

Reference: `DetectSyntax` in `frontend/dockerfile/parser/directives.go` of BuildKit.
"""

from __future__ import annotations

import re
from typing import Final

from rewriter.documents.dockerfile.lines import BOM, read_directive
from rewriter.documents.dockerfile.model import Directive, Dockerfile
from rewriter.record import Record

_IMAGE: Final = re.compile(r"(?P<name>[^@]*?)(?::(?P<tag>[^:/@]*))?(?:@(?P<digest>.*))?")
_HUB: Final = ("docker.io/", "index.docker.io/")
_OFFICIAL: Final = ("docker/dockerfile", "docker/dockerfile-upstream")
_VERSION: Final = re.compile(r"(\d+(?:\.\d+){0,2})(?:-rc\d+)?(-labs)?")
_MOVING: Final = {"": False, "latest": False, "master": False, "labs": True, "master-labs": True}


class Frontend(Record):
    """Hold the frontend of a file.

    `image` is what `# syntax=` names, None without it: then the builder's own frontend reads the file. `version` is
    the one that the tag tells, as far as it tells. `newest`: the tag follows Docker's newest release. Neither means
    that the version is unknown: a digest alone, a moving tag of a mirror, or somebody else's frontend.
    """

    image: str | None
    version: tuple[int, ...] | None
    newest: bool
    labs: bool
    official: bool
    directive: Directive | None

    def at_least(self, major: int, minor: int) -> bool | None:
        """Tell whether the frontend has the features of a version; None where it is not known."""
        if self.newest:
            return True
        if self.version is None:
            return None
        return self.version[:2] >= (major, minor)


def frontend(dockerfile: Dockerfile) -> Frontend:
    """Return the frontend that the `# syntax=` directive asks for."""
    directive = _detect(dockerfile.source.text)
    if directive is None:
        return Frontend(None, None, newest=False, labs=False, official=True, directive=None)
    image = directive.value.partition(" ")[0]
    found = _IMAGE.fullmatch(image)
    name = found["name"] if found else ""
    tag, pinned = (found["tag"] or "", bool(found["digest"])) if found else ("", True)
    bare = next((name.removeprefix(prefix) for prefix in _HUB if name.startswith(prefix)), name)
    official = bare in _OFFICIAL
    mirrored = not official and bare.endswith(tuple(f"/{known}" for known in _OFFICIAL))
    version, newest, labs = _read_tag(tag) if official or mirrored else (None, False, False)
    return Frontend(image, version, newest and official and not pinned, labs, official, directive)


def _read_tag(tag: str) -> tuple[tuple[int, ...] | None, bool, bool]:
    """Return a tag's version, whether it moves with the newest release, and whether it is a labs build."""
    if tag in _MOVING:
        return None, True, _MOVING[tag]
    found = _VERSION.fullmatch(tag)
    if found is None:
        return None, False, False
    version = tuple(int(part) for part in found[1].split("."))
    moving = version == (1,)
    return (None if len(version) == 1 else version), moving, found[2] is not None


def _detect(text: str) -> Directive | None:
    """Find the directive as the builder does: a `#!` line may stand before it, and it is not indented."""
    position = 1 if text.startswith(BOM) else 0
    if text.startswith("#!", position):
        position = text.find("\n", position) + 1 or len(text)
    while position < len(text):
        end = text.find("\n", position) + 1 or len(text)
        directive = read_directive(text[position:end].rstrip("\r\n"), position, indented=False)
        if directive is None or directive.name == "syntax":
            return directive
        position = end
    return None
