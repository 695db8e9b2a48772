"""Remove and insert entries of block and flow collections, touching no other line."""

from __future__ import annotations

from collections.abc import Sequence as Items

from rewriter.documents.yaml.blank import line_end, skip_blank
from rewriter.documents.yaml.node import Mapping, Sequence, index_of, walk
from rewriter.model.text import Edit, Source, Span
from rewriter.record import Record


class _Collection(Record):
    """Show a mapping and a sequence alike: where each entry starts and ends."""

    flow: bool
    span: Span
    entries: tuple[Span, ...]


def _collection(text: str, node: Mapping | Sequence) -> _Collection:
    match node:
        case Mapping():
            spans = [Span(key.outer, max(key.place.end, value.place.end)) for key, value in node.pairs]
        case Sequence():
            spans, position = [], node.span.start + (1 if node.flow else 0)
            for item in node.items:
                start = item.outer if node.flow else skip_blank(text, position)
                position = max(start + 1, item.place.end)
                spans.append(Span(start, position))
    return _Collection(node.flow, node.span, tuple(spans))


def remove_entry(source: Source, node: Mapping | Sequence, index: int) -> tuple[Edit, ...]:
    """Remove one pair or item, with its lines or its comma; comment lines around it stay.

    Removing the last one leaves an empty value (block) or empty brackets (flow): the caller decides
    whether the key above goes too. The node must not stand behind an alias.
    """
    collection = _collection(source.text, node)
    entry = collection.entries[index]
    if not collection.flow:
        following = collection.entries[index + 1 :]
        return (Edit(_block_span(source, entry, last=not following), ""),)
    return _remove_from_flow(source, collection, index)


def _own_line_start(source: Source, entry: Span) -> int | None:
    start = source.line_span(source.line(entry.start)).start
    start += source.text.startswith("\ufeff", start)
    return start if not source.text[start : entry.start].strip(" \t") else None


def _block_span(source: Source, entry: Span, *, last: bool) -> Span:
    text = source.text
    stop = line_end(text, entry.end)
    start = _own_line_start(source, entry)
    if start is None:
        if last:
            return entry
        behind = stop
        while behind < len(text) and text[behind] in " \t\r\n":
            behind += 1
        return Span(entry.start, behind)
    if stop < len(text):
        return Span(start, stop + 1)
    return Span(_before_line_break(text, start), stop)


def _before_line_break(text: str, start: int) -> int:
    if start and text[start - 1] == "\n":
        start -= 1
        if start and text[start - 1] == "\r":
            start -= 1
    return start


def _remove_from_flow(source: Source, collection: _Collection, index: int) -> tuple[Edit, ...]:
    text, entry = source.text, collection.entries[index]
    comma = skip_blank(text, entry.end)
    trailed = text[comma : comma + 1] == ","
    end = comma + 1 if trailed else entry.end
    start = _own_line_start(source, entry)
    line_stop = line_end(text, end)
    rest = text[end:line_stop].strip()
    edits: list[Edit] = []
    if start is not None and (not rest or rest.startswith("#")) and line_stop < len(text):
        edits.append(Edit(Span(start, line_stop + 1), ""))
    elif index + 1 < len(collection.entries):
        following = collection.entries[index + 1].start
        blank = not text[end:following].strip() and "\n" not in text[end:following]
        edits.append(Edit(Span(entry.start, following if blank else end), ""))
    else:
        previous = collection.entries[index - 1].end if index else entry.start
        behind = skip_blank(text, previous) + 1 if index else entry.start
        gap = text[behind : entry.start]
        edits.append(Edit(Span(behind if not gap.strip() else entry.start, end), ""))
    if index and index + 1 == len(collection.entries) and not trailed:
        before = skip_blank(text, collection.entries[index - 1].end)
        edits.append(Edit(Span(before, before + 1), ""))
    return tuple(sorted(edits))


def insert_entry(
    source: Source, node: Mapping | Sequence, lines: Items[str], *, index: int | None = None
) -> tuple[Edit, ...]:
    """Insert an entry before number `index`, or at the end; `lines` are indented as far as its neighbours.

    The first line of an item of a block sequence starts with its dash. A flow collection takes one line,
    without dash or comma.
    """
    collection = _collection(source.text, node)
    place = len(collection.entries) if index is None else index
    if collection.flow:
        return (_insert_into_flow(source, collection, " ".join(lines), place),)
    if place < len(collection.entries):
        at = collection.entries[place].start
        indent = _indent(source, at)
        joined = (source.newline + indent).join(lines)
        return (Edit(Span(at, at), joined + source.newline + indent),)
    last = collection.entries[-1]
    return (insert_lines(source, last.end, lines, indent=_indent(source, collection.entries[0].start)),)


def insert_key(source: Source, mapping: Mapping, lines: Items[str], *, after: str | None = None) -> tuple[Edit, ...]:
    """Insert a key behind the key `after`, or at the end of a mapping."""
    number = index_of(mapping, after) if after is not None else None
    if number is None or number + 1 == len(mapping.pairs):
        return insert_entry(source, mapping, lines)
    if mapping.flow:
        return insert_entry(source, mapping, lines, index=number + 1)
    key, value = mapping.pairs[number]
    end = max(key.place.end, value.place.end)
    return (insert_lines(source, end, lines, indent=_indent(source, mapping.pairs[0][0].outer)),)


def append_key(source: Source, mapping: Mapping, lines: Items[str]) -> tuple[Edit, ...]:
    """Insert a key at the end of a document, behind the comments that close the file: they stay where they belong."""
    end = line_end(source.text, max(part.place.end for part in walk(mapping)))
    rest = source.text[end:]
    remarks = [line.strip() for line in rest.split("\n") if line.strip()]
    if mapping.flow or not remarks or not all(line.startswith("#") for line in remarks):
        return insert_entry(source, mapping, lines)
    return (insert_lines(source, end + len(rest.rstrip()), lines, indent=_indent(source, mapping.pairs[0][0].outer)),)


def insert_lines(source: Source, behind: int, lines: Items[str], *, indent: str) -> Edit:
    """Insert whole lines below the line of the offset `behind`."""
    stop = line_end(source.text, behind)
    indented = [indent + line if line else line for line in lines]
    if stop < len(source.text):
        return Edit(Span(stop + 1, stop + 1), "".join(line + source.newline for line in indented))
    return Edit(Span(stop, stop), "".join(source.newline + line for line in indented))


def _indent(source: Source, offset: int) -> str:
    start = source.line_span(source.line(offset)).start
    return " " * len(source.text[start:offset].lstrip("\ufeff"))


def _insert_into_flow(source: Source, collection: _Collection, text: str, place: int) -> Edit:
    whole = source.text
    if not collection.entries:
        at = collection.span.start + 1
        return Edit(Span(at, at), text)
    if place < len(collection.entries):
        following = collection.entries[place]
        start = _own_line_start(source, following)
        gap = source.newline + whole[start : following.start] if start is not None else " "
        return Edit(Span(following.start, following.start), text + "," + gap)
    last = collection.entries[-1]
    start = _own_line_start(source, last)
    gap = source.newline + whole[start : last.start] if start is not None else " "
    comma = skip_blank(whole, last.end)
    if whole[comma : comma + 1] == ",":
        return Edit(Span(comma + 1, comma + 1), gap + text + ("," if start is not None else ""))
    return Edit(Span(last.end, last.end), "," + gap + text)
