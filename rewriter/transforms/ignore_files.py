"""Append patterns to `.dockerignore` and `.gitignore`, or make the file.

Docker takes the last pattern that matches, so what is added stands behind the user's own lines and wins. A pattern
that is in effect already is not repeated; one that would hide what a COPY, ADD or bind mount names is left out.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Final

from rewriter.documents import dockerignore
from rewriter.gitignore import GitIgnore
from rewriter.model.plan import FileEdit, NewFile
from rewriter.model.text import Edit, Source, Span, decode
from rewriter.repository import Kind, Repository
from rewriter.template import render


@dataclass(frozen=True, slots=True)
class IgnoreChange:
    """Hold the edit of one ignore file, and each pattern left out with the source that it would hide."""

    edits: tuple[FileEdit | NewFile, ...] = ()
    left_out: tuple[tuple[str, str], ...] = ()


_EXAMPLES: Final = (".example", ".sample", ".template", ".dist")


def ignore_for_docker(
    repository: Repository, *, context: str, dockerfile: str, patterns: Sequence[str], needed: Sequence[str]
) -> IgnoreChange:
    """Return what brings patterns (relative to the context) into effect for the builds of one Dockerfile.

    `needed` are the sources that the context's Dockerfiles copy or mount, as written.
    """
    name = dockerignore.ignore_file_for(repository, context, dockerfile)
    path = name or posixpath.join(context, dockerignore.NAME)
    text = decode(repository.read(path)) if name is not None else ""
    now = dockerignore.matcher(dockerignore.parse(Source(path, text)))
    prefix = f"{context}/" if context else ""
    files = [one.removeprefix(prefix) for one in repository.paths() if one.startswith(prefix)]
    added: list[str] = []
    left_out: list[tuple[str, str]] = []
    for pattern in patterns:
        alone = dockerignore.matcher(dockerignore.parse(Source(path, pattern + "\n")))
        hides = [one for one in files if alone(one)]
        if all(now(one) for one in (*hides, _probe(pattern))):
            continue
        victim = next((source for source in needed if _hidden(source, alone, files)), None)
        if victim is not None:
            left_out.append((pattern, victim))
            continue
        added.append(pattern)
        examples = {one.rsplit("/", 1)[-1] for one in hides if one.endswith(_EXAMPLES)}
        added += [f"!**/{base}" for base in sorted(examples)]
    return IgnoreChange(_appended(path, text, added, "dockerignore.j2", exists=name is not None), tuple(left_out))


def ignore_for_git(repository: Repository, *, patterns: Sequence[str]) -> IgnoreChange:
    """Return what brings patterns into effect in the `.gitignore` of the repository's root."""
    path = ".gitignore"
    exists = repository.kind(path) in (Kind.FILE, Kind.LINK)
    text = decode(repository.read(path)) if exists else ""
    now = GitIgnore({"": text})
    added = [pattern for pattern in patterns if not now.ignored(_probe(pattern))]
    return IgnoreChange(_appended(path, text, added, "gitignore.j2", exists=exists))


def _probe(pattern: str) -> str:
    """Return a path that a pattern is meant to hide."""
    plain = re.sub(r"\*+/?", "", pattern.strip("/"))
    return f"{plain}/x" if pattern.endswith("/") else plain or "x"


def _hidden(source: str, alone: Callable[[str], bool], files: list[str]) -> bool:
    """Tell whether a pattern would hide all that a source names (a folder may lose files)."""
    name = posixpath.normpath("/" + source).lstrip("/")
    if not name:
        return False
    if not re.search(r"[*?\[]", name):
        return alone(name)
    matches = [one for one in files if fnmatchcase(one, name)]
    return bool(matches) and all(alone(one) for one in matches)


_TITLES: Final = (
    (re.compile(r"secrets/"), "values of build secrets"),
    (re.compile(r"\.env"), "environment files"),
    (re.compile(r"\.(?:key|pem|p12|pfx|jks|keystore)$|id_[a-z0-9]+$"), "keys"),
    (re.compile(r""), "credentials of tools"),
)


def _groups(patterns: Sequence[str]) -> list[dict[str, object]]:
    """Sort patterns under titles, for the template."""
    groups: dict[str, list[str]] = {}
    for pattern in dict.fromkeys(patterns):
        title = next(title for shape, title in _TITLES if shape.search(pattern))
        groups.setdefault(title, []).append(pattern)
    return [{"title": title, "lines": lines} for title, lines in groups.items()]


def _appended(
    path: str, text: str, added: Sequence[str], template: str, *, exists: bool
) -> tuple[FileEdit | NewFile, ...]:
    if not added:
        return ()
    block = render(template, groups=_groups(added))
    if not exists:
        return (NewFile(path, block),)
    newline = Source(path, text).newline
    gap = "" if not text else newline if text.endswith("\n") else newline * 2
    block = gap + block.replace("\n", newline)
    return (FileEdit(path, Edit(Span(len(text), len(text)), block)),)
