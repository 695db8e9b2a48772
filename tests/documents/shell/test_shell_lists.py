from __future__ import annotations

from contextlib import suppress

import pytest

from rewriter.documents import shell
from rewriter.documents.shell import Dialect, Operator, ShellError, parse


def names(text: str) -> list[str | None]:
    return [visit.command.name for visit in shell.commands(parse(text))]


def test_operators_follow_their_elements() -> None:
    text = "a && b || c; d & e\nf"
    script = parse(text)
    assert [item.operator for item in script.items] == [
        Operator.AND,
        Operator.OR,
        Operator.SEMICOLON,
        Operator.BACKGROUND,
        Operator.NEWLINE,
        None,
    ]
    assert [item.operator_span.of(text) for item in script.items if item.operator_span] == [
        "&&",
        "||",
        ";",
        "&",
        "\n",
    ]
    assert [item.span.of(text) for item in script.items] == ["a", "b", "c", "d", "e", "f"]


def test_lines_may_end_in_crlf() -> None:
    text = "a \\\r\n  b\r\nif c\r\nthen d\r\nfi\r\ne"
    assert names(text) == ["a", "c", "d", "e"]
    assert [item.operator_span.of(text) for item in parse(text).items if item.operator_span] == ["\r\n", "\r\n"]


def test_a_lone_carriage_return_is_an_ordinary_character() -> None:
    assert names("a\rb") == ["a\rb"]


def test_comments_are_noted_and_are_no_commands() -> None:
    text = "# one\na # two\nb#c 'd # e' # three"
    script = parse(text)
    assert names(text) == ["a", "b#c"]
    assert [span.of(text) for span in script.comments] == ["# one", "# two", "# three"]


def test_lists_go_on_behind_and_or_and_pipe() -> None:
    assert names("a &&\n\n # why\n b |\n c ||\n d") == ["a", "b", "c", "d"]


def test_pipelines() -> None:
    (item,) = parse("! a | b |& c").items
    assert isinstance(item.node, shell.Pipeline)
    assert item.node.negated
    assert item.node.operators == ("|", "|&")
    (item,) = parse("time -p a").items
    assert isinstance(item.node, shell.Pipeline)
    assert item.node.timed


def test_time_with_other_options_is_a_command() -> None:
    assert names("time -f %e make") == ["time"]
    assert names("time") == ["time"]


def test_compound_commands() -> None:
    assert names(
        "if a; then b; elif c; then d; else e; fi >f; for x in 1 2; do g; done; while h; do i; done"
        "; until j; do k; done; case $x in (1|2) l;; 3) m ;& *) n;;& esac; { o; }; (p; q) | r; s() { t; }"
        "; function u { v; }; function w() (x); select y in a; do z; done; [[ -f a && ! (b == c) ]] && A"
        "; ((B)) && C; for ((;;)); do D; done"
    ) == list("abcdeghijklmnopqrtvxzACD")


def test_kinds_of_compound_commands() -> None:
    text = "{ a; }; (a); [[ a ]]; ((a)); a() { b; }; a | b; if a; then b; fi"
    kinds = [type(item.node).__name__ for item in parse(text).items]
    assert kinds == ["Group", "Subshell", "Test", "Test", "Function", "Pipeline", "If"]


def test_regular_expressions_in_a_test_hold_parentheses() -> None:
    (item, _) = parse("[[ ! ($a =~ ^(b|c d)+$) ]] && e").items
    assert isinstance(item.node, shell.Test)
    assert [word.text for word in item.node.words] == ["!", "(", "$a", "=~", "^(b|c d)+$", ")"]


def test_redirections() -> None:
    text = "a <b >c >>d 2>e 2>&1 &>f <<<g {h}>i >|j 3<&- <>k"
    node = parse(text).items[0].node
    assert isinstance(node, shell.Command)
    assert [(one.operator, one.fd, one.fd_name, one.target.text) for one in node.redirects] == [
        ("<", None, None, "b"),
        (">", None, None, "c"),
        (">>", None, None, "d"),
        (">", 2, None, "e"),
        (">&", 2, None, "1"),
        ("&>", None, None, "f"),
        ("<<<", None, None, "g"),
        (">", None, "h", "i"),
        (">|", None, None, "j"),
        ("<&", 3, None, "-"),
        ("<>", None, None, "k"),
    ]
    assert [one.target.text for one in node.redirects if one.writes] == ["c", "d", "e", "f", "i", "j", "k"]


def test_redirection_alone_is_a_command() -> None:
    assert names("> a") == [None]


def test_assignments_in_front_of_a_command() -> None:
    node = parse("A=1 B='c d' E= npm ci F=g").items[0].node
    assert isinstance(node, shell.Command)
    assert [(one.name, one.value.value) for one in node.assignments] == [("A", "1"), ("B", "c d"), ("E", "")]
    assert node.name == "npm"
    assert node.words[-1].value == "F=g"


@pytest.mark.parametrize(
    "text",
    [
        "&& a",
        "a &&",
        "a ||",
        "a |",
        "; a",
        "a ;; b",
        "a ; ; b",
        "a & & b",
        "a && ; b",
        "if a; then fi",
        "if a; fi",
        "if a; then b; fi c",
        "then",
        "a; }",
        "{ a }",
        "{ a;",
        "(a",
        "a)",
        "()",
        "for in a; do b; done",
        "for x in a do b; done",
        "while a; done",
        "case a in b) c",
        "case a b) c;; esac",
        "[[ a",
        "[[ a =~ [)] ]]",
        "[[ (a ]]",
        "f() a",
        "f()",
        "coproc a",
        "in a",
        "a | do b",
        "! esac",
        "time then",
        "a @(b(c)",
        "]] a",
        "!(a)",
        "a >",
        "a >>&",
        "a >2>&1",
        "a <<<",
        "a &\\\n& b",
        "a >\\\n> b",
        "(a) b",
        "function { a; }",
        "a | ! b",
    ],
)
def test_what_is_no_list_is_an_error(text: str) -> None:
    with pytest.raises(ShellError):
        parse(text)


@pytest.mark.parametrize(
    "text",
    [
        "[[ a ]]",
        "a &> b",
        "a |& b",
        "a <<< b",
        "a <(b)",
        "a=(b)",
        "a+=b",
        "a[1]=b",
        "echo $'a'",
        'echo $"a"',
        "echo ${a//b/c}",
        "echo ${!a}",
        "echo ${a[1]}",
        "function f { a; }",
        "select x in a; do b; done",
        "for ((;;)); do a; done",
        "case a in b) c ;& esac",
        "{fd}>a",
        "! ! a",
        "echo @(a)",
    ],
)
def test_what_only_bash_knows_is_an_error_in_posix(text: str) -> None:
    parse(text)
    with pytest.raises(ShellError):
        parse(text, dialect=Dialect.POSIX)


def test_posix_reads_nested_parentheses_and_time_its_own_way() -> None:
    script = parse("((a)); time a; echo $[1]", dialect=Dialect.POSIX)
    assert [visit.command.name for visit in shell.commands(script)] == ["a", "time", "echo"]
    assert isinstance(script.items[0].node, shell.Subshell)


@pytest.mark.parametrize("piece", ["$(", "( ", "{ ", '"${a:-', "if "])
def test_depth_is_bounded(piece: str) -> None:
    with pytest.raises(ShellError, match="nested deeper"):
        parse(piece * 5000)


@pytest.mark.parametrize(
    "text",
    [
        "{{ a }} <% b %>",
        "{{- if .Values.x }}",
        "powershell -Command \"$x = 'a'; if ($x) { b }\"",
        "if (Test-Path x) { Remove-Item x -Force; }",
        "@echo off & if exist a (del a)",
        "${{ secrets.TOKEN }}",
        "\x00\x01",
        "",
        " \n\t",
    ],
)
def test_foreign_text_is_read_or_refused(text: str) -> None:
    with suppress(ShellError):
        parse(text)
