"""The recipes as data: the schema, what a command line stores, and that each recipe has its corpus cases."""

from __future__ import annotations

import shlex

import pytest

from rewriter.recipes import RecipeError, load, recipes
from tests import corpus

_HEAD = 'title = "Tool"\ncommands = ["tool"]\n'


def _forgetting(line: str) -> list[str]:
    words = tuple(shlex.split(line))
    return [text for recipe in recipes() if (text := recipe.forgetting(words)) is not None]


@pytest.mark.parametrize(
    ("stores", "forgets"),
    [
        (
            "npm config set //npm.example.com/:_authToken $T",
            "npm config delete --location=user //npm.example.com/:_authToken && rm -rf ~/.npm/_logs",
        ),
        ("npm set -g _auth=$T", "npm config delete --global _auth && rm -rf ~/.npm/_logs"),
        ("pnpm config set _auth $T", "pnpm config delete _auth && rm -rf ~/.npm/_logs"),
        ("yarn config set npmAuthToken $T", "yarn config unset npmAuthToken"),
        ("yarn config set -H npmAuthToken $T", "yarn config unset --home npmAuthToken"),
        ("yarn config set //npm.example.com/:_authToken $T", "yarn config delete //npm.example.com/:_authToken"),
        ("pip3 config set global.index-url $U", "pip3 config unset global.index-url"),
        ("pip config --global set global.index-url $U", "pip config --global unset global.index-url"),
        ("poetry config http-basic.private ci $T", "poetry config --unset http-basic.private"),
        ("composer config -g http-basic.example.com ci $T", "composer config --global --unset http-basic.example.com"),
        ("composer config http-basic.example.com ci $T", "composer config --unset http-basic.example.com"),
        ("bundle config set --global gems.example.com $T", "bundle config unset gems.example.com"),
        ("bundle config gems.example.com $T", "bundle config --delete gems.example.com"),
        ("cargo login $T", "cargo logout"),
        ("cargo login --registry=own $T", "cargo logout --registry own"),
        ("dotnet nuget add source https://example.com -n own -p $T", "dotnet nuget remove source own"),
        ("helm repo add own https://example.com --password $T", "helm repo remove own"),
        ("docker login -u ci -p $T registry.example.com", "docker logout registry.example.com"),
        ("docker login registry.example.com --username=ci --password-stdin", "docker logout registry.example.com"),
        ("docker login -u ci -p $T", "docker logout"),
        ("skopeo login --tls-verify=false -u ci -p $T localhost:5000", "skopeo logout localhost:5000"),
        ("mix hex.organization auth org --key $K", "mix hex.organization deauth org"),
        (
            "aws configure set aws_secret_access_key $K",
            'rm -f "${AWS_SHARED_CREDENTIALS_FILE:-$HOME/.aws/credentials}"',
        ),
    ],
)
def test_what_a_command_stores_is_forgotten_by_the_same_tool(stores: str, forgets: str) -> None:
    assert _forgetting(stores) == [forgets]


@pytest.mark.parametrize(
    "line",
    [
        "npm install",
        "npm config get registry",
        "npm config set $KEY $T",
        "npm config set ';id' $T",
        "dotnet nuget add source https://example.com -p $T",
        "dotnet nuget add source https://example.com -n own -p $T --configfile own.config",
        "huggingface-cli login --token $T --add-to-git-credential",
        "podman login --authfile own.json -u ci -p $T registry.example.com",
        "skopeo login -u ci -p $T",
        "aws configure set region eu-west-1",
        "aws configure set --profile own aws_secret_access_key $K",
        "cargo build",
    ],
)
def test_nothing_is_promised_where_the_tool_has_no_such_command(line: str) -> None:
    assert _forgetting(line) == []


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("title = ", "recipe own"),
        ('commands = ["tool"]', "'title'"),
        (f'{_HEAD}colour = "red"', "unknown key 'colour'"),
        (f"{_HEAD}files = 1", "'files' has to be an array of tables"),
        (f"{_HEAD}stores = [1]", "'stores' has to be an array of tables"),
        (f'{_HEAD}[[files]]\nplaces = ["a"]', "unknown key 'places'"),
        (f"{_HEAD}[[files]]\nnames = [1]", "'names' has to be an array of strings"),
        (f'{_HEAD}[[stores]]\nforget = "tool logout"', "call and forget have to be strings"),
        (f'{_HEAD}[[leaves]]\ncall = "tool get"', "call, path and place have to be strings"),
        (f'{_HEAD}[[stores]]\ncall = "tool login"\nruntime = "yes"', "runtime true or false"),
        (f'{_HEAD}[[stores]]\ncall = "tool login"\nforget = "tool logout {{token}}"', "unknown placeholder 'token'"),
    ],
)
def test_malformed_recipe_is_refused_with_what_is_wrong(text: str, says: str) -> None:
    with pytest.raises(RecipeError, match=says):
        load("own", text)


@pytest.mark.parametrize(
    ("line", "leaves"),
    [
        ("pipenv lock", True),
        ("pipenv --bare install --system", True),
        ("pipenv install --system --deploy", False),
        ("pipenv sync", False),
    ],
)
def test_what_a_command_leaves_behind_by_itself_is_known(line: str, leaves: bool) -> None:  # noqa: FBT001 (a column)
    words = tuple(line.split())
    assert any(recipe.leaving(words) is not None for recipe in recipes()) is leaves


def test_what_a_tool_runs_is_known_by_the_end_of_their_path() -> None:
    pip = next(recipe for recipe in recipes() if recipe.name == "pip")
    assert pip.runs_file("requirements.txt")
    assert pip.runs_file("services/api/requirements/prod.txt")
    assert not pip.runs_file("notes.txt")


def test_a_variable_of_the_shell_is_no_placeholder() -> None:
    text = '[[stores]]\ncall = "tool login"\nforget = \'rm -f "${TOOL_HOME:-$HOME}/token" "${HOME}/key"\''
    assert load("own", _HEAD + text).forgetting(("tool", "login")) == 'rm -f "${TOOL_HOME:-$HOME}/token" "${HOME}/key"'


@pytest.mark.parametrize("name", [recipe.name for recipe in recipes()])
def test_each_recipe_has_a_case_that_is_fixed_one_that_leaves_a_file_and_one_that_is_refused(name: str) -> None:
    cases = [corpus.expected(case).lines for case in corpus.folders() if case.parent.name == name]
    assert len(cases) >= 3
    assert any(lines and all(line.endswith(" fixed") for line in lines) for lines in cases)
    left = any("no-secret-left-in-file" in line for lines in cases for line in lines)
    assert left or name in _NO_FILE
    assert any(" refused " in line for lines in cases for line in lines)


_NO_FILE = {"gcloud", "ssh"}
"""What these tools read is copied or removed in the step; the cases show it without a file that stays."""
