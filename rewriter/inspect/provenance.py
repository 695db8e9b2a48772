"""Judge what is attested of a build: arguments, environment and commands of each step, the Dockerfile itself.

SLSA provenance of BuildKit, in its versions 0.2 and 1, keeps build arguments in the mode `min` already; `max`
adds the definition of every step and the source of the Dockerfile. Other attestations are searched as text.
"""

from __future__ import annotations

import binascii
import json
from collections.abc import Iterator
from typing import Final

from rewriter.documents import dockerfile
from rewriter.documents.dockerfile import Dockerfile
from rewriter.errors import UnbakeError
from rewriter.inspect.commands import in_command, in_text
from rewriter.inspect.history import Pair
from rewriter.inspect.metadata import pair_leak, spoken_leak
from rewriter.inspect.oci import Json, texts
from rewriter.inspect.tokens import tokens
from rewriter.model.inspection import Leak, Part
from rewriter.model.secret import Severity
from rewriter.model.text import Source, decode
from rewriter.record import replace
from rewriter.scan.scanning import scan
from rewriter.settings import Settings
from rewriter.tree.repository import MemoryRepository

_ARGUMENT: Final = "build-arg:"
_DEPTH: Final = 60
_NAME: Final = "Dockerfile"


def judge_attestation(kind: str, statement: Json) -> tuple[Leak, ...]:
    """Return the secrets in one attestation, each once."""
    found: list[Leak] = []
    if "slsa.dev/provenance" in kind:
        files = tuple(_sources(statement, _DEPTH))
        found += _walk(statement, "", _DEPTH)
        for file in files:
            found += _of_source(file)
        parsed = _parsed(files)
        found = [_located(leak, parsed) for leak in found]
    else:
        written = json.dumps(statement).encode()
        for token in tokens(written, text=False):
            found.append(Leak(Part.PROVENANCE, kind, token.match.provider))
    unique: dict[object, Leak] = {}
    for leak in found:
        unique.setdefault(leak.values or (leak.where, leak.kind), leak)
    return tuple(unique.values())


def _walk(value: Json, key: str, depth: int) -> Iterator[Leak]:
    if depth == 0:
        return
    match value:
        case dict():
            for name, inner in value.items():
                if name.startswith(_ARGUMENT) and isinstance(inner, str):
                    yield from _pair(Pair(name.removeprefix(_ARGUMENT), inner), "build argument")
                else:
                    yield from _walk(inner, name, depth - 1)
        case list():
            if key == "env":
                for entry in texts(value):
                    name, _, written = entry.partition("=")
                    yield from _pair(Pair(name, written), "environment of a step")
            elif key == "args":
                for spoken in in_command(texts(value)):
                    yield replace(spoken_leak(Part.PROVENANCE, "RUN", spoken), instruction="RUN")
            else:
                for inner in value:
                    yield from _walk(inner, key, depth - 1)
        case str() if key != "data":
            for spoken in in_text(value):
                if not spoken.placeholder:
                    yield spoken_leak(Part.PROVENANCE, key, spoken)
        case _:
            return


def _pair(pair: Pair, what: str) -> Iterator[Leak]:
    leak = pair_leak(Part.PROVENANCE, pair)
    if leak is not None:
        yield replace(leak, kind=f"{leak.kind} ({what})", instruction=pair.name)


def _sources(value: Json, depth: int) -> Iterator[bytes]:
    """Yield the Dockerfiles that the record of the build keeps in base64."""
    if depth == 0:
        return
    match value:
        case dict():
            data = value.get("data")
            if isinstance(data, str) and isinstance(value.get("filename"), str):
                try:
                    yield binascii.a2b_base64(data)
                except binascii.Error:
                    return
            for inner in value.values():
                yield from _sources(inner, depth - 1)
        case list():
            for inner in value:
                yield from _sources(inner, depth - 1)
        case _:
            return


def _of_source(data: bytes) -> Iterator[Leak]:
    """Yield the literals of a Dockerfile and of its comments: the record shows them to everybody."""
    for finding in scan(MemoryRepository({_NAME: data}), Settings()).findings:
        if finding.values and finding.severity is not Severity.LOW:
            yield Leak(
                Part.PROVENANCE, finding.name, "Dockerfile in the record", finding.severity, finding.confidence,
                line=finding.place.line, values=finding.values,
            )  # fmt: skip
    for number, line in enumerate(decode(data).split("\n"), start=1):
        if line.lstrip().startswith("#"):
            for spoken in in_text(line):
                if not spoken.placeholder:
                    yield replace(spoken_leak(Part.PROVENANCE, "comment", spoken), line=number)


def _parsed(files: tuple[bytes, ...]) -> Dockerfile | None:
    try:
        return dockerfile.parse(Source(_NAME, decode(files[0]))) if files else None
    except UnbakeError:
        return None


def _located(leak: Leak, file: Dockerfile | None) -> Leak:
    """Return the leak with the instruction that declares its variable, or whose text holds its value."""
    if file is None or leak.line:
        return leak
    for entry in file.instructions:
        named = any(pair.name == leak.where for pair in entry.assignments)
        body = entry.span.of(file.source.text)
        if named or (leak.instruction == "RUN" and any(value.reveal() in body for value in leak.values)):
            return replace(leak, line=entry.line, instruction=entry.keyword + (f" {leak.where}" if named else ""))
    return leak
