"""Run every corpus case, and hold the whole corpus to account."""

from __future__ import annotations

from pathlib import Path

import pytest

from rewriter.model.patch import Patched
from rewriter.model.text import encode
from rewriter.pipeline import fix
from rewriter.rules import rules
from rewriter.scan.scanning import scan
from rewriter.settings import Settings
from rewriter.tree.repository import MemoryRepository
from tests import corpus

FOLDERS = corpus.folders()


def _name(case: Path) -> str:
    return f"{case.parent.name}/{case.name}"


@pytest.mark.parametrize("case", FOLDERS, ids=_name)
def test_case_gives_what_it_expects(case: Path, request: pytest.FixtureRequest) -> None:
    _, result = corpus.run(case)
    if request.config.getoption("--update"):
        corpus.write(case, result)
    wanted = corpus.expected(case)
    assert result.lines == wanted.lines
    assert result.secrets == wanted.secrets
    assert result.values == wanted.values
    assert result.tree == wanted.tree


@pytest.mark.parametrize("case", FOLDERS, ids=_name)
def test_second_run_changes_nothing(case: Path) -> None:
    outcome, result = corpus.run(case)
    if result.tree is None:
        return
    again = fix(MemoryRepository(result.tree), corpus.settings_of(case))
    assert not isinstance(again, Patched)
    assert isinstance(outcome, Patched)


@pytest.mark.parametrize("case", FOLDERS, ids=_name)
def test_value_moves_byte_for_byte(case: Path) -> None:
    outcome, _ = corpus.run(case)
    before = corpus.tree(case / "before")
    for value in corpus.values_of(outcome):
        data = encode(value.value.reveal())
        assert data
        written = (data, data.replace(b"$", b"$$"))  # compose writes a dollar twice
        assert any(form in text for text in before.values() for form in written)


def test_every_rule_has_a_fixed_or_refused_case_and_a_passing_one() -> None:
    seen = {line.split()[1] for case in FOLDERS for line in corpus.expected(case).lines}
    assert seen >= {rule.name for rule in rules()}
    assert any(not corpus.expected(case).lines for case in FOLDERS)


def test_corpus_is_measured_at_all() -> None:
    assert len(FOLDERS) >= 4 * len(rules())


def test_scan_agrees_with_fix_on_what_is_found() -> None:
    for case in FOLDERS:
        files = corpus.tree(case / "before")
        report = scan(MemoryRepository(files), Settings())
        lines = {(one.place.path, one.place.line, one.rule) for one in report.findings}
        expected = corpus.expected(case).lines
        assert len(lines) <= len(expected)
