from __future__ import annotations

import pytest

from rewriter.page import page
from rewriter.rules import rules
from tests.cli.conftest import Run


def test_rules_lists_and_explains(run: Run) -> None:
    listed = run("rules")
    assert listed.status == 0
    assert [line.split()[1] for line in listed.out.splitlines()] == [
        rule.name for rule in sorted(rules(), key=lambda rule: rule.code)
    ]
    assert run("rules", "UB101").out == run("rules", "no-secret-in-arg").out == page("no-secret-in-arg")
    assert run("rules", "--help").out.startswith("usage: unbake rules")


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        (["no-secret-in-agr"], "unknown rule 'no-secret-in-agr'; did you mean no-secret-in-arg?"),
        (["zebra"], "`unbake rules` lists them"),
        (["--al"], "unknown option '--al'"),
        (["UB101", "UB102"], "one rule is explained at a time"),
    ],
)
def test_a_slip_is_a_fault_of_use(run: Run, words: list[str], fault: str) -> None:
    ran = run("rules", *words)
    assert (ran.status, ran.out) == (2, "")
    assert fault in ran.err
