"""Find build commands in programs, whose command lines are made of strings and lists: none is rewritten."""

from __future__ import annotations

import posixpath
import re
from typing import Final

from rewriter.callers.kind import Kind
from rewriter.callers.model import (
    BuildArgument,
    Builder,
    Caller,
    CallerKind,
    Files,
    Reading,
    Unreadable,
    place,
)
from rewriter.model.text import Source, Span

_SUFFIXES: Final = (
    ".rake", ".rb", ".py", ".js", ".cjs", ".mjs", ".ts", ".go", ".gradle", ".gradle.kts", ".sbt", ".pl", ".php",
    ".bats", ".fish", ".xsh", ".kts", ".groovy.txt", ".toml", ".nix", ".hcl.tmpl",
)  # fmt: skip
_NAMES: Final = frozenset({"Rakefile", "Fastfile", "Earthfile", "Dangerfile", "Guardfile", "pom.xml"})
_OPTION: Final = re.compile(
    r"--build-arg[=\s\"',+\[\]()]{1,12}f?[\"']?(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?=[=\"'\s,)]|\Z)"
)
_WHY: Final = "the command is made by a program: pass `--secret id=...,env=NAME` there instead"


def _matches(path: str) -> bool:
    return path.endswith(_SUFFIXES) or posixpath.basename(path) in _NAMES


def _read(source: Source, files: Files) -> Reading:  # noqa: ARG001
    if "--build-arg" not in source.text:
        return Reading()
    return Reading(tuple(_caller(source, match) for match in _OPTION.finditer(source.text)))


def _caller(source: Source, match: re.Match[str]) -> Caller:
    where = place(source, Span(*match.span()))
    return Caller(
        path=source.path,
        kind=CallerKind.PROGRAM,
        place=where,
        context=None,
        dockerfile=None,
        target=None,
        arguments=(BuildArgument(match["name"], "", where, None, None, Unreadable(_WHY)),),
        secrets=(),
        builder=Builder.OTHER,
        form=Unreadable(_WHY),
        dynamic=True,
    )


KIND: Final = Kind(_matches, _read)
