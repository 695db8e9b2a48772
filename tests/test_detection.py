"""unbake finds the leaks of the hand-written cases and lets the look-alikes pass."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.detection import peers
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


def test_peer_is_run_and_its_report_is_read(tmp_path: Path) -> None:
    cases = read("t", "=== a\nFROM x\n#! leak\nRUN y\n")
    assert peers.write(tmp_path, cases) == 1
    report = json.dumps([{"File": str(tmp_path / "t" / "a" / "Dockerfile"), "StartLine": 2, "EndLine": 2}])
    gitleaks = next(peer for peer in peers.PEERS if peer.name == "gitleaks")
    python = [sys.executable, "-c"]
    fake = replace(gitleaks, program=python[0], command=lambda _, file: [*python, _WRITE, str(file), report])
    assert peers.installed(fake)
    assert score(cases, peers.run(fake, tmp_path, cases).hits).recall == 1.0
    silent = replace(fake, command=lambda *_: [*python, "print('no report')"])
    with pytest.raises(peers.PeerError, match="no report"):
        peers.run(silent, tmp_path, cases)


_WRITE = "import sys; open(sys.argv[1], 'w').write(sys.argv[2])"


FILE = "t/a/Dockerfile"
REPORTS: dict[str, object] = {
    "hadolint": [{"code": "DL3064", "file": FILE, "line": 2}, {"code": "DL3006", "file": FILE, "line": 1}],
    "checkov": {
        "results": {
            "failed_checks": [
                {"check_id": "CKV_SECRET_6", "file_path": f"/{FILE}", "file_line_range": [2, 2]},
                {"check_id": "CKV_DOCKER_3", "file_path": f"/{FILE}", "file_line_range": [1, 2]},
            ]
        }
    },
    "detect-secrets": {"results": {FILE: [{"line_number": 2}]}},
    "kingfisher": {"rule": {}, "finding": {"path": FILE, "line": 2}},
}


@pytest.mark.parametrize("name", REPORTS)
def test_report_of_a_peer_names_secrets_only(name: str) -> None:
    peer = next(peer for peer in peers.PEERS if peer.name == name)
    assert list(peer.read(json.dumps(REPORTS[name]))) == [(FILE, 2, 2)]
