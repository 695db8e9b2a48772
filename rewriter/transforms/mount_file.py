"""Turn a copied credential file into a file mount on the RUNs that read it.

The COPY goes (or the one source in it), each reader gets `--mount=type=secret,id=...,target=...`, and commands that
only remove the file or set its mode go too: on a mount they would fail, and without the file they are needless.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Final

from rewriter.documents.dockerfile import successors
from rewriter.documents.dockerignore import literal
from rewriter.documents.run import RunBody, read_run
from rewriter.flow.analysis import Analysis
from rewriter.flow.copied import CopiedFile
from rewriter.model.plan import BuildSecret, FileEdit, Fix, Ignore, Reason, Refusal
from rewriter.model.secret import Finding, Safety
from rewriter.model.text import Edit, Span
from rewriter.project.readers import Reach, fetching
from rewriter.recipes import recipes
from rewriter.settings import Settings
from rewriter.transforms.callers import pass_to_callers
from rewriter.transforms.dockerfile_edits import remove_instruction, remove_source_word
from rewriter.transforms.outcome import Proposal, Transform
from rewriter.transforms.run_change import CannotChange, RunChange
from rewriter.transforms.serve_file import identity_of, refuse_carried, serve_file


def plan(analysis: Analysis, findings: tuple[Finding, ...], settings: Settings) -> Iterable[Proposal]:
    """Propose a fix or a refusal for each copied file that the findings speak of."""
    by_place = {(finding.place.path, finding.place.span, finding.name): finding for finding in findings}
    for build in analysis.project.builds:
        named = [copied for copied in analysis.copied(build) if not copied.whole]
        for _, group in groupby(sorted(named, key=_key), key=_key):
            same = tuple(group)
            mine = tuple(
                finding
                for copied in same
                if (finding := by_place.get((build.path, copied.word.span, copied.source))) is not None
            )
            if mine:
                yield from _settle(analysis, same, mine, settings)


def _key(copied: CopiedFile) -> str:
    return copied.source


def _settle(
    analysis: Analysis, same: tuple[CopiedFile, ...], findings: tuple[Finding, ...], settings: Settings
) -> Iterable[Proposal]:
    try:
        yield _fix(analysis, same, findings, settings)
    except CannotChange as error:
        yield from (Refusal(finding, error.reason, str(error)) for finding in findings)


def _fix(analysis: Analysis, same: tuple[CopiedFile, ...], findings: tuple[Finding, ...], settings: Settings) -> Fix:
    build = same[0].build
    file = build.dockerfile
    changes: dict[int, RunChange] = {}

    def change(body: RunBody) -> RunChange:
        return changes.setdefault(body.instruction.index, RunChange(file, body))

    going = _going(analysis.copied(build))
    for copied in same:
        _refuse(copied)
        serve_file(copied, change, settings, going=going)
    edits = [*_take_out(same)]
    for one in changes.values():
        edits += one.finish()
    opaque = any(reach is Reach.OPAQUE for copied in same for _, reach in copied.readers)
    path = f"{build.context}/{same[0].source}" if build.context else same[0].source
    identity = identity_of(same[0], settings)
    secret = BuildSecret(
        id=identity,
        env="",
        target=same[0].target or "",
        source=f"src={path}",
        dockerfile=build.path,
        context=build.context,
    )
    passing = pass_to_callers(analysis, build, names=(), secret=secret, value=None, needed=bool(changes))
    return Fix(
        findings=findings,
        safety=Safety.REVIEW if opaque or passing.review or _rewrites(changes) else Safety.SAFE,
        edits=(*(FileEdit(build.path, edit) for edit in edits), *passing.edits),
        secrets=passing.secrets,
        ignores=(Ignore(build.path, build.context, literal(same[0].source)),),
        notes=passing.notes,
    )


def _rewrites(changes: dict[int, RunChange]) -> bool:
    return any(change.changes_command for change in changes.values())


def _refuse(copied: CopiedFile) -> None:
    """Refuse what a mount cannot stand in for."""
    if copied.target is None:
        raise CannotChange(f"where {copied.source} lies in the image cannot be told", Reason.UNKNOWN_HOME)
    if not copied.readers:
        raise CannotChange(
            f"no RUN is known to read {copied.source}: if the running container needs it, give it to the container "
            "under /run/secrets/, otherwise drop the COPY",
            Reason.UNKNOWN_READER,
        )
    if not any(recipe.reads_file(copied.target) for recipe in recipes()) and not copied.removed:
        raise CannotChange(
            f"{copied.source} stays in the image, where the running container may read it",
            Reason.RUNTIME_SECRET,
        )
    if "$" in copied.source:
        raise CannotChange(f"the path of {copied.source} depends on a variable", Reason.DYNAMIC_VALUE)
    if re.search(r"[*?\[]", copied.source):
        raise CannotChange(f"{copied.source} names several files: copy each by its name", Reason.UNSUPPORTED_FORM)
    refuse_carried(copied)
    _refuse_started(copied, copied.target)


def _refuse_started(copied: CopiedFile, target: str) -> None:
    """Refuse a file that a tool reads which the container starts and which goes to the network."""
    file = copied.build.dockerfile
    having = {copied.instruction.stage, *successors(file, copied.instruction.stage)}
    for entry in file.instructions:
        starts = entry.keyword in ("CMD", "ENTRYPOINT") and entry.stage in having and not copied.removed
        if starts and any(recipe.reads_file(target) for recipe in fetching(read_run(file.source, entry))):
            raise CannotChange(
                f"line {entry.line}: what the container starts reads {copied.source}: a build secret cannot serve it",
                Reason.RUNTIME_SECRET,
            )


def _going(found: tuple[CopiedFile, ...]) -> frozenset[int]:
    """Return the instructions that copy credential files alone."""
    words: dict[int, set[Span]] = {}
    for copied in found:
        if not copied.whole:
            words.setdefault(copied.instruction.index, set()).add(copied.word.span)
    sizes = {copied.instruction.index: len(copied.instruction.operands) - 1 for copied in found}
    return frozenset(index for index, taken in words.items() if len(taken) == sizes[index])


def _take_out(same: tuple[CopiedFile, ...]) -> Iterator[Edit]:
    """Yield the edits that take the file out of the instructions which copy it."""
    for _, group in groupby(same, key=lambda copied: copied.instruction.index):
        found = tuple(group)
        instruction = found[0].instruction
        if len(instruction.operands) <= len(found) + 1:
            yield remove_instruction(instruction)
        else:
            yield from (remove_source_word(instruction, copied.word) for copied in found)


TRANSFORM: Final = Transform(name="mount-file", order=20, rules=frozenset({"no-credential-file-in-layer"}), plan=plan)
