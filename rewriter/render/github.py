"""Write a report as workflow commands, which GitHub shows as annotations beside the lines of a change.

The form is that of https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands: a command
is one line that begins with `::`; in its text `%`, carriage return and line feed are percent-encoded, in its
properties `:` and `,` as well. A runner obeys any line of that form, so nothing foreign is printed otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from rewriter.model.patch import Problem, Report
from rewriter.model.secret import Finding, Severity
from rewriter.render.lengths import end_column
from rewriter.render.pen import Pen, redactor_of
from rewriter.render.visible import visible

_COMMANDS: Final = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "notice",
}
_TEXT: Final = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_PROPERTY: Final = _TEXT | {":": "%3A", ",": "%2C"}


def scan(report: Report, texts: Mapping[str, str]) -> str:
    """Return one annotation for each finding, each file with errors and each notice."""
    pen = Pen(redactor_of(report))
    lines = [
        *(_finding(finding, texts, pen) for finding in report.findings),
        *(_problem("error", problem, pen) for problem in report.problems),
        *(_problem("notice", notice, pen) for notice in report.notices),
    ]
    return "".join(f"{line}\n" for line in lines)


def _finding(finding: Finding, texts: Mapping[str, str], pen: Pen) -> str:
    place = finding.place
    properties = {
        "file": pen.redactor.name(place.path),
        "line": str(place.line),
        "endLine": str(place.end_line),
    }
    if place.line == place.end_line:  # columns mean something within one line only
        properties["col"] = str(place.column)
        if (end := end_column(place, texts)) is not None:
            properties["endColumn"] = str(end)
    properties["title"] = f"{finding.rule} ({finding.severity.value})"
    return _command(_COMMANDS[finding.severity], properties, pen.redactor.text(finding.message))


def _problem(command: str, problem: Problem, pen: Pen) -> str:
    properties = {"file": pen.redactor.name(problem.path)}
    if problem.line:
        properties["line"] = str(problem.line)
    return _command(command, properties, pen.redactor.text(problem.message))


def _command(name: str, properties: Mapping[str, str], message: str) -> str:
    listed = ",".join(_pairs(properties))
    return f"::{name} {listed}::{_escaped(message, _TEXT)}"


def _pairs(properties: Mapping[str, str]) -> Iterator[str]:
    return (f"{key}={_escaped(value, _PROPERTY)}" for key, value in properties.items())


def _escaped(text: str, codes: Mapping[str, str]) -> str:
    """Return a text with the runner's own escapes, and with ours for every other character that is not printable."""
    return "".join(codes.get(char) or visible(char) for char in text)
