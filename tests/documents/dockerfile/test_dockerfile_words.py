from __future__ import annotations

import pytest

from rewriter.documents.dockerfile import Instruction
from tests.documents.dockerfile.reading import only, read, texts, values


def test_keyword_in_any_case_and_its_span() -> None:
    document = read("from a\n  rUn b")
    assert [item.keyword for item in document.instructions] == ["FROM", "RUN"]
    assert texts(document, (item.keyword_span for item in document.instructions)) == ["from", "rUn"]


def flags(instruction: Instruction) -> list[tuple[str, str | None]]:
    return [(flag.name, flag.value) for flag in instruction.flags]


@pytest.mark.parametrize(
    ("text", "expected", "rest"),
    [
        pytest.param("RUN --mount=type=cache x", [("mount", "type=cache")], "x", id="one"),
        pytest.param("COPY --link --from=b x y", [("link", None), ("from", "b")], "x y", id="without-a-value"),
        pytest.param("RUN --x=1 \\\n # c\n --y=2 \\\n z", [("x", "1"), ("y", "2")], "z", id="over-lines"),
        pytest.param("RUN x --mount=type=cache", [], "x --mount=type=cache", id="behind-a-word"),
        pytest.param("RUN --x=1 -- --y z", [("x", "1")], "--y z", id="ended"),
        pytest.param("RUN -- x", [], "x", id="ended-at-once"),
        pytest.param("RUN --x='a b' y", [("x", "a b")], "y", id="single-quotes"),
        pytest.param('RUN --x="a b" y', [("x", "a b")], "y", id="double-quotes"),
        pytest.param("RUN --x=a\\ b y", [("x", "a b")], "y", id="escape"),
        pytest.param("RUN --x='a\\'b' y", [("x", "a'b")], "y", id="escape-in-single-quotes"),
        pytest.param('RUN --x="a y', [("x", "a y")], "", id="quote-without-its-end"),
        pytest.param("RUN --x=a\\", [("x", "a")], "", id="escape-without-its-character"),
        pytest.param("RUN --x=a=b y", [("x", "a=b")], "y", id="equals-in-the-value"),
        pytest.param("RUN --x=é y", [("x", "é")], "y", id="beyond-ascii"),
        pytest.param("RUN --x='\u00a0' y", [("x", "\u00a0")], "y", id="beyond-ascii-in-quotes"),
        pytest.param("RUN --X=y z", [("x", "y")], "z", id="upper-case"),
    ],
)
def test_flags(text: str, expected: list[tuple[str, str | None]], rest: str) -> None:
    instruction = only(text)
    assert flags(instruction) == expected
    assert instruction.arguments.text == rest


def test_flags_keep_their_place() -> None:
    text = "FROM scratch\nRUN --mount='type=cache,\\\ntarget=/x' y"
    flag = read(text).instructions[1].flags[0]
    assert flag.span.of(text) == "--mount='type=cache,\\\ntarget=/x'"
    assert flag.value_raw.text == "'type=cache,target=/x'"
    assert read(text).instructions[1].flag("mount") == flag
    assert read(text).instructions[1].flag("network") is None


def test_flags_follow_the_escape_directive() -> None:
    document = read("# escape=`\nFROM a\nRUN --x=C:\\y` z w")
    assert flags(document.instructions[1]) == [("x", "C:\\y z")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("COPY a\t b \\\n  c", ["a", "b", "c"], id="blanks"),
        pytest.param("COPY a\u00a0b c", ["a\u00a0b", "c"], id="no-break-space-is-no-blank"),
        pytest.param('COPY "a b" c', ['"a', 'b"', "c"], id="quotes-hold-no-blanks"),
        pytest.param("COPY \"a\" 'b'", ["a", "b"], id="quotes-go"),
        pytest.param("COPY a\\$b c", ["a$b", "c"], id="escapes-go"),
        pytest.param("EXPOSE 80 90/tcp", ["80", "90/tcp"], id="expose"),
        pytest.param("VOLUME /a /b", ["/a", "/b"], id="volume"),
        pytest.param("WORKDIR /a b", ["/a b"], id="workdir-is-one-word"),
        pytest.param("USER a:b", ["a:b"], id="user"),
        pytest.param("MAINTAINER 'a' b", ["'a' b"], id="maintainer-is-verbatim"),
        pytest.param("STOPSIGNAL 9", ["9"], id="stopsignal"),
        pytest.param("HEALTHCHECK --timeout=3s CMD a b", ["CMD"], id="healthcheck-has-its-type"),
        pytest.param("RUN a b", [], id="run-has-none"),
    ],
)
def test_words(text: str, expected: list[str]) -> None:
    assert values(only(text).words) == expected


def test_a_word_knows_its_place_and_its_quote() -> None:
    text = "FROM scratch\nCOPY 'a' \"b\\\nc\" d'e'"
    words = read(text).instructions[1].words
    assert [word.quote for word in words] == ["'", '"', ""]
    assert [word.raw.text for word in words] == ["'a'", '"bc"', "d'e'"]
    assert [word.span.of(text) for word in words] == ["'a'", '"b\\\nc"', "d'e'"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param('CMD ["a", "b c"]', ["a", "b c"], id="cmd"),
        pytest.param("CMD [ ]", [], id="empty"),
        pytest.param('RUN --x=y [ "a" ]', ["a"], id="behind-flags"),
        pytest.param('ENTRYPOINT ["\\u0041\\n\\"\\/\\\\"]', ['A\n"/\\'], id="escapes"),
        pytest.param('CMD ["\\ud83d\\ude00\\ud83d"]', ["😀\ufffd"], id="surrogates"),
        pytest.param('COPY ["a b", "c"]', ["a b", "c"], id="copy"),
        pytest.param('VOLUME ["/a"]', ["/a"], id="volume"),
        pytest.param('SHELL ["a",\\\n"b"]', ["a", "b"], id="over-lines"),
        pytest.param('HEALTHCHECK CMD ["a"]', ["a"], id="healthcheck"),
        pytest.param('CMD ["é\udcff"]', ["é\udcff"], id="any-bytes"),
        pytest.param("CMD ['a']", None, id="single-quotes"),
        pytest.param('CMD ["a"] b', None, id="text-behind"),
        pytest.param('CMD ["a"]]', None, id="bracket-behind"),
        pytest.param('CMD ["a",]', None, id="comma-behind"),
        pytest.param('CMD ["a" "b"]', None, id="no-comma"),
        pytest.param('CMD ["\\x"]', None, id="unknown-escape"),
        pytest.param('CMD ["a\tb"]', None, id="control-character"),
        pytest.param("CMD [NaN]", None, id="not-a-number"),
        pytest.param("CMD [ -f a ]", None, id="test-command"),
        pytest.param('EXPOSE ["80"]', None, id="not-for-expose"),
        pytest.param('CMD x ["a"]', None, id="not-first"),
    ],
)
def test_json(text: str, expected: list[str] | None) -> None:
    words = only(text).json
    assert (None if words is None else values(words)) == expected


def test_json_strings_know_their_place() -> None:
    text = 'FROM scratch\nCMD ["a", \\\n "b"]'
    words = read(text).instructions[1].json or ()
    assert [word.span.of(text) for word in words] == ['"a"', '"b"']
    assert all(word.json and word.quote == '"' for word in words)
    assert read(text).instructions[1].operands == words


def test_the_command_of_a_healthcheck() -> None:
    assert only("HEALTHCHECK --timeout=3s CMD  curl x ").command.text == "curl x"
    assert only("HEALTHCHECK NONE").command.text == ""
    assert only("RUN a b").command.text == "a b"


def assigned(text: str) -> list[tuple[str, str | None]]:
    return [(item.name, item.value.value if item.value else None) for item in only(text).assignments]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("ENV A=1 B=2", [("A", "1"), ("B", "2")], id="several"),
        pytest.param("ENV A=", [("A", "")], id="empty"),
        pytest.param('ENV A=\'x y\' B="z\\""', [("A", "x y"), ("B", 'z"')], id="quotes"),
        pytest.param("ENV A=x\\ y", [("A", "x y")], id="escaped-blank"),
        pytest.param("ENV A=x'y z'w", [("A", "xy zw")], id="quotes-inside"),
        pytest.param("ENV A='x\\' B=y", [("A", "x\\"), ("B", "y")], id="single-quotes-hold-no-escapes"),
        pytest.param("ENV A=b\u00a0C=d", [("A", "b"), ("C", "d")], id="no-break-space-splits"),
        pytest.param("ENV A=b=c", [("A", "b=c")], id="equals-in-the-value"),
        pytest.param("ENV A=$B\\$C", [("A", "$B$C")], id="variables-stay"),
        pytest.param("ENV 'A B'=c", [("A B", "c")], id="quoted-name"),
        pytest.param("ENV A=1 \\\n# c\n B=2\\", [("A", "1"), ("B", "2")], id="over-lines"),
        pytest.param('ENV A="x', [("A", '"x')], id="quote-without-its-end"),
        pytest.param("ENV A b c", [("A", "b c")], id="legacy"),
        pytest.param("ENV A 'b' \"c\"", [("A", "b c")], id="legacy-with-quotes"),
        pytest.param("ENV A b=c", [("A", "b=c")], id="legacy-with-equals"),
        pytest.param("ENV A = b", [("A", "= b")], id="legacy-with-blanks-around-equals"),
        pytest.param("LABEL a b", [("a", "b")], id="legacy-label"),
        pytest.param("LABEL a.b=c 'd e'='f'", [("a.b", "c"), ("d e", "f")], id="label"),
        pytest.param("ARG A", [("A", None)], id="arg"),
        pytest.param("ARG A B=1 C=", [("A", None), ("B", "1"), ("C", "")], id="several-args"),
        pytest.param("RUN A=b", [], id="not-in-run"),
    ],
)
def test_assignments(text: str, expected: list[tuple[str, str | None]]) -> None:
    assert assigned(text) == expected


def test_assignments_know_their_places() -> None:
    text = 'FROM scratch\nENV A="x \\\n y" B=2\nENV C d e\n'
    document = read(text)
    items = [item for instruction in document.instructions for item in instruction.assignments]
    assert texts(document, (item.span for item in items)) == ['A="x \\\n y"', "B=2", "C d e"]
    assert texts(document, (item.name_span for item in items)) == ["A", "B", "C"]
    assert texts(document, (item.value.span for item in items if item.value)) == ['"x \\\n y"', "2", "d e"]
    assert [item.legacy for item in items] == [False, False, True]


def test_onbuild_holds_an_instruction() -> None:
    text = "FROM scratch\n onbuild \\\n copy --from=a b c\n"
    document = read(text)
    outer = document.instructions[1]
    inner = outer.trigger
    assert inner is not None
    assert (outer.keyword, inner.keyword, inner.index) == ("ONBUILD", "COPY", 1)
    assert inner.keyword_span.of(text) == "copy"
    assert inner.span.of(text) == "copy --from=a b c\n"
    assert flags(inner) == [("from", "a")]
    assert values(inner.words) == ["b", "c"]
    assert outer.arguments.text == "copy --from=a b c"
