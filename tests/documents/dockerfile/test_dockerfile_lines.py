from __future__ import annotations

import pytest

from rewriter.documents.dockerfile import PieceKind
from rewriter.errors import ParseError
from tests.documents.dockerfile.reading import only, read, texts, written


@pytest.mark.parametrize(
    ("text", "joined"),
    [
        pytest.param("RUN a \\\n  b", "RUN a   b", id="white-space-of-the-next-line-stays"),
        pytest.param("RUN a \\ \t\nb", "RUN a b", id="blanks-behind-the-escape"),
        pytest.param("RUN a\\\nb", "RUN ab", id="words-join"),
        pytest.param("RUN a \\\r\n b\r\n", "RUN a  b", id="crlf"),
        pytest.param("RUN a \\\r\r\n b\r\r\n", "RUN a  b", id="several-carriage-returns"),
        pytest.param("RUN a \\\n", "RUN a ", id="end-of-file-inside"),
        pytest.param("RUN a \\", "RUN a ", id="end-of-file-without-newline"),
        pytest.param("RUN a \\\n# c\n b", "RUN a  b", id="comment-inside"),
        pytest.param("RUN a \\\n  \t# c\n b", "RUN a  b", id="indented-comment-inside"),
        pytest.param("RUN a \\\n# c \\\n b", "RUN a  b", id="comment-that-ends-with-an-escape"),
        pytest.param("RUN a 'x \\\n# c\n y'", "RUN a 'x  y'", id="comment-inside-of-quotes"),
        pytest.param("RUN a \\\n\n b", "RUN a  b", id="empty-line-inside"),
        pytest.param("RUN a \\\n \t\r\n b", "RUN a  b", id="blank-line-inside"),
        pytest.param("RUN a \\\n\u00a0\n b", "RUN a  b", id="line-of-no-break-spaces-inside"),
        pytest.param("RUN a \\\n\\\n b", "RUN a  b", id="line-of-an-escape-alone"),
        pytest.param("\\\nRUN a", "RUN a", id="escape-alone-first"),
        pytest.param("RUN\\\n a", "RUN a", id="escape-behind-the-keyword"),
        pytest.param("  \tRUN a", "RUN a", id="indentation-goes"),
        pytest.param("\u2003RUN a", "RUN a", id="indentation-of-any-white-space"),
        pytest.param("RUN a\rb", "RUN a\rb", id="a-lone-carriage-return-ends-no-line"),
        pytest.param("RUN a\x0bb\x0cc\x85d\u2028e", "RUN a\x0bb\x0cc\x85d\u2028e", id="nor-does-anything-else"),
    ],
)
def test_lines_join(text: str, joined: str) -> None:
    assert written(only(text)) == joined


@pytest.mark.parametrize(
    "first",
    [
        pytest.param("RUN a \\\\", id="two-escapes"),
        pytest.param("RUN a \\\\\\", id="three-escapes"),
        pytest.param("RUN a \\\u00a0", id="no-break-space-behind"),
        pytest.param("RUN a \\\x0c", id="form-feed-behind"),
        pytest.param("RUN a `", id="the-other-escape"),
        pytest.param("# c \\", id="comment"),
    ],
)
def test_a_line_that_does_not_continue(first: str) -> None:
    assert written(read(f"FROM a\n{first}\nRUN b").instructions[-1]) == "RUN b"


def test_span_holds_all_lines_and_knows_its_comments() -> None:
    document = read("FROM a\n# before\n  RUN b \\\n# inside\n\n c\n# after\n")
    instruction = document.instructions[1]
    assert instruction.span.of(document.source.text) == "  RUN b \\\n# inside\n\n c\n"
    assert (instruction.line, instruction.end_line) == (3, 6)
    assert texts(document, instruction.comments) == ["# inside\n"]
    assert texts(document, document.comments) == ["# before\n", "# inside\n", "# after\n"]
    assert [(warning.line, warning.what) for warning in document.warnings] == [
        (5, "an empty line inside of an instruction")
    ]


def test_pieces_tile_the_text() -> None:
    text = "\ufeff# syntax=x\n\n \n# c\nFROM a\r\nRUN <<E\n\n# no comment\nE\n\nCMD b"
    document = read(text)
    assert [(piece.kind, piece.of(text)) for piece in document.pieces] == [
        (PieceKind.BOM, "\ufeff"),
        (PieceKind.DIRECTIVE, "# syntax=x\n"),
        (PieceKind.BLANK, "\n \n"),
        (PieceKind.COMMENT, "# c\n"),
        (PieceKind.INSTRUCTION, "FROM a\r\n"),
        (PieceKind.INSTRUCTION, "RUN <<E\n\n# no comment\nE\n"),
        (PieceKind.BLANK, "\n"),
        (PieceKind.INSTRUCTION, "CMD b"),
    ]


def test_directives() -> None:
    text = "#syntax=docker/dockerfile:1\n  #  EsCape = `  \r\n# check=skip=all;error=true\nFROM a\nRUN b `\n c\n"
    document = read(text)
    assert [(item.name, item.value) for item in document.directives] == [
        ("syntax", "docker/dockerfile:1"),
        ("escape", "`"),
        ("check", "skip=all;error=true"),
    ]
    assert texts(document, (item.span for item in document.directives))[1] == "#  EsCape = `  "
    assert texts(document, (item.value_span for item in document.directives)) == [
        "docker/dockerfile:1",
        "`",
        "skip=all;error=true",
    ]
    assert document.escape == "`"
    assert written(document.instructions[1]) == "RUN b  c"


@pytest.mark.parametrize(
    "before",
    [
        pytest.param("# a comment\n", id="comment"),
        pytest.param("\n", id="empty-line"),
        pytest.param("# unknown=x\n", id="unknown-directive"),
        pytest.param("# escape\n", id="no-value"),
        pytest.param("#!/bin/sh\n", id="shebang"),
    ],
)
def test_directives_end(before: str) -> None:
    document = read(f"{before}# escape=`\nFROM a\nRUN b \\\n c\n")
    assert document.directives == ()
    assert document.escape == "\\"


def test_a_directive_after_the_byte_order_mark() -> None:
    document = read("\ufeff# escape=`\nFROM a `\n AS b\n")
    assert document.escape == "`"
    assert document.stages[0].name == "b"


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        pytest.param("", 0, "holds no instruction", id="empty"),
        pytest.param("# c\n\n", 0, "holds no instruction", id="comments-alone"),
        pytest.param("ARG A\n", 0, "has no FROM", id="no-stage"),
        pytest.param("# escape=`\n# escape=`\nFROM a", 2, "second escape directive", id="directive-twice"),
        pytest.param("# escape=x\nFROM a", 1, "must name", id="escape-of-another-kind"),
        pytest.param("# escape= \nFROM a", 1, "must name", id="escape-of-blanks"),
        pytest.param("FROM a\nRUN \0", 2, "NUL", id="binary"),
        pytest.param("FROM a\n\\\n", 2, "continuation without an instruction", id="escape-alone-last"),
        pytest.param(f"FROM a\nRUN {'x' * 65_532}", 2, "65535", id="line-too-long"),
        pytest.param(f"FROM a\nRUN {'é' * 32_766}", 2, "65535", id="line-too-long-in-bytes"),
    ],
)
def test_a_file_that_buildkit_does_not_read(text: str, line: int, what: str) -> None:
    with pytest.raises(ParseError, match=what) as caught:
        read(text)
    assert (caught.value.path, caught.value.line) == ("Dockerfile", line)


def test_the_longest_line() -> None:
    assert len(only(f"RUN {'x' * 65_531}").arguments) == 65_531


def test_bytes_that_are_no_utf8_stay() -> None:
    assert only("RUN echo \udcff\udce9").arguments.text == "echo \udcff\udce9"
