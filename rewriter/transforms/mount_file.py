"""Turn a copied credential file into a file mount on the RUNs that read it.

The COPY goes (or the one source in it), each reader gets `--mount=type=secret,id=...,target=...`, and commands that
only remove the file or set its mode go too: on a mount they would fail, and without the file they are needless.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import groupby
from typing import Final

from rewriter.analysis import Analysis
from rewriter.copied import CopiedFile
from rewriter.documents.dockerfile import machine, successors
from rewriter.documents.dockerignore import literal
from rewriter.documents.run import RunBody, bare_words, read_run
from rewriter.fetched import fetched_files
from rewriter.model.plan import BuildSecret, FileEdit, Fix, Ignore, Reason, Refusal
from rewriter.model.secret import Finding, Safety
from rewriter.model.text import Edit
from rewriter.readers import Reach, fetching
from rewriter.recipes import recipes
from rewriter.settings import Settings
from rewriter.transforms.callers import pass_to_callers
from rewriter.transforms.dockerfile_edits import remove_instruction, remove_source_word
from rewriter.transforms.outcome import Proposal, Transform
from rewriter.transforms.run_change import CannotChange, RunChange
from rewriter.transforms.variable_mount import readable


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

    edits: list[Edit] = []
    review = False
    for copied in same:
        _refuse(copied)
        for body, reach in copied.readers:
            change(body).mount(mount_options(copied, body, settings))
            review |= reach is Reach.OPAQUE
        for upkeep in copied.upkeep:
            if not upkeep.alone:
                raise CannotChange(
                    f"line {upkeep.body.instruction.line}: one command handles {copied.source} and other files",
                    Reason.UNSUPPORTED_FORM,
                )
            change(upkeep.body).drop(upkeep.fragment, upkeep.visit.command)
        edits += _take_out(copied, same)
    for one in changes.values():
        edits += one.finish()
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
        safety=Safety.REVIEW if review or passing.review or _rewrites(changes) else Safety.SAFE,
        edits=(*(FileEdit(build.path, edit) for edit in edits), *passing.edits),
        secrets=passing.secrets,
        ignores=(Ignore(build.path, build.context, literal(same[0].source)),),
        notes=passing.notes,
    )


def _rewrites(changes: dict[int, RunChange]) -> bool:
    return any(change.changes_command for change in changes.values())


_COPIERS: Final = frozenset(
    {"cp", "mv", "ln", "install", "rsync", "tee", "sed", "envsubst", "rm", "chmod", "chown", "shred", "unlink"}
)


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
    refuse_handling(copied)
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


def refuse_carried(copied: CopiedFile) -> None:
    """Refuse a file that another stage copies on: it would no longer be there."""
    for fetched in fetched_files(copied.build, (copied,)):
        if fetched.instruction.keyword == "COPY" and fetched.secret == copied.verdict.secret_id:
            raise CannotChange(
                f"line {fetched.instruction.line}: COPY carries {fetched.name} on to another stage; if the running "
                "container needs it, give it to the container under /run/secrets/, otherwise drop that COPY first",
                Reason.SECRET_IN_COPY,
            )


def refuse_handling(copied: CopiedFile) -> None:
    """Refuse a RUN that moves, copies or changes the file: on a mount that fails, or keeps the value elsewhere."""
    base = (copied.target or copied.source).rsplit("/", 1)[-1]
    handled = {one.visit.command.span for one in copied.upkeep}
    for body, _ in copied.readers:
        for _, visit in body.commands():
            words = bare_words(visit.command)
            name = (words[0].value or "").rsplit("/", 1)[-1] if words else ""
            named = any(base in word.text for word in words[1:])
            written = any(redirect.writes and base in redirect.target.text for redirect in visit.command.redirects)
            if visit.command.span not in handled and ((name in _COPIERS and named) or written):
                raise CannotChange(
                    f"line {body.instruction.line}: {name or 'a redirection'} moves or changes {copied.source}, "
                    "which a mount does not allow",
                    Reason.PERSISTED_BY_COMMAND,
                )


def identity_of(copied: CopiedFile, settings: Settings) -> str:
    """Return the id of the build secret that stands in for a copied file."""
    return settings.secret_id(copied.source, copied.verdict.secret_id)


def mount_options(copied: CopiedFile, body: RunBody, settings: Settings) -> str:
    """Return the options of the mount that puts a copied file where it was, readable for the RUN's user."""
    if re.search(r"[\s,\"'$\\]", copied.target or ""):
        raise CannotChange(
            f"{copied.source}: its path cannot be written as the target of a mount", Reason.UNSUPPORTED_FORM
        )
    there = machine(copied.build.dockerfile, body.instruction)
    if copied.target is not None and not copied.target.startswith("/") and there.workdir is not None:
        raise CannotChange(
            f"{copied.source} is copied to a folder that only the base image knows, and read from another one",
            Reason.UNKNOWN_HOME,
        )
    owner = readable(copied.build, body.instruction)
    if copied.verdict.category == "private-key" and "mode" in owner:
        raise CannotChange(
            f"line {body.instruction.line}: ssh wants the key to belong to user {there.user!r}, whose number is not "
            "known",
            Reason.UNKNOWN_USER,
        )
    return f"type=secret,id={identity_of(copied, settings)},target={copied.target}{owner},required=true"


def _take_out(copied: CopiedFile, same: tuple[CopiedFile, ...]) -> list[Edit]:
    """Return the edit that drops the file from its instruction, whole if nothing else is copied there."""
    twins = [one for one in same if one.instruction is copied.instruction]
    if len(twins) + 1 < len(copied.instruction.operands):
        return [remove_source_word(copied.instruction, copied.word)]
    return [remove_instruction(copied.instruction)] if copied is twins[0] else []


TRANSFORM: Final = Transform(name="mount-file", order=20, rules=frozenset({"no-credential-file-in-layer"}), plan=plan)
