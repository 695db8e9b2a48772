"""Hold the settings about how secrets are given to their one reading, whatever source they come from."""

from __future__ import annotations

import re

import pytest

from rewriter.cli import fix
from rewriter.errors import UsageError
from rewriter.settings import Layer, MultiStage, SecretStyle, Settings, from_config_file, from_environment, merged

WANTED = Layer(
    secret_style=SecretStyle.FILE,
    syntax="registry.example.com:5000/docker/dockerfile:1.10",
    ids=(("NPM_TOKEN", "registry"), ("netrc", "login")),
    multi_stage=MultiStage.NEVER,
)


def test_each_source_says_the_same() -> None:
    image = "registry.example.com:5000/docker/dockerfile:1.10"
    words = ["--secret-style=file", f"--syntax={image}", "--id", "NPM_TOKEN=registry", "--id=netrc=login"]
    words += ["--multi-stage", "never"]
    assert fix.parser().parse(words).layer() == WANTED
    ids = {"UNBAKE_IDS": "NPM_TOKEN=registry, netrc=login", "UNBAKE_MULTI_STAGE": "never"}
    assert from_environment({"UNBAKE_SECRET_STYLE": "file", "UNBAKE_SYNTAX": image, **ids}) == WANTED
    text = 'multi-stage = "never"\nsecret-style = "file"\n'
    text += f'syntax = "{image}"\n[ids]\nNPM_TOKEN = "registry"\nnetrc = "login"\n'
    assert from_config_file(text) == WANTED


def test_the_flag_wins_over_the_file() -> None:
    settings, _ = merged([Layer(secret_style=SecretStyle.ENV, syntax="keep", ids=(("A", "b"),)), WANTED])
    assert (settings.secret_style, settings.syntax, settings.ids) == (SecretStyle.ENV, "keep", (("A", "b"),))


def test_an_id_is_found_by_the_variable_or_by_the_usual_id() -> None:
    settings = Settings(ids=(("NPM_TOKEN", "registry"), ("netrc", "login")))
    assert settings.secret_id("NPM_TOKEN", "npm_token") == "registry"
    assert settings.secret_id("conf/.netrc", "netrc") == "login"
    assert settings.secret_id("API_TOKEN", "api_token") == "api_token"


def test_several_secrets_can_be_chosen() -> None:
    assert fix.parser().parse(["--only", "npm_token", "--only=netrc"]).only == ["npm_token", "netrc"]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('secret-style = "fil"', "one of auto, env, file; did you mean file?"),
        ('syntax = "no image"', "'syntax' is 'no image'; it has to be auto, keep, or an image"),
        ('syntax = "a/b:1\\n"', "it has to be auto, keep, or an image"),
        ("syntax = 1", "'syntax' has to be a string"),
        ("ids = []", "'ids' has to be a table of strings"),
        ("ids = {A = 1}", "'ids' has to be a table of strings"),
        ('ids = {A = "x/y"}', "'A=x/y' has to be NAME=ID"),
        ('ids = {A = ""}', "'A=' has to be NAME=ID"),
        ('ids = {A = "x", B = "x"}', "two secrets cannot share the id 'x'"),
    ],
)
def test_a_slip_in_the_file_is_named(text: str, fault: str) -> None:
    with pytest.raises(UsageError, match=re.escape(fault)):
        from_config_file(text)


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        (["--secret-style", "envs"], "--secret-style is 'envs'; it has to be one of auto, env, file"),
        (["--syntax", "A B"], "--syntax is 'A B'"),
        (["--id", "NPM_TOKEN"], "--id: 'NPM_TOKEN' has to be NAME=ID"),
        (["--id", "A=b", "--id", "A=c"], "--id: A has two ids, b and c"),
    ],
)
def test_a_slip_on_the_command_line_is_named(words: list[str], fault: str) -> None:
    with pytest.raises(UsageError, match=re.escape(fault)):
        fix.parser().parse(words).layer()
