"""Find the engine of the end-to-end tests through scripts/docker-engine."""

import os
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

SCRIPT: Final = Path(__file__).parents[2] / "scripts/docker-engine"
_SECONDS: Final = {"env": 240, "start": 900, "images": 2400}


@dataclass(frozen=True, slots=True)
class Answer:
    """Be the environment of a docker client whose engine answers."""

    environment: dict[str, str]


@dataclass(frozen=True, slots=True)
class Silence:
    """Tell why there is no engine."""

    reason: str


def in_ci() -> bool:
    """Tell whether a missing engine is a failure."""
    return os.environ.get("CI", "").lower() in {"true", "1"}


def find_engine() -> Answer | Silence:
    """Return the engine that answers; in CI and on request, start one if none does."""
    found = _environment()
    if isinstance(found, Silence) and (in_ci() or os.environ.get("UNBAKE_START_ENGINE") == "1"):
        started = _script("start")
        return Silence(started.stderr) if started.returncode else _environment()
    return found


def make_images(environment: dict[str, str]) -> tuple[str, ...] | Silence:
    """Make the base images on the engine, and return their names."""
    made = _script("images", environment)
    return Silence(made.stderr) if made.returncode else tuple(made.stdout.split())


def _environment() -> Answer | Silence:
    answer = _script("env")
    if answer.returncode:
        return Silence(answer.stderr)
    environment = dict(os.environ)
    for line in answer.stdout.splitlines():
        match shlex.split(line, comments=True):
            case ["export", assignment]:
                name, _, value = assignment.partition("=")
                environment[name] = value
    return Answer(environment)


def _script(command: str, environment: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(SCRIPT), command],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=_SECONDS[command],
        check=False,
    )
