"""Libraries that take variables by themselves: the data, and how a manifest's words are compared with it."""

from __future__ import annotations

import pytest

from rewriter.flow.libraries import Library, LibraryError, libraries, load


def _takes(name: str, *words: str) -> list[str]:
    return [one.title for one in libraries() if one.takes(name) and one.among(frozenset(words))]


def test_data_can_be_read() -> None:
    assert len(libraries()) >= 15
    assert len({one.title for one in libraries()}) == len(libraries())


@pytest.mark.parametrize(
    ("name", "word", "expected"),
    [
        ("AWS_SECRET_ACCESS_KEY", "boto3", True),
        ("AWS_SECRET_ACCESS_KEY", "@aws-sdk/client-s3", True),
        ("AWS_SECRET_ACCESS_KEY", "boto3-stubs", False),
        ("AWS_SECRET_ACCESS_KEY", "awscli", False),
        ("SPRING_DATASOURCE_PASSWORD", "spring-boot-starter-web", True),
        ("NPM_TOKEN", "boto3", False),
    ],
)
def test_package_is_compared_whole(name: str, word: str, *, expected: bool) -> None:
    assert bool(_takes(name, word)) is expected


@pytest.mark.parametrize(
    "text",
    [
        "libraries = 1",
        '[[libraries]]\ntitle = "a"\npackages = ["b"]\n',
        '[[libraries]]\ntitle = "a"\npackages = ["b"]\nvariables = [1]\n',
        '[[libraries]]\ntitle = "a"\npackages = ["b"]\nvariables = ["C"]\nmore = 1\n',
    ],
)
def test_malformed_row_is_refused(text: str) -> None:
    with pytest.raises(LibraryError):
        load(text)


def test_row_is_read() -> None:
    assert load('[[libraries]]\ntitle = "a"\npackages = ["b"]\nvariables = ["C_*"]\n') == (
        Library("a", ("b",), ("C_*",)),
    )
