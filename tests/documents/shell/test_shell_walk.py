from __future__ import annotations

import pytest

from rewriter.documents import shell
from rewriter.documents.shell import Quoted, parse


def visits(text: str) -> dict[str | None, shell.Visit]:
    return {visit.command.name: visit for visit in shell.commands(parse(text))}


def test_commands_come_in_the_order_of_the_text() -> None:
    text = 'a "$(b `c`)" <(d) ${e:-$(f)} $((1 + $(g))) > "$(h)"; x=$(i) y=($(j)) k'
    text += "; for l in $(m); do n; done; case $(o) in $(p)) q;; esac; [[ $(r) ]]"
    assert [visit.command.name for visit in shell.commands(parse(text))] == list("abcdfghkijmnopqr")


@pytest.mark.parametrize(
    ("text", "conditional"),
    [
        ("x", False),
        ("a && x", False),
        ("a; x", False),
        ("a || x", True),
        ("a || b && x", True),
        ("a || b; x", False),
        ("[ -f a ] && x", True),
        ("test -f a && b && x", True),
        ("[[ -f a ]] && x", True),
        ("! [ -f a ] && x", True),
        ("if x; then a; fi", False),
        ("if a; then x; fi", True),
        ("if a; then b; elif x; then c; fi", True),
        ("if a; then b; else x; fi", True),
        ("for a in b; do x; done", True),
        ("while x; do a; done", False),
        ("case a in b) x;; esac", True),
        ("f() { x; }", True),
        ("{ x; }", False),
        ("a $(x)", False),
        ("a || b $(x)", True),
    ],
)
def test_conditional(text: str, *, conditional: bool) -> None:
    assert visits(text)["x"].conditional is conditional


@pytest.mark.parametrize(
    ("text", "in_subshell", "in_substitution"),
    [
        ("x", False, False),
        ("(x)", True, False),
        ("{ x; }", False, False),
        ("a | x", True, False),
        ("x && a &", True, False),
        ("a & x", False, False),
        ("a $(x)", True, True),
        ("a `x`", True, True),
        ("a <(x)", True, True),
        ("! x", False, False),
    ],
)
def test_subshell(text: str, *, in_subshell: bool, in_substitution: bool) -> None:
    visit = visits(text)["x"]
    assert (visit.in_subshell, visit.in_substitution) == (in_subshell, in_substitution)


def test_neighbours_in_a_pipeline() -> None:
    found = visits("a | b | c; (d; e) | f; g $(h | i) | j")
    pipes = {
        name: (
            None if visit.piped_from is None else visit.piped_from.name,
            None if visit.piped_to is None else visit.piped_to.name,
        )
        for name, visit in found.items()
    }
    assert pipes == {
        "a": (None, "b"),
        "b": ("a", "c"),
        "c": ("b", None),
        "d": (None, "f"),
        "e": (None, "f"),
        "f": (None, None),
        "g": (None, "j"),
        "h": (None, "i"),
        "i": ("h", None),
        "j": ("g", None),
    }


def test_path_leads_to_the_command() -> None:
    path = visits("if a; then (b $(x)); fi")["x"].path
    kinds = [type(one).__name__ for one in path]
    assert kinds == [
        "Script",
        "Item",
        "If",
        "Script",
        "Item",
        "Subshell",
        "Script",
        "Item",
        "Command",
        "CommandSubstitution",
        "Script",
        "Item",
    ]


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("a $X", Quoted.NONE),
        ('a "$X"', Quoted.DOUBLE),
        ('a "$(b $X)"', Quoted.NONE),
        ('a "${b:-$X}"', Quoted.DOUBLE),
        ("a ${b:-$X}", Quoted.NONE),
        ("a <<E\n$X\nE\n", Quoted.HEREDOC),
        ("a <<E\n$(b $X)\nE\n", Quoted.NONE),
        ("a $((X))", Quoted.ARITHMETIC),
        ("a $(($X))", Quoted.ARITHMETIC),
        ("a ${b:X}", Quoted.ARITHMETIC),
        ("a=$X", Quoted.NONE),
        ("a > $X", Quoted.NONE),
        ("a=($X)", Quoted.NONE),
    ],
)
def test_what_surrounds_a_use(text: str, quoted: Quoted) -> None:
    (use,) = [use for use in shell.variables(parse(text)) if use.name == "X"]
    assert use.quoted is quoted


def test_uses_know_their_command() -> None:
    uses = shell.variables(parse("a $A; for x in $B; do c $C; done"))
    assert [(use.name, use.command.name if use.command else None) for use in uses] == [
        ("A", "a"),
        ("B", None),
        ("C", "c"),
    ]


def test_use_tells_the_modifier() -> None:
    (use,) = shell.variables(parse(': "${TOKEN:?is required}"'))
    assert (use.name, use.modifier) == ("TOKEN", ":?")


@pytest.mark.parametrize("text", ["a '$X'", "a \\$X", 'a "\\$X"', "a <<'E'\n$X\nE\n", "# $X", "a X", "a $'$X'"])
def test_what_is_no_use(text: str) -> None:
    assert shell.variables(parse(text)) == ()


def test_mentions_are_what_is_no_use() -> None:
    text = "echo $X ${X} X '$X' XY $XY # X\nexport X=1"
    assert [span.start for span in shell.mentions(parse(text), "X")] == [
        text.index(" X ") + 1,
        text.index("'$X'") + 2,
        text.index("# X") + 2,
        text.index("X=1"),
    ]
