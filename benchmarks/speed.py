"""Time a whole run over many Dockerfiles, beside every scanner that is installed, in one table.

    python -m benchmarks.speed [FILES]        1,000 Dockerfiles unless told otherwise
    python -m benchmarks.speed --growth       how cost and memory grow up to 20,000 files
    python -m benchmarks.speed --start        what `unbake --version` costs beside `python -c pass`

The Dockerfiles are made from a seed, in the lengths of real ones, one in twenty with a secret. Every tool runs as a
whole process, its output thrown away, three times in turn; the median counts. Peers are looked for on PATH: gitleaks,
kingfisher, betterleaks, detect-secrets, hadolint, checkov.
"""

from __future__ import annotations

import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

RUNS: Final = 3
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


def timed(command: Sequence[str]) -> tuple[float, int]:
    """Run a command; return its seconds and the peak memory of its largest process in MB."""
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, _, usage = os.wait4(process.pid, 0)
    return time.perf_counter() - began, usage.ru_maxrss // 1024


def compare(files: int) -> None:
    """Print every tool's time over the same files, and the ratio to ours."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        size = fill(folder, files)
        print(f"{files} Dockerfiles, {size // 1024} KB, median of {RUNS} runs in turn, whole process")
        tools = [Tool("unbake", unbake), *(tool for tool in TOOLS if shutil.which(tool.name))]
        seconds: dict[str, list[float]] = {tool.name: [] for tool in tools}
        memory: dict[str, int] = {}
        for _ in range(RUNS):
            for tool in tools:
                took, peak = timed(tool.command(folder))
                seconds[tool.name].append(took)
                memory[tool.name] = max(peak, memory.get(tool.name, 0))
    ours = statistics.median(seconds["unbake"])
    print(f"{'tool':16} {'s':>8} {'files/s':>9} {'MB':>6} {'times unbake':>13}")
    for tool in sorted(tools, key=lambda tool: statistics.median(seconds[tool.name])):
        took = statistics.median(seconds[tool.name])
        print(f"{tool.name:16} {took:8.2f} {files / took:9.0f} {memory[tool.name]:6} {took / ours:13.2f}")
    if absent := [tool.name for tool in TOOLS if not shutil.which(tool.name)]:
        print(f"not installed: {', '.join(absent)}")


def growth() -> None:
    """Print how time and memory of ours grow with the number of files."""
    print(f"{'files':>7} {'s':>8} {'ms/file':>9} {'MB':>6}")
    for files in (1_000, 5_000, 10_000, 20_000):
        with tempfile.TemporaryDirectory() as name:
            fill(Path(name), files)
            took, peak = timed(unbake(Path(name)))
        print(f"{files:7} {took:8.2f} {1000 * took / files:9.3f} {peak:6}")


def start() -> None:
    """Print what starting costs."""
    commands = {"python -c pass": (sys.executable, "-c", "pass"), "unbake --version": ("unbake", "--version")}
    seconds: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(20):
        for name, command in commands.items():
            seconds[name].append(timed(command)[0])
    for name, took in seconds.items():
        print(f"{name:18} {1000 * statistics.median(took):6.1f} ms")


def main() -> None:
    """Do what the command line says."""
    match sys.argv[1:]:
        case ["--growth"]:
            growth()
        case ["--start"]:
            start()
        case [number]:
            compare(int(number))
        case _:
            compare(1_000)


if __name__ == "__main__":
    main()
