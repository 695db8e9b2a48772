"""unbake finds the leaks of the hand-written cases and lets the look-alikes pass."""

from __future__ import annotations

import pytest

from benchmarks.detection.cases import Case, CaseError, read, read_all
from benchmarks.detection.measure import Hit, score, unbake

CASES = read_all()


def test_cases_are_enough_to_mean_something() -> None:
    assert sum(len(case.leaks) for case in CASES) >= 200
    assert sum(len(case.clean) for case in CASES) >= 150


def test_recall_and_false_alarms() -> None:
    result = score(CASES, {case.name: unbake(case) for case in CASES})
    assert result.recall >= 0.98, result.missed
    assert result.false_alarm_rate <= 0.01, result.false_alarms


def test_score_counts_what_is_missed_and_what_is_wrong() -> None:
    leaky, clean = read("t", "=== a\n#! leak\nFROM x\n#! clean\nRUN y\n\n=== b\nFROM x\n#! clean\nRUN z\n")
    nothing = score((leaky, clean), {})
    assert (nothing.recall, nothing.false_alarms) == (0.0, ())
    both = Hit("Dockerfile", 1, 2)
    assert score((leaky, clean), {"t/a": (both,)}).false_alarms == ("t/a Dockerfile:2",)
    assert score((leaky, clean), {"t/b": (Hit("Dockerfile", 1, 1),)}).false_alarms == ("t/b Dockerfile:1",)
    quiet = Hit("Dockerfile", 1, 2, loud=False)
    calm = score((leaky, clean), {"t/a": (quiet,), "t/b": (quiet,)})
    assert (calm.recall, calm.false_alarms) == (1.0, ())


def test_marks_name_lines_of_the_file_without_marks() -> None:
    (case,) = read("t", "=== a\nFROM x\n#! leak 2\nCOPY <<E /x\n@{pem}\nE\n--- b.txt\n#! clean\nword\n")
    assert case.leaks == (("Dockerfile", 3),)
    assert case.clean == (("b.txt", 1),)
    assert case.files["Dockerfile"].startswith(b"FROM x\nCOPY <<E /x\n-----BEGIN")


@pytest.mark.parametrize("text", ["=== a\nFROM x\n", "=== a\n#! leak\nFROM x\n--- Dockerfile\nFROM y\n"])
def test_case_that_says_nothing_is_refused(text: str) -> None:
    with pytest.raises(CaseError):
        read("t", text)


def test_every_case_is_a_case_of_its_own() -> None:
    names = [case.name for case in CASES]
    assert len(names) == len(set(names))
    assert all(isinstance(case, Case) and case.files for case in CASES)
