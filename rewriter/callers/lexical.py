"""Find options of build commands in text that no reader understands as a whole: prose, PowerShell, programs."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise
from typing import Final

from rewriter.callers.model import (
    BuildArgument,
    Builder,
    Caller,
    CallerKind,
    FromFile,
    FromLiteral,
    FromVariable,
    Inherited,
    LexicalForm,
    RunEnvironment,
    SpanForm,
    Unreadable,
    Value,
    place,
)
from rewriter.model.masked import MASK, Masked
from rewriter.model.text import Source, Span
from rewriter.record import Record

_OPTION: Final = re.compile(
    r"--build-arg(?:=|[ \t]+)(?P<quote>[\"']?)(?P<name>[A-Za-z_][A-Za-z0-9_]*)"
    r"(?:=(?P<value>\"[^\"\n]*\"|'[^'\n]*'|<[^<>\n]*>|\$\([^()\n]*\)|\$\{[^{}\n]*\}|[^\s\"'`\\<>|;&)]*))?(?P=quote)"
)
_COMMAND: Final = re.compile(
    r"\b(?:docker(?:[ \t]+(?:buildx|image|builder))?|podman|buildah|nerdctl)[ \t]+(?:build|bud)\b"
)
_FILE: Final = re.compile(r"\"?\$\(cat (~/)?([A-Za-z0-9_./-]+)\)\"?")
_VARIABLE: Final = re.compile(r"\"?\$\{?([A-Za-z_][A-Za-z0-9_]*)\}?\"?")
_POWERSHELL: Final = re.compile(r"\"?\$(?:\{env:([A-Za-z_]\w*)\}|env:([A-Za-z_]\w*)|\(\$env:([A-Za-z_]\w*)\))\"?")
_SECRET: Final = re.compile(r"--secret(?:=|[ \t]+)[\"']?(?:[^\s\"',]+,)*id=([^\s,\"']+)")

_RUN: Final = re.compile(
    r"\b(?:docker|podman|nerdctl)(?:\.exe)?[ \t]+(?:container[ \t]+)?(?:run|create|exec)\b"
    r"(?P<rest>(?:[^\n`^]|[`^]\r?\n|[`^])*)"
)
_GIVEN: Final = re.compile(
    r"(?<!\S)(?:-e|--env)(?:=|[ \t]+)(?:\"(?P<quoted>[A-Za-z_]\w*)=(?P<inner>[^\"\n]*)\""
    r"|'(?P<single>[A-Za-z_]\w*)=(?P<plain>[^'\n]*)'"
    r"|(?P<name>[A-Za-z_]\w*)=(?P<value>\"[^\"\n]*\"|'[^'\n]*'|[^\s\"'`;|&]*))"
)
_COMPUTED: Final = re.compile(r"[$%]|`")

Classify = Callable[[str | None], Value]


class Area(Record):
    """Hold a stretch of text that is searched."""

    span: Span
    kind: CallerKind
    classify: Classify


def in_prose(value: str | None) -> Value:
    """Read a value as documentation shows it: what is not a variable or file stands for the reader's own."""
    if value is None:
        return Inherited()
    file = _FILE.fullmatch(value)
    if file:
        return FromFile(f"{'$HOME/' if file[1] else ''}{file[2]}", value)  # no shell expands `~` within an option
    variable = _VARIABLE.fullmatch(value)
    if variable:
        return FromVariable(variable[1], exported=True, text=value)
    return FromLiteral()


def in_powershell(value: str | None) -> Value:
    """Read a value of PowerShell: one variable of the environment, or nothing that can be passed on."""
    if value is None:
        return Inherited()
    match = _POWERSHELL.fullmatch(value)
    if match:
        return FromVariable(match[1] or match[2] or match[3], exported=True, text=value)
    if "$" in value:
        return Unreadable("the value is a PowerShell variable: set it as `$env:NAME` before the build")
    return Unreadable("the value stands in a PowerShell script: put it into `$env:NAME` before the build")


def refuse(why: str) -> Classify:
    """Return a reader that refuses every value."""
    return lambda _: Unreadable(why)


def read(source: Source, area: Area) -> tuple[Caller, ...]:
    """Return one caller for each command in an area, and one for options that stand in front of any command."""
    text = area.span.of(source.text)
    if "--build-arg" not in text and "--secret" not in text and not _COMMAND.search(text):
        return ()
    starts = sorted({0, *(match.start() for match in _COMMAND.finditer(text)), len(text)})
    found: list[Caller] = []
    for start, stop in pairwise(starts):
        command = _COMMAND.match(text, start)
        options = tuple(_OPTION.finditer(text, start, stop))
        secrets = tuple(_SECRET.finditer(text, start, stop))
        if command or options or secrets:
            found.append(_caller(source, area, _Found(command, options, secrets)))
    return tuple(found)


class _Found(Record):
    command: re.Match[str] | None
    options: tuple[re.Match[str], ...]
    secrets: tuple[re.Match[str], ...]


def _caller(source: Source, area: Area, found: _Found) -> Caller:
    offset = area.span.start
    command = found.command
    parts = [*((command,) if command else ()), *found.options, *found.secrets]
    span = Span(offset + min(part.start() for part in parts), offset + max(part.end() for part in parts))
    return Caller(
        path=source.path,
        kind=area.kind,
        place=place(source, span),
        context=None,
        dockerfile=None,
        target=None,
        arguments=tuple(_argument(source, area, option) for option in found.options),
        secrets=tuple(secret[1] for secret in found.secrets),
        builder=_builder(command.group() if command else ""),
        form=LexicalForm(offset + command.end() if command else None),
        dynamic=True,
    )


def _builder(command: str) -> Builder:
    if "buildx" in command:
        return Builder.BUILDX
    first = command.split(maxsplit=1)[0] if command else ""
    return Builder(first) if first in {"docker", "podman", "buildah"} else Builder.OTHER


def _argument(source: Source, area: Area, option: re.Match[str]) -> BuildArgument:
    offset = area.span.start
    span = Span(offset + option.start(), offset + option.end())
    value = area.classify(option["value"])
    literal = option["value"] if isinstance(value, FromLiteral) else None
    return BuildArgument(
        name=option["name"],
        value=MASK if literal else option["value"],
        place=place(source, span),
        literal=Masked(literal.strip("\"'")) if literal else None,
        variable=value.name if isinstance(value, FromVariable) else None,
        form=value if isinstance(value, Unreadable) else SpanForm(span, value),
    )


def read_runs(source: Source) -> tuple[RunEnvironment, ...]:
    """Return what commands that run a container give to it: `docker run -e NAME=value`."""
    found: list[RunEnvironment] = []
    for command in _RUN.finditer(source.text):
        for hit in _GIVEN.finditer(source.text, *command.span("rest")):
            name = hit["quoted"] or hit["single"] or hit["name"]
            value = (hit["inner"] or hit["plain"] or hit["value"] or "").strip("\"'")
            literal = value if value and not _COMPUTED.search(value) else None
            where = place(source, Span(*hit.span()))
            found.append(RunEnvironment(name, MASK if literal else value, Masked(literal) if literal else None, where))
    return tuple(found)
