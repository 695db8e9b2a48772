"""Read `.dockerignore` files, and tell as Docker does what they keep out of a build context.

Follows BuildKit: `ignorefile.go` and `patternmatcher.go` of github.com/moby/patternmatcher, walked as fsutil
walks a context, level by level (https://docs.docker.com/build/concepts/context/#dockerignore-files).
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable
from typing import Final

from rewriter.documents.go_pattern import items_of
from rewriter.documents.go_regexp import PatternError
from rewriter.model.text import Source, Span, encode
from rewriter.record import Record
from rewriter.tree.automaton import Automaton, State
from rewriter.tree.repository import Kind, Repository

NAME: Final = ".dockerignore"
LINE_LIMIT: Final = 64 * 1024
"""Refuse lines of this many bytes, as Docker does."""
ITEM_LIMIT: Final = 200_000
"""Follow this many characters and wildcards in one file, lest a hostile one fill the memory."""

_BLANK: Final = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
_SPECIAL: Final = re.compile(r"[*?\[\]\\\n\r]|^[#!\s]|\s\Z")
_QUOTABLE: Final = re.compile(r"[*?\[\]\\^|{}$#!]")
_UNWRITABLE: Final = re.compile(r"[\n\r]|^\s|\s\Z")


class Pattern(Record):
    """Hold one pattern: `text` as Docker reads it, without `!` and leading `/`; `span` as written."""

    negated: bool
    text: str
    span: Span
    line: int


class BadPattern(Record):
    """Hold a line on which Docker stops the build; `what` continues a sentence about it."""

    text: str
    span: Span
    line: int
    what: str


class IgnoreFile(Record):
    """Hold a `.dockerignore`. Docker builds with it only where there are no `errors`."""

    path: str
    source: Source
    patterns: tuple[Pattern, ...]
    errors: tuple[BadPattern, ...]


def parse(source: Source) -> IgnoreFile:
    """Read a `.dockerignore`; a bad line becomes one of `errors`."""
    patterns: list[Pattern] = []
    errors: list[BadPattern] = []
    start = items = 0
    for number, line in enumerate(source.text.split("\n"), start=1):
        read = line.removeprefix("\ufeff") if number == 1 else line
        written = read.strip(_BLANK)
        offset = start + line.find(written)
        start += len(line) + 1
        span = Span(offset, offset + len(written))
        if _too_long(line):
            errors.append(BadPattern(written, span, number, "is too long for Docker"))
        elif written and not read.startswith("#"):
            try:
                negated, text = _normalised(written)
                items += sum(map(len, items_of(text)))
                _need_room(items)
            except PatternError as error:
                errors.append(BadPattern(written, span, number, str(error)))
            else:
                patterns.append(Pattern(negated, text, span, number))
    return IgnoreFile(source.path, source, tuple(patterns), tuple(errors))


def _too_long(line: str) -> bool:
    return len(line) >= LINE_LIMIT // 4 and len(encode(line)) >= LINE_LIMIT


def _need_room(items: int) -> None:
    if items > ITEM_LIMIT:
        raise PatternError("comes too late in a file that is too large to follow")


def _normalised(written: str) -> tuple[bool, str]:
    """Take the two turns that Docker takes, first over the file, then over the list of patterns."""
    negated = written.startswith("!")
    text = written[1:].strip(_BLANK) if negated else written
    if text:
        text = _clean(text)
        text = text[1:] if len(text) > 1 and text.startswith("/") else text
    text = _clean((f"!{text}" if negated else text).strip(_BLANK))
    if text == "!":
        raise PatternError("has nothing behind its `!`")
    return text.startswith("!"), text.removeprefix("!")


def _clean(path: str) -> str:
    """Return what Go's `filepath.Clean` returns."""
    cleaned = posixpath.normpath(path)
    return cleaned[1:] if cleaned.startswith("//") else cleaned


def literal(path: str) -> str:
    """Return the pattern that matches `path` and nothing else, in `.dockerignore` and `.gitignore` alike.

    A line break, and a blank at either end, cannot be written: `?` matches them.
    """
    if not _SPECIAL.search(path):
        return path
    return _UNWRITABLE.sub("?", _QUOTABLE.sub(r"\\\g<0>", path))


def ignored(file: IgnoreFile, path: str) -> bool:
    """Tell whether Docker keeps `path`, which is relative to the context, out of the context."""
    return matcher(file)(path)


def matcher(file: IgnoreFile) -> Callable[[str], bool]:
    """Return a function that tells of a path whether it is kept out; lines with an error do not count."""
    return _Walk(file.patterns).ignored


class _Folder(Record):
    """Remember how far the patterns have come at a directory, and which of them it matched."""

    state: State
    matched: frozenset[int]


class _Walk:
    """Go down a context as Docker does: what a pattern said of a directory, it says of everything in it."""

    def __init__(self, patterns: tuple[Pattern, ...]) -> None:
        self._negated: Final = tuple(pattern.negated for pattern in patterns)
        self._automaton: Final = Automaton(items_of(pattern.text) for pattern in patterns)
        self._folders: Final = {"": _Folder(self._automaton.start, frozenset())}

    def ignored(self, path: str) -> bool:
        """Tell whether a path is kept out of the context; the context itself never is."""
        if path in ("", "."):
            return False
        parent, _, name = path.rpartition("/")
        folder = self._folder(parent)
        return self._decide(folder, self._automaton.run(folder.state, name))[0]

    def _folder(self, path: str) -> _Folder:
        """Return what is known of a directory, after the levels above it."""
        known = path
        while known not in self._folders:
            known = known.rpartition("/")[0]
        folder = self._folders[known]
        names = path[len(known) :].strip("/")
        for name in names.split("/") if names else ():
            known = f"{known}/{name}" if known else name
            state = self._automaton.run(folder.state, name)
            folder = _Folder(self._automaton.run(state, "/"), self._decide(folder, state)[1])
            self._folders[known] = folder
        return folder

    def _decide(self, folder: _Folder, state: State) -> tuple[bool, frozenset[int]]:
        """Ask each pattern in turn.

        Docker skips a pattern that could not change the answer, and does not remember for the files below
        that it would have matched the directory. Where it asks a second time on opening a file, and the
        answers differ, it sends the file empty; that counts as sent.
        """
        answer = False
        matched: set[int] = set()
        for number in sorted(folder.matched.union(self._automaton.matches(state))):
            negated = self._negated[number]
            if number in folder.matched or negated == answer:
                answer = not negated
                matched.add(number)
        return answer, frozenset(matched)


def ignore_file_for(repository: Repository, context: str, dockerfile: str) -> str | None:
    """Return the ignore file of a build: `<Dockerfile>.dockerignore` first, or the one of the context."""
    for name in (f"{dockerfile}{NAME}", posixpath.join(context, NAME)):
        path = posixpath.normpath(name)
        if repository.kind(path) in (Kind.FILE, Kind.LINK):
            return path
    return None
