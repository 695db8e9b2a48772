"""Read the build arguments of fly.toml; they are reported, not rewritten."""

from __future__ import annotations

import posixpath
import re
from typing import Final

from rewriter.callers.kind import Kind
from rewriter.callers.model import BuildArgument, Builder, Caller, CallerKind, Files, Reading, Unreadable, place
from rewriter.callers.paths import within
from rewriter.model.text import Source, Span

_WHY: Final = "`fly deploy` takes `--build-secret NAME=value`: remove the argument here and pass it there"
_TABLE: Final = re.compile(r"[ \t]*\[(?P<name>[^\[\]]+)\]")
_PAIR: Final = re.compile(r"[ \t]*[\"']?(?P<name>[A-Za-z_][A-Za-z0-9_]*)[\"']?[ \t]*=(?P<value>.*)")
_INLINE: Final = re.compile(r"[{,][ \t]*[\"']?(?P<name>[A-Za-z_][A-Za-z0-9_]*)[\"']?[ \t]*=")


def _matches(path: str) -> bool:
    name = posixpath.basename(path)
    return name.startswith("fly") and name.endswith(".toml")


def _read(source: Source, files: Files) -> Reading:  # noqa: ARG001
    table, dockerfile = "", "Dockerfile"
    places: list[tuple[str, Span]] = []
    start = 0
    for line in source.text.split("\n"):
        heading, pair = _TABLE.match(line), _PAIR.match(line)
        if heading:
            table = heading["name"].strip()
        elif pair and table == "build.args":
            places.append((pair["name"], Span(start + pair.start("name"), start + len(line.rstrip("\r")))))
        elif pair and table == "build" and pair["name"] == "args":
            places += [
                (one["name"], Span(start + one.start("name"), start + one.end())) for one in _INLINE.finditer(line)
            ]
        elif pair and table == "build" and pair["name"] == "dockerfile":
            dockerfile = pair["value"].split("#", 1)[0].strip().strip("\"'")
        start += len(line) + 1
    if not places:
        return Reading()
    arguments = tuple(
        BuildArgument(name, "", place(source, span), None, None, Unreadable(_WHY)) for name, span in places
    )
    directory = posixpath.dirname(source.path)
    caller = Caller(
        path=source.path,
        kind=CallerKind.FLY,
        place=arguments[0].place,
        context=directory,
        dockerfile=within(posixpath.join(directory, dockerfile)),
        target=None,
        arguments=arguments,
        secrets=(),
        builder=Builder.OTHER,
        form=Unreadable(_WHY),
    )
    return Reading((caller,))


KIND: Final = Kind(_matches, _read)
