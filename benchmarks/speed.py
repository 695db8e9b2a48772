"""Time a whole run over many Dockerfiles, beside every scanner that is installed, and say whether it is fast enough.

    python -m benchmarks.speed                 all that follows
    python -m benchmarks.speed compare [WHAT]  WHAT: how many Dockerfiles are made (1,000), or a folder that has some
    python -m benchmarks.speed growth          how time and memory grow up to 20,000 files
    python -m benchmarks.speed start           what `unbake --version` costs beside `python -c pass`

The Dockerfiles are made from a seed, in the lengths of real ones, one in twenty with a secret. Every tool runs as a
whole process, its output thrown away, five times in turn; the best run counts, since whatever else the machine does
only ever adds to it. `s` is what a clock on the wall shows, `cpu` the time of all processors, `MB` the memory of all
processes of a run at its peak. Peers are looked for on PATH: gitleaks, kingfisher, betterleaks, detect-secrets,
hadolint, checkov.
"""

from __future__ import annotations

import compileall
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

RUNS: Final = 5
STARTS: Final = 20
PATIENCE: Final = 20.0
"""What takes longer runs once."""
SIZES: Final = (1_000, 5_000, 10_000, 20_000)
_LIMITS: Final = {"gitleaks": 2.0, "hadolint": 1.0, "checkov": 1.0, "kingfisher": 1.0, "detect-secrets": 1.0}
"""How many times as long as these tools unbake may take."""
_START_LIMIT: Final = 0.080
_SAMPLE: Final = 0.02
_BASES: Final = ("debian:12-slim", "python:3.12-slim", "node:20-alpine", "golang:1.22", "alpine:3.19", "ubuntu:24.04")
_STEPS: Final = (
    (
        "RUN apt-get update && apt-get install -y --no-install-recommends \\\n"
        "    ca-certificates curl git \\\n    && rm -rf /var/lib/apt/lists/*"
    ),
    (
        "RUN curl -fsSL https://downloads.example.com/tool-{n}.tar.gz -o /tmp/tool.tgz \\\n"
        "    && tar -xzf /tmp/tool.tgz -C /usr/local \\\n    && rm /tmp/tool.tgz"
    ),
    "ENV LANG=C.UTF-8 PATH=/opt/app{n}/bin:$PATH",
    "WORKDIR /srv/app{n}",
    "COPY package.json package-lock.json ./",
    "COPY . .",
    "RUN npm ci && npm run build",
    "RUN pip install --no-cache-dir -r requirements.txt",
    "RUN go build -o /usr/local/bin/app{n} ./cmd/app",
    (
        "RUN set -eux; \\\n    addgroup --system app{n}; \\\n    adduser --system --ingroup app{n} app{n}; \\\n"
        "    mkdir -p /var/lib/app{n}; \\\n    chown -R app{n}:app{n} /var/lib/app{n}"
    ),
    "# what the service needs while it runs",
    "EXPOSE 8{n:03d}",
    "LABEL org.opencontainers.image.title=app{n}",
    "HEALTHCHECK CMD curl -fsS http://127.0.0.1:8080/healthz || exit 1",
    "USER app{n}",
    'CMD ["/usr/local/bin/app{n}", "--port", "8080"]',
)
_LEAKS: Final = ("ARG NPM_TOKEN\nRUN npm ci", "ENV DB_PASSWORD=k9x-fourteen-tigers")


@dataclass(frozen=True, slots=True)
class Tool:
    """Hold a scanner and its command line over a folder."""

    name: str
    command: Callable[[Path], Sequence[str]]


_FIND: Final = "find {} -name Dockerfile -print0 | xargs -0 hadolint --no-fail"
TOOLS: Final = (
    Tool("gitleaks", lambda folder: ("gitleaks", "dir", str(folder), "--no-banner", "--exit-code", "0")),
    Tool("kingfisher", lambda folder: ("kingfisher", "scan", str(folder), "--no-validate")),
    Tool("betterleaks", lambda folder: ("betterleaks", "dir", "--no-banner", str(folder))),
    Tool("detect-secrets", lambda folder: ("detect-secrets", "-C", str(folder), "scan", "--all-files")),
    Tool("hadolint", lambda folder: ("sh", "-c", _FIND.format(folder))),
    Tool("checkov", lambda folder: ("checkov", "-d", str(folder), "--framework", "dockerfile", "secrets", "--compact")),
)


def unbake(folder: Path) -> Sequence[str]:
    """Return our own command line."""
    return (sys.executable, "-m", "rewriter", "scan", "--format", "json", str(folder))


def fill(folder: Path, files: int, seed: int = 1) -> int:
    """Write Dockerfiles below a folder; return how many bytes they have."""
    chance = random.Random(seed)
    size = 0
    for number in range(files):
        steps = chance.sample(_STEPS, chance.randint(4, len(_STEPS)))
        lines = [f"FROM {chance.choice(_BASES)}", *(step.format(n=chance.randint(1, 999)) for step in steps)]
        if number % 20 == 0:
            lines.append(chance.choice(_LEAKS))
        place = folder / f"team{number // 100}" / f"service{number}" / "Dockerfile"
        place.parent.mkdir(parents=True)
        place.write_text("\n".join(lines) + "\n")
        size += place.stat().st_size
    return size


@dataclass(frozen=True, slots=True)
class Run:
    """Hold what one run of a command took: seconds, seconds of all processors, megabytes of all processes."""

    wall: float
    cpu: float
    memory: float = 0.0


def timed(command: Sequence[str], *, watched: bool = False) -> Run:
    """Run a command; its memory is only looked at where that is asked for, since looking takes time."""
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    peak = 0
    while watched and os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
        peak = max(peak, sum(map(_resident, _tree(process.pid))))
        time.sleep(_SAMPLE)
    _, _, usage = os.wait4(process.pid, 0)
    return Run(time.perf_counter() - began, usage.ru_utime + usage.ru_stime, peak / 1024)


def _tree(pid: int) -> Iterator[int]:
    """Yield a process and all that come from it."""
    yield pid
    with suppress(OSError):
        for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            yield from _tree(int(child))


def _resident(pid: int) -> int:
    """Return the kilobytes that a process has in memory; what it shares with others counts in part."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1])
    return 0


def best(runs: Iterable[Run]) -> Run:
    """Return the shortest run."""
    return min(runs, key=lambda run: run.wall)


def compare(folder: Path) -> bool:
    """Print every tool's time over the same files beside ours; tell whether ours is short enough."""
    sizes = [path.stat().st_size for path in folder.rglob("*") if path.is_file()]
    print(f"{len(sizes):,} Dockerfiles, {sum(sizes) // 1024:,} KB, best of {RUNS} runs in turn, whole process")
    tools = [Tool("unbake", unbake), *(tool for tool in TOOLS if shutil.which(tool.name))]
    runs: dict[str, list[Run]] = {tool.name: [] for tool in tools}
    for _ in range(RUNS):
        for tool in tools:
            mine = runs[tool.name]
            if not mine or mine[0].wall < PATIENCE:
                mine.append(timed(tool.command(folder)))
    found = {name: best(mine) for name, mine in runs.items()}
    ours = found["unbake"]
    print(f"{'tool':16} {'s':>8} {'cpu':>8} {'files/s':>9} {'unbake takes':>14}")
    enough = True
    for name, run in sorted(found.items(), key=lambda pair: pair[1].wall):
        ratio = ours.wall / run.wall
        held = ratio <= _LIMITS.get(name, ratio)
        enough &= held
        limit = f" of at most {_LIMITS[name]:g}" if name in _LIMITS else ""
        verdict = "" if held else "  TOO SLOW"
        print(f"{name:16} {run.wall:8.2f} {run.cpu:8.2f} {len(sizes) / run.wall:9.0f} {ratio:13.2f}x{limit}{verdict}")
    if absent := [tool.name for tool in TOOLS if not shutil.which(tool.name)]:
        print(f"not installed: {', '.join(absent)}")
    return enough


def growth() -> None:
    """Print how time and memory of ours grow with the number of files."""
    print(f"{'files':>7} {'s':>8} {'cpu':>8} {'cpu ms/file':>12} {'MB':>6}")
    for files in SIZES:
        with tempfile.TemporaryDirectory() as name:
            fill(Path(name), files)
            run = timed(unbake(Path(name)), watched=True)
        print(f"{files:7,} {run.wall:8.2f} {run.cpu:8.2f} {1000 * run.cpu / files:12.3f} {run.memory:6.0f}")


def start() -> bool:
    """Print what starting costs; tell whether it is little enough."""
    program = Path(sys.executable).with_name("unbake")
    ours = (str(program),) if program.exists() else (sys.executable, "-m", "rewriter")
    commands = {"python -c pass": (sys.executable, "-c", "pass"), "unbake --version": (*ours, "--version")}
    runs: dict[str, list[Run]] = {name: [] for name in commands}
    for _ in range(STARTS):
        for name, command in commands.items():
            runs[name].append(timed(command))
    bare, version = (best(mine).wall for mine in runs.values())
    print(f"python -c pass {1000 * bare:.1f} ms, unbake --version {1000 * version:.1f} ms, best of {STARTS} in turn")
    return version - bare <= _START_LIMIT


def main(words: Sequence[str]) -> int:
    """Do what the command line says; return 1 when something takes too long."""
    compileall.compile_dir(str(Path(__file__).parents[1] / "rewriter"), quiet=2)  # as an installer does
    match list(words):
        case ["growth"]:
            growth()
            return 0
        case ["start"]:
            return 0 if start() else 1
        case ["compare", folder] if Path(folder).is_dir():
            return 0 if compare(Path(folder)) else 1
        case ["compare", *number] if len(number) < 2:
            return 0 if _compare_made(int(number[0]) if number else SIZES[0]) else 1
        case []:
            enough = _compare_made(SIZES[0])
            growth()
            return 0 if start() and enough else 1
        case _:
            print(__doc__)
            return 2


def _compare_made(files: int) -> bool:
    with tempfile.TemporaryDirectory() as name:
        fill(Path(name), files)
        return compare(Path(name))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
