"""Prove rewrites whose steps ask ssh's agent: with keys made for the builds, and with the one that a server lets in."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import pytest

from tests.e2e.engine import Engine
from tests.e2e.images import BaseImages
from tests.e2e.ssh_server import SshServer

ROOT: Final = Path(__file__).parents[2]
ASKED: Final = """\
FROM unbake/userland:12
COPY probe /probe
RUN --mount=type=ssh,id=other,required=true ssh-add -L | grep -c ssh-ed25519
ARG SSH_PRIVATE_KEY
RUN mkdir -p ~/.ssh && echo "$SSH_PRIVATE_KEY" > ~/.ssh/id_ed25519 && chmod 600 ~/.ssh/id_ed25519
RUN GIT_SSH_COMMAND=/probe git ls-remote ssh://git.example.com/demo.git || true
RUN rm ~/.ssh/id_ed25519
RUN test -s /public
"""
PROBE: Final = """\
#!/bin/sh
{ ssh-add -L 2>/dev/null || ssh-keygen -y -f ~/.ssh/id_ed25519; } | cut -d ' ' -f 2 > /public
"""
CLONES: Final = """\
FROM unbake/userland:12
ARG DEPLOY_SSH_KEY
RUN mkdir -p ~/.ssh && echo "$DEPLOY_SSH_KEY" > ~/.ssh/id_ed25519 && chmod 600 ~/.ssh/id_ed25519 \\
 && ssh-keyscan -p @PORT@ 127.0.0.1 >> ~/.ssh/known_hosts
RUN git clone -q ssh://root@127.0.0.1:@PORT@/srv/demo.git /opt/demo && rm ~/.ssh/id_ed25519
"""


@pytest.fixture
def app(tmp_path: Path) -> Path:
    folder = tmp_path / "app"
    folder.mkdir()
    (folder / "Dockerfile").write_text(ASKED, encoding="utf-8")
    (folder / "probe").write_text(PROBE, encoding="utf-8")
    (folder / "probe").chmod(0o755)
    return folder


def verify(environment: Mapping[str, str], home: Path, *words: str) -> tuple[int, dict[str, str], str]:
    """Return the exit status, the answers and the text; nothing may be left in the temporary folder."""
    home.mkdir(exist_ok=True)
    ran = subprocess.run(
        [sys.executable, "-m", "rewriter", "verify", "--working-tree", "--format=json", *words],
        env={**environment, "PYTHONPATH": str(ROOT), "TMPDIR": str(home)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert list(home.iterdir()) == []
    assert ran.returncode in (0, 1), ran.stderr
    return ran.returncode, {one["name"]: one["answer"] for one in json.loads(ran.stdout)["checks"]}, ran.stdout


def test_step_before_and_after_sees_the_same_invented_key(
    engine: Engine, base_images: BaseImages, app: Path, tmp_path: Path
) -> None:
    status, answers, text = verify(engine.environment, tmp_path / "home", str(app))
    assert (status, set(answers.values())) == (0, {"good"}), text
    assert {"the original leaks", "the files are the same", "a build without the secrets fails"} <= answers.keys()


def test_server_lets_in_the_key_that_is_handed_over(engine: Engine, base_images: BaseImages, tmp_path: Path) -> None:
    with SshServer(engine, tmp_path / "server") as server:
        (tmp_path / "app").mkdir()
        dockerfile = CLONES.replace("@PORT@", server.host.partition(":")[2])
        (tmp_path / "app/Dockerfile").write_text(dockerfile, encoding="utf-8")
        (tmp_path / "key").write_text(server.key, encoding="utf-8")
        (tmp_path / "key").chmod(0o600)
        words = ("--network=host", str(tmp_path / "app"))
        status, answers, text = verify(engine.environment, tmp_path / "home", f"--ssh=default={tmp_path}/key", *words)
        assert (status, set(answers.values())) == (0, {"good"}), text
        assert server.authorised >= 2
        assert not any(line in text for line in server.key.splitlines()[2:-1])

        status, answers, text = verify(engine.environment, tmp_path / "home", *words)
        assert (status, answers["the original builds"]) == (1, "unknown")
        assert "hand over the one that it knows by --ssh default=KEY" in text


def test_without_openssh_the_answer_says_what_to_install(
    engine: Engine, base_images: BaseImages, app: Path, tmp_path: Path
) -> None:
    (tmp_path / "bin").mkdir()
    client = shutil.which("docker", path=engine.environment.get("PATH"))
    assert client is not None
    (tmp_path / "bin/docker").symlink_to(client)
    environment = {**engine.environment, "PATH": str(tmp_path / "bin")}
    status, answers, text = verify(environment, tmp_path / "home", str(app))
    assert (status, answers["Dockerfile: builds"]) == (1, "unknown")
    assert "ssh-keygen" in text
    assert "install OpenSSH's client" in text
