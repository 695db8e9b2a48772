"""Find credentials in instructions that no mount serves: metadata, start commands, downloads, ONBUILD."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from rewriter.commands.credentials import command_secrets
from rewriter.documents.dockerfile import Instruction, Word
from rewriter.documents.run import read_run, written
from rewriter.flow import Flow, secret_id
from rewriter.judgement import judge_pair, may_hold_credential, password_hashes, text_credentials, url_credentials
from rewriter.model.masked import Masked
from rewriter.model.text import Source, Span
from rewriter.project.build import Build
from rewriter.record import Record


class KeptText(Record):
    """Hold one credential, literal or of a variable (`secret` is then the id of its secret)."""

    instruction: Instruction
    name: str
    span: Span
    value: Masked | None = None
    secret: str = ""
    at_start: bool = False


def kept_texts(build: Build, flows: Iterable[Flow]) -> Iterator[KeptText]:
    """Yield what the instructions of a Dockerfile hold, in their order, then what variables bring into them."""
    source = build.dockerfile.source
    for outer in build.dockerfile.instructions:
        entry = outer.trigger or outer
        yield from _literals(source, entry, inner=outer.trigger is not None)
    for flow in flows:
        for outer, name in flow.blocked:
            entry = outer.trigger or outer
            if entry.keyword in ("ADD", "COPY", "LABEL"):
                yield KeptText(entry, name, outer.keyword_span, secret=secret_id(flow.root_of(name)))
        yield from _started(build, flow)


def _literals(source: Source, entry: Instruction, *, inner: bool) -> Iterator[KeptText]:
    match entry.keyword:
        case "LABEL":
            for assignment in entry.assignments:
                if assignment.value is not None and assignment.value.value:
                    yield from _label(entry, assignment.name, assignment.value, assignment.span)
        case "CMD" | "ENTRYPOINT" | "HEALTHCHECK":
            yield from _commands(source, entry)
        case "RUN" if inner:
            yield from _commands(source, entry)
        case "ADD" | "COPY" | "FROM":
            yield from _downloads(entry)
            yield from _heredocs(source, entry)
        case _:
            pass


_EXAMPLES: Final = frozenset({"pass", "password", "passwd", "secret", "mypass", "mypassword", "mysecret", "user", "pw"})
"""What a label's instructions for use put where a person puts a password."""


def _label(entry: Instruction, name: str, word: Word, span: Span) -> Iterator[KeptText]:
    text = word.value
    verdict = judge_pair(name, text)
    parts = list(verdict.parts or ((0, len(text)),)) if verdict.literal else []
    parts += [(hit.start, hit.end) for hit in text_credentials(text) if hit.literal and not hit.placeholder]
    real = [text[start:end] for start, end in parts if text[start:end].strip("\"'").lower() not in _EXAMPLES]
    if real:
        yield KeptText(entry, name, span, Masked(real[0]))
    elif password_hashes(word.raw.text):
        yield KeptText(entry, name, span, Masked(text))


def _commands(source: Source, entry: Instruction) -> Iterator[KeptText]:
    if not may_hold_credential(written(source, entry)):
        return
    for secret in command_secrets(read_run(source, entry)):
        if secret.value is not None and not secret.placeholder and not secret.companion:
            yield KeptText(entry, secret.option or secret.tool, secret.span or entry.keyword_span, secret.value)


def _downloads(entry: Instruction) -> Iterator[KeptText]:
    for word in entry.operands:
        for url in url_credentials(word.value):
            if url.literal and not url.placeholder:
                yield KeptText(entry, url.host.of(word.value), word.span, Masked(url.secret.of(word.value)))


def _heredocs(source: Source, entry: Instruction) -> Iterator[KeptText]:
    """Yield the literals of files that stand in the Dockerfile itself."""
    for heredoc in entry.heredocs:
        text = heredoc.body.of(source.text)
        for hit in text_credentials(text):
            if hit.literal and not hit.placeholder:
                span = Span(heredoc.body.start + hit.start, heredoc.body.start + hit.end)
                yield KeptText(entry, hit.option, span, Masked(span.of(source.text)))


_STARTS: Final = ("CMD", "ENTRYPOINT")


def _started(build: Build, flow: Flow) -> Iterator[KeptText]:
    """Yield the start commands that put a variable of the image on the command line of a process."""
    kept = flow.in_final_image
    for entry in build.dockerfile.instructions if kept else ():
        if entry.keyword in _STARTS:
            body = read_run(build.dockerfile.source, entry)
            used = {use.name for fragment in body.fragments for use in fragment.uses}
            for name in kept:
                if name in used:
                    root = secret_id(flow.root_of(name))
                    yield KeptText(entry, name, entry.keyword_span, secret=root, at_start=True)
