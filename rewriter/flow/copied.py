"""Find credential files that COPY and ADD bring into an image, who reads them there, and where they are removed."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from itertools import chain, count
from typing import Final

from rewriter.documents.dockerfile import Instruction, Word, expand, machine, scope, successors
from rewriter.documents.run import Fragment, RunBody, bare_words
from rewriter.documents.shell import Visit
from rewriter.documents.shell import Word as ShellWord
from rewriter.errors import RepositoryError
from rewriter.judgement import (
    KEY_MARK,
    Category,
    Certainty,
    ContentVerdict,
    FileVerdict,
    credential_file,
    file_content,
    is_harmless,
    may_be_key_inside,
    secret_id,
)
from rewriter.project.build import Build
from rewriter.project.copy_sources import context_path
from rewriter.project.project import Project
from rewriter.project.readers import Reach, file_reach, tool_file_reach
from rewriter.record import Record, replace
from rewriter.tree.repository import Kind


class Upkeep(Record):
    """Hold a command that only removes the file or sets its mode or owner; a mount makes it needless.

    `alone`: it names nothing else. `exact`: it names the file, and not a folder of it or a pattern.
    """

    body: RunBody
    fragment: Fragment
    visit: Visit
    word: ShellWord
    alone: bool
    removes: bool
    exact: bool


class CopiedFile(Record):
    """Hold one credential file that an instruction copies.

    `source` is relative to the context; `word` names it, alone or as a folder (`whole`). `target` is the path
    in the image, as `image_path` gives it, None if it cannot be told. `content` is None when the repository
    lacks the file.
    """

    build: Build
    instruction: Instruction
    word: Word
    source: str
    target: str | None
    verdict: FileVerdict
    content: ContentVerdict | None
    whole: bool
    readers: tuple[tuple[RunBody, Reach], ...]
    upkeep: tuple[Upkeep, ...]
    removed: bool


def copied_files(project: Project, build: Build) -> tuple[CopiedFile, ...]:
    """Return the credential files that a build copies from its context, in the order of the file."""
    found: list[CopiedFile] = []
    for entry in build.dockerfile.instructions:
        if entry.keyword in ("COPY", "ADD") and not any(flag.name == "from" for flag in entry.flags):
            found += _copied(project, build, entry)
    return tuple(_until_overwritten(tuple(_told_apart(found))))


def _told_apart(found: Iterable[CopiedFile]) -> Iterator[CopiedFile]:
    """Give files of one name from several folders ids of their own."""
    owner: dict[str, str] = {}
    for copied in found:
        plain = copied.verdict.secret_id
        folder = posixpath.basename(posixpath.dirname(copied.source)).lstrip(".")
        named = f"{folder}_{plain}" if re.fullmatch(r"[\w.-]{1,100}", folder, re.ASCII) else plain
        names = chain([plain, named], (f"{named}_{number}" for number in count(2)))
        identity = next(name for name in names if owner.get(name, copied.source) == copied.source)
        owner[identity] = copied.source
        yield copied if identity == plain else replace(copied, verdict=replace(copied.verdict, secret_id=identity))


def _until_overwritten(found: tuple[CopiedFile, ...]) -> Iterator[CopiedFile]:
    """Let no RUN read a file that another one has replaced by then."""
    for copied in found:
        mine = copied.instruction
        ends = [
            other.instruction.index
            for other in found
            if other.target == copied.target and other.source != copied.source and other.instruction.stage == mine.stage
            if other.instruction.index > mine.index and copied.target is not None
        ]
        if ends:
            kept = tuple(pair for pair in copied.readers if pair[0].instruction.index < min(ends))
            looked_after = tuple(one for one in copied.upkeep if one.body.instruction.index < min(ends))
            yield replace(copied, readers=kept, upkeep=looked_after)
        else:
            yield copied


def _copied(project: Project, build: Build, entry: Instruction) -> Iterable[CopiedFile]:
    words = entry.json or entry.words
    if len(words) < 2:
        return
    for word in words[:-1]:
        if "://" in word.value or word.value.startswith("<<"):
            continue
        if "$" in word.value:
            yield from _of_variable(build, entry, words, word)
            continue
        for source, whole in _matches(project, build, word.value):
            named, verdict = source, credential_file(source)
            if verdict is not None and verdict.kind in _VAGUE and not whole:
                told = credential_file(_target(build, entry, words, word, source) or "")
                verdict = told if told is not None and told.certainty is Certainty.NAME_ALONE else verdict
            if verdict is None and not whole:
                named = _target(build, entry, words, word, source) or source
                verdict = _by_target(named, source) or _by_content(project, build, source)
            if verdict is None:
                continue
            content = _content(project, build, source, named)
            if content is None and whole:
                continue
            if content is not None and not content.secret:
                continue
            target = _target(build, entry, words, word, source)
            yield _trace(
                build,
                entry,
                word,
                source=source,
                target=target,
                verdict=verdict,
                content=content,
                whole=whole,
            )


_VARIABLE: Final = re.compile(r"\$(?:\{[^{}$]{1,100}\}|[A-Za-z_][A-Za-z0-9_]{0,100})")


def _of_variable(build: Build, entry: Instruction, words: tuple[Word, ...], word: Word) -> Iterable[CopiedFile]:
    """Yield a file whose path is made from a variable, where the rest of its name says enough: `$MODE.env`."""
    source = context_path(word.value)
    verdict = credential_file(_VARIABLE.sub("x", source))
    if verdict is not None:
        target = _target(build, entry, words, word, source)
        yield _trace(
            build,
            entry,
            word,
            source=source,
            target=target,
            verdict=replace(verdict, secret_id=secret_id(_VARIABLE.sub("", source).lstrip("/")) or verdict.secret_id),
            content=None,
            whole=False,
        )


_VAGUE: Final = frozenset({"credentials", "token"})
"""Kinds of file whose own name says too little, where the place that they are copied to may say more."""


def _by_target(target: str, source: str) -> FileVerdict | None:
    """Judge a file by the name that it gets in the image, where its own says nothing."""
    verdict = None if is_harmless(source) else credential_file(target)
    base = source.rsplit("/", 1)[-1].lstrip(".")
    return None if verdict is None else replace(verdict, secret_id=base.partition(".")[0].lower() or verdict.secret_id)


def _by_content(project: Project, build: Build, source: str) -> FileVerdict | None:
    """Judge a file by a private key in it, where neither name says anything."""
    if not may_be_key_inside(source):
        return None
    text = project.text(f"{build.context}/{source}" if build.context else source)
    if text is None or KEY_MARK not in text:
        return None
    return FileVerdict("private-key", Category.PRIVATE_KEY, Certainty.NEEDS_CONTENT, secret_id(source))


def _matches(project: Project, build: Build, pattern: str) -> Iterator[tuple[str, bool]]:
    """Yield the context's files that a source word takes, and whether it takes them as a part of a folder."""
    name = context_path(pattern)
    files = project.context_files(build)
    if not name:
        yield from ((path, True) for path in files)
        return
    if not re.search(r"[*?\[]", name):
        prefix = f"{build.context}/{name}" if build.context else name
        if project.repository.kind(prefix) is Kind.DIRECTORY:
            yield from ((path, True) for path in files if path.startswith(f"{name}/"))
        elif name in files or project.repository.kind(prefix) is Kind.MISSING:
            yield name, False
        return
    depth = name.count("/")
    found = False
    for path in files:
        parts = path.split("/")
        head = "/".join(parts[: depth + 1])
        if all(fnmatchcase(part, want) for part, want in zip(head.split("/"), name.split("/"), strict=False)):
            found = True
            yield path, len(parts) > depth + 1
    if not found:
        yield name, False


def _content(project: Project, build: Build, source: str, named: str) -> ContentVerdict | None:
    path = f"{build.context}/{source}" if build.context else source
    if project.repository.kind(path) not in (Kind.FILE, Kind.LINK):
        return None
    try:
        return file_content(named, project.repository.read(path))
    except RepositoryError:
        return None


def image_folder(build: Build, entry: Instruction) -> str | None:
    """Return the folder of the image that a COPY of the whole context fills, None if it cannot be told."""
    words = entry.operands
    found = _target(build, entry, words, words[0], "x") if len(words) > 1 else None
    return None if found is None or not found.startswith("/") else posixpath.dirname(found)


def _target(build: Build, entry: Instruction, words: tuple[Word, ...], word: Word, source: str) -> str | None:
    """Return where a source lies in the image (Dockerfile reference, COPY: a folder target ends in a slash).

    The path is relative where only the base image knows the working directory.
    """
    file = build.dockerfile
    before = machine(file, entry)
    visible = scope(file, entry)

    def lookup(name: str) -> str | None:
        binding = visible.get(name)
        value = binding.assignment.value if binding else None
        return value.value if value is not None and "$" not in value.value else None

    written = expand(words[-1], lookup)
    if written is None or written.startswith("~"):
        return None
    base = before.workdir or ("/" if file.stages[entry.stage].base.value == "scratch" else None)
    place = posixpath.normpath(posixpath.join(base or "", written))
    if place.startswith(".."):
        return None
    inside = context_path(word.value)
    rest = source if not inside else posixpath.relpath(source, inside)
    if rest != "." and not re.search(r"[*?\[]", inside):
        return posixpath.normpath(posixpath.join(place, rest))
    if len(words) > 2 or written.endswith("/") or written in (".", "..") or _is_folder(build, place):
        return posixpath.normpath(posixpath.join(place, source.rsplit("/", 1)[-1]))
    return place


_FOLDERS: Final = frozenset(
    {
        "/",
        "/root",
        "/etc",
        "/tmp",  # noqa: S108 - a path of the image
        "/opt",
        "/app",
        "/src",
        "/code",
        "/usr/src/app",
        "/workspace",
        "/root/.ssh",
        "/root/.aws",
    }
)


def _is_folder(build: Build, place: str) -> bool:
    file = build.dockerfile
    used = {machine(file, entry).workdir for entry in file.instructions if entry.keyword != "FROM"}
    return place in used or place in _FOLDERS


def _trace(
    build: Build,
    entry: Instruction,
    word: Word,
    *,
    source: str,
    target: str | None,
    verdict: FileVerdict,
    content: ContentVerdict | None,
    whole: bool,
) -> CopiedFile:
    readers: list[tuple[RunBody, Reach]] = []
    upkeep: list[Upkeep] = []
    removed = False
    if target is not None:
        for body in _later_runs(build, entry):
            mine = tuple(_upkeep(build, body, target))
            upkeep += mine
            gone = any(one.removes for one in mine)
            reach = _reach(body, target, mine, whole=whole)
            if reach is not Reach.NONE and not removed:
                readers.append((body, reach))
            removed = removed or gone
    strong = tuple(pair for pair in readers if pair[1] is not Reach.OPAQUE)
    return CopiedFile(
        build=build,
        instruction=entry,
        word=word,
        source=source,
        target=target,
        verdict=verdict,
        content=content,
        whole=whole,
        readers=strong or (() if whole else tuple(readers)),
        upkeep=tuple(upkeep),
        removed=removed,
    )


def _later_runs(build: Build, entry: Instruction) -> Iterator[RunBody]:
    """Yield the RUNs that see what an instruction put into its stage."""
    inheriting = {entry.stage, *successors(build.dockerfile, entry.stage)}
    for body in build.runs:
        run = body.instruction
        if run.index > entry.index and run.stage in inheriting:
            yield body


_UPKEEP: Final = frozenset({"rm", "chmod", "chown", "shred", "unlink"})


def _upkeep(build: Build, body: RunBody, target: str) -> Iterator[Upkeep]:
    folder: str | None = None
    for fragment, visit in body.commands():
        words = bare_words(visit.command)
        program = (words[0].value or "").rsplit("/", 1)[-1] if words else ""
        if program == "cd" and len(words) == 2 and not visit.in_subshell and not fragment.nested:
            folder = image_path(build, body.instruction, words[1], folder=folder)
        if program not in _UPKEEP:
            continue
        names = [word for word in words[1:] if not word.text.startswith("-")]
        recursive = any(word.text == "--recursive" or _RECURSIVE.fullmatch(word.text) for word in words[1:])
        if program in ("chmod", "chown"):
            names = names[1:]
        removes = program not in ("chmod", "chown")
        for word in names:
            place = image_path(build, body.instruction, word, folder=folder, pattern=True)
            if place is None:
                continue
            within = (removes or recursive) and target.startswith(f"{place.rstrip('/')}/")
            if within or place == target or ("*" in place and fnmatchcase(target, place)):
                alone = len(names) == 1
                yield Upkeep(body, fragment, visit, word, alone=alone, removes=removes, exact=place == target)


_RECURSIVE: Final = re.compile(r"-[a-zA-Z]{0,5}[rR][a-zA-Z]{0,5}")


def image_path(
    build: Build, instruction: Instruction, word: ShellWord, *, folder: str | None = None, pattern: bool = False
) -> str | None:
    """Return the path that a word of a command names, `~` and `$HOME` resolved, or None.

    It is absolute, or relative to a working directory that only the base image knows. `folder` is where the command
    stands, if not in that directory; a `pattern` with asterisks is a path as well.
    """
    before = machine(build.dockerfile, instruction)
    text = word.text.strip("\"'") if word.value is None else word.value
    home = before.home if before.home_known else None
    for prefix in ("~/", "$HOME/", "${HOME}/"):
        if text.startswith(prefix):
            if home is None:
                return None
            text = posixpath.join(home, text.removeprefix(prefix))
    if "$" in text or ("*" in text and not pattern):
        return None
    return posixpath.normpath(posixpath.join(folder or before.workdir or "", text))


def _only_says(fragment: Fragment, visit: Visit) -> bool:
    """Tell whether a command prints its words: `echo "IdentityFile ~/.ssh/id_rsa" >> ~/.ssh/config`."""
    text = visit.command.span.of(fragment.script.text)
    return visit.command.name in ("echo", "printf") and "$(" not in text and "`" not in text


def _reach(body: RunBody, target: str, upkeep: tuple[Upkeep, ...], *, whole: bool) -> Reach:
    """Return how a RUN reaches the file by anything but upkeep."""
    reach = file_reach(body, target)
    if reach is not Reach.TEXT:
        return reach
    base = target.rsplit("/", 1)[-1]
    kept = {one.visit.command.span for one in upkeep}
    for fragment, visit in body.commands():
        if visit.command.span in kept:
            continue
        if base in visit.command.span.of(fragment.script.text) and not _only_says(fragment, visit):
            return Reach.TEXT
    others = [visit for _, visit in body.commands() if visit.command.span not in kept]
    if not others and not body.problem:
        return Reach.NONE
    return Reach.NONE if whole else tool_file_reach(body, target)
