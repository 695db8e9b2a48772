"""Decide which files git ignores, from the `.gitignore` files of a tree.

Follows https://git-scm.com/docs/gitignore and git's own matcher, which compares bytes: here every byte of a
path is one character. Rules outside the tree (global excludes, `.git/info/exclude`) are not read, so the same
tree gives the same answer on every machine.
"""

from __future__ import annotations

import string
from collections.abc import Callable, Mapping
from typing import Final

from rewriter.record import Record
from rewriter.tree.automaton import FOLDERS, Automaton, Item, Many, One, State, any_character, not_slash

NAME: Final = ".gitignore"

_GLOB: Final = frozenset("*?[\\")
_NEVER: Final[tuple[Item, ...]] = (One(lambda _: False),)
_CLASSES: Final[Mapping[str, frozenset[str]]] = {
    "alnum": frozenset(string.ascii_letters + string.digits),
    "alpha": frozenset(string.ascii_letters),
    "blank": frozenset(" \t"),
    "cntrl": frozenset(map(chr, (*range(32), 127))),
    "digit": frozenset(string.digits),
    "graph": frozenset(map(chr, range(33, 127))),
    "lower": frozenset(string.ascii_lowercase),
    "print": frozenset(map(chr, range(32, 127))),
    "punct": frozenset(string.punctuation),
    "space": frozenset(" \t\n\r"),
    "upper": frozenset(string.ascii_uppercase),
    "xdigit": frozenset(string.hexdigits),
}


class GitPattern(Record):
    """Hold one line of a `.gitignore`, without `!` and without the final slash."""

    negated: bool
    directory_only: bool
    text: str


def parse(text: str) -> tuple[GitPattern, ...]:
    """Read the patterns of one `.gitignore`, in order."""
    patterns: list[GitPattern] = []
    for line in text.removeprefix("\ufeff").split("\n"):
        if not line or line.startswith("#"):
            continue
        bare = _trimmed(line.removesuffix("\r").partition("\0")[0])
        negated = bare.startswith("!")
        bare = bare[1:] if negated else bare
        patterns.append(GitPattern(negated, bare.endswith("/"), bare.removesuffix("/")))
    return tuple(patterns)


def _trimmed(line: str) -> str:
    """Drop the spaces at the end, save those behind a backslash."""
    kept = position = 0
    while position < len(line):
        width = 2 if line[position] == "\\" else 1
        if line[position] != " ":
            kept = min(position + width, len(line))
        position += width
    return line[:kept]


class _Rules:
    """Hold the patterns of one `.gitignore`, ready to match."""

    __slots__ = ("automaton", "patterns")

    def __init__(self, text: str) -> None:
        self.patterns = parse(text)
        self.automaton = Automaton([_program(pattern)] for pattern in self.patterns)

    def verdict(self, state: State, *, directory: bool) -> bool | None:
        """Tell what the last matching pattern says: ignored, taken back, or nothing."""
        for number in reversed(self.automaton.matches(state)):
            pattern = self.patterns[number]
            if directory or not pattern.directory_only:
                return not pattern.negated
        return None


class _Folder(Record):
    """Remember what is known of one directory: whether it is ignored, and how far each rule file has read."""

    ignored: bool
    states: tuple[tuple[_Rules, State], ...]


class GitIgnore:
    """Answer for a whole tree; `files` maps a directory ("" for the root) to the text of its `.gitignore`."""

    def __init__(self, files: Mapping[str, str]) -> None:
        self._rules: Final = {directory: _Rules(text) for directory, text in files.items()}
        self._folders: Final[dict[str, _Folder]] = {"": _Folder(ignored=False, states=self._opened("", ()))}

    def ignored(self, path: str, *, directory: bool = False) -> bool:
        """Tell whether git ignores `path`, which is relative to the root."""
        parent, _, name = path.rpartition("/")
        folder = self._folder(parent)
        return folder.ignored or _decide(_advanced(folder.states, name), directory=directory)

    def _folder(self, path: str) -> _Folder:
        """Return what is known of a directory, after the levels above it; no recursion, trees are deep."""
        known = path
        while known not in self._folders:
            known = known.rpartition("/")[0]
        folder = self._folders[known]
        rest = path[len(known) :].removeprefix("/") if known else path
        for name in rest.split("/") if rest else ():
            known = f"{known}/{name}" if known else name
            folder = self._below(folder, known, name)
            self._folders[known] = folder
        return folder

    def _below(self, folder: _Folder, path: str, name: str) -> _Folder:
        if folder.ignored:
            return folder
        states = _advanced(folder.states, name)
        if _decide(states, directory=True):
            return _Folder(ignored=True, states=())
        return _Folder(ignored=False, states=self._opened(path, _advanced(states, "/")))

    def _opened(self, path: str, states: tuple[tuple[_Rules, State], ...]) -> tuple[tuple[_Rules, State], ...]:
        rules = self._rules.get(path)
        return states if rules is None else (*states, (rules, rules.automaton.start))


def _advanced(states: tuple[tuple[_Rules, State], ...], text: str) -> tuple[tuple[_Rules, State], ...]:
    read = _as_bytes(text)
    return tuple((rules, rules.automaton.run(state, read)) for rules, state in states)


def _decide(states: tuple[tuple[_Rules, State], ...], *, directory: bool) -> bool:
    """Ask the nearest `.gitignore` first; the first that has an opinion decides."""
    for rules, state in reversed(states):
        verdict = rules.verdict(state, directory=directory)
        if verdict is not None:
            return verdict
    return False


def _as_bytes(text: str) -> str:
    """Return one character for each byte."""
    return text if text.isascii() else text.encode("utf-8", "surrogateescape").decode("latin-1")


def _program(pattern: GitPattern) -> tuple[Item, ...]:
    text = _as_bytes(pattern.text)
    if "/" not in text:
        return (FOLDERS, *(_wildcards(text) or _NEVER)) if text else _NEVER
    text = text.removeprefix("/")
    fixed = next((position for position, character in enumerate(text) if character in _GLOB), len(text))
    # Git compares the part before the first wildcard by itself, so a `**` right behind it counts as leading.
    rest = _wildcards(text[fixed:])
    return _NEVER if rest is None or not text else (*text[:fixed], *rest)


def _wildcards(text: str) -> tuple[Item, ...] | None:
    """Translate git's wildcards; None where a pattern is broken and thus matches nothing."""
    items: list[Item] = []
    position = 0
    while position < len(text):
        match text[position]:
            case "*":
                position = _stars(text, position, items)
            case "[":
                found = _class(text, position)
                if found is None:
                    return None
                accepts, position = found
                items.append(One(accepts))
            case "?":
                items.append(One(not_slash))
                position += 1
            case _:
                character, position = _escaped(text, position)
                if not character:
                    return None
                items.append(character)
    return tuple(items)


def _stars(text: str, position: int, items: list[Item]) -> int:
    """Translate the run of stars at `position`, and return the offset behind what was read."""
    end = position
    while text.startswith("*", end):
        end += 1
    leads = position == 0 or text[position - 1] == "/"
    if end - position == 1 or not leads or not (end == len(text) or text.startswith(("/", "\\/"), end)):
        items.append(Many(not_slash))
        return end
    if text.startswith("/", end):
        items.append(FOLDERS)
        return end + 1
    items.append(Many(any_character))
    return end


def _class(text: str, position: int) -> tuple[Callable[[str], bool], int] | None:
    """Read `[...]` at `position` as git does; return the test and the offset behind it."""
    position += 1
    negated = text.startswith(("!", "^"), position)
    position += negated
    members: set[str] = set()
    previous = ""
    first = True
    while first or not text.startswith("]", position):
        first = False
        read = _member(text, position, previous, members)
        if read is None:
            return None
        previous, position = read
    return lambda character: character != "/" and (character in members) != negated, position + 1


def _member(text: str, position: int, previous: str, members: set[str]) -> tuple[str, int] | None:
    """Read one member of a class; return it, or nothing after a range or a name, and the offset behind."""
    character = text[position : position + 1]
    if character == "[" and text.startswith(":", position + 1):
        end = text.find("]", position + 2)
        if end < 0:
            return None
        if end > position + 2 and text[end - 1] == ":":
            named = _CLASSES.get(text[position + 2 : end - 1])
            if named is None:
                return None
            members |= named
            return "", end + 1
    elif character == "-" and previous and text[position + 1 : position + 2] not in ("", "]"):
        position += 1
        high, position = _escaped(text, position)
        if not high:
            return None
        members.update(map(chr, range(ord(previous), ord(high) + 1)))
        return "", position
    character, position = _escaped(text, position)
    if not character:
        return None
    members.add(character)
    return character, position


def _escaped(text: str, position: int) -> tuple[str, int]:
    position += text.startswith("\\", position)
    return text[position : position + 1], position + 1
