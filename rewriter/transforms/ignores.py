"""Bring the patterns that fixes ask for into `.dockerignore` and `.gitignore`, together and once."""

from __future__ import annotations

from collections.abc import Iterable

from rewriter.documents.dockerfile import mount
from rewriter.model.plan import FileEdit, Ignore, NewFile
from rewriter.model.text import Edit, apply, decode, encode
from rewriter.project.project import Project
from rewriter.record import Record
from rewriter.transforms.ignore_files import IgnoreChange, ignore_for_docker, ignore_for_git
from rewriter.tree.repository import OverlayRepository, Repository


class Ignored(Record):
    """Hold the changed files, and the patterns left out because they would hide what a COPY names."""

    files: tuple[tuple[str, bytes], ...]
    left_out: tuple[tuple[str, str], ...]


def apply_ignores(project: Project, ignores: Iterable[Ignore]) -> Ignored:
    """Return the ignore files of a repository with the asked patterns in them."""
    wanted: dict[tuple[str, str], list[str]] = {}
    git: list[str] = []
    for ignore in ignores:
        if ignore.pattern:
            wanted.setdefault((ignore.context, ignore.dockerfile), []).append(ignore.pattern)
        if ignore.git_pattern and ignore.git_pattern not in git:
            git.append(ignore.git_pattern)
    files: dict[str, bytes] = {}
    left_out: list[tuple[str, str]] = []
    for (context, dockerfile), patterns in wanted.items():
        change = ignore_for_docker(
            OverlayRepository(project.repository, files),
            context=context,
            dockerfile=dockerfile,
            patterns=tuple(dict.fromkeys(patterns)),
            needed=needed_sources(project, context),
        )
        left_out += change.left_out
        files = _changed(project.repository, change, files)
    if git:
        repository = OverlayRepository(project.repository, files)
        files = _changed(project.repository, ignore_for_git(repository, patterns=tuple(git)), files)
    return Ignored(tuple(files.items()), tuple(left_out))


def _changed(base: Repository, change: IgnoreChange, files: dict[str, bytes]) -> dict[str, bytes]:
    """Return the changed files with one more change made on top of them."""
    result = dict(files)
    by_path: dict[str, list[Edit]] = {}
    for edit in change.edits:
        match edit:
            case FileEdit(path, inner):
                by_path.setdefault(path, []).append(inner)
            case NewFile(path, text):
                result[path] = encode(text)
    for path, edits in by_path.items():
        result[path] = encode(apply(decode(OverlayRepository(base, files).read(path)), edits))
    return result


def needed_sources(project: Project, context: str) -> tuple[str, ...]:
    """Return what the Dockerfiles of one context copy or bind-mount from it, as they write it."""
    found: list[str] = []
    for build in project.builds:
        if build.context != context:
            continue
        for outer in build.dockerfile.instructions:
            entry = outer.trigger or outer
            if entry.keyword in ("COPY", "ADD") and entry.flag("from") is None:
                found += [word.value for word in entry.operands[:-1] if "://" not in word.value]
            for flag in entry.flags:
                bound = mount(flag) if entry.keyword == "RUN" else None
                if bound is not None and bound.type == "bind" and bound.get("from") is None:
                    found.append(bound.get("source") or ".")
    return tuple(dict.fromkeys(found))
