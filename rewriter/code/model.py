"""Describe where programs read their environment, and how one service's sources change."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from enum import StrEnum

from rewriter.model.plan import FileEdit, NewFile
from rewriter.model.text import Edit, Source, Span
from rewriter.record import Record


class ReadKind(StrEnum):
    """Say in which way a program reads its environment."""

    PLAIN = "plain"
    """One variable, named by a constant."""
    DEFAULT = "default"
    """The same, with a value for when it is missing."""
    MEMBERSHIP = "membership"
    """Whether a variable is set."""
    WRAPPER = "wrapper"
    """One variable, through a library for settings."""
    DYNAMIC = "dynamic"
    """A variable whose name is built at run time."""
    WHOLE = "whole"
    """The whole environment: it is passed on, copied or printed."""


class Read(Record):
    """Mark one place where a program reads a variable; `name` is empty when it is built at run time."""

    path: str
    name: str
    span: Span
    line: int
    column: int
    kind: ReadKind


class CodeRefusal(Record):
    """Leave the reads of one name alone, and say why; an empty name stands for one that is built at run time."""

    path: str
    line: int
    name: str
    detail: str


class CodePlan(Record):
    """Hold how the sources of one service change.

    `rewritten` are the names all of whose reads take the file first after the edits. No edit is made for a name that
    is refused. A name of which nothing was seen is in neither: what reads it, if anything does, is not in the sources.
    """

    edits: tuple[FileEdit, ...] = ()
    new_files: tuple[NewFile, ...] = ()
    rewritten: frozenset[str] = frozenset()
    refusals: tuple[CodeRefusal, ...] = ()
    notes: tuple[str, ...] = ()


class Rewrite(Record):
    """Make a read take the file first; `needs` are the names that it takes from the reader module."""

    edits: tuple[Edit, ...]
    needs: tuple[str, ...] = ()


class Refuse(Record):
    """Leave a read, for a reason."""

    detail: str


class Keep(Record):
    """Leave a read, because it needs no change."""


Change = Rewrite | Refuse | Keep


class Use(Record):
    """Hold one read and what becomes of it; `pieces` are the constant parts of a name built at run time."""

    read: Read
    change: Change
    pieces: tuple[str, ...] = ()


class Mention(Record):
    """Mark a constant that spells a name where no read is: an argument, a key, a subscript."""

    name: str
    line: int


class Survey(Record):
    """Hold what one file does with its environment; `trouble` says why it cannot be told."""

    path: str
    uses: tuple[Use, ...] = ()
    mentions: tuple[Mention, ...] = ()
    trouble: str = ""
    trouble_line: int = 0


class Reader(Record):
    """Say how a file reaches the reader module: edits of its own, and the files that have to be there."""

    edits: tuple[Edit, ...] = ()
    new_files: tuple[NewFile, ...] = ()


class Language(Record):
    """Offer the reading and rewriting of one language.

    `survey` reads one file; `reach` connects one file with the reader module, given every source of the service and
    the names that its edits need, or refuses. `hint` matches every file that reads the environment.
    """

    name: str
    matches: Callable[[str, str], bool]
    hint: re.Pattern[str]
    survey: Callable[[Source, Mapping[str, str]], Survey]
    reach: Callable[[Source, Mapping[str, str], tuple[str, ...]], Reader | Refuse]


def read_at(source: Source, span: Span, name: str, *, kind: ReadKind) -> Read:
    """Return a read with its line and column."""
    return Read(source.path, name, span, source.line(span.start), source.column(span.start), kind)


def secret_id(name: str, secrets: Mapping[str, str]) -> str:
    """Return the id of a variable's secret: the name in lower case unless the mapping says otherwise."""
    return secrets.get(name, name.lower())
