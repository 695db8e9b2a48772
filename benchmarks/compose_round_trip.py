"""Fix many real compose files, one by one, and hold each result against `docker compose config`.

    python benchmarks/compose_round_trip.py FOLDER [--engine]

FOLDER holds compose files, one project each. For every file that is changed: only lines of the secret may change; with
`--engine`, `docker compose config` has to accept what it accepted before and to say the same but for the secret. No
value is printed.
"""

from __future__ import annotations

import difflib
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rewriter.documents.compose import parse
from rewriter.errors import UnbakeError
from rewriter.model.patch import Failed, Patch, Patched
from rewriter.model.text import Source, decode, encode
from rewriter.pipeline import fix
from rewriter.settings import Settings
from rewriter.tree.repository import MemoryRepository

NAME: Final = "docker-compose.yml"
_CAT: Final = re.compile(r"\$+\(cat /run/secrets/([a-z0-9_.-]+)\)")
_FORM: Final = re.compile(r"([A-Za-z0-9_]+?)_{1,2}FILE['\"]?[:=]")
_REQUIRED: Final = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*):?\?")


@dataclass(frozen=True, slots=True)
class _Moved:
    """Hold a patch with the variables that it takes away and the ids of the secrets."""

    patch: Patch
    names: set[str]
    ids: set[str]


def main(words: list[str]) -> int:
    """Measure a folder; return 1 when a result is wrong."""
    engine = "--engine" in words
    folder = Path(next(word for word in words if not word.startswith("-")))
    counts: Counter[str] = Counter()
    started = time.monotonic()
    for path in sorted(folder.iterdir()):
        counts["files"] += 1
        for problem in _measure(path, counts, engine=engine):
            counts["wrong"] += 1
            sys.stdout.write(f"{path.name}: {problem}\n")
    counts["seconds"] = int(time.monotonic() - started)
    sys.stdout.write(", ".join(f"{name} {number:,}" for name, number in counts.items()) + "\n")
    return 1 if counts["wrong"] else 0


def _measure(path: Path, counts: Counter[str], *, engine: bool) -> list[str]:
    before = path.read_bytes()
    outcome = fix(MemoryRepository({NAME: before}), Settings())
    if isinstance(outcome, Failed):
        return [f"failed: {outcome.error}"]
    counts["findings"] += len(outcome.report.findings)
    if not isinstance(outcome, Patched):
        return []
    failed = [one for one in outcome.report.refusals if one.reason.value == "failed-verification"]
    after = next((encode(file.after) for file in outcome.patch.files if file.path == NAME), None)
    if after is None or not outcome.patch.mounts:
        return []
    counts["changed"] += 1
    counts["fixed"] += len(outcome.report.fixed)
    problems = [f"failed-verification: {one.detail}" for one in failed]
    names = {finding.name for one in outcome.patch.fixes for finding in one.findings}
    names |= set(_FORM.findall(decode(after))) - set(_FORM.findall(decode(before)))
    ids = {mount.id for mount in outcome.patch.mounts}
    problems += _foreign_lines(decode(before), decode(after), names, ids)
    if engine:
        problems += _configs(before, after, _Moved(outcome.patch, names, ids), counts)
    return problems


def _foreign_lines(before: str, after: str, names: set[str], ids: set[str]) -> list[str]:
    """Return the changed lines that do not speak of the secret."""
    wrong: list[str] = []
    for line in difflib.ndiff(before.splitlines(), after.splitlines()):
        text = line[2:].strip()
        if line.startswith("- ") and not any(name in text for name in names) and text != "environment:":
            wrong.append(f"took away a line that names none of {', '.join(sorted(names))}")
        if (
            line.startswith("+ ")
            and text not in ("", "secrets:")
            and not (
                "/run/secrets/" in text
                or any(one in text for one in ids)
                or text.startswith(("file: ./", "environment: "))
            )
        ):
            wrong.append("added a line of another kind")
    return wrong


def _configs(before: bytes, after: bytes, moved: _Moved, counts: Counter[str]) -> list[str]:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        _touch_env_files(root, before)
        variables = dict.fromkeys(_REQUIRED.findall(decode(before)), "1")
        old = _config(root, before, variables)
        if old is None:
            counts["not accepted before"] += 1
            return []
        for value in moved.patch.values:
            place = root / value.path
            place.parent.mkdir(exist_ok=True)
            place.write_bytes(b"x")
        new = _config(root, after, variables)
        counts["compared"] += 1
        if new is None:
            return ["docker compose config no longer accepts it"]
        _forget(old, moved)
        _forget(new, moved)
        return [] if old == new else ["docker compose config says something else"]


def _touch_env_files(root: Path, data: bytes) -> None:
    try:
        services = parse(Source(NAME, decode(data))).services
    except UnbakeError:
        return
    for written in {path for service in services for path in service.env_file}:
        place = Path(os.path.normpath(root / written))
        if place.is_relative_to(root) and "$" not in written:
            place.parent.mkdir(parents=True, exist_ok=True)
            place.touch()


def _config(root: Path, data: bytes, variables: Mapping[str, str]) -> dict[str, object] | None:
    (root / NAME).write_bytes(data)
    command = ["docker", "compose", "--profile", "*", "--file", str(root / NAME), "config", "--format", "json"]
    done = subprocess.run(command, capture_output=True, check=False, timeout=60, env={**os.environ, **variables})
    if done.returncode:
        return None
    loaded: dict[str, object] = json.loads(done.stdout)
    return loaded


def _forget(config: dict[str, object], moved: _Moved) -> None:
    """Take out of a configuration what the fix speaks of."""
    names, ids = moved.names, moved.ids
    top = config.get("secrets")
    if isinstance(top, dict):
        config["secrets"] = {key: value for key, value in top.items() if key not in ids} or None
    config["secrets"] = config.get("secrets")
    services = config.get("services")
    for service in services.values() if isinstance(services, dict) else ():
        given = service.get("environment") or {}
        service["environment"] = {
            key: value
            for key, value in given.items()
            if key not in names and not str(value).startswith("/run/secrets/")
        }
        service["secrets"] = [one for one in service.get("secrets") or [] if one.get("source") not in ids] or None
        for key in ("command", "entrypoint", "healthcheck"):
            text = _CAT.sub("SECRET", json.dumps(service.get(key)))
            for name in names:
                text = re.sub(rf"\$+\{{?{re.escape(name)}\}}?", "SECRET", text)
            service[key] = text


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
