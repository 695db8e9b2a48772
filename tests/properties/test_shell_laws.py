"""Laws of the shell reader: it never fails otherwise than by `ShellError`, and its spans tell the truth."""

from __future__ import annotations

from collections.abc import Iterator
from time import process_time

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from rewriter.documents import shell
from rewriter.documents.shell import Dialect, Part, Script, ShellError, Word, parse
from rewriter.documents.shell.walk import redirects_of, words_of
from rewriter.model.text import Span

PIECES = (
    *"abX \t\n;&|<>(){}[]$`'\"\\#!=+-~*?@:%/,^1",
    *("&&", "||", ";;", "<<E\n", "\nE\n", "<<-'E'\n", "$(", "${", "$((", "))", "((", "\\\n", "\r\n", "<(", "2>&1"),
    *("if ", "; then ", "; fi", "for x in ", "; do ", "; done", "case x in ", "esac", "while ", "{ ", "; }", "[[ "),
    *(" ]]", "$X", "${X:-", "$'", "X=", "a=(", "f() ", "function ", "time ", "export ", "sh -c '", "set -x", "é"),
)
SOUP = st.lists(st.sampled_from(PIECES), max_size=40).map("".join)

NAMES = st.sampled_from(["a", "npm ci", "X=1 b", "c $X", 'd "${Y:-$Z}"', "e 'f g'", "h > i", "j $(k)", "l `m`"])
LISTS = st.recursive(
    NAMES,
    lambda inner: st.one_of(
        st.builds("{} && {}".format, inner, inner),
        st.builds("{}; {}".format, inner, inner),
        st.builds("{} || {}".format, inner, inner),
        st.builds("{} | {}".format, inner, inner),
        st.builds("{}\n{}".format, inner, inner),
        st.builds("{} \\\n && {}".format, inner, inner),
        st.builds("{{ {}; }}".format, inner),
        st.builds("( {} )".format, inner),
        st.builds("if {}; then {}; fi".format, inner, inner),
        st.builds("for x in 1 2; do {}; done".format, inner),
        st.builds("case x in y) {} ;; esac".format, inner),
        st.builds("z <<E\n{}\nE\n{}".format, NAMES, inner),
        st.builds('y "$( {} )"'.format, inner),
        st.builds("# {}\n{}".format, NAMES, inner),
    ),
    max_leaves=8,
)
LAW = settings(deadline=None)
TEXTS = st.one_of(st.text(), SOUP, LISTS)


def read(text: str, dialect: Dialect = Dialect.POSIX_OR_BASH) -> Script | None:
    try:
        return parse(text, dialect=dialect)
    except ShellError as error:
        fault = error
    assert 0 <= fault.offset <= len(text)
    return None


def parsed(text: str) -> Script:
    script = read(text)
    assume(script is not None)
    assert script is not None
    return script


def spans(script: Script) -> Iterator[tuple[Span, Span]]:
    """Yield every span with one that must cover it."""
    for item in script.items:
        yield script.span, item.span
        yield item.span, item.node.span
    for node in shell.nodes(script):
        for word in words_of(node):
            yield node.span, word.span
            yield from within(word.span, word.parts)
        for redirect in redirects_of(node):
            if redirect.heredoc is not None:
                yield from within(redirect.heredoc.body, redirect.heredoc.parts)


def within(outer: Span, parts: tuple[Part, ...]) -> Iterator[tuple[Span, Span]]:
    for part in parts:
        yield outer, part.span
        match part:
            case shell.DoubleQuoted(inner) | shell.Arithmetic(parts=inner):
                yield from within(part.span, inner)
            case shell.Variable():
                yield from within(part.span, (*part.index, *part.argument))
            case shell.Array(words):
                for word in words:
                    yield part.span, word.span
                    yield from within(word.span, word.parts)
            case shell.CommandSubstitution(script) | shell.ProcessSubstitution(script):
                yield part.span, script.span
                yield from spans(script)
            case _:
                pass


def words(script: Script) -> list[Word]:
    return [word for node in shell.nodes(script) for word in words_of(node) if word.text]


@LAW
@given(TEXTS, st.sampled_from(Dialect))
def test_any_text_is_read_or_refused(text: str, dialect: Dialect) -> None:
    read(text, dialect)


@LAW
@given(TEXTS)
def test_every_answer_can_be_had_of_every_script(text: str) -> None:
    script = parsed(text)
    shell.variables(script)
    shell.assignments(script)
    shell.exports(script)
    shell.prints_environment(script)
    shell.mentions(script, "X")
    for visit in shell.commands(script):
        shell.unwrap(visit.command)
        shell.nested_scripts(visit.command)


@LAW
@given(TEXTS)
def test_spans_lie_in_the_text_and_nest(text: str) -> None:
    script = parsed(text)
    whole = Span(0, len(text))
    for outer, inner in spans(script):
        assert outer.covers(inner)
        assert whole.covers(inner)


@LAW
@given(TEXTS)
def test_a_word_is_the_text_of_its_span(text: str) -> None:
    for word in words(parsed(text)):
        assert word.text == word.span.of(text)


@LAW
@given(TEXTS)
def test_parts_tile_their_word(text: str) -> None:
    for word in words(parsed(text)):
        position = word.span.start
        for part in word.parts:
            assert part.span.start == position
            position = part.span.end
        assert position == word.span.end


@LAW
@given(TEXTS)
def test_uses_are_written_where_they_are_said_to_be(text: str) -> None:
    for use in shell.variables(parsed(text)):
        assert use.name in use.span.of(text).replace("\\", "")


@LAW
@given(TEXTS)
def test_commands_come_in_order_and_whole(text: str) -> None:
    script = parsed(text)
    starts = [visit.command.span.start for visit in shell.commands(script)]
    assert starts == sorted(starts)


@LAW
@given(TEXTS)
def test_a_word_with_a_value_has_no_uses(text: str) -> None:
    script = parsed(text)
    uses = shell.variables(script)
    for word in words(script):
        if word.value is not None:
            assert not any(word.span.covers(use.span) for use in uses)


@LAW
@given(TEXTS)
def test_what_posix_accepts_is_read_alike_by_both_dialects(text: str) -> None:
    posix = read(text, Dialect.POSIX)
    both = read(text)
    assume(posix is not None and both is not None and "((" not in text and "time" not in text and "$[" not in text)
    assert posix == both


@LAW
@given(TEXTS, st.data())
def test_removing_an_element_leaves_the_other_commands_as_they_are(text: str, data: st.DataObject) -> None:
    script = parsed(text)
    visits = list(shell.commands(script))
    assume(visits)
    target = visits[data.draw(st.integers(0, len(visits) - 1))].command
    span = shell.remove_element(script, target)
    if span is None:
        return
    assert span.covers(target.span)
    rest = text[: span.start] + text[span.end :]
    after = [visit.command.span.of(rest) for visit in shell.commands(parse(rest))]
    gone = [visit for visit in visits if visit.command is target or any(one is target for one in visit.path)]
    kept = [visit.command.span.of(text) for visit in visits if visit not in gone]
    assert after == kept
    assert len(after) == len(visits) - len(gone)


@LAW
@given(LISTS)
def test_generated_lists_are_read(text: str) -> None:
    assert read(text) is not None


@settings(LAW, max_examples=30)
@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=3).map("".join))
def test_repeated_text_is_read_in_reasonable_time(unit: str) -> None:
    started = process_time()
    read(unit * (20_000 // len(unit)))
    assert process_time() - started < 2
