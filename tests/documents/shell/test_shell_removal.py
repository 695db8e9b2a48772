from __future__ import annotations

import pytest

from rewriter.documents import shell
from rewriter.documents.shell import parse


def without(text: str, name: str = "b") -> str | None:
    script = parse(text)
    target = next(visit.command for visit in shell.commands(script) if visit.command.name == name)
    span = shell.remove_element(script, target)
    return None if span is None else text[: span.start] + text[span.end :]


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("a && b && c", "a && c"),
        ("b && c", "c"),
        ("a && b", "a"),
        ("a; b; c", "a; c"),
        ("a;b", "a"),
        ("a; b;", "a;"),
        ("b;c", "c"),
        ("a && b ; c", "a ; c"),
        ("a ; b && c", "a ; c"),
        ("a && b\nc", "a\nc"),
        ("a\nb && c", "a\nc"),
        ("a\nb\nc\n", "a\nc\n"),
        ("a\n  b # why\nc", "a\nc"),
        ("a\nb", "a"),
        ("a # why\nb", "a # why"),
        ("a\r\nb\r\nc\r\n", "a\r\nc\r\n"),
        ("a;\n b;\n c", "a;\n c"),
        ("a; b;\nc", "a;\nc"),
        ("{ a; b; }", "{ a; }"),
        ("{ b; c; }", "{ c; }"),
        ("{\n a\n b\n}", "{\n a\n}"),
        ("(a && b) && c", "(a) && c"),
        ("{ a; b; }; c", "{ a; }; c"),
        ("if a; then b; c; fi", "if a; then c; fi"),
        ("case x in a) a; b ;; esac", "case x in a) a ;; esac"),
        ("for x in y; do b; c; done", "for x in y; do c; done"),
        ("f() { b; a; }", "f() { a; }"),
        ("a \\\n && b \\\n && c", "a \\\n && c"),
        ("a && \\\n b && \\\n c", "a && \\\n c"),
        ("a && \\\n  b", "a"),
        ("a; \\\n b; \\\n c", "a; \\\n c"),
        ("a &&\n # why\n b\n", "a\n"),
        ("a &&     b &&     c", "a &&     c"),
        ("time b; c", "c"),
        ("X=1 b $Y > z && c", "c"),
        ("b <<E\nx\nE\nc", "c"),
        ("a && b <<E\nx\nE\nc", "a\nc"),
        ("a && b <<E &&\nx\nE\n c", "a && c"),
        ("a <<E && b\nx\nE\n", "a <<E\nx\nE\n"),
        ("a <<E\nx\nE\nb", "a <<E\nx\nE"),
    ],
)
def test_element_goes_with_one_operator(text: str, rest: str) -> None:
    assert without(text) == rest


@pytest.mark.parametrize(
    "text",
    [
        "b",
        "{ b; }",
        "b;",
        "a || b",
        "b || a",
        "a && b || c",
        "a || (b; c)",
        "a | b && c",
        "b | a && c",
        "(a; b) | c",
        "! b && c",
        "! { a; b; }",
        "if b; then c; fi",
        "if a; b; then c; fi",
        "while b; a; do c; done",
        "a & b; c",
        "b & c",
        "a && b &",
        "x=$(a; b)",
        "{ a; b; } && c",
        "if x; then a; (a; b); fi && c",
        "f() { a; b; }",
        "a; b; echo $?",
        "`a; b`",
        "b <<E && c\nx\nE\n",
        "a <<E; b <<F\nx\nE\ny\nF\n",
    ],
)
def test_element_that_cannot_go(text: str) -> None:
    assert without(text) is None


def test_test_that_guards_something_cannot_go() -> None:
    assert without("[ -f x ] && b", "[") is None


def test_command_of_another_script_is_not_found() -> None:
    other = next(shell.commands(parse("zzz zzz zzz"))).command
    assert shell.remove_element(parse("a && b"), other) is None


@pytest.mark.parametrize(
    ("text", "decides"),
    [
        ("a; b", True),
        ("a\nb\n", True),
        ("{ a; b; }", True),
        ("x && { a; b; }", True),
        ("a && b", False),
        ("b; a", False),
        ("b", False),
        ("{ a; b; }; c", False),
        ("a; c && b", False),
    ],
)
def test_what_decides_the_status(text: str, *, decides: bool) -> None:
    script = parse(text)
    target = next(visit.command for visit in shell.commands(script) if visit.command.name == "b")
    assert shell.decides_status(script, target) is decides


def test_find_element() -> None:
    script = parse("a; if b; then c && d; fi")
    target = next(visit.command for visit in shell.commands(script) if visit.command.name == "d")
    element = shell.find_element(script, target)
    assert element is not None
    assert element.item.node is target
    assert [item.span.of(script.text) for item in element.chain] == ["c", "d"]


@pytest.mark.parametrize(
    ("text", "first", "last", "left"),
    [
        ("a; if b; then c; fi; d", 1, 1, "a; d"),
        ("a && if b; then c; fi && d", 1, 1, "a && d"),
        ("a && if b; then c; fi; d", 1, 1, "a; d"),
        ("a; [ -z x ] || b; d", 1, 2, "a; d"),
        ("a; [ -n x ] && b || true", 1, 3, "a"),
        ("[ -z x ] || b; d", 0, 1, "d"),
        ("a || { b; }; c", 1, 1, None),
        ("{ b; } || c", 0, 0, None),
        ("a & { b; }; c", 1, 1, None),
        ("a; { b; }; echo $?", 1, 1, None),
        ("[ -z x ] || b", 0, 1, None),
    ],
)
def test_neighbours_go_together(text: str, first: int, last: int, left: str | None) -> None:
    script = parse(text)
    span = shell.remove_elements(script, script.items[first : last + 1])
    assert (None if span is None else text[: span.start] + text[span.end :]) == left
