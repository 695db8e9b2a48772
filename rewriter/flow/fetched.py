"""Find credential files that reach a layer from elsewhere than the context of this build.

They are downloaded by ADD, `wget` or `curl`, copied from another stage, or copied by ONBUILD from the context of an
image that is built on this one. Only names that leave no doubt count.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator
from typing import Final

from rewriter.documents.dockerfile import Instruction, Word
from rewriter.flow.copied import CopiedFile
from rewriter.judgement import Certainty, FileVerdict, copied_file, credential_file
from rewriter.model.text import Span
from rewriter.project.build import Build
from rewriter.record import Record

_SURE_KINDS: Final = frozenset(
    {
        "ssh-key", "service-account", "netrc", "git-credentials", "aws-credentials", "kubeconfig", "docker-config",
        "pgpass", "gcloud-credentials", "kaggle", "vault-token", "settings-security",
    }
)  # fmt: skip
_FETCHERS: Final = frozenset({"wget", "curl", "aria2c", "axel"})


class FetchedFile(Record):
    """Hold one such file: `how` it gets there, and where that stands."""

    instruction: Instruction
    span: Span
    name: str
    secret: str
    kind: str
    how: str


def fetched_files(build: Build, copied: Iterable[CopiedFile]) -> Iterator[FetchedFile]:
    """Yield the files in the order of the instructions."""
    known = tuple(copied)
    for outer in build.dockerfile.instructions:
        entry = outer.trigger or outer
        if entry.keyword in ("COPY", "ADD"):
            yield from _placed(build, outer, entry, known)
        elif outer.keyword == "RUN" and _may_fetch(outer.arguments.text):
            yield from _downloaded(build, outer)


def _placed(
    build: Build, outer: Instruction, entry: Instruction, known: tuple[CopiedFile, ...]
) -> Iterator[FetchedFile]:
    words = entry.operands
    target = words[-1].value if len(words) > 1 else ""
    stage = _stage(build, entry)
    for word in words[:-1]:
        if "$" in word.value or word.value.startswith("<<"):
            continue
        if "://" in word.value:
            yield from _found(outer, word.span, _base(word.value), target, how=f"{entry.keyword} downloads it")
        elif stage is not None:
            yield from _carried(outer, word, target, stage, known)
        elif entry.flag("from") is None and outer.trigger is not None:
            yield from _found(
                outer, word.span, word.value, target, how="ONBUILD copies it into every image built on this"
            )


def _stage(build: Build, entry: Instruction) -> int | None:
    """Return the stage that a COPY takes files from, or None for the context or another image."""
    flag = entry.flag("from")
    name = (flag.value or "").lower() if flag is not None else ""
    for stage in build.dockerfile.stages[: max(entry.stage, 0)]:
        if name and name in (stage.name, str(stage.index)):
            return stage.index
    return None


def _carried(
    outer: Instruction, word: Word, target: str, stage: int, known: tuple[CopiedFile, ...]
) -> Iterator[FetchedFile]:
    path = posixpath.normpath(posixpath.join("/", word.value))
    how = "COPY carries it on to another stage"
    for copied in known:
        if copied.instruction.stage == stage and copied.target == path:
            yield FetchedFile(outer, word.span, word.value, copied.verdict.secret_id, copied.verdict.kind, how)
            return
    yield from _found(outer, word.span, word.value, target, how=how)


_VENDORED: Final = re.compile(r"(?:^|/)(?:node_modules|site-packages|dist-packages|vendor|usr/(?:share|lib))/")
"""Folders of packages, in which a file's name says nothing: a module may be called `pgpass`."""


def _found(outer: Instruction, span: Span, name: str, target: str, *, how: str) -> Iterator[FetchedFile]:
    verdict = None if _VENDORED.search(name) else copied_file(name, target)
    if _is_sure(verdict) and verdict is not None:
        yield FetchedFile(outer, span, name, verdict.secret_id, verdict.kind, how)


def _is_sure(verdict: FileVerdict | None) -> bool:
    return verdict is not None and verdict.certainty is Certainty.NAME_ALONE and verdict.kind in _SURE_KINDS


_URL: Final = re.compile(r"(?:https?|ftp)://[^\s\"';|&)]{1,2000}")


def _may_fetch(text: str) -> bool:
    """Tell cheaply whether a command downloads a credential file; then the shell in it is read."""
    if "://" not in text or not any(tool in text for tool in _FETCHERS):
        return False
    return any(_is_sure(credential_file(_base(url))) for url in _URL.findall(text))


def _downloaded(build: Build, outer: Instruction) -> Iterator[FetchedFile]:
    body = build.commands.body(outer)
    for words in body.command_lines:
        if words[0].rsplit("/", 1)[-1] not in _FETCHERS:
            continue
        for word in words[1:]:
            base = _base(word) if re.match(r"(?:https?|ftp)://", word) else ""
            verdict = credential_file(base) if base else None
            if _is_sure(verdict) and verdict is not None:
                span = outer.keyword_span
                yield FetchedFile(outer, span, base, verdict.secret_id, verdict.kind, "the command downloads it")


def _base(url: str) -> str:
    return re.split(r"[?#]", url, maxsplit=1)[0].rsplit("/", 1)[-1]
