"""Find options of build commands in text that no reader understands as a whole: prose, PowerShell, programs."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
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
    SpanForm,
    Unreadable,
    Value,
    place,
)
from rewriter.model.masked import MASK, Masked
from rewriter.model.text import Source, Span

_OPTION: Final = re.compile(
    r"--build-arg(?:=|[ \t]+)(?P<quote>[\"']?)(?P<name>[A-Za-z_][A-Za-z0-9_]*)"
    r"(?:=(?P<value>\"[^\"\n]*\"|'[^'\n]*'|<[^>\n]*>|\$\([^()\n]*\)|\$\{[^{}\n]*\}|[^\s\"'`\\<>|;&)]*))?(?P=quote)"
)
_COMMAND: Final = re.compile(
    r"\b(?:docker(?:[ \t]+(?:buildx|image|builder))?|podman|buildah|nerdctl)[ \t]+(?:build|bud)\b"
)
_FILE: Final = re.compile(r"\"?\$\(cat ([A-Za-z0-9_./~-]+)\)\"?")
_VARIABLE: Final = re.compile(r"\"?\$\{?([A-Za-z_][A-Za-z0-9_]*)\}?\"?")
_POWERSHELL: Final = re.compile(r"\"?\$(?:\{env:([A-Za-z_]\w*)\}|env:([A-Za-z_]\w*)|\(\$env:([A-Za-z_]\w*)\))\"?")
_SECRET: Final = re.compile(r"--secret(?:=|[ \t]+)[\"']?(?:[^\s\"',]+,)*id=([^\s,\"']+)")

Classify = Callable[[str | None], Value]


@dataclass(frozen=True, slots=True)
class Area:
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
        return FromFile(file[1], value)
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
    """Return one caller for each command in an area, and one for options that stand outside of a command."""
    text = area.span.of(source.text)
    options = list(_OPTION.finditer(text))
    if not options:
        return ()
    starts = [match.start() for match in _COMMAND.finditer(text)]
    groups: dict[int, list[re.Match[str]]] = {}
    following = 0
    for option in options:
        while following < len(starts) and starts[following] < option.start():
            following += 1
        groups.setdefault(starts[following - 1] if following else -1, []).append(option)
    return tuple(_caller(source, area, text, start, found) for start, found in groups.items())


def _caller(source: Source, area: Area, text: str, start: int, options: list[re.Match[str]]) -> Caller:
    offset = area.span.start
    command = _COMMAND.match(text, start) if start >= 0 else None
    begin = start if command else options[0].start()
    span = Span(offset + begin, offset + options[-1].end())
    behind = offset + command.end() if command else None
    return Caller(
        path=source.path,
        kind=area.kind,
        place=place(source, span),
        context=None,
        dockerfile=None,
        target=None,
        arguments=tuple(_argument(source, area, option) for option in options),
        secrets=tuple(_SECRET.findall(text, begin, options[-1].end())),
        builder=_builder(command.group() if command else ""),
        form=LexicalForm(behind),
        dynamic=True,
    )


def _builder(command: str) -> Builder:
    if "buildx" in command:
        return Builder.BUILDX
    return Builder(command.split(maxsplit=1)[0]) if command.startswith(("docker", "podman", "buildah")) else Builder.OTHER


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
