r"""Read a Dockerfile with a second, independent reader (dockerfile-parse) and compare.

That reader knows neither heredocs nor blank lines inside a continuation (docs/design.md, "Two readers"), so these are
masked by comment-like text of the same number of lines first. It takes `RUN\` for a keyword, and looks for the escape
directive in the first line alone. Nothing else of it is used, its setters above all.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import Final

from rewriter.documents.dockerfile import Dockerfile, Instruction

_MASK: Final = "#"


def disagreement(file: Dockerfile) -> str | None:
    """Return where the two readers differ about instructions and their lines, or None."""
    mine = [(entry.keyword, entry.line, _last_line(file, entry)) for entry in file.instructions]
    theirs = list(_second(_masked(file)))
    if mine == theirs:
        return None
    for ours, other in zip(mine, theirs, strict=False):
        if ours != other:
            return f"{file.source.path}:{ours[1]}: two readers disagree: {ours[0]} here, {other[0]} at line {other[1]}"
    return f"{file.source.path}: two readers disagree: {len(mine)} instructions here, {len(theirs)} there"


def _last_line(file: Dockerfile, entry: Instruction) -> int:
    """Return the last line of an instruction without the bodies of its heredocs."""
    if not entry.heredocs:
        return entry.end_line
    return file.source.line(entry.heredocs[0].body.start) - 1


def _second(text: str) -> Iterator[tuple[str, int, int]]:
    from dockerfile_parse import DockerfileParser  # noqa: PLC0415 - a heavy library's door

    parser = DockerfileParser(fileobj=io.BytesIO(text.encode("utf-8", "replace")), cache_content=False)
    for entry in parser.structure:
        if entry["instruction"] != "COMMENT":
            yield entry["instruction"], entry["startline"] + 1, entry["endline"] + 1


def _masked(file: Dockerfile) -> str:
    """Return the text with what the second reader misreads masked, every line kept at its number."""
    lines = file.source.text.removeprefix("\ufeff").split("\n")
    if file.escape != "\\":
        _put_first(lines, file)
    for entry in file.instructions:
        head = lines[entry.line - 1]
        if re.match(rf"\s*{entry.keyword}{re.escape(file.escape)}", head, re.IGNORECASE):
            lines[entry.line - 1] = head.replace(file.escape, f" {file.escape}", 1)
        if entry.heredocs:
            for number in range(_last_line(file, entry), entry.end_line):
                lines[number] = _MASK
        for number in range(entry.line - 1, _last_line(file, entry)):
            lines[number] = _plain(lines[number], number + 1 < _last_line(file, entry), file.escape)
    return "\n".join(lines)


def _put_first(lines: list[str], file: Dockerfile) -> None:
    """Let the escape directive stand first: the other reader looks for it nowhere else."""
    for directive in file.directives:
        lines[file.source.line(directive.span.start) - 1] = _MASK
    lines[0] = f"# escape={file.escape}"


_ODD: Final = re.compile("[\ufeff\u00a0\x0b\x0c\x1c-\x1e\x85\u2028\u2029\ud800-\udfff]")


def _plain(line: str, continues: bool, escape: str) -> str:  # noqa: FBT001 - a fact about the line
    """Return a line of an instruction as the second reader takes it."""
    stripped = _ODD.sub("_", line).rstrip("\r")
    if continues and not stripped.strip():
        return _MASK
    if not continues and stripped.rstrip().endswith(escape):
        return stripped.rstrip().rstrip(escape) + "_"
    return stripped
