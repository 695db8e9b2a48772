"""Follow where a script stands, and tell which directory and Dockerfile of the repository it builds."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Final, Literal

from rewriter.callers.embedded import Embedded
from rewriter.callers.model import Builder, Files
from rewriter.documents.shell import tree
from rewriter.documents.shell.tree import (
    Command,
    CommandSubstitution,
    DoubleQuoted,
    Item,
    Part,
    Script,
    SingleQuoted,
    Variable,
    Word,
)
from rewriter.record import Record

_ROOT_EXPRESSION: Final = re.compile(
    r"github\.workspace|Build\.(?:SourcesDirectory|Repository\.LocalPath)|System\.DefaultWorkingDirectory"
)
_HERE_EXPRESSION: Final = re.compile(r"\$[({](?:CURDIR|PWD|shell pwd)[)}]")
_ROOT_VARIABLES: Final = frozenset(
    {"GITHUB_WORKSPACE", "CI_PROJECT_DIR", "BITBUCKET_CLONE_DIR", "CIRCLE_WORKING_DIRECTORY", "WORKSPACE",
     "CODEBUILD_SRC_DIR", "BUILD_SOURCESDIRECTORY", "TRAVIS_BUILD_DIR", "DRONE_WORKSPACE"}
)  # fmt: skip
_SCRIPT_NAMES: Final = frozenset({"0", "BASH_SOURCE"})
_REMOTE: Final = re.compile(r"[a-z][a-z0-9+.-]*://|git@|github\.com/|-$")


class Base(StrEnum):
    """Say what a path is relative to: where the script was started, its own directory, or the repository."""

    START = "start"
    SCRIPT = "script"
    ROOT = "root"


class Where(Record):
    """Hold a path and what it is relative to; the path may go up."""

    base: Base
    path: str

    def join(self, path: str) -> Where:
        """Return the path that lies at `path` from here."""
        return Where(self.base, posixpath.normpath(posixpath.join(self.path, path)))


START: Final = Where(Base.START, ".")


def within(path: str) -> str | None:
    """Return a path as the repository names it (`""`: its root), or `None` if it lies outside."""
    clean = posixpath.normpath(path)
    if clean == ".":
        return ""
    return None if clean.startswith(("../", "/")) or clean == ".." else clean


def evaluate(word: Word, text: Embedded, known: Mapping[str, Where]) -> Where | str | None:
    """Return the path that a word stands for: from one of the bases, or relative to the present place."""
    return _parts(word.parts, text, known)


def _parts(parts: tuple[Part, ...], text: Embedded, known: Mapping[str, Where]) -> Where | str | None:
    total: Where | str = ""
    for part in parts:
        value = _part(part, text, known)
        match total, value:
            case _, None:
                return None
            case str() as before, str() as piece:
                total = before + piece
            case Where() as before, str() as piece:
                total = Where(before.base, before.path + piece)
            case "", Where() as base:
                total = base
            case _:
                return None
    return total


def _part(part: Part, text: Embedded, known: Mapping[str, Where]) -> Where | str | None:
    match part:
        case tree.Literal(value) | SingleQuoted(value):
            return _literal(value, text)
        case DoubleQuoted(parts):
            return _parts(parts, text, known)
        case Variable():
            return _variable(part, known)
        case CommandSubstitution(script):
            return _substitution(script, text, known)
        case _:
            return None


def _literal(value: str, text: Embedded) -> Where | str | None:
    if not text.has_hole(value):
        return value
    shown = text.show(value[:1])
    if text.has_hole(value[1:]):
        return None
    if _ROOT_EXPRESSION.search(shown):
        return Where(Base.ROOT, "." + value[1:])
    return "." + value[1:] if _HERE_EXPRESSION.fullmatch(shown) else None


def _variable(part: Variable, known: Mapping[str, Where]) -> Where | str | None:
    if part.name == "BASH_SOURCE" and part.operator in {"%", "%%"}:
        return Where(Base.SCRIPT, ".")
    if part.operator or part.indirect or part.length:
        return None
    if part.name in known:
        return known[part.name]
    if part.name == "PWD":
        return "."
    return Where(Base.ROOT, ".") if part.name in _ROOT_VARIABLES else None


def _substitution(script: Script, text: Embedded, known: Mapping[str, Where]) -> Where | str | None:
    match script.items:
        case (Item(node=Command() as only),):
            return _answer(only, text, known)
        case (Item(node=Command() as first), Item(node=Command(words=(Word(value="pwd"), *_)))):
            if first.name == "cd" and len(first.words) >= 2:
                return evaluate(first.words[-1], text, known)
            return None
        case _:
            return None


def _answer(command: Command, text: Embedded, known: Mapping[str, Where]) -> Where | str | None:
    values = [word.value for word in command.words]
    match values:
        case ["pwd", *_]:
            return "."
        case ["git", "rev-parse", "--show-toplevel"]:
            return Where(Base.ROOT, ".")
        case ["dirname", *_, None]:
            return _directory_of(command.words[-1], text, known)
        case ["realpath" | "readlink", *_, None]:
            return evaluate(command.words[-1], text, known)
        case _:
            return None


def _directory_of(word: Word, text: Embedded, known: Mapping[str, Where]) -> Where | str | None:
    parts = word.parts
    while len(parts) == 1 and isinstance(parts[0], DoubleQuoted):
        parts = parts[0].parts
    match parts:
        case (Variable(name=name),) if name in _SCRIPT_NAMES:
            return Where(Base.SCRIPT, ".")
        case (CommandSubstitution(script),):
            match script.items:
                case (Item(node=Command(words=(Word(value="readlink" | "realpath"), *_, last))),):
                    return _directory_of(last, text, known)
        case _:
            pass
    inside = evaluate(word, text, known)
    match inside:
        case Where():
            return inside.join("..")
        case str():
            return posixpath.dirname(inside) or "."
        case None:
            return None


class Bases(Record):
    """Hold the directories of the repository that a script may have been started in, likeliest first."""

    starts: tuple[str, ...]
    script: str

    def of(self, where: Where) -> tuple[str, ...]:
        """Return the directories that a place may be, those outside of the repository left out."""
        match where.base:
            case Base.START:
                roots = self.starts
            case Base.SCRIPT:
                roots = (self.script,)
            case Base.ROOT:
                roots = ("",)
        found = [within(posixpath.join(root, where.path)) for root in roots]
        return tuple(dict.fromkeys(path for path in found if path is not None))


class Wanted(Record):
    """Hold what a command names; `file` is False where it names no Dockerfile."""

    context: Where | str | None
    file: Where | str | Literal[False] | None
    builder: Builder


class Target(Record):
    """Hold what a command builds, each part `None` where it is unknown."""

    context: str | None
    dockerfile: str | None
    cwd: str | None


def target(bases: Bases, cwd: Where | None, wanted: Wanted, *, files: Files) -> Target:
    """Return the context and the Dockerfile of a command that is run in `cwd`."""
    if cwd is None and not (isinstance(wanted.context, Where) and isinstance(wanted.file, Where)):
        return Target(None, None, None)
    candidates = [_candidate(bases, base, wanted, files=files) for base in bases.of(cwd or START)]
    for candidate in candidates:
        if candidate.dockerfile is not None and files(candidate.dockerfile):
            return candidate
    return candidates[0] if len(candidates) == 1 else Target(None, None, None)


def _candidate(bases: Bases, base: str, wanted: Wanted, *, files: Files) -> Target:
    where = _resolve(bases, base, wanted.context)
    file = wanted.file
    if file is None:
        return Target(where, None, base)
    if file is not False:
        named = _resolve(bases, base, file)
        beside = _resolve(bases, where, file) if where is not None and isinstance(file, str) else None
        if beside is not None and files(beside) and (named is None or not files(named)):
            named = beside
        return Target(where, named, base)
    if where is None:
        return Target(None, None, base)
    oci = wanted.builder in {Builder.PODMAN, Builder.BUILDAH}
    paths = [posixpath.join(where, name) for name in (["Containerfile"] if oci else []) + ["Dockerfile"]]
    return Target(where, next((path for path in paths if files(path)), paths[-1]), base)


def _resolve(bases: Bases, base: str, path: Where | str | None) -> str | None:
    match path:
        case None:
            return None
        case Where():
            return next(iter(bases.of(path)), None)
        case str():
            remote = _REMOTE.match(path) or path.startswith("~")
            return None if remote else within(posixpath.join(base, path))
