"""Read the recipes of justfiles."""

from __future__ import annotations

import posixpath
import re
from typing import Final

from rewriter.callers.embedded import Embedded, identity
from rewriter.callers.invocation import Host
from rewriter.callers.kind import Kind
from rewriter.callers.model import CallerKind, Files, Reading
from rewriter.callers.paths import Bases
from rewriter.callers.script import mentions, read
from rewriter.model.text import Source, Span

_TEMPLATE: Final = re.compile(r"\{\{(?:[^{}\n]|\}(?!\}))*\}\}")
_LEAD: Final = re.compile(r"\A[ \t]*[@-]{0,2}[ \t]*")
_SHELL: Final = re.compile(r"(?m)^set\s+(?:windows-)?shell\s*:=\s*\[\s*[\"'](?P<shell>[^\"']+)")
_SHELLS: Final = frozenset({"sh", "bash", "zsh", "dash", "/bin/sh", "/bin/bash", "/usr/bin/env"})


def _matches(path: str) -> bool:
    name = posixpath.basename(path).lower()
    return name in {"justfile", ".justfile"} or name.endswith(".just")


def _read(source: Source, files: Files) -> Reading:
    directory = posixpath.dirname(source.path)
    host = Host(source, CallerKind.JUSTFILE, files, Bases((directory,), directory))
    shell = _SHELL.search(source.text)
    foreign = shell is not None and shell["shell"] not in _SHELLS
    total = Reading()
    for span, script in _bodies(source.text):
        text = _recipe(source, span, whole=script)
        if foreign:
            total += Reading(mentions(text, host, (), "the recipes run in a shell that is no POSIX shell"))
        else:
            total += read(text, host)
    return total


def _bodies(text: str) -> list[tuple[Span, bool]]:
    """Return the lines of recipes, continued ones together, and as a whole those that start with `#!`."""
    found: list[tuple[Span, bool]] = []
    position, continued, script = 0, False, False
    for line in text.splitlines(keepends=True):
        end = position + len(line)
        indented = line[:1] in " \t" and bool(line.strip())
        if indented and script:
            found[-1] = (Span(found[-1][0].start, end), True)
        elif indented and continued:
            found[-1] = (Span(found[-1][0].start, end), False)
        elif indented:
            script = line.strip().startswith("#!")
            found.append((Span(position, end), script))
        elif line.strip():
            script = False
        continued = indented and line.rstrip("\r\n").endswith("\\")
        position = end
    return found


def _recipe(source: Source, span: Span, *, whole: bool) -> Embedded:
    text = identity(source.text, span)
    if not whole:
        text = text.rewrite(_LEAD, lambda _: "")
    return text.rewrite(_TEMPLATE, lambda _: None)


KIND: Final = Kind(_matches, _read)
