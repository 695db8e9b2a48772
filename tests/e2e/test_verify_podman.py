"""Look at what podman builds and runs, and prove a rewrite by it and by Buildah, with a store of the test's own."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import pytest

from tests.e2e.engine import Engine
from tests.e2e.images import BaseImages
from tests.e2e.launch import in_ci

ROOT: Final = Path(__file__).parents[2]
VALUE: Final = "Vk3x9QpLw7Zt5mRb"
STORAGE: Final = '[storage]\ndriver = "vfs"\ngraphroot = "{folder}/graph"\nrunroot = "{folder}/run"\n'
CONTAINERS: Final = """\
[engine]
cgroup_manager = "cgroupfs"
events_logger = "none"
runtime = "{runtime}"
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
"""
LEAKY: Final = """\
FROM busybox:1
ARG API_TOKEN
COPY .npmrc /root/.npmrc
RUN test -n "$API_TOKEN" && test -s /root/.npmrc && \\
    echo made > /made
RUN rm /root/.npmrc
"""
AGENT: Final = """\
RUN --mount=type=ssh,required=true test -S "$SSH_AUTH_SOCK"
"""


@pytest.fixture(scope="module")
def podman(
    engine: Engine, base_images: BaseImages, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Mapping[str, str]]:
    """Have a podman with a store of its own, the busybox image in it; yield its environment."""
    if shutil.which("podman") is None or shutil.which("buildah") is None:
        if in_ci():
            pytest.fail("no podman or no buildah; scripts/docker-engine tools installs them", pytrace=False)
        pytest.skip("no podman or no buildah on the PATH")
    folder = Path(f"/tmp/unbake-e2e-{uuid.uuid4().hex[:8]}")  # podman's run-time folder has to have a short name
    folder.mkdir(mode=0o700)
    runtime = "runc" if shutil.which("runc") else "crun"
    (folder / "storage.conf").write_text(STORAGE.format(folder=folder), encoding="utf-8")
    (folder / "containers.conf").write_text(CONTAINERS.format(runtime=runtime), encoding="utf-8")
    environment = {
        **engine.environment,
        "CONTAINERS_STORAGE_CONF": str(folder / "storage.conf"),
        "CONTAINERS_CONF": str(folder / "containers.conf"),
        "BUILDAH_ISOLATION": "chroot",
        "PYTHONPATH": str(ROOT),
    }
    archive = engine.save(base_images.busybox)
    try:
        client(environment, "load", "--quiet", f"--input={archive}")
        yield environment
    finally:
        for words in (("rm", "--all", "--force"), ("image", "rm", "--all", "--force")):
            subprocess.run(["podman", *words], env=environment, capture_output=True, timeout=60, check=False)
        shutil.rmtree(folder, ignore_errors=True)


def client(environment: Mapping[str, str], *words: str) -> str:
    done = subprocess.run(["podman", *words], env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def unbake(environment: Mapping[str, str], *words: str, by: str = "podman") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "rewriter", words[0], f"--engine={by}", *words[1:]],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


@pytest.fixture
def leaky(tmp_path: Path) -> Path:
    (tmp_path / "app").mkdir()
    (tmp_path / "app/Dockerfile").write_text(LEAKY, encoding="utf-8")
    (tmp_path / "app/.npmrc").write_text(f"//registry.example.com/:_authToken={VALUE}\n", encoding="utf-8")
    return tmp_path / "app"


def everything(podman: Mapping[str, str]) -> str:
    """Return all images and containers of podman, those of its builder too."""
    return client(podman, "images", "--all", "--quiet") + client(podman, "ps", "--all", "--external", "--quiet")


@pytest.mark.parametrize("by", ["podman", "buildah"])
def test_rewrite_is_proven(by: str, podman: Mapping[str, str], leaky: Path) -> None:
    before = everything(podman)
    (leaky / "Dockerfile").write_text(LEAKY + AGENT, encoding="utf-8")
    ran = unbake(podman, "verify", "--secret-style=file", "--format=json", str(leaky), by=by)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    answers = {check["name"]: check["answer"] for check in json.loads(ran.stdout)["checks"]}
    assert set(answers.values()) == {"good"}
    assert answers.keys() >= {"no secret is left", "provenance and cache", "a build without the secrets fails"}
    assert everything(podman) == before
    assert VALUE not in ran.stdout + ran.stderr


def test_what_an_older_podman_cannot_do_is_told(podman: Mapping[str, str], leaky: Path) -> None:
    ran = unbake(podman, "verify", str(leaky))
    if ran.returncode == 0:
        pytest.skip("this podman hands over secrets as variables")
    assert "line 3: RUN --mount=type=secret,id=api_token,env=API_TOKEN" in ran.stdout
    assert "hands over no secret as a variable" in ran.stdout
    assert "--secret-style=file" in ran.stdout


def test_image_and_container_of_podman(podman: Mapping[str, str], leaky: Path) -> None:
    name = f"unbake-e2e-{uuid.uuid4().hex[:12]}"
    client(podman, "build", "--quiet", f"--build-arg=API_TOKEN={VALUE}", f"--tag={name}", str(leaky))
    ran = unbake(podman, "verify", "--format=json", f"--dockerfile={leaky / 'Dockerfile'}", f"image:{name}")
    assert ran.returncode == 1, ran.stderr
    (image,) = json.loads(ran.stdout)["images"]
    found = {(one["part"], one["where"]): one for one in image["findings"]}
    copied = found["layer", "/root/.npmrc"]
    assert (copied["line"], copied["removed_by"]) == (3, "RUN rm /root/.npmrc")
    assert ("build-arg", "API_TOKEN") in found
    client(podman, "create", f"--name={name}", f"--env=DB_PASSWORD={VALUE}", name, "sleep", "60")
    ran = unbake(podman, "verify", "--format=json", f"container:{name}")
    assert ("env", "DB_PASSWORD") in {(one["part"], one["where"]) for one in json.loads(ran.stdout)["findings"]}
    assert VALUE not in ran.stdout + ran.stderr


def test_interrupted_build_of_podman_leaves_nothing(podman: Mapping[str, str], leaky: Path, tmp_path: Path) -> None:
    before = everything(podman)
    seconds = f"600.{int.from_bytes(os.urandom(3)):08}"
    (leaky / "Dockerfile").write_text(LEAKY + f"RUN echo more\nRUN sleep {seconds}\n", encoding="utf-8")
    (tmp_path / "home").mkdir()
    process = subprocess.Popen(
        [sys.executable, "-m", "rewriter", "verify", "--engine=podman", str(leaky)],
        env={**podman, "TMPDIR": str(tmp_path / "home")},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        limit = time.monotonic() + 180
        while not sleeping(seconds):
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < limit
            time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
        assert process.returncode == 130, errors
    finally:
        process.kill()
        process.communicate()
    assert everything(podman) == before
    assert list((tmp_path / "home").iterdir()) == []
    assert not sleeping(seconds)


def sleeping(seconds: str) -> bool:
    """Tell whether a process of this machine sleeps so many seconds."""
    wanted = b"sleep\0" + seconds.encode() + b"\0"
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if (entry / "cmdline").read_bytes() == wanted:
                    return True
            except OSError:
                continue
    return False
