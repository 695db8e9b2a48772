"""Read Dockerfiles in tests."""

from __future__ import annotations

from collections.abc import Iterable

from rewriter.documents.dockerfile import Dockerfile, Instruction, Word, parse
from rewriter.model.text import Source, Span


def read(text: str) -> Dockerfile:
    return parse(Source("Dockerfile", text))


def only(text: str) -> Instruction:
    """Return the instruction behind `FROM scratch`."""
    (_, instruction) = read("FROM scratch\n" + text).instructions
    return instruction


def written(instruction: Instruction) -> str:
    return instruction.logical.text


def texts(document: Dockerfile, spans: Iterable[Span]) -> list[str]:
    return [span.of(document.source.text) for span in spans]


def values(words: Iterable[Word]) -> list[str]:
    return [word.value for word in words]
