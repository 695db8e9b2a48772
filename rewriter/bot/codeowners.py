"""Find who owns files by a CODEOWNERS file, as GitHub reads it.

https://docs.github.com/en/repositories/managing-your-repositorys-settings-and-features/customizing-your-repository/about-code-owners

The file is the first of three places; of the lines that match a path the last one counts, and it may name nobody.
Patterns are those of `.gitignore` without `!`, ranges and an escaped `#`; a last part of `*` matches files of that
folder alone. A line that cannot be read is passed over. Matching takes linear time.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from rewriter.record import Record
from rewriter.tree.automaton import FOLDERS, Automaton, Item, Many, One, any_character, not_slash

PLACES: Final = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS")
LIMIT: Final = 3 * 1024 * 1024
_RULES: Final = 5_000
_WORD: Final = re.compile(r"(?:[^\s\\]|\\.)+")
_OWNER: Final = re.compile(r"@[A-Za-z0-9][A-Za-z0-9_-]{0,99}(?:/[A-Za-z0-9][A-Za-z0-9._-]{0,99})?")
_MAIL: Final = re.compile(r"[^@\s]{1,100}@[^@\s]{1,200}")


class Rule(Record):
    """Hold one line: a pattern, and the people (`name`) and teams (`organisation/name`) that it names."""

    pattern: str
    owners: tuple[str, ...]


def parse(text: str) -> tuple[Rule, ...]:
    """Read the lines that can be read; none where there are more than can be matched in good time."""
    rules = tuple(_rules(text))
    return rules if len(rules) <= _RULES else ()


def owners(rules: tuple[Rule, ...], paths: Iterable[str]) -> tuple[str, ...]:
    """Return the people and teams that own any of the files, in the order of the files."""
    automaton = Automaton(_program(rule.pattern) for rule in rules)
    found: dict[str, None] = {}
    for path in paths:
        matches = automaton.matches(automaton.run(automaton.start, path))
        if matches:
            found.update(dict.fromkeys(rules[matches[-1]].owners))
    return tuple(found)


def _rules(text: str) -> Iterator[Rule]:
    for line in text[:LIMIT].split("\n"):
        words = []
        for match in _WORD.finditer(line):
            if match[0].startswith("#"):
                break
            words.append(match[0])
        if not words:
            continue
        pattern, *named = words
        if pattern.startswith(("!", "\\#")) or "[" in pattern or "]" in pattern:
            continue
        if all(_OWNER.fullmatch(name) or _MAIL.fullmatch(name) for name in named):
            yield Rule(pattern, tuple(name[1:] for name in named if name.startswith("@")))


def _program(pattern: str) -> list[tuple[Item, ...]]:
    inner = pattern.strip("/")
    anchored = pattern.startswith("/") or "/" in inner
    start: tuple[Item, ...] = () if anchored else (FOLDERS,)
    body = (*start, *_items(inner))
    below: tuple[Item, ...] = (*body, "/", Many(any_character))
    if pattern.endswith("/"):
        return [below]
    last = inner.rpartition("/")[2]
    return [body] if last == "*" else [body, below]


def _items(text: str) -> Iterator[Item]:
    position = 0
    while position < len(text):
        if text.startswith("**/", position) and text[position - 1 : position] in ("", "/"):
            yield FOLDERS
            position += 3
        elif text.startswith("**", position):
            yield Many(any_character)
            position += 2
        elif text[position] == "*":
            yield Many(not_slash)
            position += 1
        elif text[position] == "?":
            yield One(not_slash)
            position += 1
        else:
            position += text[position] == "\\"
            yield from text[position : position + 1]
            position += 1
