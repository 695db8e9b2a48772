"""Take the care that later RUNs give to a file along to where it is written anew.

`RUN chmod 600 FILE` behind the RUN that wrote it fails once the file is gone at the end of that RUN; and where the
file is written again, it would have another mode than before.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase

from rewriter.documents.run import Fragment, RunBody, bare_words
from rewriter.documents.shell import Command, Visit, Word
from rewriter.flow.copied import image_path
from rewriter.record import Record
from rewriter.transforms.run_change import CannotChange
from rewriter.transforms.workshop import Workshop, later
from rewriter.transforms.written_file import WrittenFile

_TENDS = frozenset({"chmod", "chown", "chgrp"})


class Care(Record):
    """Hold a command of a later RUN that sets mode or owner of the file; `alone`: of nothing else."""

    body: RunBody
    fragment: Fragment
    visit: Visit
    alone: bool

    @property
    def text(self) -> str:
        """Return the command as it is written."""
        return self.visit.command.span.of(self.fragment.script.text)


def care(file: WrittenFile) -> tuple[Care, ...]:
    """Return the commands of later RUNs that set mode or owner of a file; raises `CannotChange` for unclear ones."""
    return tuple(_care(file))


def _care(file: WrittenFile) -> Iterator[Care]:
    for body in later(file.workshop, file.residue):
        for fragment, visit in body.commands():
            paths = _paths(visit.command)
            if not paths:
                continue
            alone = len(paths) == 1 and file.names(body, paths[0])
            whole = _is_recursive(visit.command)
            if not any(file.names(body, word) or _reaches(file, body, word, whole=whole) for word in paths):
                continue
            within = not any(file.names(body, word) or "*" in word.text for word in paths)
            unclear = visit.conditional or visit.in_subshell or fragment.nested
            if unclear or not (alone or within):
                line = body.instruction.line
                raise CannotChange(f"line {line}: {visit.command.name} sets the mode or owner of more than the file")
            yield Care(body, fragment, visit, alone)


def _paths(command: Command) -> list[Word]:
    words = bare_words(command)
    if not words or (words[0].value or "").rsplit("/", 1)[-1] not in _TENDS:
        return []
    return [word for word in words[1:] if not word.text.startswith("-")][1:]


def _is_recursive(command: Command) -> bool:
    options = [word.text for word in bare_words(command)[1:] if word.text.startswith("-")]
    return any(text == "--recursive" or ("R" in text and not text.startswith("--")) for text in options)


def _reaches(file: WrittenFile, body: RunBody, word: Word, *, whole: bool) -> bool:
    """Tell whether a word means the file among others: by a pattern, or (`whole`) as a folder above it."""
    if "*" in word.text:
        return fnmatchcase(file.base, word.text.rsplit("/", 1)[-1].strip("\"'"))
    named = image_path(file.workshop.build, body.instruction, word)
    place = file.residue.path
    return whole and place is not None and named is not None and place.startswith(f"{named.rstrip('/')}/")


def move(workshop: Workshop, found: Iterable[Care], readers: Iterable[RunBody]) -> None:
    """Take each command out where the file is gone, and repeat it where the file is written again."""
    order = {body.instruction.index: body for body in readers}
    for one in found:
        if one.alone and one.body.instruction.index not in order:
            workshop.change(one.body).drop(one.fragment, one.visit.command)
        for index, body in order.items():
            if index > one.body.instruction.index:
                workshop.change(body).run_before(one.text)
