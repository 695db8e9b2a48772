from __future__ import annotations

from xml.etree import ElementTree as ET

from rewriter.model.patch import Ignored, Problem, Report, Silence
from rewriter.record import replace
from rewriter.render import junit
from rewriter.rules import rules
from tests.render.sample import API, NPM, PIN, finding, report


def parsed(shown: Report) -> ET.Element:
    return ET.fromstring(junit.scan(shown))


def counts(element: ET.Element) -> dict[str, str]:
    return {key: element.attrib[key] for key in ("tests", "failures", "errors", "skipped")}


def test_nothing_found_is_a_passing_case_for_each_rule_and_one_for_the_files() -> None:
    root = parsed(report([]))
    number = len(rules()) + 1
    assert counts(root) == {"tests": str(number), "failures": "0", "errors": "0", "skipped": "0"}
    assert len(root.findall("testsuite")) == number


def test_a_finding_is_a_failure_of_its_rule() -> None:
    root = parsed(report([NPM, API, PIN]))
    suite = next(suite for suite in root if suite.get("name") == "unbake.no-secret-in-env")
    assert counts(suite) == {"tests": "2", "failures": "2", "errors": "0", "skipped": "0"}
    case = suite[0]
    assert case.attrib == {
        "classname": "no-secret-in-env",
        "name": "app/Dockerfile:3:5 API_KEY",
        "file": "app/Dockerfile",
        "line": "3",
    }
    assert case[0].attrib == {"message": "API_KEY carries a secret", "type": "critical"}
    assert root.get("failures") == "3"


def test_an_ignored_finding_is_skipped_and_a_file_with_errors_is_an_error() -> None:
    shown = report([], problems=[Problem("x", 2, "broken")])
    root = parsed(replace(shown, ignored=(Ignored(NPM, Silence.PRAGMA, "a test account"),)))
    assert root.get("skipped") == root.get("errors") == "1"
    assert [entry.get("message") for entry in root.iter("skipped")] == ["ignored by pragma: a test account"]
    assert [entry.text for entry in root.iter("error")] == ["x: broken"]


def test_hostile_names_give_well_formed_xml() -> None:
    hostile = "<a b=\"'&\x00\x1b\uffff\ud800]]>"
    root = parsed(report([finding("X", 2, path=hostile, message=hostile)], problems=[Problem(hostile, 1, hostile)]))
    messages = [entry.get("message") for entry in root.iter("failure")]
    assert messages == ["<a b=\"'&\\x00\\x1b\\uffff\\ud800]]>"]
