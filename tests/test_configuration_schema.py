"""The published schema of the configuration says what the code takes, no more and no less."""

from __future__ import annotations

import json
import tomllib
from enum import StrEnum
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator, ValidationError

from rewriter.errors import UsageError
from rewriter.model.plan import SecretSource
from rewriter.model.secret import Severity
from rewriter.record import fields
from rewriter.rules import names
from rewriter.settings import FILE_KEYS, FixLevel, Layer, Runtime, SecretStyle, from_config_file

PATH = Path(__file__).parent.parent / "docs" / "configuration.schema.json"
SCHEMA = json.loads(PATH.read_text("utf-8"))
CHOICES: dict[str, type[StrEnum]] = {
    "fix": FixLevel,
    "min-severity": Severity,
    "secret-source": SecretSource,
    "runtime": Runtime,
    "secret-style": SecretStyle,
}


def valid(text: str) -> bool:
    try:
        Draft202012Validator(SCHEMA).validate(tomllib.loads(text))
    except (ValidationError, tomllib.TOMLDecodeError):
        return False
    return True


def taken(text: str) -> bool:
    try:
        from_config_file(text)
    except UsageError:
        return False
    return True


def test_it_is_a_schema_and_names_every_setting() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert tuple(SCHEMA["properties"]) == FILE_KEYS
    assert {key.replace("-", "_") for key in FILE_KEYS} < set(fields(Layer))
    assert all(entry["description"] for entry in SCHEMA["properties"].values())


@pytest.mark.parametrize("key", sorted(CHOICES))
def test_it_lists_the_values_of_every_choice(key: str) -> None:
    assert SCHEMA["properties"][key]["enum"] == [member.value for member in CHOICES[key]]


def test_it_lists_the_rules(request: pytest.FixtureRequest) -> None:
    if request.config.getoption("--update"):
        SCHEMA["properties"]["rules"]["items"]["enum"] = sorted(names())
        PATH.write_text(json.dumps(SCHEMA, indent=2) + "\n", encoding="utf-8")
    assert SCHEMA["properties"]["rules"]["items"]["enum"] == sorted(names())


@pytest.mark.parametrize(
    "text",
    [
        "",
        'fix = "safe"',
        'fix = "x"',
        "fix = 1",
        'fixx = "safe"',
        'rules = ["no-secret-in-arg", "UB102"]',
        'rules = "no-secret-in-arg"',
        "rules = [1]",
        'exclude = ["a/**"]',
        "exclude = []",
        "exclude = [1]",
        "exclude = ['" + "x" * 1000 + "']",
        "exclude = ['" + "x" * 1001 + "']",
        "exclude = [" + '"x",' * 1000 + "]",
        "exclude = [" + '"x",' * 1001 + "]",
        'min-severity = "high"',
        'min_severity = "high"',
        'baseline = "x.json"',
        'baseline = ""',
        "baseline = 1",
        "baseline = '" + "x" * 1001 + "'",
        'runtime = "docker"',
        "runtime = []",
        'secret-source = "file"',
        'secret-style = "file"',
        'syntax = "keep"',
        'syntax = "docker.example.com/docker/dockerfile:1.7"',
        'syntax = "a b"',
        "syntax = 1",
        'ids = { NPM_TOKEN = "npm" }',
        'ids = { NPM_TOKEN = "n p m" }',
        'ids = { NPM_TOKEN = "" }',
        "ids = { NPM_TOKEN = 1 }",
        'ids = ["NPM_TOKEN=npm"]',
    ],
)
def test_code_and_schema_agree(text: str) -> None:
    assert valid(text) == taken(text)
