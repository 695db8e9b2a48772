from __future__ import annotations

import pytest

from rewriter.model.patch import Problem
from rewriter.model.secret import Severity
from rewriter.model.text import Span
from rewriter.record import replace
from rewriter.render import github
from tests.render.sample import BEFORE, NPM, finding, report


def test_an_annotation_names_file_line_and_columns() -> None:
    found = replace(NPM, place=replace(NPM.place, span=Span(26, 35)))
    assert github.scan(report([found]), {"app/Dockerfile": BEFORE}) == (
        "::error file=app/Dockerfile,line=2,endLine=2,col=5,endColumn=14,title=no-secret-in-arg (high)"
        "::NPM_TOKEN carries a secret\n"
    )


def test_columns_are_left_out_where_a_place_has_several_lines() -> None:
    found = replace(NPM, place=replace(NPM.place, end_line=4))
    shown = github.scan(report([found]), {})
    assert shown.startswith("::error file=app/Dockerfile,line=2,endLine=4,title=")


@pytest.mark.parametrize(
    ("severity", "command"),
    [
        (Severity.CRITICAL, "error"),
        (Severity.HIGH, "error"),
        (Severity.MEDIUM, "warning"),
        (Severity.LOW, "notice"),
    ],
)
def test_commands_follow_severity(severity: Severity, command: str) -> None:
    assert github.scan(report([finding("X", 2, severity=severity)]), {}).startswith(f"::{command} ")


def test_a_hostile_name_ends_no_property_and_begins_no_command() -> None:
    path = "a,line=9::b%\r\n::error::\x1b[31m\u202e"
    shown = github.scan(report([finding("X", 2, path=path, message="50%\n::set-env name=x::y: z,")]), {})
    assert shown.count("\n") == 1
    assert "file=a%2Cline=9%3A%3Ab%25%0D%0A%3A%3Aerror%3A%3A\\x1b[31m\\u202e,line=2," in shown
    assert shown.endswith("::50%25%0A::set-env name=x::y: z,\n")


def test_files_with_errors_and_notices_are_annotated() -> None:
    shown = replace(report([], problems=[Problem("a", 3, "broken")]), notices=(Problem("b", 0, "unused"),))
    assert github.scan(shown, {}) == "::error file=a,line=3::broken\n::notice file=b::unused\n"


def test_nothing_found_prints_nothing() -> None:
    assert github.scan(report([]), {}) == ""
