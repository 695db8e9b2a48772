"""Run other scanners over the cases, as far as they are installed, and read what they find.

A peer is one entry of `PEERS`: its program, how it is called, and how its report is read. Only findings that speak of
secrets count; what a linter says of style is left out.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.detection.cases import Case
from benchmarks.detection.measure import Hit

TIMEOUT: Final = 600
Found = tuple[str, int, int]


class PeerError(Exception):
    """Report a peer whose report cannot be read; its command line may have changed."""


@dataclass(frozen=True, slots=True)
class Peer:
    """Hold how a scanner is run over a folder; `report` gets the folder and a place for a report file."""

    name: str
    program: str
    command: Callable[[Path, Path], list[str]]
    read: Callable[[str], Iterable[Found]]


@dataclass(frozen=True, slots=True)
class Run:
    """Hold what a peer found, by case, and how long the whole process took."""

    hits: dict[str, tuple[Hit, ...]]
    seconds: float


def installed(peer: Peer) -> bool:
    """Tell whether the peer's program is on PATH."""
    return shutil.which(peer.program) is not None


def run(peer: Peer, root: Path, cases: Iterable[Case]) -> Run:
    """Run a peer over the folder that `write` made; its report is read from a file, or from its output."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        command = peer.command(root, report)
        start = time.perf_counter()
        done = subprocess.run(command, capture_output=True, check=False, timeout=TIMEOUT, cwd=root, text=True)
        seconds = time.perf_counter() - start
        text = report.read_text("utf-8") if report.exists() else done.stdout
    try:
        found = tuple(peer.read(text))
    except (ValueError, KeyError, TypeError) as error:
        last = (done.stderr.strip() or done.stdout.strip()).splitlines()[-1:]
        raise PeerError(f"{peer.name} gave no report that can be read: {' '.join(last)}") from error
    return Run(_by_case(found, root, cases), seconds)


def write(root: Path, cases: Iterable[Case]) -> int:
    """Write every case into a folder of its own; return how many files there are."""
    count = 0
    for case in cases:
        for path, data in case.files.items():
            place = root / case.name / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(data)
            count += 1
    return count


def _by_case(found: Iterable[Found], root: Path, cases: Iterable[Case]) -> dict[str, tuple[Hit, ...]]:
    names = {case.name for case in cases}
    hits: dict[str, list[Hit]] = defaultdict(list)
    for path, first, last in found:
        parts = Path(path).parts
        anchor = root.parts
        inside = parts[len(anchor) :] if parts[: len(anchor)] == anchor else parts
        name = "/".join(inside[:2])
        if name in names:
            hits[name].append(Hit("/".join(inside[2:]), first, last))
    return {name: tuple(mine) for name, mine in hits.items()}


def _gitleaks(text: str) -> Iterator[Found]:
    for one in json.loads(text or "[]") or ():
        yield one["File"], one["StartLine"], one["EndLine"]


def _hadolint(text: str) -> Iterator[Found]:
    for one in json.loads(text or "[]"):
        if one["code"] == "DL3064":
            yield one["file"], one["line"], one["line"]


def _checkov(text: str) -> Iterator[Found]:
    found = json.loads(text or "[]")
    for part in found if isinstance(found, list) else [found]:
        for one in part.get("results", {}).get("failed_checks", ()):
            if one["check_id"].startswith("CKV_SECRET") or one["check_id"] == "CKV2_DOCKER_17":
                first, last = one["file_line_range"]
                yield one["file_path"].lstrip("/"), first, last


def _detect_secrets(text: str) -> Iterator[Found]:
    for path, found in json.loads(text or "{}").get("results", {}).items():
        for one in found:
            yield path, one["line_number"], one["line_number"]


def _kingfisher(text: str) -> Iterator[Found]:
    for line in text.splitlines():
        if not line.startswith(("{", "[")):
            continue
        with_findings = json.loads(line)
        for one in with_findings.get("findings", [with_findings]) if isinstance(with_findings, dict) else with_findings:
            inner = one.get("finding", {})
            if "path" in inner:
                yield inner["path"], int(inner["line"]), int(inner["line"])


def _dockerfiles(root: Path) -> list[str]:
    return sorted(str(path.relative_to(root)) for path in root.rglob("Dockerfile"))


PEERS: Final = (
    Peer(
        "gitleaks",
        "gitleaks",
        lambda root, report: [
            "gitleaks", "dir", str(root), "--no-banner", "--exit-code=0", "--report-format=json",
            f"--report-path={report}",
        ],
        _gitleaks,
    ),
    Peer("hadolint", "hadolint", lambda root, _: ["hadolint", "--format=json", *_dockerfiles(root)], _hadolint),
    Peer(
        "checkov",
        "checkov",
        lambda root, _: [
            "checkov", "--directory", str(root), "--framework", "dockerfile", "secrets", "--output=json", "--quiet",
            "--compact", "--soft-fail", "--skip-download",
        ],
        _checkov,
    ),
    Peer(
        "detect-secrets",
        "detect-secrets",
        lambda root, _: ["detect-secrets", "scan", "--all-files", str(root)],
        _detect_secrets,
    ),
    Peer(
        "kingfisher",
        "kingfisher",
        lambda root, _: [
            "kingfisher", "scan", str(root), "--format=jsonl", "--no-update-check", "--no-validate", "--quiet",
        ],
        _kingfisher,
    ),
)  # fmt: skip
