"""Try unbake on a folder of real Dockerfiles, one repository each, and print what became of them.

    python -m benchmarks.real_files FOLDER [LIMIT]

Nothing is written. The figures: how the reader agrees with BuildKit's own parser (instruction by instruction), whether
every rewritten file still parses there, whether a second run changes anything, how many secrets were fixed and why the
others were refused, how many lines a fix touches, and the slowest file.
"""

from __future__ import annotations

import difflib
import sys
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from rewriter.documents.dockerfile import parse
from rewriter.errors import ParseError
from rewriter.model.patch import Failed, Patched
from rewriter.model.text import Source, decode, encode
from rewriter.pipeline import fix
from rewriter.repository import MemoryRepository
from rewriter.settings import Settings
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
    refused = {(one.finding.scope, one.finding.secret): one.reason for one in outcome.report.refusals}
    for key in {(finding.scope, finding.secret) for finding in outcome.report.findings}:
        figures.secrets["refused" if key in refused else "fixed"] += 1
        if key in refused:
            figures.reasons[refused[key]] += 1
    if isinstance(outcome, Patched):
        _patched(path.name, outcome, data, figures)


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
