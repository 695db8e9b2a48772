"""Show that the quick look at bytes finds every token that the analyzer's rules find, wherever windows end."""

from __future__ import annotations

import base64
import io
import os

import pytest

from rewriter.inspect.examine import examine
from rewriter.inspect.tokens import OVERLAP, WINDOW, tokens
from tests.judgement.tokens import BASE40, PEM, TOKENS


@pytest.mark.parametrize("label", [label for label in TOKENS if label != "aws"])
@pytest.mark.parametrize("around", ["{}", "TOKEN={}", 'x = "{}"', "a {} b", "https://h/?t={}&x=1", "- KEY={}\n"])
def test_every_provider_is_found(label: str, around: str) -> None:
    token = TOKENS[label]
    found = [one.text for one in tokens(around.format(token).encode(), text=False)]
    assert found == [token]


def test_secret_half_of_a_pair_is_found_and_the_public_one_is_not() -> None:
    text = f"aws_access_key_id = {TOKENS['aws']}\naws_secret_access_key = {BASE40}\n"
    assert [one.text for one in tokens(text.encode(), text=False)] == [BASE40]


def test_private_key_is_found() -> None:
    assert [one.match.provider for one in tokens(f"a\n{PEM}b\n".encode(), text=True)] == ["private-key"]


@pytest.mark.parametrize("at", [0, 5000, WINDOW - 30, WINDOW - 1, WINDOW, WINDOW + 1, 2 * WINDOW - OVERLAP - 20])
@pytest.mark.parametrize("binary", [False, True], ids=["text", "binary"])
def test_no_border_hides_a_token(at: int, *, binary: bool) -> None:
    token = TOKENS["github-pat"].encode()
    filler = b"\0 plain words " if binary else b"some plain words "
    data = (filler * (1 + at // len(filler)))[:at] + b" " + token + b" " + filler * 70_000
    (hit,) = examine("srv/blob", len(data), io.BytesIO(data))
    assert hit.kind == "github-pat"
    assert [value.reveal() for value in hit.values] == [token.decode()]


@pytest.mark.parametrize("before", range(4))
@pytest.mark.parametrize("wrapped", [False, True], ids=["line", "wrapped"])
def test_base64_is_looked_into(before: int, *, wrapped: bool) -> None:
    text = b"x" * before + b" is the token " + TOKENS["npm"].encode() + b" of the registry"
    encoded = base64.encodebytes(text * 3) if wrapped else base64.b64encode(text)
    (hit,) = examine("srv/settings", len(encoded), io.BytesIO(encoded))
    assert (hit.kind, hit.form) == ("npm", "base64")


def test_random_bytes_say_nothing() -> None:
    data = os.urandom(1 << 20)
    assert examine("srv/blob", len(data), io.BytesIO(data)) == ()
