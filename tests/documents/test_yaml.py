"""Located YAML: spans, aliases, limits, and edits that touch the lines of one entry."""

from __future__ import annotations

import pytest

from rewriter.documents.yaml import (
    Mapping,
    Node,
    Scalar,
    Sequence,
    Style,
    defines_anchor,
    entries,
    get,
    insert_entry,
    insert_key,
    parse,
    remove_entry,
    walk,
)
from rewriter.errors import ParseError
from rewriter.model.text import Source, apply


def _root(text: str) -> Node:
    return parse(Source("a.yml", text))[0]


def _at(text: str, *keys: str | int) -> Node:
    node = get(_root(text), *keys)
    assert node is not None
    return node


def _collection(text: str, *keys: str | int) -> Mapping | Sequence:
    node = _at(text, *keys)
    assert not isinstance(node, Scalar)
    return node


@pytest.mark.parametrize(
    ("text", "written", "value", "style"),
    [
        ("k: abc # c\n", "abc", "abc", Style.PLAIN),
        ("k: 'it''s'\n", "'it''s'", "it's", Style.SINGLE),
        ('k: "a\\n"\n', '"a\\n"', "a\n", Style.DOUBLE),
        ("k: |\n  a\n\n  b\n\n# c\n", "|\n  a\n\n  b", "a\n\nb\n", Style.LITERAL),
        ("k: >-  # c\n  a\n  b\nx: 1\n", ">-  # c\n  a\n  b", "a b", Style.FOLDED),
        ("k: &a !t abc\n", "abc", "abc", Style.PLAIN),
        ("k: &a # c\n  abc\n", "abc", "abc", Style.PLAIN),
        ("k:\n", "", "", Style.PLAIN),
        ("\ufeffk: abc\r\n", "abc", "abc", Style.PLAIN),
        ("k: ä\U0001f600 b\n", "ä\U0001f600 b", "ä\U0001f600 b", Style.PLAIN),
        ("k: a\u2028b\n", "a\u2028b", "a\ufffdb", Style.PLAIN),
        ("k: \udc80\n", "\udc80", "\ufffd", Style.PLAIN),
    ],
)
def test_scalars_know_their_places(text: str, written: str, value: str, style: Style) -> None:
    node = _at(text, "k")
    assert isinstance(node, Scalar)
    assert (node.span.of(text), node.value, node.style) == (written, value, style)


def test_collections_know_their_places() -> None:
    text = "a: &x\n  b: 1\n  c:\n  - 1\n  - {d: [2]}\n\n# c\ne: *x\n"
    assert _at(text, "a").span.of(text) == "b: 1\n  c:\n  - 1\n  - {d: [2]}"
    assert _at(text, "a", "c").span.of(text) == "- 1\n  - {d: [2]}"
    assert _at(text, "a", "c", 1, "d").span.of(text) == "[2]"
    alias = _at(text, "e")
    assert alias.alias is not None
    assert (alias.alias.name, alias.place.of(text)) == ("x", "*x")
    assert defines_anchor(_at(text, "a"))
    assert not defines_anchor(alias)


def test_null() -> None:
    root = _root("a:\nb: ~\nc: ''\nd: null\n")
    assert [isinstance(node, Scalar) and node.is_null for node in (get(root, key) for key in "abcd")] == [
        True, True, False, True,
    ]  # fmt: skip


def test_merge_keys_are_resolved() -> None:
    text = "x: &x {a: 1, b: 1}\ny: &y {b: 2, c: 2}\nz:\n  <<: [*x, *y]\n  a: 0\n"
    found = entries(_collection_of(text, "z"))
    assert {one.key.value: (_text(one.value), one.shared) for one in found} == {
        "a": ("0", False),
        "b": ("1", True),
        "c": ("2", True),
    }
    assert _text(get(_root(text), "z", "c")) == "2"


def _collection_of(text: str, key: str) -> Mapping:
    node = _at(text, key)
    assert isinstance(node, Mapping)
    return node


def _text(node: Node | None) -> str:
    assert isinstance(node, Scalar)
    return node.value


def test_documents() -> None:
    assert len(parse(Source("a.yml", "a: 1\n---\nb: 2\n"))) == 2
    assert parse(Source("a.yml", "# nothing\n")) == ()


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("a: 1\na: 2\n", 2, "key 'a' twice"),
        ("a:\n\t- 1\n", 2, "is not YAML"),
        ("a: {{ b }}\n", 1, "is a template"),
        ("{% if x %}\na: 1\n", 1, "is a template"),
        ("a: *b\n", 1, "unknown or unfinished anchor"),
        ("a: &a [*a]\n", 1, "unknown or unfinished anchor"),
        ("? a\n: b\n", 1, "explicit key"),
        ("[a]: b\n", 1, "not a plain value"),
        ("a: 1\rb: 2\n", 1, "carriage return"),
        ("a: \x00\n", 0, "characters that YAML forbids"),
        ("[" * 200, 1, "nests deeper"),
        ("a: &a 1\nb: [" + "*a," * 1001 + "]\n", 2, "aliases"),
        ("x" * 2_000_001, 0, "longer than"),
        ("a: 'b\n", 2, "is not YAML"),
    ],
)
def test_what_cannot_be_read(text: str, line: int, what: str) -> None:
    with pytest.raises(ParseError, match=what) as raised:
        parse(Source("a.yml", text))
    assert raised.value.line == line


def test_a_nest_of_aliases_stays_small() -> None:
    levels = [f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]" for n in range(1, 40)]
    root = _root("l0: &l0 x\n" + "\n".join(levels) + "\n")
    assert sum(1 for _ in walk(root)) < 1000
    repr(root)


@pytest.mark.parametrize(
    ("before", "keys", "index", "after"),
    [
        ("a:\n  # one\n  b: 1 # c\n  # two\n  d: 2\ne: 3\n", ("a",), 0, "a:\n  # one\n  # two\n  d: 2\ne: 3\n"),
        ("a:\n  b: 1\n  d: |\n    x\n\n    y\ne: 3\n", ("a",), 1, "a:\n  b: 1\ne: 3\n"),
        ("a:\n- 1\n- b:\n    c\n- 3\n", ("a",), 1, "a:\n- 1\n- 3\n"),
        ("a:\n-\n- 2\n", ("a",), 0, "a:\n- 2\n"),
        ("- a: 1 # x\n  # y\n  b: 2\n", (0,), 0, "- # y\n  b: 2\n"),
        ("- a: 1\n  b: 2\n", (0,), 0, "- b: 2\n"),
        ("a: 1\r\nb: 2\r\n", (), 1, "a: 1\r\n"),
        ("a: 1\nb: 2", (), 1, "a: 1"),
        ("a: 1\r\nb: 2", (), 1, "a: 1"),
        ("\ufeffa: 1\nb: 2\n", (), 0, "\ufeffb: 2\n"),
        ("a: {b: 1, c: 2} # d\n", ("a",), 0, "a: {c: 2} # d\n"),
        ("a: {b: 1, c: 2}\n", ("a",), 1, "a: {b: 1}\n"),
        ("a: [1, 2, 3]\n", ("a",), 1, "a: [1, 3]\n"),
        ("a: [1]\n", ("a",), 0, "a: []\n"),
        ("a: [1, 2,]\n", ("a",), 1, "a: [1,]\n"),
        ("a: [\n  1, # x\n  2, # y\n  3\n]\n", ("a",), 1, "a: [\n  1, # x\n  3\n]\n"),
        ("a: [\n  1, # x\n  2\n]\n", ("a",), 1, "a: [\n  1 # x\n]\n"),
        ("a: &x 1\nb: 2\n", (), 0, "b: 2\n"),
    ],
)
def test_remove(before: str, keys: tuple[str | int, ...], index: int, after: str) -> None:
    assert apply(before, remove_entry(Source("a.yml", before), _collection(before, *keys), index)) == after


@pytest.mark.parametrize(
    ("before", "keys", "lines", "index", "after"),
    [
        ("a:\n  b: 1 # c\nd: 2\n", ("a",), ["x:", "  y: 1"], None, "a:\n  b: 1 # c\n  x:\n    y: 1\nd: 2\n"),
        ("a:\n  b: 1\n  c: 2\n", ("a",), ["x: 1"], 1, "a:\n  b: 1\n  x: 1\n  c: 2\n"),
        ("- a: 1\n", (0,), ["x: 1"], 0, "- x: 1\n  a: 1\n"),
        ("a:\n- 1\n", ("a",), ["- 2"], None, "a:\n- 1\n- 2\n"),
        ("a: 1", (), ["b: 2"], None, "a: 1\nb: 2"),
        ("a: 1\r\n", (), ["b: 2"], None, "a: 1\r\nb: 2\r\n"),
        ("a: [1, 2]\n", ("a",), ["3"], None, "a: [1, 2, 3]\n"),
        ("a: []\n", ("a",), ["3"], None, "a: [3]\n"),
        ("a: [1, 2]\n", ("a",), ["0"], 0, "a: [0, 1, 2]\n"),
        ("a: [1, 2,]\n", ("a",), ["3"], None, "a: [1, 2, 3]\n"),
        ("a: [\n  1,\n  2\n]\n", ("a",), ["3"], None, "a: [\n  1,\n  2,\n  3\n]\n"),
        ("a: [\n  1,\n  2,\n]\n", ("a",), ["3"], None, "a: [\n  1,\n  2,\n  3,\n]\n"),
    ],
)
def test_insert(before: str, keys: tuple[str | int, ...], lines: list[str], index: int | None, after: str) -> None:
    source = Source("a.yml", before)
    assert apply(before, insert_entry(source, _collection(before, *keys), lines, index=index)) == after


def test_insert_behind_a_key() -> None:
    text = "a:\n  b: |\n    x\n  c: 1\n"
    node = _collection_of(text, "a")
    assert apply(text, insert_key(Source("a.yml", text), node, ["n: 1"], after="b")) == (
        "a:\n  b: |\n    x\n  n: 1\n  c: 1\n"
    )
    assert apply(text, insert_key(Source("a.yml", text), node, ["n: 1"], after="z")) == text + "  n: 1\n"
    flow = "a: {b: 1, c: 2}\n"
    assert apply(flow, insert_key(Source("a.yml", flow), _collection_of(flow, "a"), ["n: 1"], after="b")) == (
        "a: {b: 1, n: 1, c: 2}\n"
    )
