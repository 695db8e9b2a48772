from __future__ import annotations

import pytest

from rewriter.documents.dockerfile import Logical, Word, expand, references
from rewriter.model.text import Span
from tests.documents.dockerfile.reading import only


def plain(text: str) -> Logical:
    return Logical.verbatim(text, Span(0, len(text)))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("$A/b", [("A", "$A", "")], id="plain"),
        pytest.param("x${A}y", [("A", "${A}", "")], id="braces"),
        pytest.param("$A$B_1-$C", [("A", "$A", ""), ("B_1", "$B_1", ""), ("C", "$C", "")], id="several"),
        pytest.param("${A:-b}", [("A", "${A:-b}", ":-")], id="default"),
        pytest.param("${A-b}${B:+c}${C+d}${D:?e}${F?g}", None, id="operators"),
        pytest.param("${A#b}${A##b}${A%c}${A/d/e}${A//d/e}", None, id="string-operators"),
        pytest.param("'$A'", [], id="single-quotes"),
        pytest.param('"$A"', [("A", "$A", "")], id="double-quotes"),
        pytest.param("\"'$A'\"", [("A", "$A", "")], id="single-quotes-in-double-quotes"),
        pytest.param("\\$A", [], id="escaped"),
        pytest.param('"\\$A"', [], id="escaped-in-quotes"),
        pytest.param("\\\\$A", [("A", "$A", "")], id="escaped-escape"),
        pytest.param("$ $. ${", [], id="no-names"),
        pytest.param("$1$?$@", [("1", "$1", ""), ("?", "$?", ""), ("@", "$@", "")], id="special-names"),
        pytest.param("$Äé²", [("Äé", "$Äé", "")], id="letters-of-any-script"),
        pytest.param(
            "${A:-${B:-$C}}", [("A", "${A:-${B:-$C}}", ":-"), ("B", "${B:-$C}", ":-"), ("C", "$C", "")], id="nested"
        ),
        pytest.param("${A:-'$B'}", [("A", "${A:-'$B'}", ":-")], id="nested-in-single-quotes"),
        pytest.param("it's $A", [("A", "$A", "")], id="open-single-quote"),
        pytest.param('"$A', [("A", "$A", "")], id="open-double-quote"),
        pytest.param("${A:-$B", [("A", "${A:-$B", ":-"), ("B", "$B", "")], id="open-brace"),
        pytest.param("${A^^} $B", [("B", "$B", "")], id="unknown-operator"),
        pytest.param("${!A} ${} ${:x} $B", [("B", "$B", "")], id="bad-substitutions"),
        pytest.param("${A:0:3}", [("A", "${A:0:3}", ":0")], id="substring"),
    ],
)
def test_references(text: str, expected: list[tuple[str, str, str]] | None) -> None:
    found = references(plain(text))
    if expected is None:
        assert [item.span.of(text) for item in found] == [f"${{{part}" for part in text.split("${")[1:]]
        assert "".join(f"${{{r.name}{r.operator}{r.word.text if r.word else ''}}}" for r in found) == text
        return
    assert [(item.name, item.span.of(text), item.operator) for item in found] == expected
    assert all(item.name_span.of(text) == item.name for item in found)


def test_a_reference_tells_quote_word_and_nesting() -> None:
    first, second = references(plain('a"${A:-x$B}"'))
    assert (first.quote, first.nested, first.word and first.word.text) == ('"', False, "x$B")
    assert (second.quote, second.nested, second.word) == ('"', True, None)


def test_quotes_mean_nothing_in_a_heredoc() -> None:
    assert [item.name for item in references(plain("'$A' \\$B \"$C\""), quotes=False)] == ["A", "C"]


def test_references_over_lines_keep_their_place() -> None:
    source = "FROM scratch\nENV A=${B\\\n:-\\\n$C}"
    value = only("ENV A=${B\\\n:-\\\n$C}").assignments[0].value
    assert value is not None
    assert [item.span.of(source) for item in references(value)] == ["${B\\\n:-\\\n$C}", "$C"]


def test_references_in_json() -> None:
    source = 'FROM scratch\nCOPY ["$A\'$B\'", "x"]'
    word = (only(source.removeprefix("FROM scratch\n")).json or ())[0]
    (reference,) = references(word)
    assert reference.span.of(source) == "$A"


def test_deep_nesting_neither_fails_nor_hides_names() -> None:
    found = references(plain("${a:-" * 2000 + "$b" + "}" * 2000))
    assert [item.name for item in found][-1] == "b"


VALUES = {"A": "a.tar.gz", "E": "", "S": "x y", "P": "/usr/bin:/bin"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("plain", "plain", id="plain"),
        pytest.param("$A/${A}", "a.tar.gz/a.tar.gz", id="values"),
        pytest.param("'$A'\"$E\"\\$A", "$A$A", id="quotes-and-escapes"),
        pytest.param('"a\\b\\"\\$"', 'a\\b"$', id="escapes-in-quotes"),
        pytest.param("$U", None, id="unknown"),
        pytest.param("${U:-x}", None, id="unknown-with-default"),
        pytest.param("${E:-x$A}", "xa.tar.gz", id="default-for-empty"),
        pytest.param("${E-x}", "", id="empty-is-set"),
        pytest.param("${A:+x}${E:+y}${E+z}", "xz", id="alternatives"),
        pytest.param("${A:?x}", "a.tar.gz", id="mandatory"),
        pytest.param("${E:?x}", None, id="mandatory-but-empty"),
        pytest.param("${A#*.} ${A##*.}", "tar.gz gz", id="prefix"),
        pytest.param("${A%.*} ${A%%.*}", "a.tar a", id="suffix"),
        pytest.param("${A%.?z} ${A#?} ${A#x}", "a.tar .tar.gz a.tar.gz", id="patterns"),
        pytest.param("${A%\\*} ${A#\\x}", None, id="pattern-with-a-bad-escape"),
        pytest.param("${A/a/b} ${A//a/b} ${A/q/b}", "b.tar.gz b.tbr.gz a.tar.gz", id="replacement"),
        pytest.param("${A/a*/b}", None, id="replacement-of-a-pattern"),
        pytest.param("${A:0:1}", None, id="substring"),
        pytest.param("'a", None, id="open-quote"),
        pytest.param("${A", None, id="open-brace"),
    ],
)
def test_expand(text: str, expected: str | None) -> None:
    assert expand(plain(text), VALUES.get) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("$U", ""), ("${U:-x}${U-y}${U+z}", "xy"), ("${U?x}", None), ("${U#x}", ""), ("$TARGETARCH", None)],
)
def test_expand_where_all_variables_are_known(text: str, expected: str | None) -> None:
    assert expand(plain(text), VALUES.get, closed=True) == expected


def test_expand_with_the_other_escape() -> None:
    assert expand(plain("C:\\`$A"), VALUES.get, "`") == "C:\\$A"


def test_expand_json_decodes_first() -> None:
    word = Word(plain('"\\u0024A"'), "$A", '"', json=True)
    assert expand(word, VALUES.get) == "a.tar.gz"


def test_values_do_not_grow_without_bound() -> None:
    assert expand(plain("$X" * 40), {"X": "x" * 1000}.get) is None
