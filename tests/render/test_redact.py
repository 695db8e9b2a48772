from __future__ import annotations

import base64
import html
import json
import re
import shlex
from urllib.parse import quote

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from rewriter.model.masked import MASK, Masked
from rewriter.render.redact import Redactor

strong = st.text(st.characters(min_codepoint=33, max_codepoint=0x2FF), min_size=6, max_size=40).filter(
    lambda text: re.search(r"[0-9]", text) is not None and "*" not in text
)


def redactor(*values: str) -> Redactor:
    return Redactor(map(Masked, values))


@pytest.mark.parametrize(
    "written",
    [
        "tiger-fourteen&7",
        "prefix-tiger-fourteen&7-suffix",
        "tiger-fourteen%267",
        "tiger-fourteen&amp;7",
        "tiger-\\\n    fourteen&7",
        "tiger-\\\r\n fourteen&7",
        "'tiger'-\"fourteen\"\\&7",
        "tiger-`\n  fourteen&7",
        base64.b64encode(b"tiger-fourteen&7").decode(),
        base64.b64encode(b"user:tiger-fourteen&7").decode(),
        base64.b64encode(b"ab:tiger-fourteen&7 and more").decode(),
        b"tiger-fourteen&7".hex(),
    ],
)
def test_hides_a_value_however_it_is_written(written: str) -> None:
    shown = redactor("tiger-fourteen&7").text(f"before {written} after")
    assert shown.startswith("before ")
    assert shown.endswith(" after")
    assert MASK in shown
    assert "fourteen" not in shown
    core = base64.b64encode(b"ger-fourteen").decode()[:12]
    assert core not in shown


@given(strong, st.sampled_from(["raw", "json", "url", "shell", "html", "base64", "user"]), st.text(), st.text())
def test_no_form_of_a_value_is_left(value: str, form: str, before: str, after: str) -> None:
    written = {
        "raw": value,
        "json": json.dumps(value)[1:-1],
        "url": quote(value, safe=""),
        "shell": shlex.quote(value),
        "html": html.escape(value),
        "base64": base64.b64encode(value.encode()).decode(),
        "user": base64.b64encode(f"u:{value}".encode()).decode(),
    }[form]
    shown = redactor(value).text(before + written + after)
    assert value not in shown
    if form != "shell":  # its quotes may stand
        assert written not in shown
    inner = written.strip("'=")[4:-4]
    assume(len(inner) > 8 and inner not in before + after)
    assert inner not in shown


@given(st.lists(strong, min_size=1, max_size=4), st.data())
def test_no_value_is_left_in_a_document(values: list[str], data: st.DataObject) -> None:
    pieces = data.draw(st.lists(st.one_of(st.sampled_from(values), st.text(max_size=5)), max_size=12))
    text = "".join(pieces)
    lines = redactor(*values).lines(text)
    assert len(lines) == len(re.findall(r"[^\n]*\n|[^\n]+", text))
    for value in values:
        assert value not in "".join(lines)


def test_a_longer_value_is_hidden_before_a_shorter_one_in_it() -> None:
    assert redactor("tiger9", "tiger9-and-more").text("x=tiger9-and-more;") == "x=****;"


def test_values_that_overlap_are_hidden_whole() -> None:
    assert redactor("tiger9lion", "lion7bear").name("tiger9lion7bear") == MASK


def test_a_value_of_several_lines_is_hidden_line_by_line() -> None:
    key = "-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG9w0\nAQEFAASCBKcwggSjAgEAAoI\n-----END KEY-----\n"
    document = f"FROM x\nRUN echo '{key}' > key\nUSER me\n"
    lines = redactor(key).lines(document)
    assert len(lines) == len(document.splitlines())
    assert lines[0] == "FROM x\n"
    assert lines[-1] == "USER me\n"
    assert "MIIE" not in "".join(lines)
    assert "AQEF" not in redactor(key).text("only a part: AQEFAASCBKcwggSjAgEAAoI")


def test_a_value_over_continued_lines_keeps_their_number_and_ends() -> None:
    lines = redactor("tigerfourteen7").lines("ENV A=tiger\\\r\n  fourteen7 B=c\r\n")
    assert lines == ("ENV A=****\r\n", "**** B=c\r\n")


def test_a_plain_word_is_hidden_as_a_word_and_not_in_names() -> None:
    weak = redactor("changeme")
    assert weak.text("the password is changeme.") == "the password is ****."
    assert weak.lines("PASSWORD: changeme\nUSER: changeme\n") == ("PASSWORD: ****\n", "USER: ****\n")
    assert weak.name("docker/changeme/Dockerfile") == "docker/changeme/Dockerfile"
    assert weak.text("id=changeme_password") == "id=changeme_password"


@pytest.mark.parametrize(
    "line",
    [
        "POSTGRES_PASSWORD: {}",
        "POSTGRES_PASSWORD={}",
        'ENV PGPASSWORD "{}"',
        "      - POSTGRES_PASSWORD={}",
        '{{"password": "{}"}}',
        "RUN psql --password {} -c x",
        "DATABASE_URL: postgres://app:{}@db/app",
        "URL=amqp://{}@mq",
        '["--requirepass", "{}"]',
        "AUTH_TOKEN: '{}'",
        "RUN mysql -p {} -e x",
    ],
)
def test_an_ordinary_word_is_hidden_where_it_is_given_as_a_credential(line: str) -> None:
    hidden = redactor("postgres", "secret").lines(line.format("postgres"))[0]
    expected = line.format("****") if "amqp" not in line else line.format("postgres")
    assert hidden == expected


def test_an_ordinary_word_tells_nothing_elsewhere() -> None:
    ordinary = redactor("postgres", "secret")
    kept = "    image: postgres:16\n      POSTGRES_USER: postgres\n# Read a secret from its file.\n"
    assert "".join(ordinary.lines(kept)) == kept
    assert ordinary.lines("USER: postgres\n- postgres\n", owned={2}) == ("USER: postgres\n", "- ****\n")
    assert ordinary.text("gives the service postgres a secret") == "gives the service postgres a secret"


def test_a_short_value_is_hidden_only_in_lines_of_findings() -> None:
    short = redactor("ab")
    document = "RUN ab\nENV PIN=ab LAB=ab-c cab=1\n"
    assert short.lines(document, {2}) == ("RUN ab\n", "ENV PIN=**** LAB=ab-c cab=1\n")
    assert short.text("ab") == "ab"


@pytest.mark.parametrize("values", [(), ("",), (MASK,)])
def test_nothing_to_hide_changes_nothing(values: tuple[str, ...]) -> None:
    assert redactor(*values).text("a **** b") == "a **** b"


def test_a_value_that_is_not_utf8_is_hidden() -> None:
    assert redactor("tig\udce9r7").text("x tig\udce9r7 y") == "x **** y"
    assert redactor("tig\ud83dr7").text("x tig\ud83dr7 y") == "x **** y"


@given(st.text(max_size=200), st.lists(st.text(max_size=12), max_size=5))
def test_any_text_and_any_values_are_taken(text: str, values: list[str]) -> None:
    redactor(*values).text(text)
    redactor(*values).lines(text, range(99))
