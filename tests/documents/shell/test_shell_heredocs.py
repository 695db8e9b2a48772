from __future__ import annotations

import pytest

from rewriter.documents import shell
from rewriter.documents.shell import ShellError, parse


def heredocs(text: str) -> list[shell.Heredoc]:
    return [
        redirect.heredoc
        for visit in shell.commands(parse(text))
        for redirect in visit.command.redirects
        if redirect.heredoc is not None
    ]


def test_body_lies_between_the_line_and_the_delimiter() -> None:
    text = "cat <<EOF > x && b\n$A \\$B `c`\nEOF\nd"
    (one,) = heredocs(text)
    assert one.body.of(text) == "$A \\$B `c`\n"
    assert one.end.of(text) == "EOF"
    assert one.expand
    assert [use.name for use in shell.variables(parse(text))] == ["A"]
    assert [visit.command.name for visit in shell.commands(parse(text))] == ["cat", "b", "c", "d"]


@pytest.mark.parametrize("delimiter", ["'EOF'", '"EOF"', "E\\OF", "'E'OF"])
def test_quoted_delimiter_keeps_the_body_as_it_is(delimiter: str) -> None:
    text = f"cat <<{delimiter}\n$A\nEOF\n"
    (one,) = heredocs(text)
    assert not one.expand
    assert one.parts == (shell.Literal("$A\n", one.body),)
    assert shell.variables(parse(text)) == ()


def test_several_bodies_follow_one_line() -> None:
    text = "a <<A; b <<-B\nin a\nA\n\tin b\n\tB\nc"
    assert [one.body.of(text) for one in heredocs(text)] == ["in a\n", "\tin b\n"]
    assert [item.span.of(text) for item in parse(text).items] == ["a <<A", "b <<-B", "c"]


def test_crlf_lines() -> None:
    text = "cat <<EOF\r\n$A\r\nEOF\r\nb\r\n"
    (one,) = heredocs(text)
    assert one.body.of(text) == "$A\r\n"
    assert [visit.command.name for visit in shell.commands(parse(text))] == ["cat", "b"]


def test_continuation_on_the_line_of_the_operator() -> None:
    text = "cat <<EOF \\\n > x\nbody\nEOF\n"
    (one,) = heredocs(text)
    assert one.body.of(text) == "body\n"


def test_delimiter_behind_a_continued_line_is_part_of_the_body() -> None:
    (one,) = heredocs(text := "cat <<EOF\na\\\nEOF\nEOF\n")
    assert one.body.of(text) == "a\\\nEOF\n"
    (one,) = heredocs(text := "cat <<'EOF'\na\\\nEOF\n")
    assert one.body.of(text) == "a\\\n"


def test_body_within_a_substitution() -> None:
    text = 'a "$(cat <<EOF\n$B)\nEOF\n)" c'
    assert [one.body.of(text) for one in heredocs(text)] == ["$B)\n"]


def test_empty_body() -> None:
    (one,) = heredocs("cat <<EOF\nEOF")
    assert one.parts == ()
    assert one.body.start == one.body.end


def test_body_in_a_compound_command() -> None:
    text = "if a; then\n  cat > x <<EOF\nb\nEOF\n  c\nfi"
    assert [visit.command.name for visit in shell.commands(parse(text))] == ["a", "cat", "c"]


@pytest.mark.parametrize(
    "text",
    [
        "cat <<EOF",
        "cat <<EOF\n",
        "cat <<EOF\nb\n",
        "cat <<EOF\nb\nEOF x",
        "cat <<$A\n$A\n",
        'cat <<EOF "a\nb\nEOF\n"',
        "cat <<EOF $(b\nc\nEOF\n)\n",
        "a $(cat <<EOF)\nb\nEOF\n",
        "cat <<EOF\n$(b\nEOF\n",
        "cat <<\\\n-EOF\nEOF\n",
    ],
)
def test_body_that_cannot_be_told_is_an_error(text: str) -> None:
    with pytest.raises(ShellError):
        parse(text)
