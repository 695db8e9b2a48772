"""Laws of the Dockerfile reader: it loses nothing, points at the right places, and fails in one way only."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rewriter.documents.dockerfile import (
    Dockerfile,
    Instruction,
    Logical,
    Word,
    copied_from,
    expand,
    frontend,
    machine,
    mount,
    parse,
    references,
    scope,
    successors,
)
from rewriter.documents.dockerfile.lexer import lex, unquote
from rewriter.errors import ParseError
from rewriter.model.text import Source, Span, decode, encode
from tests.peers.dockerfiles import damaged, dockerfiles

ANY_TEXT = st.one_of(dockerfiles(), damaged(), st.text(), st.binary().map(decode))
WORD_TEXT = st.text(alphabet="aA_1$${}:-+?#%/'\"\\` <é", max_size=40)


def read(text: str) -> Dockerfile | None:
    """Return the Dockerfile, or None where there is a reason that names the place."""
    try:
        return parse(Source("x/Dockerfile", text))
    except ParseError as error:
        explained = error.path == "x/Dockerfile" and 0 <= error.line <= text.count("\n") + 1 and error.what
        return None if explained else pytest.fail(f"not explained: {error!r}")


def nothing(_name: str) -> None:
    """Know no variable."""


def all_instructions(document: Dockerfile) -> Iterator[Instruction]:
    for instruction in document.instructions:
        yield instruction
        if instruction.trigger is not None:
            yield instruction.trigger


def logicals(instruction: Instruction) -> Iterator[Logical]:
    yield instruction.logical
    yield instruction.arguments
    yield instruction.command
    for flag in instruction.flags:
        yield from (flag.raw, flag.value_raw)
    yield from (word.raw for word in words(instruction))
    for assignment in instruction.assignments:
        yield from (assignment.raw, assignment.name_raw)


def words(instruction: Instruction) -> Iterator[Word]:
    yield from instruction.words
    yield from instruction.json or ()
    yield from (item.value for item in instruction.assignments if item.value is not None)


@given(ANY_TEXT)
@example("\ufeff")
@example("FROM a\nRUN b \\")
@example("\\\nFROM a\n\\\n\\\n")
def test_pieces_tile_the_text(text: str) -> None:
    document = read(text)
    if document is None:
        return
    assert "".join(piece.of(text) for piece in document.pieces) == text
    ends = [0, *(piece.span.end for piece in document.pieces)]
    assert [piece.span.start for piece in document.pieces] == ends[:-1]
    assert ends[-1] == len(text)


@given(ANY_TEXT)
def test_instructions_lie_in_order_and_hold_their_parts(text: str) -> None:
    document = read(text)
    if document is None:
        return
    position = 0
    for instruction in document.instructions:
        assert instruction.span.start >= position
        position = instruction.span.end
        assert document.source.line(instruction.span.start) == instruction.line
        assert document.source.line(max(position - 1, 0)) == instruction.end_line
        inside = [instruction.keyword_span, *instruction.comments]
        inside += [span for item in instruction.heredocs for span in (item.opener, item.body, item.terminator)]
        inside += [item.extent for item in logicals(instruction)]
        assert all(instruction.span.covers(span) for span in inside)
    assert [item for stage in document.stages for item in stage.instructions] == list(
        document.instructions[len(document.global_args) :]
    )


@given(ANY_TEXT)
def test_every_logical_character_stands_where_it_says(text: str) -> None:
    document = read(text)
    if document is None:
        return
    for instruction in all_instructions(document):
        for logical in logicals(instruction):
            offsets = [logical.offset(index) for index in range(len(logical) + 1)]
            assert [text[offset] for offset in offsets[:-1]] == list(logical.text)
            assert offsets == sorted(set(offsets))
            assert logical.extent.start == offsets[0]
            assert logical.extent.end == offsets[-1]
        assert instruction.keyword_span.of(text).replace("\\\n", "").upper().startswith(instruction.keyword[0])


@given(ANY_TEXT)
def test_words_and_heredocs_are_what_they_were_written_as(text: str) -> None:
    document = read(text)
    if document is None:
        return
    for instruction in all_instructions(document):
        for word in words(instruction):
            if word.quote:
                assert word.raw.text[0] == word.raw.text[-1] == word.quote
            if not word.json and instruction.keyword not in ("MAINTAINER", "HEALTHCHECK"):
                assert word.value == unquote(word.raw.text, document.escape)
        for heredoc in instruction.heredocs:
            assert heredoc.terminator.of(text) == heredoc.name
            assert "<<" in heredoc.opener.of(text)
            assert heredoc.body.end <= heredoc.terminator.start


@given(ANY_TEXT)
def test_all_questions_have_an_answer(text: str) -> None:
    document = read(text)
    if document is None:
        return
    assert frontend(document).directive is None or frontend(document).image is not None
    for instruction in all_instructions(document):
        visible = scope(document, instruction)
        assert len(visible) == len(list(visible)) == len(dict(visible))
        assert all(visible.every(name)[-1].name == name for name in visible)
        machine(document, instruction)
        for flag in instruction.flags:
            assert mount(flag) is None or flag.name == "mount"
        for word in words(instruction):
            for reference in references(word, document.escape):
                assert reference.span.covers(reference.name_span)
                assert word.span.covers(reference.span)
            expand(word, visible.value, document.escape)
    for stage, user in copied_from(document):
        assert 0 <= stage < len(document.stages)
        assert user.keyword in ("COPY", "RUN")
    for stage_ in document.stages:
        assert all(later > stage_.index for later in successors(document, stage_.index))


@given(dockerfiles())
def test_what_an_instruction_sees_is_what_reading_on_finds(text: str) -> None:
    """Compare the scopes with a plain dictionary that is copied from stage to stage."""
    document = read(text)
    if document is None:
        return
    shared: dict[str, bool] = {}
    ends: list[dict[str, bool]] = []
    for instruction in document.global_args:
        assert set(scope(document, instruction)) == set(shared)
        shared |= {item.name: item.value is not None for item in instruction.assignments}
    for stage in document.stages:
        names: set[str] = set() if stage.base_stage is None else set(ends[stage.base_stage])
        if stage.base_stage is not None:
            for item in document.stages[stage.base_stage].instructions:
                if item.trigger is not None and item.trigger.keyword in ("ARG", "ENV"):
                    names |= {assignment.name for assignment in item.trigger.assignments}
        assert set(scope(document, stage.instructions[0])) == set(shared)
        for instruction in stage.instructions[1:]:
            assert set(scope(document, instruction)) == names
            if instruction.keyword in ("ARG", "ENV"):
                names |= {assignment.name for assignment in instruction.assignments}
        ends.append(dict.fromkeys(names, True))


@given(st.binary())
def test_any_bytes_come_back(data: bytes) -> None:
    document = read(decode(data))
    if document is not None:
        assert encode("".join(piece.of(document.source.text) for piece in document.pieces)) == data


@given(WORD_TEXT, st.sampled_from("\\`"))
def test_the_lexer_reads_every_character_once(text: str, escape: str) -> None:
    lexed = lex(text, escape)
    ends = [0]
    for part in lexed.parts:
        assert part.start >= ends[-1]
        ends.append(part.end)
        between = text[ends[-2] : part.start]
        assert set(between) <= {"'", '"', escape}
    assert ends[-1] <= len(text)
    if not lexed.error:
        assert unquote(text, escape).count("$") <= text.count("$")


@given(WORD_TEXT, st.sampled_from("\\`"))
def test_a_word_of_known_variables_expands_to_itself_where_nothing_is_special(text: str, escape: str) -> None:
    logical = Logical.verbatim(text, Span(0, len(text)))
    if not references(logical, escape) and not lex(text, escape).error:
        assert expand(logical, nothing, escape) == unquote(text, escape)
