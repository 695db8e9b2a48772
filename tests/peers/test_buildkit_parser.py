"""Agreement with BuildKit's own parser, as the package `dockerfile` embeds it."""

from __future__ import annotations

from dataclasses import asdict, fields

import pytest
from hypothesis import given

pytest.importorskip("dockerfile")

from rewriter.documents.dockerfile import parse
from rewriter.model.text import Source
from tests.peers.agree import Reading, difference, main, ours, theirs
from tests.peers.dockerfiles import damaged, dockerfiles

PROBES = {
    "empty": "",
    "comments-alone": "# a\n\n",
    "one": "FROM a",
    "crlf": "FROM a\r\nRUN b \\\r\n  c\r\n",
    "byte-order-mark": "\ufeffFROM a\n",
    "byte-order-mark-and-directive": "\ufeff# escape=`\nFROM a\nRUN b `\n c\n",
    "lower-case-and-indented": "  from a\n\trun b\n",
    "tabs-and-blanks": "FROM\t a \t\nRUN \t b\n",
    "lone-carriage-return": "FROM a\nRUN b\rc\n",
    "odd-line-ends": "FROM a\nRUN b\x0bc\x0cd\x85e\u2028f\n",
    "no-break-space-indents": "\u00a0FROM a\n\u2003RUN b\u00a0\n",
    "continuation": "FROM a\nRUN b \\\n c \\ \t\n d\n",
    "continuation-of-the-keyword": "FROM a\nRU\\\nN b\n",
    "continuation-behind-the-keyword": "FROM a\nRUN\\\n b\n",
    "continuation-first": "\\\nFROM a\n",
    "two-escapes-end": "FROM a\nRUN b \\\\\nRUN c\n",
    "three-escapes-end": "FROM a\nRUN b \\\\\\\nRUN c\n",
    "no-break-space-behind-the-escape": "FROM a\nRUN b \\\u00a0\nRUN c\n",
    "end-in-a-continuation": "FROM a\nRUN b \\",
    "end-in-a-continuation-and-comment": "FROM a\nRUN b \\\n# c",
    "empty-continuation-lines": "FROM a\nRUN b \\\n\n  \\\n\n c\n",
    "comment-then-empty-line": "FROM a\nRUN b \\\n# c\n\n d\n",
    "comment-in-quotes": "FROM a\nRUN echo 'b \\\n# c\n d'\n",
    "comment-that-continues": "FROM a\n# b \\\nRUN c\n",
    "directives": "# syntax=x\n# escape=`\nFROM a\nRUN b `\n c \\\n",
    "directive-behind-a-comment": "# c\n# escape=`\nFROM a\nRUN b \\\n c\n",
    "directive-twice": "# escape=`\n# escape=`\nFROM a\n",
    "directive-wrong": "# escape=x\nFROM a\n",
    "directive-blank": "# escape= \nFROM a\n",
    "directive-with-blanks": "  #\tEscape \t=\t` \nFROM a\nRUN b `\n c",
    "flags": "FROM --platform=x a\nCOPY --from=b --chown=c:d e f\n",
    "flags-over-lines": "FROM a\nRUN --mount=type=x \\\n# c\n --network=none \\\n b\n",
    "flags-quoted": "FROM a\nRUN --mount='type=x,id=a b' --x=\"id=c\\\"d\" --y=e\\ f g\n",
    "flags-ended": "FROM a\nRUN --mount=type=x -- --y\n",
    "flags-behind-a-word": "FROM a\nRUN b --mount=type=x\n",
    "json": 'FROM a\nCMD ["b", "c d"]\nRUN [ "e" ]\nSHELL ["f"]\nVOLUME ["/g"]\nCOPY ["h", "i"]\n',
    "json-escapes": 'FROM a\nCMD ["\\u0041\\n\\"", "\\ud83d\\ude00", "\\ud83d"]\n',
    "json-single-quotes": "FROM a\nCMD ['b']\n",
    "json-comma": 'FROM a\nCMD ["b",]\n',
    "json-numbers": "FROM a\nCMD [1]\n",
    "json-nested": 'FROM a\nCMD ["b", ["c"]]\n',
    "json-empty": "FROM a\nCMD []\n",
    "json-over-lines": 'FROM a\nCMD ["b", \\\n "c"]\n',
    "env": "FROM a\nENV A=1 B='2 3' C=\"4 \\\"5\" D=6\\ 7 E=\n",
    "env-legacy": "FROM a\nENV A b  c\nENV B=c d=e\nENV F 'g' \"h\"\nLABEL i j k\n",
    "env-legacy-equals": "FROM a\nENV A = b\n",
    "env-without-value": "FROM a\nENV A\n",
    "env-without-equals": "FROM a\nENV A=1 B\n",
    "env-open-quote": 'FROM a\nENV A="b c\n',
    "env-escape-last": "FROM a\nENV A=b\\\\\n",
    "env-other-escape": "# escape=`\nFROM a\nENV A=b` c B=d\\ e=f\n",
    "env-no-break-space": "FROM a\nENV A=b\u00a0C=d\n",
    "arg": "ARG A\nARG B=1 C D='2 3'\nFROM a\n",
    "healthcheck": 'FROM a\nHEALTHCHECK --timeout=3s CMD b c\nHEALTHCHECK CMD ["d"]\nHEALTHCHECK NONE\n',
    "healthcheck-no-break-space": "FROM a\nHEALTHCHECK CMD \u00a0b\n",
    "healthcheck-lower-case": "FROM a\nhealthcheck  cmd  e\n",
    "one-word": "FROM a\nUSER b c\nWORKDIR /d e\nMAINTAINER f g\nSTOPSIGNAL 9\nEXPOSE 1 2\n",
    "onbuild": 'FROM a\nONBUILD RUN --mount=type=x b\nONBUILD ENV C=d\nONBUILD CMD ["e"]\n',
    "onbuild-malformed": "FROM a\nONBUILD ENV A\n",
    "heredoc": "FROM a\nRUN <<E\nENV FAKE=1\nFROM b\nE\nCMD c\n",
    "heredoc-tabs": "FROM a\nRUN <<-E\n\tb\n\tE\nCMD c\n",
    "heredoc-quoted": "FROM a\nRUN <<'E' <<\"F\" <<G'H' <<\\I\nE\nF\nGH\nI\n",
    "heredoc-blank-in-the-name": "FROM a\nRUN <<-'E O F'\nb\nE O F\n",
    "heredoc-copy": "FROM a\nCOPY <<X <<Y /z\nY\nX\nX\nY\n",
    "heredoc-onbuild": "FROM a\nONBUILD COPY <<E /b\nc\nE\n",
    "heredoc-descriptor": "FROM a\nRUN 3<<E\nE\n",
    "heredoc-over-lines": "FROM a\nRUN cat <<E \\\n# c\n | d\nb\nE\n",
    "heredoc-crlf": "FROM a\r\nRUN <<E\r\nb\r\nE\r\nCMD c\r\n",
    "heredoc-unterminated": "FROM a\nRUN <<E\nb\n E\n",
    "heredoc-in-quotes": "FROM a\nRUN echo \"<<E\" '<<F' \"x <<G\"\n",
    "heredoc-in-json": 'FROM a\nRUN ["<<E"]\n',
    "heredoc-elsewhere": "FROM a\nCMD <<E\nUSER <<E\n",
    "here-string": "FROM a\nRUN cat <<<E\n",
    "shift": "FROM a\nRUN echo $((1<<2))\n",
    "shift-with-blanks": "FROM a\nRUN echo $(( 1 <<2 ))\n",
    "heredoc-behind-a-redirection": "FROM a\nRUN cat >x<<E\n",
    "heredoc-in-an-open-quote": "FROM a\nRUN echo it's <<E\n",
    "heredoc-and-a-bad-substitution": "FROM a\nRUN echo ${X^^} <<E\n",
    "heredoc-and-a-default": "FROM a\nRUN echo ${X:-a b} ${Y:-<<Z <<E }\nE\n",
    "heredoc-other-escape": "# escape=`\nFROM a\nRUN cat <<E` \\\n",
}  # fmt: skip


@pytest.mark.parametrize("text", PROBES.values(), ids=PROBES)
def test_probes(text: str) -> None:
    found = difference(text)
    assert found is None or found.reason, found


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("FROM a\nRUN cat << E\nE\n", "blank after <<"),
        ('FROM a\nCMD ["b"] c\n', "text after a JSON array"),
        ('FROM a\nCMD ["b"] \\\nc\n', "text after a JSON array"),
        ("# check=skip=all\n# escape=`\nFROM a\nRUN b `\n c\n", "check directive"),
        ("# escape=`\nFROM a\nRUN --mount=a` b c\n", "escape directive"),
        ("FROM a\nRUN echo ${X%y} <<E\nE\n", "string operators"),
    ],
)
def test_where_the_oracle_is_older_the_two_differ(text: str, reason: str) -> None:
    found = difference(text)
    assert found is not None
    assert found.reason.startswith(reason)


@given(dockerfiles())
def test_agreement_on_generated_files(text: str) -> None:
    agree(text)


@given(damaged())
def test_agreement_on_damaged_files(text: str) -> None:
    if "\0" not in text and not any(0xDC80 <= ord(char) <= 0xDCFF for char in text):
        agree(text)


def agree(text: str) -> None:
    try:
        found = difference(text)
    except UnicodeDecodeError:  # the oracle cut a character of a flag, and its own answer is no text
        return
    assert found is None or found.reason, found


def test_a_directory_is_compared(tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str]) -> None:
    directory = tmp_path_factory.mktemp("files")
    (directory / "good").write_text("FROM a\nRUN b\n")
    (directory / "strict").write_text("FROM a b\n")
    (directory / "older").write_text('FROM a\nCMD ["b"] c\n')
    (directory / "latin").write_bytes(b"FROM a\nRUN \xe9\n")
    assert main(str(directory)) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if line.startswith(" ") and "    we" not in line and "    BK" not in line] == [
        "     1  agree",
        "     1  expected: text after a JSON array (shell form since 1.9)",
        "     1  not in UTF-8: the oracle cannot read it",
        "     1  only we reject: FROM takes an image, or an image and a name: FROM image AS name",
        "     4  files",
    ]


@pytest.mark.parametrize("field", [field.name for field in fields(Reading)])
def test_a_difference_in_any_field_is_seen(field: str) -> None:
    """Guard against a comparison that compares nothing."""
    text = 'FROM a\nONBUILD RUN b\nRUN --network=x <<E\nc\nE\nCMD ["d"]\n'
    readings = theirs(text)
    assert readings == ours(parse(Source("Dockerfile", text)))
    assert len({asdict(reading)[field] for reading in readings}) > 1
