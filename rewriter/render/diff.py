"""Show a change as a unified diff in which no secret can be read and nothing steers the terminal.

It is for reading: with values hidden and control characters escaped it is not meant to be applied.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator
from difflib import SequenceMatcher
from typing import Final

from rewriter.model.patch import Change, FileChange
from rewriter.model.secret import Finding
from rewriter.record import Record
from rewriter.render.pen import Pen
from rewriter.render.visible import visible

_CONTEXT: Final = 3
_EXACT: Final = 2_000
_NO_NEWLINE: Final = "\\ No newline at end of file"
_LINE: Final = re.compile(r"[^\n]*\n|[^\n]+")
_LONE_FEED: Final = re.compile(r"(?<!\r)\n")
_Opcode = tuple[str, int, int, int, int]


class _Side(Record):
    """Hold one side's lines: as they are, to compare them, and redacted, to show them."""

    raw: tuple[str, ...]
    shown: tuple[str, ...]


def unified(change: FileChange, findings: Iterable[Finding], pen: Pen) -> str:
    """Return the diff of one file, coloured; `findings` tell which lines hold even very short values."""
    owned = _owned(change.path, findings)
    before = _Side(_split(change.before), pen.redactor.lines(change.before, owned))
    after_raw = _split(change.after)
    groups = _groups(before.raw, after_raw)
    after = _Side(after_raw, pen.redactor.lines(change.after, _carried(groups, owned)))
    paint = pen.paint
    name = pen.name(change.path)
    created = change.change is Change.CREATED
    head = (f"--- {'/dev/null' if created else f'a/{name}'}", f"+++ b/{name}")
    show_returns = _mixed(change)
    body = (line for group in groups for line in _hunk(group, before, after, show_returns=show_returns))
    return "".join(f"{line}\n" for line in (*map(paint.bold, head), *(_painted(line, pen) for line in body)))


def _owned(path: str, findings: Iterable[Finding]) -> frozenset[int]:
    places = [finding.place for finding in findings if finding.place.path == path]
    return frozenset(line for place in places for line in range(place.line, place.end_line + 1))


def _carried(groups: Iterable[tuple[_Opcode, ...]], owned: Container[int]) -> frozenset[int]:
    """Return the new lines that stand where lines of findings stood or stand."""
    lines: set[int] = set()
    for group in groups:
        for tag, low, high, new_low, new_high in group:
            if tag == "equal":
                lines.update(new_low + index + 1 for index in range(high - low) if low + index + 1 in owned)
            elif any(number + 1 in owned for number in range(low, high)):
                lines.update(range(new_low + 1, new_high + 1))
    return frozenset(lines)


def _split(text: str) -> tuple[str, ...]:
    return tuple(_LINE.findall(text))


def _mixed(change: FileChange) -> bool:
    """Tell whether carriage returns have to be seen: not where every line of both sides ends in CR LF."""
    return any("\r" in text and _LONE_FEED.search(text) is not None for text in (change.before, change.after)) or (
        bool(change.before) and ("\r\n" in change.before) != ("\r\n" in change.after)
    )


def _groups(before: tuple[str, ...], after: tuple[str, ...]) -> tuple[tuple[_Opcode, ...], ...]:
    """Return the hunks. Equal lines at both ends are cut off first, since difflib is slow on long files.

    For the same reason it passes over lines that occur often, once the rest is long.
    """
    shared = min(len(before), len(after))
    head = next((index for index in range(shared) if before[index] != after[index]), shared)
    tail = next((index for index in range(shared - head) if before[-1 - index] != after[-1 - index]), shared - head)
    low = max(0, head - _CONTEXT)
    high = max(0, tail - _CONTEXT)
    old, new = before[low : len(before) - high], after[low : len(after) - high]
    matcher = SequenceMatcher(None, old, new, autojunk=max(len(old), len(new)) > _EXACT)
    return tuple(
        tuple((tag, a + low, b + low, c + low, d + low) for tag, a, b, c, d in group)
        for group in matcher.get_grouped_opcodes(_CONTEXT)
    )


def _hunk(group: tuple[_Opcode, ...], before: _Side, after: _Side, *, show_returns: bool) -> Iterator[str]:
    first, last = group[0], group[-1]
    yield f"@@ -{_range(first[1], last[2])} +{_range(first[3], last[4])} @@"
    for tag, low, high, new_low, new_high in group:
        if tag == "equal":
            yield from _lines(" ", before, range(low, high), show_returns=show_returns)
        else:
            yield from _lines("-", before, range(low, high), show_returns=show_returns)
            yield from _lines("+", after, range(new_low, new_high), show_returns=show_returns)


def _range(start: int, stop: int) -> str:
    length = stop - start
    if length == 1:
        return str(start + 1)
    return f"{start + 1 if length else start},{length}"


def _lines(sign: str, side: _Side, numbers: range, *, show_returns: bool) -> Iterator[str]:
    for number in numbers:
        line = side.shown[number]
        text = line.removesuffix("\n")
        if not show_returns:
            text = text.removesuffix("\r")
        yield sign + visible(text, tabs=True)
        if not line.endswith("\n"):
            yield _NO_NEWLINE


def _painted(line: str, pen: Pen) -> str:
    match line[0]:
        case "-":
            return pen.paint.red(line)
        case "+":
            return pen.paint.green(line)
        case "@":
            return pen.paint.cyan(line)
        case "\\":
            return pen.paint.dim(line)
        case _:
            return line
