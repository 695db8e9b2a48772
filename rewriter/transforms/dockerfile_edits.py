"""Make the small edits of a Dockerfile that transforms are composed of."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Final

from rewriter.documents.dockerfile import Assignment, Dockerfile, Instruction, Word
from rewriter.model.text import Edit, Source, Span

_BLANKS: Final = " \t"


def insert_mounts(
    source: Source, instruction: Instruction, mounts: Sequence[str], *, broken: str = " "
) -> tuple[Edit, ...]:
    """Return the edit that adds `--mount=OPTIONS` flags behind the keyword of a RUN.

    `broken` stands between them, and in front of the command where that does not start a line of its own already.
    """
    if not mounts:
        return ()
    end = instruction.keyword_span.end
    behind = source.text[end : source.line_span(source.line(end)).end].rstrip("\r\n")
    gap = "" if behind[:1] in (" ", "\t") else " "
    if broken != " " and behind.strip() not in ("\\", "`"):
        gap = broken.removesuffix(" ") if behind[:1] in (" ", "\t") else broken
    flags = broken.join(f"--mount={options}" for options in mounts)
    return (Edit(Span(end, end), f" {flags}{gap}"),)


def remove_instruction(instruction: Instruction) -> Edit:
    """Return the edit that removes an instruction with its lines."""
    return Edit(instruction.span, "")


def remove_assignments(source: Source, instruction: Instruction, gone: Collection[Assignment]) -> tuple[Edit, ...]:
    """Return the edits that remove some assignments of an ENV or ARG; the whole instruction when all go.

    A line that held nothing but the assignment goes as a line; comments inside the instruction stay.
    """
    kept = [entry for entry in instruction.assignments if entry not in gone]
    if not kept:
        return (remove_instruction(instruction),)
    spans = [entry.span for entry in instruction.assignments]
    edits: list[Edit] = []
    for run in _runs([entry in gone for entry in instruction.assignments]):
        first, last = run[0], run[-1]
        if last + 1 < len(spans):
            edits += _remove_before(source, instruction, Span(spans[first].start, spans[last].end), spans[last + 1])
        else:
            edits += _remove_last(source, instruction, Span(spans[first].start, spans[last].end), spans[first - 1])
    return tuple(edits)


def _runs(flags: list[bool]) -> Iterable[list[int]]:
    """Yield the runs of neighbouring true places."""
    run: list[int] = []
    for index, flag in enumerate(flags):
        if flag:
            run.append(index)
        elif run:
            yield run
            run = []
    if run:
        yield run


def _comments_between(instruction: Instruction, start: int, end: int) -> bool:
    return any(start <= comment.start < end for comment in instruction.comments)


def _remove_before(source: Source, instruction: Instruction, gone: Span, following: Span) -> Iterable[Edit]:
    """Remove words that others follow: up to the next word, or line by line where comments stand between."""
    if not _comments_between(instruction, gone.start, following.start):
        yield Edit(Span(gone.start, following.start), "")
        return
    first = source.line_span(source.line(gone.start))
    last = source.line_span(source.line(max(gone.start, gone.end - 1)))
    alone = not source.text[first.start : gone.start].strip(_BLANKS) and not _comments_between(
        instruction, gone.start, gone.end
    )
    if alone and source.line(following.start) > source.line(gone.end - 1):
        yield Edit(Span(first.start, last.end), "")
    else:
        end = gone.end
        while source.text[end : end + 1] in _BLANKS and end < following.start:
            end += 1
        yield Edit(Span(gone.start, end), "")


def _remove_last(source: Source, instruction: Instruction, gone: Span, previous: Span) -> Iterable[Edit]:
    """Remove the last words; the continuation before them goes too."""
    if not _comments_between(instruction, previous.end, gone.end):
        yield Edit(Span(previous.end, gone.end), "")
        return
    line = source.line_span(source.line(previous.end - 1))
    content = len(source.text[line.start : line.end].rstrip("\r\n")) + line.start
    yield Edit(Span(previous.end, content), "")
    first = source.line_span(source.line(gone.start))
    last = source.line_span(source.line(gone.end - 1))
    yield Edit(Span(first.start, last.end), "")


def remove_source_word(instruction: Instruction, word: Word) -> Edit:
    """Return the edit that takes one source out of a COPY or ADD; the whole instruction when it is the only one."""
    words = instruction.operands
    if len(words) <= 2:
        return remove_instruction(instruction)
    index = words.index(word)
    return Edit(Span(word.span.start, words[index + 1].span.start), "")


def first_line(file: Dockerfile) -> int:
    """Return the offset at which a line can be put in front of the whole file, behind a byte order mark."""
    return 1 if file.source.text.startswith("\ufeff") else 0
