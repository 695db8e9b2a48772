"""Keep a credential file out of the context by `.dockerignore`; mount it where a RUN reads it.

A file that only lies in the copied folder is hidden. One that a RUN names, or that a tool in a RUN reads, is
mounted at the same place. One that the image is started with, or that a copied file names (the key in a server's
configuration), is refused: the container would not come up.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from rewriter.documents.dockerignore import literal
from rewriter.documents.run import RunBody, read_run
from rewriter.flow.analysis import Analysis
from rewriter.flow.copied import CopiedFile
from rewriter.model.plan import BuildSecret, FileEdit, Fix, Ignore, Reason, Refusal
from rewriter.model.secret import Finding, Safety
from rewriter.project.copy_sources import context_path
from rewriter.settings import Settings
from rewriter.transforms.callers import pass_to_callers
from rewriter.transforms.outcome import Proposal, Transform
from rewriter.transforms.run_change import CannotChange, RunChange
from rewriter.transforms.serve_file import identity_of, refuse_carried, serve_file

_TALKS: Final = re.compile(r"\.(?:md|rst|adoc|txt)$|^\.(?:git|docker)ignore$|^(?:readme|changelog|licen[cs]e)")
"""Files that speak of another one without reading it."""


def plan(analysis: Analysis, findings: tuple[Finding, ...], settings: Settings) -> Iterable[Proposal]:
    """Propose a fix or a refusal for each file that a copied folder brings along."""
    by_scope: dict[str, list[Finding]] = {}
    for finding in findings:
        by_scope.setdefault(finding.scope, []).append(finding)
    for build in analysis.project.builds:
        brought: dict[str, list[CopiedFile]] = {}
        for copied in analysis.copied(build):
            if copied.whole:
                brought.setdefault(copied.source, []).append(copied)
        for source, same in brought.items():
            scope = f"{build.path}#{source}"
            mine = tuple(finding for finding in by_scope.get(scope, ()))
            if not mine:
                continue
            try:
                yield _fix(analysis, same, mine, settings)
            except CannotChange as error:
                yield from (Refusal(finding, error.reason, str(error)) for finding in mine)


def _fix(analysis: Analysis, same: list[CopiedFile], findings: tuple[Finding, ...], settings: Settings) -> Fix:
    first = same[0]
    build = first.build
    base = first.source.rsplit("/", 1)[-1]
    _refuse_started_with(first, base)
    _refuse_named(first)
    changes: dict[int, RunChange] = {}

    def change(body: RunBody) -> RunChange:
        return changes.setdefault(body.instruction.index, RunChange(build.dockerfile, body))

    for copied in same:
        if copied.readers and copied.target is None:
            raise CannotChange(f"where {copied.source} lies in the image cannot be told", Reason.UNKNOWN_HOME)
        refuse_carried(copied)
        serve_file(copied, change, settings)
    edits = [edit for one in changes.values() for edit in one.finish()]
    path = f"{build.context}/{first.source}" if build.context else first.source
    secret = BuildSecret(
        id=identity_of(first, settings),
        env="",
        target=first.target or "",
        source=f"src={path}",
        dockerfile=build.path,
        context=build.context,
    )
    needed = any(copied.readers for copied in same)
    if not needed:
        _refuse_configured(analysis, first, base, path)
    passing = pass_to_callers(analysis, build, names=(), secret=secret, value=None, needed=needed)
    notes = passing.notes
    if not needed:
        notes = (
            *notes,
            f"{build.path}: the image no longer holds {first.source}; {_how_to_give(base, path)}",
        )
    return Fix(
        findings=findings,
        safety=Safety.REVIEW,
        edits=(*(FileEdit(build.path, edit) for edit in edits), *passing.edits),
        secrets=passing.secrets,
        ignores=(Ignore(build.path, build.context, _pattern(first.source), required=True),),
        notes=notes,
    )


def _refuse_named(copied: CopiedFile) -> None:
    """Refuse a file that an instruction copies by its name: hidden, it would be missing there."""
    for outer in copied.build.dockerfile.instructions:
        entry = outer.trigger or outer
        if entry.keyword not in ("COPY", "ADD") or entry.flag("from") is not None:
            continue
        if any(context_path(word.value) == copied.source for word in entry.operands[:-1]):
            raise CannotChange(
                f"line {outer.line}: {entry.keyword} names {copied.source} as well: what is to become of that decides",
                Reason.SECRET_IN_COPY,
            )


def _refuse_started_with(copied: CopiedFile, base: str) -> None:
    file = copied.build.dockerfile
    for entry in file.instructions:
        if entry.keyword in ("CMD", "ENTRYPOINT", "HEALTHCHECK") and read_run(file.source, entry).mentions_path(base):
            raise CannotChange(
                f"line {entry.line}: {entry.keyword} reads {copied.source}: give it to the container under "
                "/run/secrets/ and name it there",
                Reason.RUNTIME_SECRET,
            )


def _refuse_configured(analysis: Analysis, copied: CopiedFile, base: str, path: str) -> None:
    """Refuse a file that another file of the context names: what runs in the container finds it by that."""
    if base.startswith("."):
        return

    def skip(other: str) -> bool:
        return other in (path, copied.build.path) or _TALKS.search(other.rsplit("/", 1)[-1].lower()) is not None

    named = analysis.project.mentioned(copied.build, base, skip=skip, reads=lambda *_: True)
    if named:
        raise CannotChange(
            f"{named[0]} names {base}: what reads it in the container would not find it; give it to the container "
            "under /run/secrets/ and name it there",
            Reason.RUNTIME_SECRET,
        )


def _pattern(source: str) -> str:
    """Return the pattern that hides a file wherever it lies: environment files everywhere, others at their place."""
    base = source.rsplit("/", 1)[-1]
    return f"**/{literal(base)}" if base.startswith(".") else literal(source)


def _how_to_give(base: str, path: str) -> str:
    if base.startswith(".env"):
        return f"give it to the container with `docker run --env-file {path}` or `env_file:` in compose, if it needs it"
    return "give it to the container under /run/secrets/, if it needs it"


TRANSFORM: Final = Transform(name="hide-file", order=40, rules=frozenset({"no-credential-file-in-context"}), plan=plan)
