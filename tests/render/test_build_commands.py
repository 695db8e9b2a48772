from __future__ import annotations

import shlex

import pytest

from rewriter.model.plan import BuildSecret
from rewriter.render.commands import build_commands, build_flag
from tests.render.sample import secret


def lines(*secrets: BuildSecret) -> list[str]:
    return [command.line for command in build_commands(secrets)]


def test_a_dockerfile_in_its_context_needs_no_file_option() -> None:
    assert lines(secret(dockerfile="Dockerfile", context="")) == ["docker build --secret id=npm_token,env=NPM_TOKEN ."]
    assert lines(secret()) == ["docker build --secret id=npm_token,env=NPM_TOKEN app"]


def test_another_dockerfile_is_named() -> None:
    named = secret(dockerfile="docker/api.Dockerfile", context="")
    assert lines(named) == ["docker build --secret id=npm_token,env=NPM_TOKEN --file docker/api.Dockerfile ."]


def test_each_dockerfile_gets_a_command_and_each_secret_stands_once() -> None:
    other = secret("API_KEY", source="src=secrets/api_key.txt")
    commands = build_commands([secret(), other, secret(), secret(dockerfile="b/Dockerfile", context="b")])
    assert [command.dockerfile for command in commands] == ["app/Dockerfile", "b/Dockerfile"]
    first = commands[0]
    assert first.line == (
        "docker build --secret id=api_key,src=secrets/api_key.txt --secret id=npm_token,env=NPM_TOKEN app"
    )
    assert (first.variables, first.files) == (("NPM_TOKEN",), ("secrets/api_key.txt",))


def test_words_are_quoted_for_the_shell() -> None:
    odd = secret(source="src=my files/$(x).txt", dockerfile="a b/Dockerfile", context="a b")
    command = build_commands([odd])[0]
    assert shlex.split(command.line) == [
        "docker",
        "build",
        "--secret",
        "id=npm_token,src=my files/$(x).txt",
        "a b",
    ]


@pytest.mark.parametrize(
    ("source", "flag"),
    [
        ("env=NPM_TOKEN", "--secret id=npm_token,env=NPM_TOKEN"),
        ("ssh", "--ssh npm_token"),
        ("src=a,b", "--secret 'id=npm_token,\"src=a,b\"'"),
        ('src=a"b', '--secret \'id=npm_token,"src=a""b"\''),
    ],
)
def test_the_option_is_one_that_docker_reads(source: str, flag: str) -> None:
    assert build_flag(secret(source=source)) == flag


def test_a_path_that_looks_like_an_option_does_not_become_one() -> None:
    assert lines(secret(dockerfile="-x/Dockerfile", context="-x"))[0].endswith(" ./-x")
