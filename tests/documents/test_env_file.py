"""Test what an environment file gives, against what compose makes of it."""

from __future__ import annotations

import pytest

from rewriter.documents.env_file import parse, remove
from rewriter.model.text import Source, apply


def _read(text: str) -> list[tuple[str, str | None]]:
    return [(line.name, line.literal.reveal() if line.literal else None) for line in parse(Source(".env", text))]


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("A=plain text ", "plain text"),
        ("A=with#hash", "with#hash"),
        ("A=behind # a comment", "behind"),
        ("export A = spaced", "spaced"),
        ("A: yaml-like", "yaml-like"),
        ("A='single $x \\n'", "single $x \\n"),
        ('A="double # no comment"', "double # no comment"),
        ('A="an \\" escape"', None),
        ("A=a$B", None),
        ('A="${B}"', None),
        ("A=", None),
        ("A=''", None),
        ("A=\r", None),
        ("A=crlf\r", "crlf"),
    ],
)
def test_value(written: str, value: str | None) -> None:
    assert _read(written + "\n") == [("A", value)]
    assert _read(written + "\nB=2") == [("A", value), ("B", "2")]


def test_a_value_over_several_lines_is_one_variable() -> None:
    text = 'KEY="one\ntwo=2\n"\nNEXT=x\n'
    assert _read(text) == [("KEY", None), ("NEXT", "x")]
    first = parse(Source(".env", text))[0]
    assert apply(text, (remove(first),)) == "NEXT=x\n"


def test_comments_and_other_lines_are_no_variables() -> None:
    assert _read("# A=1\n\n  # B=2\nnot a variable\n1X=2\n") == []


def test_removing_takes_the_line_and_nothing_else() -> None:
    text = "\ufeffA=1\r\nB=2\r\nC=3"
    lines = parse(Source(".env", text))
    assert apply(text, (remove(lines[1]),)) == "\ufeffA=1\r\nC=3"
    assert apply(text, (remove(lines[2]),)) == "\ufeffA=1\r\nB=2\r\n"
