from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TypedDict
from xml.etree import ElementTree as ET

import pytest
from jsonschema import Draft202012Validator

from rewriter.model.text import Edit, Source, Span, apply
from tests import corpus
from tests.cli.conftest import CLEAN, LEAKY, Run, Write
from tests.render.sarif_form import SCHEMA

CASE = corpus.ROOT / "build-argument" / "alias"


class Replacement(TypedDict, total=False):
    """Hold one edit of a file, as a log writes it."""

    deletedRegion: dict[str, int]
    insertedContent: dict[str, str]


def results(run: Run, *words: str) -> list[dict[str, object]]:
    ran = run("scan", "--format", "sarif", *words)
    assert ran.err == ""
    document = json.loads(ran.out)
    Draft202012Validator(SCHEMA).validate(document)
    found: list[dict[str, object]] = document["runs"][0]["results"]
    return found


def replacements(text: str) -> list[Replacement]:
    return [
        replacement
        for result in json.loads(text)["runs"][0]["results"]
        for fix in result["fixes"]
        for change in fix["artifactChanges"]
        for replacement in change["replacements"]
    ]


@pytest.mark.parametrize("case", corpus.cases(), ids=lambda case: f"{case.parent.name}/{case.name}")
def test_the_sarif_of_every_case_follows_the_specification(case: Path, run: Run) -> None:
    shown = results(run, str(case / "before"))
    wanted = [line for line in corpus.expected(case).lines if " problem " not in line]
    assert len(shown) == len(wanted)


def test_making_the_fixes_of_a_sarif_log_gives_what_fix_gives(run: Run) -> None:
    source = Source("Dockerfile", (CASE / "before/Dockerfile").read_text("utf-8"))
    shown = run("scan", "--format", "sarif", str(CASE / "before")).out
    edits = [_edit(source, replacement) for replacement in replacements(shown)]
    assert edits
    assert apply(source.text, edits) == (CASE / "after/Dockerfile").read_text("utf-8")


def _edit(source: Source, replacement: Replacement) -> Edit:
    where = replacement["deletedRegion"]
    start = source.line_span(where["startLine"]).start + where["startColumn"] - 1
    end = source.line_span(where["endLine"]).start + where["endColumn"] - 1
    return Edit(Span(start, end), replacement.get("insertedContent", {}).get("text", ""))


def test_annotations_and_test_results(run: Run, write: Write) -> None:
    write(LEAKY)
    ran = run("scan", "--format", "github")
    assert ran.status == 1
    assert ran.out.startswith("::error file=Dockerfile,line=2,endLine=2,col=5,endColumn=14,title=no-secret-in-arg")
    ran = run("scan", "--format", "junit")
    assert ran.status == 1
    assert ET.fromstring(ran.out).get("failures") == "2"


@pytest.mark.parametrize("name", ["text", "json", "sarif", "github", "junit"])
def test_nothing_found_is_0_in_every_format(run: Run, write: Write, name: str) -> None:
    write(CLEAN)
    assert run("scan", "--format", name).status == 0


def test_fix_has_no_format_that_lists_findings_alone(run: Run, write: Write) -> None:
    root = write(LEAKY)
    ran = run("fix", "--format", "sarif")
    assert (ran.status, ran.out) == (2, "")
    assert "`unbake scan --format sarif` lists findings" in ran.err
    assert (root / "Dockerfile").read_text("utf-8") == LEAKY["Dockerfile"]


@pytest.mark.parametrize("name", ["text", "json", "sarif", "github", "junit"])
def test_only_the_format_that_is_asked_for_is_imported(write: Write, name: str) -> None:
    write(LEAKY)
    code = (
        "import sys; from rewriter.cli.main import main\n"
        f"main(['scan', '--format', '{name}'])\n"
        "others = {'text', 'json', 'sarif', 'github', 'junit'}\n"
        "found = sorted(one for one in others if f'rewriter.render.{one}' in sys.modules)\n"
        "print(*found, file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": str(corpus.ROOT.parent)},
    )
    assert done.stderr == f"{name}\n"
