"""Laws that hold for any text."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rewriter.judgement import (
    Assignment,
    ValueKind,
    Word,
    command_credentials,
    copied_file,
    credential_file,
    file_content,
    judge_name,
    judge_pair,
    judge_value,
    piped_password,
    provider_token,
    secret_id,
    text_credentials,
    url_credentials,
)
from rewriter.judgement.tool_table import ROWS

from .lists import listed
from .shellwords import words
from .tokens import PEM, SIGNED, TOKENS

PIECES = [
    "://", "@", ":", "/", "?", "#", "$", "${", "}", "$(", ")", "`", "%", "{{", "}}", "<", ">", '"', "'", "\\",
    "=", "&", ",", ";", " ", "\n", "\t", "\\n", "-", "--", "_", ".", "*", "https", "postgres", "user", "pass",
    "password", "token", "TOKEN", "secret", "key", "KEY", "Authorization: Bearer ",
    "machine h login u password ", "IDENTIFIED BY ", "PASSWORD '", "_authToken", "-----BEGIN ",
    "PRIVATE KEY-----", "eyJ", "AKIA", "ghp_", "é", "\udc80", "\x00", "0", "a", "Z9", "$TOKEN", "${TOKEN:-x}",
    "$(cat /x)", "changeme", "<token>", "s/a/", "insert", "your", "pass:", "CREATE USER ",
]  # fmt: skip
LAW = settings(deadline=None)
SOUP = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=6)), max_size=25).map("".join)
TEXT = st.one_of(st.text(max_size=200), SOUP)
NAMES = st.one_of(
    st.text(max_size=60),
    st.lists(
        st.sampled_from(listed("npm db token key Password FILE url id public secret 2 aws access auth")), max_size=6
    ).map("_".join),
)
TOOLS = st.sampled_from(
    sorted({tool for row in ROWS for tool in row.tools} | {"echo", "printf", "sed", "sudo", "env", "x"})
)
OPTIONS = sorted(
    {option.rstrip("*") for row in ROWS for option in row.options} | {word for row in ROWS for word in row.words}
)
ARGUMENTS = st.lists(st.one_of(TEXT, st.sampled_from(OPTIONS)), max_size=8)


def inside(start: int, end: int, text: str) -> bool:
    return 0 <= start < end <= len(text)


@LAW
@given(NAMES)
def test_names(name: str) -> None:
    verdict = judge_name(name)
    assert verdict.reason
    assert verdict.secret == (verdict.category is not None)
    assert not (verdict.secret and verdict.ruled_out)


@LAW
@given(NAMES)
def test_the_style_of_a_name_does_not_matter(name: str) -> None:
    if name.isascii() and name.islower() and "_" in name:
        assert judge_name(name).secret == judge_name(name.upper()).secret
        assert judge_name(name).secret == judge_name(name.replace("_", "-")).secret


@LAW
@given(TEXT, NAMES)
def test_values(value: str, name: str) -> None:
    verdict = judge_value(value, name=name)
    assert all(inside(start, end, value) for start, end in verdict.parts)
    assert (verdict.kind in (ValueKind.LITERAL, ValueKind.CREDENTIAL)) <= bool(verdict.parts)
    if verdict.kind in (ValueKind.REFERENCE, ValueKind.EMPTY, ValueKind.PATH, ValueKind.FLAG, ValueKind.PUBLIC):
        assert verdict.parts == ()


@LAW
@given(NAMES, st.one_of(st.none(), TEXT), st.sampled_from(Assignment))
def test_pairs(name: str, value: str | None, assignment: Assignment) -> None:
    verdict = judge_pair(name, value, assignment=assignment)
    assert verdict.reason
    assert not (verdict.literal and not verdict.secret)
    assert verdict.literal == bool(verdict.parts)
    assert all(inside(start, end, value or "") for start, end in verdict.parts)


@LAW
@given(TEXT)
def test_urls(text: str) -> None:
    last = 0
    for found in url_credentials(text):
        for span in (found.scheme, found.user, found.password, found.host, found.rest, found.secret):
            assert found.url.covers(span)
        assert found.secret.start < found.secret.end
        assert found.url.end <= len(text)
        assert found.secret.start >= last
        last = found.secret.start
        assert not (found.literal and found.variables)


@LAW
@given(TEXT, TEXT)
def test_files(path: str, destination: str) -> None:
    found = credential_file(path)
    assert found is None or found.secret_id
    assert secret_id(path)
    copied_file(path, destination)


@LAW
@given(
    st.sampled_from([".npmrc", "pip.conf", ".env", "settings.xml", "a.key", ".netrc", ".pgpass", "x"]),
    st.binary(max_size=300),
)
def test_any_bytes(path: str, data: bytes) -> None:
    verdict = file_content(path, data)
    assert verdict.reason
    assert not (verdict.values and not verdict.secret)


@LAW
@given(st.sampled_from([".npmrc", ".env", "settings.xml", "wp-config.php", ".netrc", ".htpasswd"]), TEXT)
def test_contents_show_nothing(path: str, text: str) -> None:
    verdict = file_content(path, text.encode("utf-8", "surrogateescape"))
    shown = repr(verdict)
    assert all(len(each.reveal()) < 12 or each.reveal() not in shown for each in verdict.values)


@LAW
@given(TEXT)
def test_tokens(text: str) -> None:
    end = 0
    for match in provider_token(text):
        assert end <= match.start < match.end <= len(text)
        end = match.end


@LAW
@given(TEXT, st.sampled_from(sorted(TOKENS.values())), TEXT)
def test_a_token_is_found_in_any_company(before: str, token: str, after: str) -> None:
    text = f"{before} {token} {after}"
    at = len(before) + 1
    covered = [match for match in provider_token(text) if match.start <= at and match.end >= at + len(token)]
    assert covered or "PRIVATE KEY" in before


@LAW
@given(TOOLS, ARGUMENTS)
def test_commands(tool: str, texts: list[str]) -> None:
    args = [Word(text, None if "$" in text or "`" in text else text.strip("\"'"), ()) for text in texts]
    found = command_credentials(tool, args)
    for each in found:
        text = args[each.index].text
        assert inside(each.start, each.end, text)
        assert not (each.literal and each.variables)
        assert text[each.start] not in "\"'"
        assert len(text) < 20 or text[each.start : each.end] not in repr(each) or each.end - each.start < 20
    for left in found:
        for right in found:
            assert left is right or left.index != right.index or left.end <= right.start or right.end <= left.start


@LAW
@given(TOOLS, TEXT)
def test_split_commands(tool: str, text: str) -> None:
    args = words(text)
    for each in command_credentials(tool, args):
        assert inside(each.start, each.end, args[each.index].text)
        assert all(name in args[each.index].variables or name in args[each.index].text for name in each.variables)


@LAW
@given(TEXT, st.sampled_from(["chpasswd", "passwd", "debconf-set-selections", "mysql", "docker", "sudo", "tee", "x"]))
def test_pipes(text: str, reader: str) -> None:
    args = [Word(text, None, ())]
    for each in piped_password(args, reader, [Word("--password-stdin", "--password-stdin", ())]):
        assert inside(each.start, each.end, text)


@LAW
@given(TEXT)
def test_free_text(text: str) -> None:
    for each in text_credentials(text):
        assert each.index == 0
        assert inside(each.start, each.end, text)


@pytest.mark.parametrize("value", ["hunter2hunter2zz", *TOKENS.values(), PEM, SIGNED])
def test_no_verdict_shows_a_value(value: str) -> None:
    text = f"https://u:{value}@h/x" if "\n" not in value else value
    shown = [
        repr(judge_value(value)),
        repr(judge_pair("DB_PASSWORD", value)),
        repr(url_credentials(text)),
        repr(provider_token(value)),
        repr(text_credentials(f"password={value}")),
        repr(command_credentials("mysql", words(f"--password={value!r}"))),
        repr(file_content(".env", f"DB_PASSWORD={value}".encode())),
    ]
    assert all(value not in each for each in shown)


REPEATED = [
    "a", "A1b2", "://", "a://b/", "https://a:b@c ", "$", "${", "$(", "`", "<", "{", '"', "'", "-", "- ", "a.",
    "a/", "%", "=", "x=", '"a":"', "key: ", "machine a ", "a:*:b:c:d", " ", "\t", "\n", "eyJ", "eyJa.eyJb.",
    "sk-", "pass ", "a pass b ", "-----BEGIN PRIVATE KEY-----", "-----", "password ", "identified by ",
    "vault:", "op:.", "[", "<a>", "0", "AKIA", "your-", "insert ", "not-", "//", "\\", "\\n", "é", "a@", ":",
    "s/a/b/",
]  # fmt: skip
FUNCTIONS: dict[str, Callable[[str], object]] = {
    "name": judge_name,
    "value": judge_value,
    "pair": lambda text: judge_pair("DB_PASSWORD", text),
    "urls": url_credentials,
    "file": credential_file,
    "content": lambda text: file_content(".npmrc", text.encode()),
    "tokens": provider_token,
    "command": lambda text: command_credentials("curl", [Word("-u", "-u", ()), Word(text, None, ())]),
    "echo": lambda text: command_credentials("echo", [Word(text, text, ())]),
    "sed": lambda text: command_credentials("sed", [Word("s/a/" + text, None, ())]),
    "pipe": lambda text: piped_password([Word(text, None, ())], "chpasswd"),
    "debconf": lambda text: piped_password([Word(text, None, ())], "debconf-set-selections"),
    "text": text_credentials,
}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_no_text_takes_long(function: str) -> None:
    """A text of 20,000 characters is read in well under a second, whatever it repeats."""
    slow: list[tuple[str, float]] = []
    for piece in REPEATED:
        text = piece * (20_000 // len(piece))
        for whole in (text + "\x01", 'x"' + text + " @"):
            start = time.process_time()
            FUNCTIONS[function](whole)
            spent = time.process_time() - start
            if spent > 1.0:
                slow.append((piece, spent))
    assert slow == []
