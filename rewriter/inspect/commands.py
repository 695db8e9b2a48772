"""Judge commands that stand in an image's configuration, history or provenance, with the analyzer's own reading."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from rewriter.commands.credentials import command_secrets
from rewriter.documents import dockerfile
from rewriter.documents.run import read_run
from rewriter.errors import ParseError
from rewriter.inspect.tokens import tokens
from rewriter.judgement import text_credentials, url_credentials
from rewriter.model.masked import Masked
from rewriter.model.secret import Confidence
from rewriter.model.text import Source, encode
from rewriter.record import Record


class Spoken(Record):
    """Hold one literal credential in a command or another text."""

    kind: str
    value: Masked
    confidence: Confidence
    placeholder: bool = False


def in_command(words: Sequence[str]) -> tuple[Spoken, ...]:
    """Return the literal credentials of a command in exec form; `["sh", "-c", ...]` is read as shell."""
    return _unique(_in_command(tuple(words)))


def in_shell(command: str) -> tuple[Spoken, ...]:
    """Return the literal credentials of a shell command."""
    return in_command(("/bin/sh", "-c", command))


def in_text(written: str) -> tuple[Spoken, ...]:
    """Return the literal credentials of a text that is no command: tokens, URLs, what a header or setting holds."""
    return _unique(_in_text(written))


def _in_command(words: tuple[str, ...]) -> Iterator[Spoken]:
    if not any(words):
        return
    source = Source("Dockerfile", f"FROM scratch\nRUN {json.dumps(words)}\n")
    try:
        file = dockerfile.parse(source)
    except ParseError:
        file = None
    if file is not None and len(file.instructions) == 2:
        for secret in command_secrets(read_run(source, file.instructions[1])):
            if secret.value is not None and not secret.companion:
                kind = f"{secret.tool} {secret.option}".strip()
                yield Spoken(kind or "command", secret.value, secret.confidence, placeholder=secret.placeholder)
    yield from _plain(" ".join(words))


def _in_text(written: str) -> Iterator[Spoken]:
    yield from _plain(written)
    for found in text_credentials(written):
        if found.literal and not found.companion:
            value = Masked(written[found.start : found.end])
            yield Spoken(found.option, value, found.confidence, placeholder=found.placeholder)


def _plain(written: str) -> Iterator[Spoken]:
    for found in tokens(encode(written), text=True):
        yield Spoken(found.match.provider, Masked(found.text), found.match.confidence)
    for url in url_credentials(written):
        if url.literal:
            yield Spoken("url", Masked(url.secret.of(written)), Confidence.HIGH, placeholder=url.placeholder)


def _unique(found: Iterator[Spoken]) -> tuple[Spoken, ...]:
    """Return each value once, as it was found first; a part of another one is left out."""
    first: dict[Masked, Spoken] = {}
    for spoken in found:
        first.setdefault(spoken.value, spoken)
    values = [value.reveal() for value in first]
    return tuple(
        spoken
        for spoken in first.values()
        if not any(spoken.value.reveal() != other and spoken.value.reveal() in other for other in values)
    )
