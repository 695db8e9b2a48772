"""Try unbake on a folder of real Dockerfiles, one repository each, and print what became of them.

    python -m benchmarks.real_files FOLDER [LIMIT]

Nothing is written. The figures: how the reader agrees with BuildKit's own parser (instruction by instruction), whether
every rewritten file still parses there, whether a second run changes anything, how many secrets were fixed and why the
others were refused, how many lines a fix touches, and the slowest file.

A secret counts as one of the build unless it is refused as one that the container needs, that the image keeps on
purpose, that no RUN is seen to read, or whose value never arrives since the RUN's stage declares no such argument.
"""

from __future__ import annotations

import difflib
import sys
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from rewriter.documents.dockerfile import parse
from rewriter.errors import ParseError
from rewriter.model.patch import Failed, Patched
from rewriter.model.plan import Reason, Refusal
from rewriter.model.secret import Finding, Phase
from rewriter.model.text import Source, decode, encode
from rewriter.pipeline import fix
from rewriter.settings import Settings
from rewriter.tree.repository import MemoryRepository
from tests.peers.agree import difference


@dataclass
class Figures:
    """Count what happened."""

    files: int = 0
    agreement: Counter[str] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)
    secrets: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    touched: list[int] = field(default_factory=list)
    slowest: tuple[float, str] = (0.0, "")


def main() -> None:
    """Run over the folder that the command line names."""
    limit = int(sys.argv[2]) if len(sys.argv) > 2 else None
    names = [path for path in sorted(Path(sys.argv[1]).rglob("*")) if path.is_file() and path.suffix != ".tsv"]
    figures = Figures()
    for number, path in enumerate(names[:limit], start=1):
        _one(path, figures)
        if sys.stderr.isatty():
            sys.stderr.write(f"\r{number} of {len(names[:limit])}")
    _print(figures)


def _reading(data: bytes) -> str:
    with suppress(ParseError):
        text = decode(data)
        if "".join(piece.of(text) for piece in parse(Source("Dockerfile", text)).pieces) != text:
            return "DOES NOT PRINT BACK"
    found = difference(decode(data))
    if found is None:
        return "agrees"
    return f"differs as expected: {found.reason}" if found.reason else "DISAGREES"


def _one(path: Path, figures: Figures) -> None:
    data = path.read_bytes()
    figures.files += 1
    figures.agreement[_reading(data)] += 1
    began = time.perf_counter()
    outcome = fix(MemoryRepository({"Dockerfile": data}), Settings())
    figures.slowest = max(figures.slowest, (time.perf_counter() - began, path.name))
    figures.outcomes[type(outcome).__name__] += 1
    if isinstance(outcome, Failed):
        figures.faults.append(f"{path.name}: {outcome.error}")
        return
    found: dict[tuple[str, str], list[Finding]] = {}
    for finding in outcome.report.findings:
        found.setdefault((finding.scope, finding.secret), []).append(finding)
    refused = {refusal.finding.fingerprint: refusal for refusal in outcome.report.refusals}
    for findings in found.values():
        mine = [refused[finding.fingerprint] for finding in findings if finding.fingerprint in refused]
        kind = _kind(findings, mine)
        figures.secrets[kind] += 1
        if mine and kind != FIXED:
            figures.reasons[f"{kind}: {_decisive(mine).reason}"] += 1
    if isinstance(outcome, Patched):
        _patched(path.name, outcome, data, figures)


FIXED: Final = "of the build, fixed"
REFUSED: Final = "of the build, refused"
_NOT_OF_THE_BUILD: Final = {
    Reason.RUNTIME_SECRET: "of the container",
    Reason.ONLY_ROTATION_HELPS: "kept on purpose",
    Reason.UNDECLARED_VARIABLE: "without a value",
    Reason.UNKNOWN_READER: "read by nothing visible",
}


def _kind(findings: list[Finding], refused: list[Refusal]) -> str:
    """Return what kind of secret findings speak of, as the page above has it."""
    if not refused:
        return FIXED
    reason = _decisive(refused).reason
    if reason is Reason.UNDECLARED_VARIABLE and len(refused) < len(findings):
        return FIXED  # where it is declared
    if any(finding.phase in (Phase.RUNTIME, Phase.BOTH) for finding in findings):
        return "of the container"
    unknown = any(finding.phase is Phase.UNKNOWN for finding in findings)
    return _NOT_OF_THE_BUILD.get(reason, "read by nothing visible" if unknown else REFUSED)


def _decisive(refused: list[Refusal]) -> Refusal:
    """Return the refusal that the others follow from: what reads from a layer goes with what puts it there."""
    last = {"no-secret-read-from-layer": 2, "no-secret-in-run": 1}
    return min(refused, key=lambda refusal: last.get(refusal.finding.rule, 0))


def _patched(name: str, outcome: Patched, data: bytes, figures: Figures) -> None:
    after = {"Dockerfile": data} | {change.path: encode(change.after) for change in outcome.patch.files}
    if isinstance(fix(MemoryRepository(after), Settings()), Patched):
        figures.faults.append(f"{name}: a second run changes it again")
    for change in outcome.patch.files:
        if change.path == "Dockerfile":
            if _reading(encode(change.after)) not in ("agrees", _reading(data)):
                figures.faults.append(f"{name}: the rewritten file does not read the same in BuildKit's parser")
            lines = difflib.unified_diff(change.before.split("\n"), change.after.split("\n"), n=0, lineterm="")
            figures.touched.append(sum(line.startswith("-") and not line.startswith("---") for line in lines))


def _print(figures: Figures) -> None:
    print(f"files            {figures.files}")
    print(f"reader           {dict(figures.agreement)}")
    print(f"outcomes         {dict(figures.outcomes)}")
    print(f"secrets          {dict(figures.secrets)}")
    fixed, build = figures.secrets[FIXED], figures.secrets[FIXED] + figures.secrets[REFUSED]
    if build:
        print(f"of the build     {fixed} of {build} fixed, {fixed / build:.1%}")
    for reason, count in figures.reasons.most_common():
        print(f"  refused {count:5} {reason}")
    if figures.touched:
        print(f"lines touched    median {sorted(figures.touched)[len(figures.touched) // 2]} of a file")
    print(f"slowest          {figures.slowest[0]:.2f} s, {figures.slowest[1]}")
    print(f"faults           {len(figures.faults)}")
    for fault in figures.faults:
        print(f"  {fault}")


if __name__ == "__main__":
    main()
