"""Split a simple command into words, for tests: quotes, variables and substitutions, nothing else."""

from __future__ import annotations

import re

from rewriter.judgement import CommandCredential, Word, command_credentials

_PIECE = re.compile(
    r"""(?P<single>'[^']*')|(?P<double>"(?:[^"\\]|\\.|\$\([^)]*\))*")|(?P<sub>\$\([^)]*\)|`[^`]*`)|(?P<escape>\\.)|(?P<other>[^\s'"\\`])""",
    re.DOTALL,
)
_VARIABLE = re.compile(r"\$(?:env:)?\{?([A-Za-z_][A-Za-z0-9_]*|[0-9])")


def split(text: str) -> list[Word]:
    """Return the words of a command, as a shell reader would give them."""
    words: list[Word] = []
    at = 0
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        start = at
        value: str | None = ""
        names: list[str] = []
        while at < len(text) and not text[at].isspace():
            piece = _PIECE.match(text, at)
            if piece is None:
                at += 1
                continue
            at = piece.end()
            value = _add(piece, value, names)
        words.append(Word(text[start:at], _whole(text[start:at], value), tuple(dict.fromkeys(names))))
    return words


def _add(piece: re.Match[str], value: str | None, names: list[str]) -> str | None:
    raw = piece[0]
    if piece["single"]:
        return None if value is None else value + raw[1:-1]
    if piece["escape"]:
        return None if value is None else value + raw[1:]
    if piece["sub"]:
        return None
    inside = raw[1:-1] if piece["double"] else raw
    if piece["double"]:
        names += _VARIABLE.findall(re.sub(r"\\.", "", inside))
        if "$" in re.sub(r"\\.", "", inside) or "`" in inside:
            return None
        inside = re.sub(r"\\([\"\\$`])", r"\1", inside)
    return None if value is None else value + inside


def _whole(raw: str, value: str | None) -> str | None:
    unquoted = re.sub(r"'[^']*'|\\.", "", raw)
    return None if re.search(r"\$[A-Za-z_{(0-9]", unquoted) else value


def words(text: str) -> list[Word]:
    """Return the words, with the variables outside double quotes too."""
    found = []
    for word in split(text):
        names = tuple(dict.fromkeys(_VARIABLE.findall(re.sub(r"'[^']*'|\\.", "", word.text))))
        found.append(Word(word.text, word.value, names))
    return found


def run(text: str) -> tuple[list[Word], tuple[CommandCredential, ...]]:
    """Return the arguments of a command line and the credentials among them."""
    name, *args = words(text)
    return args, command_credentials(name.text, args)


def secrets(text: str) -> list[str]:
    """Return the texts that are found to be credentials."""
    args, found = run(text)
    return [args[each.index].text[each.start : each.end] for each in found]
