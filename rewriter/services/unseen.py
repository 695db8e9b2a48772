"""Find the environment files that services get, that the repository lacks, and that git does not keep out of it.

What stands in such a file is not known, but a sample beside it (`.env.example`) tells the names.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator

from rewriter.documents import env_file
from rewriter.documents.compose import Compose
from rewriter.documents.yaml import Entry, Node, Scalar, Sequence, entries, get
from rewriter.judgement import judge_name
from rewriter.model.text import Source, Span
from rewriter.project.project import Project
from rewriter.record import Record
from rewriter.services.gifts import env_path
from rewriter.tree.gitignore import GitIgnore
from rewriter.tree.repository import git_rules


class UnseenFile(Record):
    """Hold an `env_file` of a service: a file out of sight, and the secrets that its sample names, if it has one."""

    compose: Compose
    service: str
    written: str
    span: Span
    secrets: tuple[str, ...]


def unseen_files(project: Project) -> Iterator[UnseenFile]:
    """Yield the first such file of each place, unless its sample shows that it holds no secret."""
    taken = [
        (compose, service, entry)
        for compose in project.composes
        for service in compose.services
        for entry in entries(service.node)
        if entry.key.value == "env_file"
    ]
    if not taken:
        return
    kept = frozenset(project.repository.documents())
    ignore = GitIgnore(git_rules(project.repository, project.repository.paths()))
    seen: set[tuple[str, Span]] = set()
    for compose, service, entry in taken:
        span = Span(entry.key.place.start, max(entry.key.place.end, entry.value.place.end))
        if (compose.path, span) in seen:
            continue
        seen.add((compose.path, span))
        for written in _paths(entry):
            path = env_path(compose, written)
            if path is not None and (path in kept or ignore.ignored(path)):
                continue
            names = None if path is None else _sampled(project, path)
            if names is None or names:
                yield UnseenFile(compose, service.name, written, span, names or ())
                break


def _paths(entry: Entry) -> Iterator[str]:
    nodes: tuple[Node, ...] = entry.value.items if isinstance(entry.value, Sequence) else (entry.value,)
    for item in nodes:
        word = item if isinstance(item, Scalar) else get(item, "path")
        if isinstance(word, Scalar) and not word.is_null and word.value:
            yield word.value


def _sampled(project: Project, path: str) -> tuple[str, ...] | None:
    """Return the names of secrets in a sample of an environment file, or None where it has none."""
    for sample in _samples(path):
        text = project.text(sample)
        if text is not None:
            named = [line.name for line in env_file.parse(Source(sample, text)) if judge_name(line.name).secret]
            return tuple(dict.fromkeys(named))
    return None


def _samples(path: str) -> Iterable[str]:
    """Yield where a sample of an environment file may lie."""
    folder, base = posixpath.split(path)
    stem = base.strip(".").removesuffix(".env").removesuffix("env").strip(".")
    for word in ("example", "sample", "dist", "template", "tmpl", "default"):
        for name in (f"{base}.{word}", f"{base}-{word}", f"{word}{base}", f"{stem}.{word}.env", f"env.{word}"):
            yield posixpath.join(folder, name)
