"""Tell which Dockerfiles cannot hold a finding, long before all is known of them.

Most files of a repository leak nothing and are plainly written. What such a file says is seen by `skim`, and each
thing that any rule starts from is asked for in a cheap way that errs on one side only: a telling name or word, a
credential file that is copied or lies in a folder that is, a comment to us. A file in which none of them is has no
finding, no problem and no notice. It has to be one that nothing else names: who calls a build has a say in it.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatchcase
from functools import cached_property
from itertools import islice
from typing import Final

from rewriter.documents.skim import Skimmed, skim
from rewriter.errors import RepositoryError
from rewriter.judgement import (
    KEY_MARK,
    acquaint,
    judge_name,
    may_be_credential_file,
    may_be_key_inside,
    may_hold_credential,
    may_name_key_file,
    text_credentials,
)
from rewriter.model.text import decode
from rewriter.project.copy_sources import context_path, guess_context, joined
from rewriter.project.pragmas import speaks_to_us
from rewriter.tree.repository import Kind, Repository

_SILENT: Final = frozenset({"EXPOSE", "MAINTAINER", "SHELL", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR"})
"""Instructions in which no rule looks for anything, unless another one has found something."""

_EXPANDED: Final = re.compile(r"\$\{?([A-Za-z_][A-Za-z0-9_]*)")
_HASH: Final = re.compile(r"\$(?:apr1|2[aby]|5|6|y)\$")
_PGPASS_COLONS: Final = 4
_WILDCARD: Final = re.compile(r"[*?\[]")
_FEW: Final = 500
"""Of so many files a wildcard's are picked out; in larger folders it counts as suspicious."""


class Clearance:
    """Clear Dockerfiles of one repository."""

    def __init__(self, repository: Repository) -> None:
        self._repository = repository

    def clears(self, paths: Sequence[str]) -> list[bool]:
        """Tell of Dockerfiles, which no caller names, whether each surely gives no finding, problem and notice."""
        skimmed = [self._skimmed(path) for path in paths]
        texts = [None if entries is None else _texts(entries) for entries in skimmed]
        acquaint(text for each in texts if each is not None for text in each)
        return [
            entries is not None and each is not None and _say_nothing(each) and self._brings_nothing(path, entries)
            for path, entries, each in zip(paths, skimmed, texts, strict=True)
        ]

    def _skimmed(self, path: str) -> list[Skimmed] | None:
        """Return what a plain Dockerfile says; None for all others."""
        try:
            text = decode(self._repository.read(path))
        except RepositoryError:
            return None
        return None if speaks_to_us(text) else skim(text)

    def _brings_nothing(self, path: str, entries: Iterable[Skimmed]) -> bool:
        """Tell whether no COPY or ADD can bring a credential file."""
        copies = [entry for entry in entries if entry.keyword in ("COPY", "ADD")]
        if not copies:
            return True
        if not all(map(_names_nothing, copies)):
            return False
        words = [word for entry in copies if "--from=" not in entry.flags.lower() for word in entry.operands[:-1]]
        sources = [word for word in words if "://" not in word and "$" not in word]
        if not self._folders and not any(map(may_be_key_inside, sources)):
            return True
        context = guess_context(self._repository, path, words)
        return all(self._is_harmless(context, context_path(word)) for word in sources)

    def _is_harmless(self, context: str, name: str) -> bool:
        """Tell whether what a source names in the context is no credential file and holds none."""
        place = joined(context, name) if name else context
        if _WILDCARD.search(name):
            files = list(islice(self._below(context), _FEW))
            taken = (joined(context, file) for file in files if fnmatchcase(file, name))
            return len(files) < _FEW and context not in self._folders and not any(map(self._holds_key, taken))
        if not name or self._repository.kind(place) is Kind.DIRECTORY:
            return place not in self._folders
        return not self._holds_key(place)

    def _holds_key(self, path: str) -> bool:
        if not may_be_key_inside(path) or self._repository.kind(path) not in (Kind.FILE, Kind.LINK):
            return False
        try:
            return KEY_MARK in decode(self._repository.read(path))
        except RepositoryError:
            return True

    def _below(self, folder: str) -> Iterator[str]:
        """Yield the paths of the files in a folder, relative to it."""
        paths = self._repository.paths()
        prefix = f"{folder}/" if folder else ""
        for path in islice(paths, bisect_left(paths, prefix), None):
            if not path.startswith(prefix):
                return
            yield path[len(prefix) :]

    @cached_property
    def _folders(self) -> frozenset[str]:
        """Return the folders in which, at any depth, a file lies that may be a credential file by its name."""
        found: set[str] = set()
        for path in self._repository.paths():
            folder, _, base = path.rpartition("/")
            if may_be_credential_file(base):
                while folder not in found:
                    found.add(folder)
                    folder = folder.rpartition("/")[0]
        return frozenset(found)


def _texts(entries: Iterable[Skimmed]) -> list[str] | None:
    """Return what instructions say beside their names; None where a name may be that of a secret."""
    texts: list[str] = []
    for entry in entries:
        if entry.keyword in ("ARG", "ENV", "LABEL"):
            for name, value in entry.assignments:
                verdict = judge_name(name)
                if verdict.secret or verdict.carries_url or may_name_key_file(name):
                    return None
                if value:
                    texts.append(value)
            if entry.keyword == "LABEL" and not _is_plain_label(entry.text):
                return None
        elif entry.keyword not in _SILENT:
            texts.append(f"{entry.flags}{entry.text}")
    return texts


def _say_nothing(texts: list[str]) -> bool:
    """Tell whether texts neither name a secret nor hold one."""
    whole = "\n".join(texts)
    if may_name_key_file(whole) or any(judge_name(name).secret for name in _EXPANDED.findall(whole)):
        return False
    return not may_hold_credential(whole) or not any(map(may_hold_credential, texts))


def _is_plain_label(text: str) -> bool:
    """Tell whether a label holds neither a password's hash nor a line of a password file, which need no name."""
    return not _HASH.search(text) and (text.count(":") < _PGPASS_COLONS or not text_credentials(text))


def _names_nothing(entry: Skimmed) -> bool:
    """Tell whether neither a source nor the target of a COPY or ADD may be called like a credential file."""
    *sources, target = entry.operands
    end = target.rstrip("/").rpartition("/")[2]
    if end not in ("", ".", "..") and may_be_credential_file(end):
        return False
    if "$" in end and any(context_path(word) for word in sources):
        return False
    return not any(may_be_credential_file(base) for word in sources if (base := _base(word)))


def _base(word: str) -> str:
    """Return the last part of a path or URL; empty for a whole folder."""
    path = re.split(r"[?#]", word, maxsplit=1)[0] if "://" in word else context_path(word)
    return path.rpartition("/")[2]
