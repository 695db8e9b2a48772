"""Rewrite the sources of one service, so that each secret is taken from its file first."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence

from rewriter.code.elsewhere import elsewhere
from rewriter.code.generated import is_library
from rewriter.code.languages import language_of, matters, named
from rewriter.code.memory import Memory
from rewriter.code.model import CodePlan, CodeRefusal, Keep, Reader, ReadKind, Refuse, Rewrite, Survey, Use
from rewriter.model.plan import FileEdit, NewFile
from rewriter.model.text import OverlapError, Source, apply


def rewrite(files: Mapping[str, str], secrets: Mapping[str, str], memory: Memory | None = None) -> CodePlan:
    """Do what `rewriter.code.rewrite` says."""
    memory = memory or Memory()
    memory.expect(secrets)
    surveys = _surveys(files, memory)
    refusals = _refusals(files, surveys, secrets)
    while True:
        wanted = frozenset(secrets) - {one.name for one in refusals}
        made = _assemble(files, surveys, wanted)
        if isinstance(made, CodePlan):
            break
        refusals += made
    listed = _dynamic(surveys)
    ordered = sorted({*refusals, *listed}, key=lambda one: (one.path, one.line, one.name, one.detail))
    notes = _notes(surveys, made)
    return CodePlan(made.edits, made.new_files, made.rewritten, tuple(ordered), notes)


def _surveys(files: Mapping[str, str], memory: Memory) -> tuple[Survey, ...]:
    """Read every file that can matter: one that names no secret may still read a name built at run time."""
    found = (memory.survey(path, files[path]) for path in sorted(files) if matters(path))
    return tuple(one for one in found if one is not None)


def _refusals(files: Mapping[str, str], surveys: Sequence[Survey], secrets: Mapping[str, str]) -> list[CodeRefusal]:
    found: list[CodeRefusal] = []
    for one in surveys:
        if one.trouble:
            for name in sorted(secrets):
                line = named(files[one.path], name)
                if line:
                    found.append(CodeRefusal(one.path, line, name, f"the file cannot be read: {one.trouble}"))
        found += [
            CodeRefusal(one.path, use.read.line, use.read.name, use.change.detail)
            for use in one.uses
            if isinstance(use.change, Refuse) and use.read.name in secrets
        ]
    found += _followed(surveys, secrets)
    if any(use.read.kind is ReadKind.DYNAMIC for one in surveys for use in one.uses):
        found += _handed_on(files, {one.path for one in surveys}, secrets)
    for path in sorted(files):
        if matters(path) and not is_library(path):
            for name in sorted(secrets):
                line, detail = elsewhere(path, files[path], name)
                if line:
                    found.append(CodeRefusal(path, line, name, detail))
    return found


def _followed(surveys: Sequence[Survey], secrets: Mapping[str, str]) -> Iterable[CodeRefusal]:
    """Refuse names that a read built at run time, or a copy of the whole environment, may give back."""
    dynamic = [use for one in surveys for use in one.uses if use.read.kind is ReadKind.DYNAMIC]
    for use in dynamic:
        for name in sorted(secrets):
            if any(len(piece) > 1 and piece in name for piece in use.pieces):
                yield CodeRefusal(
                    use.read.path, use.read.line, name, "a name that is built at run time may be this one"
                )
    for one in surveys:
        whole = any(use.read.kind is ReadKind.WHOLE for use in one.uses)
        for mention in one.mentions:
            if mention.name in secrets and (dynamic or whole):
                yield CodeRefusal(
                    one.path, mention.line, mention.name,
                    "the name is handed to code that may read a variable by it",
                )  # fmt: skip


def _handed_on(files: Mapping[str, str], seen: Collection[str], secrets: Mapping[str, str]) -> Iterable[CodeRefusal]:
    """Refuse names that a file without a read of its own may hand to one that reads a name built at run time."""
    for path in sorted(files):
        if path in seen or not matters(path) or is_library(path) or language_of(path, files[path]) is None:
            continue
        for name in sorted(secrets):
            match = re.search(rf"[\"'`]{re.escape(name)}[\"'`]", files[path]) if name in files[path] else None
            if match is not None:
                line = files[path].count("\n", 0, match.start()) + 1
                yield CodeRefusal(path, line, name, "the name is handed to code that may read a variable by it")


def _assemble(
    files: Mapping[str, str], surveys: Sequence[Survey], wanted: frozenset[str]
) -> CodePlan | list[CodeRefusal]:
    """Return the plan for the names that are wanted, or the names that have to be refused after all."""
    edits: list[FileEdit] = []
    created: dict[str, NewFile] = {}
    seen: set[str] = set()
    for one in surveys:
        uses = [use for use in one.uses if use.read.name in wanted]
        seen |= {use.read.name for use in uses}
        rewrites = [use.change for use in uses if isinstance(use.change, Rewrite)]
        if not rewrites:
            continue
        needs = tuple(sorted({need for change in rewrites for need in change.needs}))
        reader = _reach(one.path, files, needs)
        if isinstance(reader, Refuse):
            return _refused(one, uses, reader.detail)
        made = list(dict.fromkeys([*(edit for change in rewrites for edit in change.edits), *reader.edits]))
        try:
            apply(files[one.path], made)
        except OverlapError:
            return _refused(one, uses, "one read stands inside another")
        edits += [FileEdit(one.path, edit) for edit in sorted(made)]
        created |= {file.path: file for file in reader.new_files}
    ordered = tuple(created[path] for path in sorted(created))
    return CodePlan(tuple(edits), ordered, frozenset(seen))


def _reach(path: str, files: Mapping[str, str], needs: tuple[str, ...]) -> Reader | Refuse:
    language = language_of(path, files[path])
    if language is None or not needs:
        return Reader()
    return language.reach(Source(path, files[path]), files, needs)


def _refused(one: Survey, uses: Sequence[Use], detail: str) -> list[CodeRefusal]:
    first: dict[str, int] = {}
    for use in uses:
        if isinstance(use.change, Rewrite):
            first.setdefault(use.read.name, use.read.line)
    return [CodeRefusal(one.path, line, name, detail) for name, line in first.items()]


def _dynamic(surveys: Sequence[Survey]) -> list[CodeRefusal]:
    """List every read of a name that is built at run time."""
    return [
        CodeRefusal(one.path, use.read.line, "", use.change.detail)
        for one in surveys
        for use in one.uses
        if not use.read.name and isinstance(use.change, Refuse)
    ]


def _notes(surveys: Sequence[Survey], plan: CodePlan) -> tuple[str, ...]:
    if not plan.rewritten:
        return ()
    whole: dict[str, list[int]] = defaultdict(list)
    for one in surveys:
        for use in one.uses:
            if use.read.kind is ReadKind.WHOLE and isinstance(use.change, Keep):
                whole[one.path].append(use.read.line)
    notes = [
        f"{path}:{lines[0]} hands on the whole environment, in which the secrets no longer are"
        for path, lines in sorted(whole.items())
    ]
    notes += [f"{file.path} is new: the image has to copy it" for file in plan.new_files]
    return tuple(notes)
