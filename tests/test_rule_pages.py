"""The pages `docs/rules/*.md`: made from each rule's own words and a corpus case; `--update` writes them.

The case is the one that `corpus/examples.toml` names for the rule, or else the first one, by name, that it is fixed in
or, failing that, found in.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Final

import pytest

from rewriter.model.patch import Failed, Report
from rewriter.model.text import decode
from rewriter.pipeline import fix
from rewriter.render.redact import Redactor
from rewriter.render.visible import visible
from rewriter.rules import explanation, rules
from rewriter.rules.rule import Rule
from rewriter.settings import Settings
from rewriter.tree.repository import DirectoryRepository
from tests import corpus

FOLDER: Final = Path(__file__).parent.parent / "docs" / "rules"
CHOSEN: Final = tomllib.loads((corpus.ROOT / "examples.toml").read_text("utf-8"))
INTRODUCTION: Final = """\
# Rules

Each is one kind of leak. `unbake rules NAME` shows its page, `--rule NAME` looks for it alone, and the comment
`# unbake: ignore[NAME] REASON` on the line, or on the one above the instruction, leaves a finding out.

| code | rule | what leaks |
|---|---|---|
"""


def example(rule: Rule) -> Path:
    if rule.name in CHOSEN:
        return corpus.ROOT / str(CHOSEN[rule.name])
    lines = {case: corpus.expected(case).lines for case in corpus.cases()}
    found = [case for case in lines if any(f" {rule.name} " in line for line in lines[case])]
    fixed = [case for case in found if any(f" {rule.name} " in line and "fixed" in line for line in lines[case])]
    return (fixed or found)[0]


def written(rule: Rule) -> str:
    case = example(rule)
    outcome = fix(DirectoryRepository(case / "before"), Settings())
    assert not isinstance(outcome, Failed)
    report = outcome.report
    mine = [finding for finding in report.findings if finding.rule == rule.name]
    paths = sorted({finding.place.path for finding in mine})
    dockerfiles = {finding.place.path for finding in report.findings if "ockerfile" in finding.place.path}
    shown = sorted({*paths, *dockerfiles})
    title, _, rest = explanation(rule).partition("\n")
    parts = [f"# {rule.name}", f"*{rule.code}: {rule.summary}.*", f"**{title}**", rest.strip()]
    parts += ["## Leaks", *(_file(case / "before", path, report) for path in shown)]
    parts += [f"- `{finding.place.path}:{finding.place.line}` {_message(finding.message, report)}" for finding in mine]
    if (case / "after").exists():
        parts += ["## Does not", *(_file(case / "after", path, report) for path in shown)]
    parts += ["## What to do", f"{rule.advice[:1].upper()}{rule.advice[1:]}."]
    parts += ["To leave a finding out, with the reason:", f"    # unbake: ignore[{rule.name}] REASON"]
    return "\n\n".join(part for part in parts if part) + "\n"


def _redactor(report: Report) -> Redactor:
    return Redactor(value for finding in report.findings for value in finding.values)


def _message(text: str, report: Report) -> str:
    return visible(_redactor(report).text(text))


def _file(folder: Path, path: str, report: Report) -> str:
    text = decode((folder / path).read_bytes())
    owned = {line for finding in report.findings for line in range(finding.place.line, finding.place.end_line + 1)}
    lines = _redactor(report).lines(text, owned)
    body = "\n".join(f"    {visible(line.rstrip(chr(13) + chr(10)), tabs=True)}".rstrip() for line in lines)
    return f"`{path}`\n\n{body}"


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule.name)
def test_the_page_of_a_rule_is_current(rule: Rule, request: pytest.FixtureRequest) -> None:
    path = FOLDER / f"{rule.name}.md"
    if request.config.getoption("--update"):
        FOLDER.mkdir(exist_ok=True)
        path.write_text(written(rule), encoding="utf-8")
    assert path.read_text("utf-8") == written(rule)
    assert "## Leaks" in written(rule)


def test_the_index_is_current_and_there_is_no_other_page(request: pytest.FixtureRequest) -> None:
    rows = "".join(
        f"| {rule.code} | [{rule.name}]({rule.name}.md) | {rule.summary} |\n"
        for rule in sorted(rules(), key=lambda rule: rule.code)
    )
    path = FOLDER / "README.md"
    if request.config.getoption("--update"):
        path.write_text(INTRODUCTION + rows, encoding="utf-8")
    assert path.read_text("utf-8") == INTRODUCTION + rows
    assert {page.stem for page in FOLDER.iterdir()} == {"README", *(rule.name for rule in rules())}


def test_the_examples_that_are_named_exist_and_show_their_rule() -> None:
    for name, case in CHOSEN.items():
        assert any(f" {name} " in line for line in corpus.expected(corpus.ROOT / str(case)).lines), name
