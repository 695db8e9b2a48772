from __future__ import annotations

import pytest

from rewriter.model.text import Span
from tests.documents.dockerfile.reading import only, read

TEXT = "FROM a\nRUN one \\\n# c\n\n  two\\\nthree"


def test_every_character_is_found_in_the_source() -> None:
    logical = read(TEXT).instructions[1].logical
    assert logical.text == "RUN one   twothree"
    for index, char in enumerate(logical.text):
        assert TEXT[logical.offset(index)] == char
    assert logical.offset(len(logical)) == len(TEXT)


def test_the_end_of_a_part_is_behind_its_last_character() -> None:
    logical = read(TEXT).instructions[1].logical
    part = logical.slice(4, 8)
    assert part.text == "one "
    assert part.extent.of(TEXT) == "one "
    assert logical.span(4, 13).of(TEXT) == "one \\\n# c\n\n  two"
    assert part.slice(1, 3).extent.of(TEXT) == "ne"


def test_an_empty_part_has_a_place() -> None:
    instruction = only("ENV A= \\\n B=")
    places = [item.value.span for item in instruction.assignments if item.value]
    assert places == [Span(19, 19), Span(25, 25)]


@pytest.mark.parametrize("index", [-1, 19])
def test_an_index_outside(index: int) -> None:
    with pytest.raises(IndexError):
        read(TEXT).instructions[1].logical.offset(index)
