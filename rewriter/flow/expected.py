"""Find credential files that a copied folder has to bring along although the repository lacks them.

`COPY . .` behind which a command logs in with `--key-file=key.json` says that `key.json` lies in the folder of
whoever builds, ignored by git and not by Docker.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from rewriter.documents.dockerfile import Instruction, Word
from rewriter.documents.run import written
from rewriter.flow.copied import image_folder
from rewriter.project.build import Build
from rewriter.project.copy_sources import context_path
from rewriter.project.project import Project
from rewriter.project.readers import key_files
from rewriter.record import Record


class ExpectedFile(Record):
    """Hold the word that brings the file along, and its path in the context."""

    instruction: Instruction
    word: Word
    source: str


def expected_files(project: Project, build: Build) -> Iterator[ExpectedFile]:
    """Yield each file once, at the first folder that can bring it along."""
    wholes = [
        (entry, word)
        for entry in build.dockerfile.instructions
        if entry.keyword in ("COPY", "ADD") and entry.flag("from") is None and len(entry.operands) > 1
        for word in entry.operands[:-1]
        if not context_path(word.value)
    ]
    if not wholes:
        return
    seen: set[str] = set()
    for name in _named(build):
        for entry, word in wholes:
            source = _source(build, entry, name)
            if source and source not in seen and not project.hides(build, source) and _missing(project, build, source):
                seen.add(source)
                yield ExpectedFile(entry, word, source)


def _named(build: Build) -> Iterator[str]:
    """Yield the paths of key files that the Dockerfile names."""
    for entry in build.dockerfile.instructions:
        for assignment in entry.assignments if entry.keyword == "ENV" else ():
            value = assignment.value
            plain = value is not None and "$" not in value.value and not value.value.startswith("/")
            if assignment.name == "GOOGLE_APPLICATION_CREDENTIALS" and value is not None and plain and value.value:
                yield value.value
    yield from (name for _, name in build.with_key_files())


def _source(build: Build, entry: Instruction, name: str) -> str:
    """Return where in the context a path of the image comes from, if from there."""
    if not name.startswith("/"):
        return posixpath.normpath(name)
    folder = image_folder(build, entry)
    if folder is None or not name.startswith(f"{folder.rstrip('/')}/"):
        return ""
    return name[len(folder.rstrip("/")) + 1 :]


def _missing(project: Project, build: Build, source: str) -> bool:
    """Tell whether the repository lacks the file, and nothing but its reader speaks of it."""
    if source.startswith("..") or source in project.context_files(build):
        return False
    base = source.rsplit("/", 1)[-1]
    makers = [
        build.commands.body(entry)
        for entry in build.commands.entries
        if base in written(build.dockerfile.source, entry)
    ]
    copied = [
        entry
        for entry in build.dockerfile.instructions
        if entry.keyword in ("COPY", "ADD") and any(base in word.value for word in entry.operands)
    ]
    return not copied and all(key_files(body) for body in makers)
