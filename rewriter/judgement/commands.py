"""Find credentials in a simple command that a shell reader has already split into words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Final

from rewriter.judgement.anywhere import by_text
from rewriter.judgement.argument import (
    Argument,
    Use,
    Word,
    credential,
    plain,
    skip_option,
)
from rewriter.judgement.names import judge_name
from rewriter.judgement.pairs import judge_pair
from rewriter.judgement.pattern import Pattern
from rewriter.judgement.references import variables
from rewriter.judgement.shapes import keyed, shaped
from rewriter.judgement.tool_row import Row, Shape
from rewriter.judgement.tool_table import (
    ALIASES,
    NO_SECRET_OPTIONS,
    ROWS,
    RUNNERS,
    SILENT,
    WRAPPER_VALUED,
    WRAPPERS,
)
from rewriter.judgement.verdicts import Assignment, Category, CommandCredential
from rewriter.judgement.wordlist import wordset
from rewriter.model.secret import Confidence

MAX_ARGUMENTS: Final = 5000

_OPTION: Final = Pattern(r"--?([A-Za-z][A-Za-z0-9_.\-]{2,60})(?:=|$)")
_NOT_VALUES: Final = (
    "stdin",
    "file",
    "fd",
    "prompt",
    "env",
    "command",
    "path",
    "only",
    "helper",
    "dir",
    "less",
    "type",
)
_ASSIGNMENT: Final = Pattern(r"([A-Za-z_][A-Za-z0-9_.]*)=")
_FLAGS_OF_CURL: Final = Pattern(r"-[#0-9sSfLkivIgGaqNjJlnORvZ]+([uHU])")
_EXPORTERS: Final = frozenset({"export", "env", "declare", "typeset", "setx", "set-item", "cross-env", "setenv"})
_SINGLE_DASH_TOOLS: Final = wordset(
    "nuget dotnet openssl keytool jarsigner consul nomad vault terraform tofu java mvn gradle convertto-securestring "
    "new-localuser x11vnc kadmin kadmin.local influx psql"
)


def command_credentials(name: str, args: Sequence[Argument]) -> tuple[CommandCredential, ...]:
    """Return the credentials on a command line, in order; no two of them share a character.

    `name` is the command as written, `args` the words behind it.
    """
    args = args[:MAX_ARGUMENTS]
    tool = tool_name(name)
    tool, first = unwrapped(tool, args)
    words = tuple(plain(each) for each in args)
    found: list[CommandCredential] = []
    for row in _rows().get(tool, ()):
        found += _by_row(row, tool, args, words, first)
    if tool in _EXPORTERS or first:
        found += _assignments(tool, args, words, first if tool not in _EXPORTERS else len(args))
    if tool not in SILENT:
        found += _by_option_name(tool, args, words, first)
    for index in range(len(args)):
        found += by_text(tool, index, args, words)
    return _without_overlap(found)


def text_credentials(text: str) -> tuple[CommandCredential, ...]:
    """Return the credentials in text that is no command: a label, a here-document, a line of a file.

    The index is 0 throughout; the offsets are those of the text.
    """
    return _without_overlap(list(by_text("echo", 0, (Word(text, None, variables(text)),), ())))


def tool_name(name: str) -> str:
    """Return a tool's name without folder, version and extension, in lower case."""
    base = name.strip("\"'").replace("\\", "/").rsplit("/", 1)[-1].lower()
    base = re.sub(r"\.(?:exe|cmd|bat|sh|ps1|phar)$", "", base)
    base = ALIASES.get(base, base)
    return re.sub(r"(?<=^python)[0-9.]+$|(?<=^pip)[0-9.]+$", "", base)


def unwrapped(tool: str, args: Sequence[Argument]) -> tuple[str, int]:
    """Return the command that really runs and the index of its first argument."""
    first = 0
    for _ in range(6):
        following = _step(tool, args, first)
        if following is None:
            return tool, first
        tool, first = following
    return tool, first


def _step(tool: str, args: Sequence[Argument], first: int) -> tuple[str, int] | None:
    if tool == "python" and first + 1 < len(args) and plain(args[first]) == "-m":
        return tool_name(plain(args[first + 1])), first + 2
    runner = RUNNERS.get(tool)
    if runner is not None:
        for words in runner:
            parts = words.split()
            head = [plain(each) for each in args[first : first + len(parts)]]
            if head == parts and first + len(parts) < len(args):
                if tool == "php":
                    return tool_name(parts[0]), first + 1
                return tool_name(plain(args[first + len(parts)])), first + len(parts) + 1
        return None
    if tool not in WRAPPERS:
        return None
    own = WRAPPERS[tool]
    at = first
    while at < len(args):
        word = plain(args[at])
        if word in WRAPPER_VALUED and tool not in ("npx", "env", "time", "exec", "command"):
            at += 2
        elif word.startswith("-") or _ASSIGNMENT.match(word):
            at += 1
        elif own:
            own, at = own - 1, at + 1
        else:
            return tool_name(word), at + 1
    return None


@cache
def _rows() -> dict[str, tuple[Row, ...]]:
    table: dict[str, list[Row]] = {}
    for row in ROWS:
        for tool in row.tools:
            table.setdefault(tool.lower(), []).append(row)
    return {tool: tuple(rows) for tool, rows in table.items()}


def _by_row(
    row: Row, tool: str, args: Sequence[Argument], words: tuple[str, ...], first: int
) -> Iterable[CommandCredential]:
    if row.needs and not all(_has_option(need, words[first:]) for need in row.needs):
        return
    if row.options:
        wanted = [index for index in range(first, len(args)) if not words[index].startswith("-")]
        if row.words and _behind_words(row, wanted, words) is None:
            return
        for option, index, start in _option_values(row, tool, words, first, args):
            use = Use(row.category, option, row.persists, row.harmless)
            yield from shaped(row.shape, index, args[index], start, use)
        if not row.places:
            return
    places = _positions(row, words, first)
    behind = _behind_words(row, places, words)
    if behind is None:
        return
    if row.shape is Shape.KEYED:
        yield from keyed(tool, row, behind, args, words)
        return
    for place in row.places:
        if -len(behind) <= place < len(behind):
            index = behind[place]
            use = Use(row.category, " ".join((tool, *row.words)), row.persists, row.harmless)
            shape = Shape.SETTING if row.shape is Shape.WHOLE and "=" in words[index].rstrip("=") else row.shape
            yield from shaped(shape, index, args[index], 0, use)


def _has_option(need: str, words: Sequence[str]) -> bool:
    for word in words:
        if word.lower() == need:
            return True
        if len(need) == 2 and word.startswith("-") and not word.startswith("--") and need[1] in word[1:]:
            return True
    return False


def _positions(row: Row, words: tuple[str, ...], first: int) -> list[int]:
    """Return the indices of the words that are neither options nor values of options the row knows."""
    found: list[int] = []
    index = first
    while index < len(words):
        word = words[index]
        if word in row.valued or word in row.options:
            index += 2
            continue
        if not word.startswith("-") and not (word.startswith("/") and row.tools[0] == "net"):
            found.append(index)
        index += 1
    return found


def _behind_words(row: Row, places: list[int], words: tuple[str, ...]) -> list[int] | None:
    """Return the positions behind the subcommand, or None when it is another subcommand."""
    wanted = [word.lower() for word in row.words]
    if not wanted:
        return places
    seen = [words[index].lower() for index in places]
    for start in range(len(seen) - len(wanted) + 1):
        if seen[start : start + len(wanted)] == wanted:
            return places[start + len(wanted) :]
    return None


def _option_values(
    row: Row, tool: str, words: tuple[str, ...], first: int, args: Sequence[Argument]
) -> Iterable[tuple[str, int, int]]:
    """Yield option, index of the word with its value, and the offset in that word's raw text."""
    for index in range(first, len(words)):
        word = words[index]
        for option in row.options:
            length = _glued(option, word, tool)
            if length:
                yield option.rstrip("*=:"), index, skip_option(args[index].text, length)
                break
            if _same(option, word) or _bundled(option, word, tool):
                if index + 1 < len(words) and _is_value(words[index + 1]):
                    yield option, index + 1, 0
                break


def _glued(option: str, word: str, tool: str) -> int:
    """Return the number of characters before the value when option and value are one word, else 0."""
    if option[-1] in "*=:":
        head = option.rstrip("*") if option[-1] == "*" else option
        return len(head) if len(word) > len(head) and _starts(word, head) else 0
    if len(word) > len(option) + 1 and _starts(word, option) and word[len(option)] in "=:":
        return len(option) + 1
    if tool == "curl" and len(option) == 2 and (flags := _FLAGS_OF_CURL.match(word)) and flags[1] == option[1]:
        return flags.end() if len(word) > flags.end() else 0
    short = len(option) == 2 and option[0] == "-" and tool not in _SINGLE_DASH_TOOLS
    if short and len(word) > 2 and word.startswith(option) and word[2] not in "=-":
        return 2
    return 0


def _starts(word: str, head: str) -> bool:
    return word.startswith(head) if len(head) == 2 else word.lower().startswith(head.lower())


def _same(option: str, word: str) -> bool:
    return word == option or (len(option) > 2 and word.lower() == option.lower())


def _bundled(option: str, word: str, tool: str) -> bool:
    if tool != "curl" or len(option) != 2:
        return False
    flags = _FLAGS_OF_CURL.fullmatch(word)
    return flags is not None and flags[1] == option[1]


def _is_value(word: str) -> bool:
    return not word.startswith("-")


def _by_option_name(
    tool: str, args: Sequence[Argument], words: tuple[str, ...], first: int
) -> Iterable[CommandCredential]:
    """Yield the values of options that any tool may have: `--password X`, `--auth-token=X`."""
    for index in range(first, len(words)):
        match = _OPTION.match(words[index])
        if match is None or not _names_credential(match[1], tool) or _known(words[index], tool):
            continue
        verdict = judge_name(match[1])
        use = Use(verdict.category or Category.GENERIC, words[index].split("=", 1)[0], confidence=verdict.confidence)
        if match[0].endswith("="):
            start = skip_option(args[index].text, match.end())
            found = credential(index, args[index], start, len(args[index].text), use)
        elif index + 1 < len(words) and _is_value(words[index + 1]):
            following = args[index + 1]
            found = credential(index + 1, following, 0, len(following.text), use)
        else:
            continue
        if found is not None:
            yield found


def _known(word: str, tool: str) -> bool:
    """Tell whether a row of the tool has already read the option, or says that its values may be harmless."""
    for row in _rows().get(tool, ()):
        for option in row.options:
            if option.endswith("*") and _glued(option, word, tool):
                return True
            if row.harmless and _same(option, word):
                return True
    return False


def _names_credential(option: str, tool: str) -> bool:
    lower = option.lower()
    if (
        lower.endswith(_NOT_VALUES)
        or lower in ("initial-cluster-token", "aes-pwd")
        or tool in NO_SECRET_OPTIONS.get(lower, ())
    ):
        return False
    verdict = judge_name(option)
    return verdict.secret and verdict.confidence is not Confidence.LOW and not verdict.carries_url


def _assignments(
    tool: str, args: Sequence[Argument], words: tuple[str, ...], limit: int
) -> Iterable[CommandCredential]:
    """Yield the values of `NAME=value` words before the command, or behind `export`."""
    if tool == "setx" and len(words) > 1 and not words[0].startswith(("-", "/")):
        verdict = judge_pair(words[0], words[1], assignment=Assignment.INLINE)
        found = credential(1, args[1], 0, len(args[1].text), Use(verdict.category or Category.GENERIC, words[0]))
        if verdict.secret and found is not None:
            yield found
    for index in range(min(limit, len(words))):
        match = _ASSIGNMENT.match(words[index])
        if match is None:
            continue
        value = words[index][match.end() :]
        verdict = judge_pair(match[1], value, assignment=Assignment.INLINE)
        if not verdict.secret:
            continue
        use = Use(verdict.category or Category.GENERIC, match[1], confidence=verdict.confidence)
        start = skip_option(args[index].text, match.end())
        found = credential(index, args[index], start, len(args[index].text), use)
        if found is not None:
            yield found


def _without_overlap(found: list[CommandCredential]) -> tuple[CommandCredential, ...]:
    """Return the credentials in order; of two that overlap, the one found first stays."""
    kept: list[CommandCredential] = []
    for each in found:
        if not any(each.index == other.index and each.start < other.end and other.start < each.end for other in kept):
            kept.append(each)
    return tuple(sorted(kept, key=lambda each: (each.index, each.start)))
