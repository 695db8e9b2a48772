"""Write a report as JUnit XML: a suite for each rule, a failed case for each finding, an error for each bad file."""

from __future__ import annotations

from collections.abc import Iterable
from xml.etree import ElementTree as ET

from rewriter.model.patch import Ignored, Problem, Report
from rewriter.model.secret import Finding
from rewriter.render.pen import Pen, redactor_of
from rewriter.rules import rules

_TOOL = "unbake"


def scan(report: Report) -> str:
    """Return the report; a rule that finds nothing is a case that passes, an ignored finding one that is skipped."""
    pen = Pen(redactor_of(report))
    root = ET.Element("testsuites", {"name": _TOOL})
    for rule in rules():
        found = [finding for finding in report.findings if finding.rule == rule.name]
        left = [ignored for ignored in report.ignored if ignored.finding.rule == rule.name]
        suite = ET.SubElement(root, "testsuite", {"name": f"{_TOOL}.{rule.name}"})
        for finding in found:
            _failure(suite, finding, pen)
        for ignored in left:
            _skipped(suite, ignored, pen)
        if not found and not left:
            ET.SubElement(suite, "testcase", {"classname": rule.name, "name": rule.summary})
    suite = ET.SubElement(root, "testsuite", {"name": f"{_TOOL}.files"})
    for problem in report.problems:
        _error(suite, problem, pen)
    if not report.problems:
        ET.SubElement(suite, "testcase", {"classname": "files", "name": "every file can be read"})
    _count(root)
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _case(suite: ET.Element, finding: Finding, pen: Pen) -> ET.Element:
    place = finding.place
    attributes = {
        "classname": finding.rule,
        "name": f"{pen.place(place)} {pen.name(finding.name)}",
        "file": pen.name(place.path),
        "line": str(place.line),
    }
    return ET.SubElement(suite, "testcase", attributes)


def _failure(suite: ET.Element, finding: Finding, pen: Pen) -> None:
    message = pen.prose(finding.message)
    attributes = {"message": message, "type": finding.severity.value}
    failure = ET.SubElement(_case(suite, finding, pen), "failure", attributes)
    failure.text = f"{pen.place(finding.place)}: {message}"


def _skipped(suite: ET.Element, ignored: Ignored, pen: Pen) -> None:
    reason = f"ignored by {ignored.by.value}: {pen.prose(ignored.reason)}".removesuffix(": ")
    ET.SubElement(_case(suite, ignored.finding, pen), "skipped", {"message": reason})


def _error(suite: ET.Element, problem: Problem, pen: Pen) -> None:
    path = pen.name(problem.path)
    attributes = {"classname": "files", "name": path, "file": path}
    if problem.line:
        attributes["line"] = str(problem.line)
    message = pen.prose(problem.message)
    error = ET.SubElement(ET.SubElement(suite, "testcase", attributes), "error", {"message": message, "type": "file"})
    error.text = f"{path}: {message}"


def _count(root: ET.Element) -> None:
    """Put the numbers on every suite and on the whole."""
    names = {"tests": "testcase", "failures": "failure", "errors": "error", "skipped": "skipped"}
    for element in _outside_in(root):
        for attribute, tag in names.items():
            element.set(attribute, str(sum(1 for _ in element.iter(tag))))


def _outside_in(root: ET.Element) -> Iterable[ET.Element]:
    return (root, *root.findall("testsuite"))
