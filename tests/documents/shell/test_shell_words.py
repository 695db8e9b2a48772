from __future__ import annotations

import pytest

from rewriter.documents import shell
from rewriter.documents.shell import ShellError, Word, parse
from rewriter.model.text import Span


def words(text: str) -> tuple[Word, ...]:
    node = parse(text).items[0].node
    assert isinstance(node, shell.Command)
    return node.words


def only(text: str) -> shell.Part:
    (part,) = words(text)[0].parts
    return part


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("npm ci", ["npm", "ci"]),
        ("a 'b c' \"d e\" f\\ g", ["a", "b c", "d e", "f g"]),
        ("a'b'\"c\"d", ["abcd"]),
        ("''", [""]),
        ('"a\\$b\\"c\\d"', ['a$b"c\\d']),
        ("a#b {x,y} ~/z *.txt", ["a#b", "{x,y}", "~/z", "*.txt"]),
        ("a\\\nb c", ["ab", "c"]),
        ("a \\\r\n b", ["a", "b"]),
        ("a\\\n b", ["a", "b"]),
        ("$'a\\n'", [None]),
        ("a$B", [None]),
        ("100$ $ %", ["100$", "$", "%"]),
        ('"cost $"', ["cost $"]),
        ("a@(b|c)d", ["a@(b|c)d"]),
        ("\\", ["\\"]),
        ("a\tb", ["a", "b"]),
        ("a\u00a0b", ["a\u00a0b"]),
    ],
)
def test_value_has_quotes_removed_and_is_none_where_something_expands(text: str, values: list[str | None]) -> None:
    assert [word.value for word in words(text)] == values


def test_word_keeps_its_text_as_written() -> None:
    assert [word.text for word in words("a 'b c'\\\n \"$D\"")] == ["a", "'b c'", '"$D"']


def test_single_quotes_hide_everything() -> None:
    assert only("'$A `b` \\'") == shell.SingleQuoted("$A `b` \\", Span(0, 10))


@pytest.mark.parametrize(
    ("text", "name", "operator"),
    [
        ("$A", "A", ""),
        ("${A}", "A", ""),
        ("${A:-b}", "A", ":-"),
        ("${A-}", "A", "-"),
        ("${A:=b}", "A", ":="),
        ("${A:?no value}", "A", ":?"),
        ("${A:+b}", "A", ":+"),
        ("${A#*/}", "A", "#"),
        ("${A##*/}", "A", "##"),
        ("${A%.*}", "A", "%"),
        ("${A%%.*}", "A", "%%"),
        ("${A/b/c}", "A", "/"),
        ("${A//b/c}", "A", "//"),
        ("${A/#b/c}", "A", "/#"),
        ("${A/%b/c}", "A", "/%"),
        ("${A:1:2}", "A", ":"),
        ("${A: -1}", "A", ":"),
        ("${A^^}", "A", "^^"),
        ("${A,}", "A", ","),
        ("${A@Q}", "A", "@Q"),
        ("${#A}", "A", ""),
        ("${!A}", "A", ""),
        ("${!A*}", "A", "*"),
        ("${!A[@]}", "A", ""),
        ("${A[1]}", "A", ""),
        ("${A[@]:1}", "A", ":"),
        ("$1", "1", ""),
        ("${10}", "10", ""),
        ("$@", "@", ""),
        ("$?", "?", ""),
        ("$$", "$", ""),
        ("$!", "!", ""),
        ("$-", "-", ""),
        ("${#}", "#", ""),
        ("${#:-x}", "#", ":-"),
        ("${##}", "#", ""),
        ("${!}", "!", ""),
        ("${@:2}", "@", ":"),
    ],
)
def test_every_form_of_expansion(text: str, name: str, operator: str) -> None:
    part = only(text)
    assert isinstance(part, shell.Variable)
    assert (part.name, part.operator, part.span) == (name, operator, Span(0, len(text)))
    assert part.special == (not name[0].isalpha())
    assert part.length == (text in ("${#A}", "${##}"))
    assert part.indirect == (text.startswith("${!A"))


def test_argument_of_an_expansion_holds_expansions() -> None:
    part = only("${A:-x${B:-$C}y}")
    assert isinstance(part, shell.Variable)
    assert [type(one) for one in part.argument] == [shell.Literal, shell.Variable, shell.Literal]


def test_single_quotes_in_a_default_within_double_quotes_hide_nothing() -> None:
    assert [use.name for use in shell.variables(parse("echo \"${A:-'$B'}\""))] == ["A", "B"]
    assert [use.name for use in shell.variables(parse("echo ${A:-'$B'}"))] == ["A"]
    assert [use.name for use in shell.variables(parse("echo \"${A#'$B'}\""))] == ["A"]


def test_backslashes_in_backquotes_map_to_the_outer_text() -> None:
    text = "echo `a \\`b \\\\$C \\$D\\``"
    inner = list(shell.commands(parse(text)))
    assert [visit.command.span.of(text) for visit in inner] == [text, "a \\`b \\\\$C \\$D\\`", "b \\\\$C \\$D"]
    assert [use.span.of(text) for use in shell.variables(parse(text))] == ["\\\\$C", "\\$D"]


def test_double_quotes_in_backquotes_in_double_quotes() -> None:
    assert [visit.command.name for visit in shell.commands(parse('echo "`a \\"b c\\"`"'))] == ["echo", "a"]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("echo $((A + $B * ${C:-1}))", ["A", "B", "C"]),
        ("echo $((16#$A << 2))", ["A"]),
        ("echo $(( (A) ? B[1] : 0x1f ))", ["A", "B"]),
        ("((A++))", ["A"]),
        ("echo ${A:B:C}", ["A", "B", "C"]),
        ("echo ${A[B]}", ["A", "B"]),
        ('a["$B"]=c', ["B"]),
        ("a[${#B[@]}]=c", ["B"]),
        ("for ((i = A; i < 3; i++)); do b; done", ["A", "i", "i", "i"]),
    ],
)
def test_bare_names_in_arithmetic_are_variables(text: str, names: list[str]) -> None:
    assert sorted(use.name for use in shell.variables(parse(text))) == names


def test_two_parentheses_that_do_not_close_together_are_subshells() -> None:
    assert [visit.command.name for visit in shell.commands(parse("((a); (b)) && echo $((c) | d)"))] == [
        "a",
        "b",
        "echo",
        "c",
        "d",
    ]


def test_ansi_quotes_are_resolved_but_have_no_value() -> None:
    part = only("$'a\\n\\x41\\101\\u00e9\\'\\q\\cA'")
    assert isinstance(part, shell.AnsiQuoted)
    assert part.text == "a\nAAé'\\q\x01"


def test_arrays() -> None:
    node = parse("a=(x 'y z' # why\n  $B) b+=(c) c+=d").items[0].node
    assert isinstance(node, shell.Command)
    array = node.assignments[0].value.parts[0]
    assert isinstance(array, shell.Array)
    assert [word.text for word in array.words] == ["x", "'y z'", "$B"]
    assert [(one.name, one.append) for one in node.assignments] == [("a", False), ("b", True), ("c", True)]


@pytest.mark.parametrize(
    ("text", "offset"),
    [
        ("a 'b", 2),
        ('a "b', 2),
        ("a `b", 2),
        ("a $(b", 2),
        ("a ${b", 5),
        ("a ${b c}", 5),
        ("a ${}", 2),
        ("a $((1 + ", 9),
        ("echo $((cd x && make))", 10),
        ("a $'b", 2),
        ("a (b)", 2),
        ("echo $[1+1]", 5),
        ("echo $FO\\\nO", 8),
        ("F\\\nOO=bar baz", 0),
        ("i\\\nf a; then b; fi", 0),
        ('echo "${A:-it\'s}"', 11),
        ("a[1] b", 0),
        ("echo $\\\nA", 5),
        ("a=(b", 2),
        ("a > # b", 4),
    ],
)
def test_what_is_not_understood_is_an_error_with_its_place(text: str, offset: int) -> None:
    with pytest.raises(ShellError) as caught:
        parse(text)
    assert caught.value.offset == offset
    assert caught.value.what
