"""Compare our reading of Dockerfiles with BuildKit's own parser, over a directory: `python -m tests.peers.agree DIR`.

The package `dockerfile` embeds the parser of BuildKit v0.12.5. Where newer BuildKits read otherwise, and we with
them, a difference is expected; `Difference.reason` tells why. The package does not check what BuildKit checks in
its second step (unknown instructions, numbers of arguments), so what only we reject is counted by message.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import dockerfile as oracle

from rewriter.documents.dockerfile import Dockerfile, Instruction, parse
from rewriter.documents.dockerfile.split import unquote_flag
from rewriter.errors import ParseError
from rewriter.model.text import Source, decode

JSON_REASON: Final = "text after a JSON array (shell form since 1.9)"
FLAG_REASON: Final = "escape directive and flags (honoured since 1.15)"
EXPECTED: Final = {
    "blank after << (read since 1.16)": re.compile(r"<<[ \t\r]"),
    "check directive (known since 1.8)": re.compile(r"(?i)\A(?:\ufeff)?(?:\s*#\s*syntax\s*=.*\n)?\s*#\s*check\s*="),
    "string operators in a line with a heredoc (known since 1.10)": re.compile(r"\$\{\w+[#%/].*<<|<<.*\$\{\w+[#%/]"),
}


@dataclass(frozen=True, slots=True)
class Reading:
    """Hold how one parser reads one instruction."""

    keyword: str
    trigger: str
    lines: tuple[int, int]
    text: str
    flags: tuple[str, ...]
    values: tuple[str, ...]
    json: bool
    heredocs: tuple[tuple[str, int, str], ...]


def theirs(text: str) -> tuple[Reading, ...]:
    """Return BuildKit's reading. Raises `dockerfile.GoParseError`."""
    return tuple(
        Reading(
            (command.cmd or "").upper(),
            (command.sub_cmd or "").upper(),
            (command.start_line, command.end_line),
            command.original,
            tuple(command.flags),
            tuple(command.value),
            command.json,
            tuple((document.name, document.file_descriptor, document.content) for document in command.heredocs),
        )
        for command in oracle.parse_string(text)
    )


def ours(document: Dockerfile) -> tuple[Reading, ...]:
    """Return our reading in the same terms."""
    return tuple(_reading(document, instruction) for instruction in document.instructions)


def _reading(document: Dockerfile, instruction: Instruction) -> Reading:
    text = document.source.text
    inner = instruction.trigger or instruction
    documents = tuple((item.name, item.fd, item.body.of(text)) for item in instruction.heredocs)
    joined = instruction.logical.text
    if documents and instruction.trigger is None:
        joined += "\n" + "".join(f"{content}{name}\n" for name, _, content in documents)
    return Reading(
        instruction.keyword,
        inner.keyword if instruction.trigger else "",
        (instruction.line, instruction.end_line),
        joined,
        tuple(_flag(flag.raw.text, document.escape) for flag in instruction.flags),
        _values(inner),
        inner.json is not None,
        () if instruction.trigger else documents,
    )


def _flag(raw: str, escape: str) -> str:
    """Return a flag as BuildKit has it, which takes each byte of it for a character."""
    return unquote_flag(raw, escape).encode("utf-8", "surrogateescape").decode("latin-1")


def _values(instruction: Instruction) -> tuple[str, ...]:
    if instruction.keyword == "ARG":
        return tuple(item.raw.text for item in instruction.assignments)
    if instruction.keyword in ("ENV", "LABEL"):
        pairs = [(item.name_raw.text, item.value.raw.text if item.value else "") for item in instruction.assignments]
        return tuple(text for pair in pairs for text in pair)
    kind = tuple(word.raw.text for word in instruction.words)
    if instruction.json is not None:
        return kind + tuple(word.value for word in instruction.json)
    if instruction.keyword == "HEALTHCHECK":
        command = instruction.command.text if instruction.words else ""
        return kind + ((command,) if command else ())
    if instruction.words:
        return kind
    return (instruction.arguments.text,) if instruction.arguments.text else ()


@dataclass(frozen=True, slots=True)
class Difference:
    """Hold in which way two readings differ; `reason` is empty, or why the older oracle must differ there."""

    what: str
    reason: str = ""


def difference(text: str) -> Difference | None:
    """Return the first difference of the two readings."""
    try:
        document: Dockerfile | ParseError = parse(Source("Dockerfile", text))
    except ParseError as error:
        document = error
    try:
        other = theirs(text)
    except oracle.GoParseError as error:
        if isinstance(document, ParseError):
            return None
        return Difference(f"only BuildKit rejects: {error}", _reason(text))
    if isinstance(document, ParseError):
        return Difference(f"only we reject: {_kind(document.what)}", "BuildKit checks this in its second step")
    mine = ours(document)
    for one, two in zip(mine, other, strict=False):
        if one != two:
            what = f"line {one.lines[0]}:\n    we  {one}\n    BK  {two}"
            return Difference(what, _reason_between(one, two, document.escape) or _reason(one.text) or _reason(text))
    return None if len(mine) == len(other) else Difference("another number of instructions", _reason(text))


def _reason_between(one: Reading, two: Reading, escape: str) -> str:
    if one.text == two.text and two.json and not one.json:
        return JSON_REASON
    return FLAG_REASON if one.text == two.text and one.flags != two.flags and escape == "`" else ""


def _reason(text: str) -> str:
    return next((reason for reason, pattern in EXPECTED.items() if pattern.search(text)), "")


def _kind(what: str) -> str:
    """Return a message without what is particular to one file."""
    return re.sub(r"unknown instruction.*?(?=$| \(it)", "unknown instruction", re.sub(r"U\+[0-9A-F]+", "U+", what))


def main(directory: str) -> int:
    """Compare all files below a directory; the exit status is 1 if there is a difference without a reason."""
    counts: Counter[str] = Counter()
    faults: list[str] = []
    for path in sorted(path for path in Path(directory).rglob("*") if path.is_file()):
        text = decode(path.read_bytes())
        if any(0xDC80 <= ord(char) <= 0xDCFF for char in text):
            counts["not in UTF-8: the oracle cannot read it"] += 1
            continue
        found = difference(text)
        if found is None:
            counts["agree"] += 1
        elif found.what.startswith("only we reject"):
            counts[found.what] += 1
        else:
            counts[f"expected: {found.reason}" if found.reason else "differ"] += 1
            faults.append(f"{'expected' if found.reason else 'DIFFER  '}  {path}: {found.what}")
    lines = [f"{count:6}  {what}" for what, count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))]
    sys.stdout.write("\n".join([*faults, *lines, f"{counts.total():6}  files", ""]))
    return 1 if counts["differ"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
