"""Show that the page on running the bot says what there is, and that its examples are what they are meant for."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from rewriter.cli.bot import parser

PAGE = (Path(__file__).parents[2] / "docs" / "bot.md").read_text("utf-8")
TOLD = re.compile(r"(?m)^\| `([A-Z_]+)`(?:, `([A-Z_]+)`)? \|")


def block(heading: str, first: str) -> str:
    """Return the example behind a heading that begins with a line."""
    lines = PAGE[PAGE.index(heading) :].splitlines()
    rows = lines[next(index for index, line in enumerate(lines) if line.strip() == first) :]
    end = next((index for index, line in enumerate(rows) if line and not line.startswith("    ")), len(rows))
    return "\n".join(row[4:] for row in rows[:end]).strip() + "\n"


UNIT = block("### systemd", "# /etc/systemd/system/unbake-worker@.service")
DEPLOYMENT = block("### Kubernetes", "apiVersion: apps/v1")


def known() -> set[str]:
    """Return the variables that the page explains, also as the name of a file."""
    names = {name for row in TOLD.findall(PAGE) for name in row if name}
    return names | {f"{name}_FILE" for name in names} | {"TMPDIR"}


def test_the_unit_names_what_there_is() -> None:
    (command,) = re.findall(r"(?m)^ExecStart=\S+ bot (.+)$", UNIT)
    assert parser().parse_args(command.split()).action == "worker"
    assert {name for name, _ in re.findall(r"([A-Z_]+)=(%\S+)", UNIT)} <= known()
    loaded = set(re.findall(r"(?m)^LoadCredential=(\w+):", UNIT))
    assert set(re.findall(r"=%d/(\w+)", UNIT)) == loaded


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
def test_systemd_takes_the_unit(tmp_path: Path) -> None:
    program = tmp_path / "unbake"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    unit = tmp_path / "unbake-worker@1.service"
    unit.write_text(UNIT.replace("/usr/local/bin/unbake", str(program)))
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(unit)],
        capture_output=True,
        text=True,
        check=False,
        env={"SYSTEMD_UNIT_PATH": f"{tmp_path}:", "PATH": "/usr/bin:/bin"},
    )
    assert (done.returncode, [line for line in done.stderr.splitlines() if "unbake" in line]) == (0, [])


def test_the_deployment_names_what_there_is() -> None:
    spec = yaml.safe_load(DEPLOYMENT)["spec"]
    pod = spec["template"]
    assert spec["selector"]["matchLabels"].items() <= pod["metadata"]["labels"].items()
    (container,) = pod["spec"]["containers"]
    bot, *words = container["args"]
    told = parser().parse_args(words)
    assert (bot, told.action) == ("bot", "worker")
    assert [port["containerPort"] for port in container["ports"]] == [told.metrics_port]
    assert {one["name"] for one in container["env"]} <= known()
    mounted = {one["name"]: one["mountPath"] for one in container["volumeMounts"]}
    assert mounted.keys() == {one["name"] for one in pod["spec"]["volumes"]}
    for one in container["env"]:
        assert one["name"] == "GITHUB_APP_ID" or one["value"].startswith(tuple(mounted.values()))


def test_every_event_and_option_that_is_named_exists() -> None:
    options = {option for action in parser()._actions for option in action.option_strings}
    named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", PAGE)) - {"--yes", "--no-install-recommends", "--no-cache-dir"}
    assert named - options - {"--now"} == set()
