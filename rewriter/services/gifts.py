"""Collect what the services of a repository get, each place once, with every service that it reaches."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator
from typing import Final

from rewriter.documents import env_file
from rewriter.documents.compose import Compose, EnvEntry, Operator, assume_defaults, single_variable
from rewriter.documents.env_file import EnvLine
from rewriter.judgement import judge_pair
from rewriter.model.masked import Masked
from rewriter.model.text import Source, Span
from rewriter.project.project import Project
from rewriter.services.model import EnvFile, Gift, Ref

_FILE_LIMIT: Final = 1_000


def gifts(project: Project, files: Iterable[tuple[EnvFile, tuple[Ref, ...]]]) -> tuple[Gift, ...]:
    """Return every place that gives a service a variable, in the order of file and place."""
    found: list[Gift] = []
    for compose in project.composes:
        found += _in_compose(project, compose)
    for file, users in files:
        found += (_from_line(file.source, line, users) for line in (file.lines if file.kept else ()))
    return tuple(sorted(found, key=lambda gift: (gift.path, gift.span, gift.name)))


def env_path(compose: Compose, written: str) -> str | None:
    """Return the file of the repository that an `env_file` of a compose file names, or None if it lies elsewhere."""
    path = assume_defaults(written)
    if path is None or path.startswith(("~", "/")):
        return None
    clean = posixpath.normpath(posixpath.join(posixpath.dirname(compose.path), path))
    return None if clean == ".." or clean.startswith("../") or "\0" in clean else clean


def env_files(project: Project) -> dict[str, tuple[EnvFile, tuple[Ref, ...]]]:
    """Return the environment files that services name, each with those services."""
    users: dict[str, list[Ref]] = {}
    for compose in project.composes:
        for service in compose.services:
            paths = dict.fromkeys(env_path(compose, written) for written in service.env_file)
            for path in paths:
                if path is not None and len(users) < _FILE_LIMIT:
                    users.setdefault(path, []).append(Ref(compose, service))
    kept = frozenset(project.repository.documents()) if users else frozenset()
    found: dict[str, tuple[EnvFile, tuple[Ref, ...]]] = {}
    for path in sorted(users):
        text = project.text(path)
        if text is not None:
            source = Source(path, text)
            found[path] = EnvFile(source, env_file.parse(source), path in kept), tuple(users[path])
    return found


def _in_compose(project: Project, compose: Compose) -> Iterator[Gift]:
    written: dict[tuple[Span, str], tuple[EnvEntry, list[Ref], str]] = {}
    for service in compose.services:
        for entry in service.environment:
            key = (entry.span, entry.name)
            first = written.setdefault(key, (entry, [], service.name))
            first[1].append(Ref(compose, service))
            if not entry.shared:
                written[key] = (entry, first[1], service.name)
    if not written:
        return
    source = project.source(compose.path)
    for entry, users, owner in written.values():
        yield _from_entry(source, entry, owner, tuple(users))


def _from_entry(source: Source, entry: EnvEntry, owner: str, users: tuple[Ref, ...]) -> Gift:
    value = entry.value
    assumed = assume_defaults(value) if value is not None else None
    only = single_variable(value) if value is not None else None
    literal = entry.literal
    default = literal is None and bool(assumed)
    if default and assumed is not None:
        literal = Masked(assumed)
    variable = entry.name if value is None else None
    if only is not None and _asks_only(only.operator, only.word):
        variable = only.name
    judged = literal.reveal() if literal is not None else value
    verdict = judge_pair(entry.name, judged)
    if default and not verdict.secret and (verdict.placeholder or not (judged or "").strip("\"' ")):
        literal, verdict = None, judge_pair(entry.name, None)
    elif default and not verdict.secret and (made := judge_pair(entry.name, value)).secret:
        literal, verdict = None, made  # `${USER:-admin}:${PASSWORD:-airflow}`: its parts say what the whole is
    return Gift(
        name=entry.name,
        source=source,
        span=entry.span,
        owner=owner,
        literal=literal,
        variable=variable,
        default=default,
        verdict=verdict,
        entry=entry,
        users=users,
        optional=only is not None and only.operator in (Operator.DEFAULT, Operator.DEFAULT_IF_EMPTY) and not only.word,
    )


def _asks_only(operator: Operator, word: str) -> bool:
    """Tell whether an interpolation gives a variable's value or nothing."""
    if operator in (Operator.DEFAULT, Operator.DEFAULT_IF_EMPTY):
        return not word
    return operator in (Operator.NONE, Operator.REQUIRED, Operator.REQUIRED_IF_EMPTY)


def _from_line(source: Source, line: EnvLine, users: tuple[Ref, ...]) -> Gift:
    written = line.span.of(source.text).partition("=")[2]
    judged = line.literal.reveal() if line.literal is not None else written
    return Gift(
        name=line.name,
        source=source,
        span=line.span,
        owner="",
        literal=line.literal,
        variable=None,
        default=False,
        verdict=judge_pair(line.name, judged),
        entry=line,
        users=users,
    )
