from __future__ import annotations

import pytest

from rewriter.errors import ParseError
from tests.documents.dockerfile.reading import only, read


@pytest.mark.parametrize(
    ("word", "name", "expand", "strip_tabs", "fd"),
    [
        pytest.param("<<EOF", "EOF", True, False, 0, id="plain"),
        pytest.param("<<-EOF", "EOF", True, True, 0, id="tabs"),
        pytest.param("<<'EOF'", "EOF", False, False, 0, id="single-quotes"),
        pytest.param('<<"EOF"', "EOF", False, False, 0, id="double-quotes"),
        pytest.param("<<E'O'F", "EOF", False, False, 0, id="partly-quoted"),
        pytest.param("<<'a b'", "a b", False, False, 0, id="blank-in-the-name"),
        pytest.param("<<E\\'F", "E'F", True, False, 0, id="escaped-quote"),
        pytest.param("3<<EOF", "EOF", True, False, 3, id="descriptor"),
        pytest.param("<<$EOF", "$EOF", True, False, 0, id="variable-is-no-variable"),
        pytest.param("<<file.txt", "file.txt", True, False, 0, id="file-name"),
        pytest.param("<< \t EOF", "EOF", True, False, 0, id="blanks-before-the-name"),
        pytest.param("<< -EOF", "-EOF", True, False, 0, id="dash-in-the-name"),
    ],
)
def test_openers(word: str, name: str, *, expand: bool, strip_tabs: bool, fd: int) -> None:
    text = f"RUN cat {word} >x\nbody\n{name}\nCMD a"
    source = "FROM scratch\n" + text
    (heredoc,) = read(source).instructions[1].heredocs
    assert (heredoc.name, heredoc.expand, heredoc.strip_tabs, heredoc.fd) == (name, expand, strip_tabs, fd)
    assert heredoc.opener.of(source) == word
    assert heredoc.body.of(source) == "body\n"
    assert heredoc.terminator.of(source) == name


@pytest.mark.parametrize(
    "text",
    [
        pytest.param('RUN echo "<<EOF"', id="in-double-quotes"),
        pytest.param('RUN echo "x <<EOF"', id="word-in-quotes"),
        pytest.param("RUN echo '<<EOF'", id="in-single-quotes"),
        pytest.param("RUN echo \\<<EOF", id="escaped"),
        pytest.param("RUN cat <<<EOF", id="here-string"),
        pytest.param("RUN cat<<EOF", id="within-a-word"),
        pytest.param("RUN cat >x<<EOF", id="behind-a-redirection"),
        pytest.param("RUN echo $((1<<2))", id="shift"),
        pytest.param("RUN cat <<- EOF", id="blank-behind-the-dash"),
        pytest.param("RUN cat <<", id="no-name"),
        pytest.param("RUN cat <<''", id="empty-name"),
        pytest.param("RUN echo it's <<EOF", id="line-with-an-open-quote"),
        pytest.param("RUN echo ${X^^} <<EOF", id="line-with-a-substitution-buildkit-does-not-know"),
        pytest.param("RUN cat <<EOF${X:-y}", id="name-with-a-default"),
        pytest.param('RUN cat <<"EOF${X:-y}"', id="quoted-name-with-a-default"),
        pytest.param('RUN ["<<EOF"]', id="json"),
        pytest.param("CMD cat <<EOF", id="cmd"),
        pytest.param("USER <<EOF", id="user"),
        pytest.param("ONBUILD CMD <<EOF", id="onbuild-of-another"),
    ],
)
def test_no_heredoc(text: str) -> None:
    assert only(text).heredocs == ()


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("RUN echo $(( 1 <<2 ))\n2\n", id="shift-with-blanks"),
        pytest.param("RUN echo ${X:-<<a <<2 }\n2\n", id="within-a-default"),
        pytest.param("RUN echo ${X#y} ${X/a/b} ${X:0:3} <<2\n2\n", id="line-with-known-substitutions"),
    ],
)
def test_a_heredoc_where_the_shell_sees_none(text: str) -> None:
    (heredoc,) = only(text).heredocs
    assert heredoc.name == "2"


def test_the_terminator_is_the_whole_line() -> None:
    source = "FROM scratch\nRUN <<E\n E\nE \nE\\\nxE\n\tE\nE\r\n"
    (heredoc,) = read(source).instructions[1].heredocs
    assert heredoc.body.of(source) == " E\nE \nE\\\nxE\n\tE\n"
    assert heredoc.terminator.of(source) == "E"


def test_tabs_before_the_terminator() -> None:
    source = "FROM scratch\nRUN <<-E\n\tbody\n E\n\t\tE\nCMD x"
    (heredoc,) = read(source).instructions[1].heredocs
    assert heredoc.body.of(source) == "\tbody\n E\n"
    assert heredoc.terminator.of(source) == "E"
    assert len(read(source).instructions) == 3


def test_a_heredoc_may_end_the_file_and_may_be_empty() -> None:
    source = "FROM scratch\nRUN <<E\nE"
    (heredoc,) = read(source).instructions[1].heredocs
    assert heredoc.body.of(source) == ""
    assert read(source).instructions[1].span.end == len(source)


def test_two_heredocs_in_order_behind_all_lines() -> None:
    source = "FROM scratch\nCOPY <<X \\\n  <<Y /z\nY\nX\n# no comment\nY\n"
    instruction = read(source).instructions[1]
    assert [item.body.of(source) for item in instruction.heredocs] == ["Y\n", "# no comment\n"]
    assert instruction.arguments.text == "<<X   <<Y /z"
    assert (instruction.line, instruction.end_line) == (2, 7)


def test_a_heredoc_under_onbuild() -> None:
    source = "FROM scratch\nONBUILD RUN <<E\nENV FAKE=1\nE\nCMD x\n"
    outer = read(source).instructions[1]
    assert outer.trigger is not None
    assert outer.trigger.heredocs == outer.heredocs
    assert outer.heredocs[0].body.of(source) == "ENV FAKE=1\n"
    assert outer.trigger.span.of(source) == "RUN <<E\nENV FAKE=1\nE\n"


def test_the_backslash_escapes_in_heredoc_words_whatever_the_directive() -> None:
    assert read("# escape=`\nFROM a\nRUN cat \\<<E `<<E\n").instructions[1].heredocs == ()


def test_an_unterminated_heredoc() -> None:
    with pytest.raises(ParseError, match="unterminated heredoc") as caught:
        read("FROM a\n\nRUN <<E\n E\n")
    assert caught.value.line == 3


def test_variables_nested_too_deep_to_tell() -> None:
    with pytest.raises(ParseError, match="nested more than 50 deep"):
        only(f"RUN << {'${a:-' * 60}{'}' * 60}")
