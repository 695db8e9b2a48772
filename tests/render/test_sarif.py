from __future__ import annotations

import json
from typing import TypedDict

import pytest
from jsonschema import Draft202012Validator

from rewriter.model.masked import Masked
from rewriter.model.patch import Ignored, Problem, Report, Silence
from rewriter.model.plan import FileEdit, Fix, Ignore, LocalValue, NewFile
from rewriter.model.secret import Safety, Severity
from rewriter.model.text import Edit, Source, Span
from rewriter.record import replace
from rewriter.render import sarif
from rewriter.rules import rules
from tests.render.sample import API, BEFORE, NPM, finding, report
from tests.render.sarif_form import SCHEMA

TEXTS = {"app/Dockerfile": BEFORE}


class Result(TypedDict, total=False):
    """Name what the tests look at in a result."""

    ruleId: str
    level: str
    message: dict[str, str]
    locations: list[dict[str, dict[str, dict[str, object]]]]
    fixes: list[dict[str, object]]
    suppressions: list[dict[str, str]]


def log(
    shown: Report, texts: dict[str, str] | None = None, fixes: dict[str, Fix] | None = None, *, documentation: str = ""
) -> str:
    text = sarif.scan(shown, TEXTS if texts is None else texts, fixes, documentation=documentation)
    Draft202012Validator.check_schema(SCHEMA)
    Draft202012Validator(SCHEMA).validate(json.loads(text))
    return text


def results(shown: Report, texts: dict[str, str] | None = None, fixes: dict[str, Fix] | None = None) -> list[Result]:
    found: list[Result] = json.loads(log(shown, texts, fixes))["runs"][0]["results"]
    return found


def mount(*edits: FileEdit) -> Fix:
    return Fix((NPM,), Safety.SAFE, edits or (FileEdit("app/Dockerfile", Edit(Span(22, 36), "")),))


def test_every_rule_is_described_and_points_to_its_page() -> None:
    driver = json.loads(log(report(()), documentation="https://docs.example.com/unbake/"))["runs"][0]["tool"]["driver"]
    assert [rule["id"] for rule in driver["rules"]] == [rule.name for rule in rules()]
    first = driver["rules"][0]
    assert first["helpUri"] == f"https://docs.example.com/unbake/rules/{first['id']}.md"
    assert all(rule.advice in shown["help"]["text"] for rule, shown in zip(rules(), driver["rules"], strict=True))


def test_without_published_documentation_there_is_no_link() -> None:
    assert "helpUri" not in log(report(()))


def test_a_finding_has_place_level_and_fingerprint() -> None:
    found = replace(NPM, place=replace(NPM.place, span=Span(26, 35), column=5))
    (shown,) = results(report([found]))
    assert shown["ruleId"] == "no-secret-in-arg"
    assert shown["level"] == "error"
    place = shown["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": "app/Dockerfile", "uriBaseId": "%SRCROOT%"}
    assert place["region"] == {"startLine": 2, "startColumn": 5, "endLine": 2, "endColumn": 14}
    assert BEFORE.split("\n")[1][4:13] == "NPM_TOKEN"


def test_a_place_over_several_lines_ends_in_its_last_one() -> None:
    text = "RUN a \\\n  bc d\n"
    found = finding("X", 1, text=text)
    found = replace(found, place=replace(found.place, span=Span(4, 12), end_line=2))
    (shown,) = results(report([found]), {"app/Dockerfile": text})
    assert shown["locations"][0]["physicalLocation"]["region"] == {
        "startLine": 1,
        "startColumn": 5,
        "endLine": 2,
        "endColumn": 5,
    }


def test_a_file_that_is_gone_leaves_the_end_column_out() -> None:
    (shown,) = results(report([NPM]), {})
    assert "endColumn" not in shown["locations"][0]["physicalLocation"]["region"]


@pytest.mark.parametrize(
    ("severity", "level"),
    [
        (Severity.CRITICAL, "error"),
        (Severity.HIGH, "error"),
        (Severity.MEDIUM, "warning"),
        (Severity.LOW, "note"),
    ],
)
def test_levels_follow_severity(severity: Severity, level: str) -> None:
    (shown,) = results(report([finding("X", 2, severity=severity)]))
    assert shown["level"] == level


def test_hostile_names_make_neither_links_nor_broken_addresses() -> None:
    hostile = finding("X", 2, path="a b/%2e:\n\x1b[31m\udcff.Dockerfile", message="see [here](https://example.com)\x1b")
    (shown,) = results(report([hostile]), {})
    assert shown["message"]["text"] == "see [here] (https://example.com)\\x1b"
    uri = shown["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert uri == "a%20b/%252e%3A%0A%1B%5B31m%FF.Dockerfile"


def test_a_fix_names_the_deleted_text_by_its_place_alone() -> None:
    fix = mount(
        FileEdit("app/Dockerfile", Edit(Span(77, 77), " --mount=type=secret,id=npm_token")),
        FileEdit("app/Dockerfile", Edit(Span(40, 58), "")),
    )
    shown = log(report([NPM, API]), fixes={NPM.fingerprint: fix})
    (change,) = json.loads(shown)["runs"][0]["results"][0]["fixes"][0]["artifactChanges"]
    source = Source("", BEFORE)
    first, second = change["replacements"]
    assert first == {
        "deletedRegion": {
            "startLine": 3,
            "startColumn": source.column(40),
            "endLine": 3,
            "endColumn": source.column(58),
        }
    }
    assert second["insertedContent"] == {"text": " --mount=type=secret,id=npm_token"}
    assert "abcSecret9" not in shown


@pytest.mark.parametrize(
    "fix",
    [
        replace(mount(), values=(LocalValue("secrets/x.txt", Masked("abcSecret9")),)),
        replace(mount(), new_files=(NewFile("x", "y"),)),
        replace(mount(), ignores=(Ignore("app/Dockerfile", "app", ".npmrc", required=True),)),
        mount(FileEdit("app/Dockerfile", Edit(Span(0, 0), "RUN echo abcSecret9\n"))),
        mount(FileEdit("app/Dockerfile", Edit(Span(0, 0), "\udcff"))),
        mount(FileEdit("build.sh", Edit(Span(0, 0), "x"))),
    ],
    ids=["moves-a-value", "new-file", "ignore-file", "holds-a-value", "no-text", "unknown-file"],
)
def test_a_fix_that_does_not_stand_by_itself_is_left_out(fix: Fix) -> None:
    shown = results(report([NPM, API]), fixes={NPM.fingerprint: fix})
    assert all("fixes" not in result for result in shown)


def test_what_is_ignored_is_suppressed_with_its_reason() -> None:
    shown = report([NPM])
    ignored = (Ignored(API, Silence.PRAGMA, "a test account"), Ignored(NPM, Silence.BASELINE, ""))
    first, second, third = results(replace(shown, ignored=ignored))
    assert "suppressions" not in first
    assert second["suppressions"] == [{"kind": "inSource", "status": "accepted", "justification": "a test account"}]
    assert third["suppressions"] == [{"kind": "external", "status": "accepted"}]


def test_the_value_of_an_ignored_finding_is_redacted_too() -> None:
    ignored = replace(API, message="ENV holds abcSecret9")
    shown = log(replace(report([]), ignored=(Ignored(ignored, Silence.PRAGMA, "it is abcSecret9"),)))
    assert "abcSecret9" not in shown


def test_files_with_errors_and_notices_are_notifications() -> None:
    shown = replace(report([], problems=[Problem("a", 3, "broken")]), notices=(Problem("b", 0, "unused"),))
    run = json.loads(log(shown))["runs"][0]["invocations"][0]
    error, note = run["toolExecutionNotifications"]
    assert (error["level"], error["message"]["text"]) == ("error", "broken")
    assert error["locations"][0]["physicalLocation"]["region"] == {"startLine": 3}
    assert (note["level"], note["message"]["text"]) == ("note", "unused")
