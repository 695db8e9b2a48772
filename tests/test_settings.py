from __future__ import annotations

import re
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewriter.errors import UsageError
from rewriter.model.secret import Severity
from rewriter.settings import (
    Color,
    Display,
    FixLevel,
    Format,
    Layer,
    Settings,
    choice,
    from_config_file,
    from_environment,
    from_pyproject,
    merged,
    near,
)


def test_nothing_set_gives_the_defaults() -> None:
    assert merged([]) == (Settings(), Display())
    assert Settings().fix is FixLevel.REVIEW
    assert from_environment({}) == from_config_file("") == Layer()


def test_the_first_layer_that_says_something_wins_for_each_setting() -> None:
    flags = Layer(fix=FixLevel.SAFE)
    environment = Layer(fix=FixLevel.ALL, exclude=("a",), color=Color.NEVER)
    file = Layer(exclude=("b", "c"), min_severity=Severity.HIGH)
    settings, display = merged([flags, environment, file])
    assert settings == Settings(fix=FixLevel.SAFE, exclude=("a",), min_severity=Severity.HIGH)
    assert display == Display(color=Color.NEVER)


def test_an_empty_list_is_a_choice_too() -> None:
    settings, _ = merged([Layer(exclude=()), Layer(exclude=("a",))])
    assert settings.exclude == ()


def test_the_environment_is_read() -> None:
    layer = from_environment(
        {
            "UNBAKE_FIX": "all",
            "UNBAKE_RULES": "a, b,,",
            "UNBAKE_EXCLUDE": "x/**",
            "UNBAKE_MIN_SEVERITY": "medium",
            "UNBAKE_BASELINE": "known.json",
            "UNBAKE_FORMAT": "json",
            "UNBAKE_COLOR": "always",
            "UNBAKE_QUIET": "1",
            "FIX": "nonsense",
        }
    )
    assert layer == Layer(
        fix=FixLevel.ALL,
        rules=("a", "b"),
        exclude=("x/**",),
        min_severity=Severity.MEDIUM,
        baseline="known.json",
        format=Format.JSON,
        color=Color.ALWAYS,
        quiet=True,
    )


def test_an_empty_variable_sets_nothing() -> None:
    assert from_environment({"UNBAKE_FIX": "", "UNBAKE_RULES": "", "UNBAKE_QUIET": ""}) == Layer()
    assert from_environment({"UNBAKE_QUIET": "no"}) == Layer(quiet=False)


@pytest.mark.parametrize(
    ("variables", "fault"),
    [
        ({"UNBAKE_FIX": "saef"}, "UNBAKE_FIX is 'saef'; it has to be one of safe, review, all; did you mean safe?"),
        ({"UNBAKE_MIN_SEVERTY": "low"}, "unknown variable UNBAKE_MIN_SEVERTY; did you mean UNBAKE_MIN_SEVERITY?"),
        ({"UNBAKE_RULE": "x"}, "did you mean UNBAKE_RULES?"),
        ({"UNBAKE_QUIET": "maybe"}, "UNBAKE_QUIET is 'maybe'; it has to be 1 or 0"),
    ],
)
def test_a_slip_in_the_environment_is_an_error(variables: dict[str, str], fault: str) -> None:
    with pytest.raises(UsageError, match=re.escape(fault)):
        from_environment(variables)


def test_variables_of_others_are_let_be() -> None:
    assert from_environment({"UNBAKE_DEBUG": "1", "UNBAKE_PYTHON": "x", "UNBAKE_ENGINE_DIR": "/x"}) == Layer()


def test_a_configuration_file_is_read() -> None:
    layer = from_config_file(
        'fix = "safe"\nrules = ["no-secret-in-arg"]\nexclude = ["legacy/", "*.old"]\nmin-severity = "high"\n'
    )
    assert layer == Layer(
        fix=FixLevel.SAFE,
        rules=("no-secret-in-arg",),
        exclude=("legacy/", "*.old"),
        min_severity=Severity.HIGH,
    )


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('exclud = ["x"]', ".unbake.toml: unknown setting 'exclud'; did you mean exclude?"),
        ("zzz = 1", "known are fix, rules, exclude, min-severity"),
        ("min_severity = 'low'", "did you mean min-severity?"),
        ("format = 'json'", "unknown setting 'format'"),
        ("fix = 1", "'fix' has to be a string, one of safe, review, all"),
        ("fix = 'al'", "did you mean all?"),
        ("exclude = 'x'", "'exclude' has to be an array of strings"),
        ("exclude = ['x', 1]", "'exclude' has to be an array of strings"),
        ("baseline = 1", "'baseline' has to be the path of a file"),
        ("baseline = ''", "'baseline' has to be the path of a file"),
        ("rules = [['x']]", "'rules' has to be an array of strings"),
        ("fix = ", ".unbake.toml: not valid TOML"),
        (f"exclude = [{'[' * 5000}", "not valid TOML"),
        (f"x = {'9' * 5000}", "not valid TOML"),
        (f"exclude = ['{'x' * 1001}']", "too long"),
        ("exclude = [" + '"x",' * 1001 + "]", "too long"),
    ],
)
def test_a_faulty_configuration_file_is_refused(text: str, fault: str) -> None:
    with pytest.raises(UsageError, match=re.escape(fault)):
        from_config_file(text)


def test_the_table_of_a_pyproject_is_read() -> None:
    assert from_pyproject('[project]\nname = "x"\n[tool.unbake]\nfix = "all"\n') == Layer(fix=FixLevel.ALL)
    assert from_pyproject('tool.unbake.fix = "all"\n') == Layer(fix=FixLevel.ALL)
    assert from_pyproject('[tool]\nunbake = {fix = "all"}\n') == Layer(fix=FixLevel.ALL)
    assert from_pyproject('[tool."unbake"]\nfix = "all"\n') == Layer(fix=FixLevel.ALL)


@pytest.mark.parametrize("text", ["", "[tool.ruff]\n", "broken = [", '[project]\nname = "unbake"\n', "tool = 1\n"])
def test_a_pyproject_without_the_table_says_nothing(text: str) -> None:
    assert from_pyproject(text) is None


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("[tool.unbake]\nfixx = 'all'", "pyproject.toml: [tool.unbake]: unknown setting 'fixx'; did you mean fix?"),
        ("[tool]\nunbake = 1", "tool.unbake has to be a table"),
        ("[tool.unbake]\nfix = [", "pyproject.toml: not valid TOML"),
    ],
)
def test_a_faulty_table_is_refused(text: str, fault: str) -> None:
    with pytest.raises(UsageError, match=re.escape(fault)):
        from_pyproject(text)


@given(st.text())
def test_any_text_gives_a_layer_or_a_usage_error(text: str) -> None:
    for read in (from_config_file, from_pyproject):
        with suppress(UsageError):
            read(text)


def test_a_choice_names_the_list_and_a_near_match() -> None:
    assert choice("high", Severity, "x") is Severity.HIGH
    with pytest.raises(UsageError, match=re.escape("x is 'hihg'; it has to be one of low, medium, high, critical")):
        choice("hihg", Severity, "x")


def test_near_finds_the_likeliest_word_or_none() -> None:
    assert near("scna", ["scan", "fix"]) == "scan"
    assert near("zebra", ["scan", "fix"]) is None
    assert near("s" * 10_000, ["scan"]) is None
