"""Interrupt `unbake verify` in every phase on a real engine: nothing of it is left, whatever it was about to do."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from tests.e2e.engine import Engine
from tests.e2e.images import BaseImages

ROOT: Final = Path(__file__).parents[2]
PATIENCE: Final = 120.0

BUILD: Final = {
    "Dockerfile": """\
FROM @BASE@
LABEL unbake.test=@MARK@
RUN --mount=type=ssh,required=true sleep @SECONDS@
ARG API_TOKEN
RUN test -n "$API_TOKEN" && head -c 30000000 /dev/urandom > /made
""",
}
STACK: Final = {
    "web/Dockerfile": """\
FROM @BASE@
LABEL unbake.test=@MARK@
VOLUME /data
CMD ["sleep", "600"]
""",
    "compose.yaml": """\
services:
  web:
    build: web
    volumes: ["kept:/kept"]
  db:
    image: postgres:16-@MARK@
    command: sleep 600
    environment: {POSTGRES_PASSWORD: Vk3x9QpLw7Zt5mRb}
volumes: {kept: {}}
""",
}
NEVER_HEALTHY: Final = '["CMD", "false"]'
HEALTHY_AS_IT_IS: Final = '["CMD-SHELL", "env | grep -q PASSWORD="]'


def held_up(test: str) -> Mapping[str, str]:
    """Return a project whose start goes on for as long as the health check of `db` fails; `db` is there by then."""
    compose = f"""\
services:
  web:
    build: web
    volumes: ["kept:/kept"]
    depends_on: {{db: {{condition: service_healthy}}}}
  db:
    image: postgres:16-@MARK@
    command: sleep 600
    volumes: ["data:/data"]
    environment: {{POSTGRES_PASSWORD: Vk3x9QpLw7Zt5mRb}}
    healthcheck: {{test: {test}, interval: 1s, retries: 1000}}
volumes: {{kept: {{}}, data: {{}}}}
"""
    return {**STACK, "compose.yaml": compose}


WRAPPER: Final = """\
#!/bin/sh
echo "$$ $*" >> {log}
exec {client} "$@"
"""
LATE: Final = """\
#!/bin/sh
echo "$$ $*" >> {log}
case "$*" in
*" up "*)
    project=${{*#*--project-name }}
    setsid sh -c 'sleep 1.5; exec "$@"' late {client} volume create --label=unbake.verify={home}/late \\
        --label=com.docker.compose.project="${{project%% *}}" >/dev/null 2>&1 &
    exit 1
esac
exec {client} "$@"
"""
"""Be a client that is gone while the engine still does what it was asked to."""


@dataclass(frozen=True, slots=True)
class Phase:
    """Hold a moment: the `times`-th call of the client that `word` matches.

    `sleeps`: a step sleeps by then. `there`: a container of that tree is there by then.
    """

    name: str
    files: Mapping[str, str]
    word: str
    times: int
    number: signal.Signals
    sleeps: bool = False
    there: str = ""


PHASES: Final = (
    Phase("building-the-original", BUILD, r"^build .*--build-arg=", 1, signal.SIGTERM, sleeps=True),
    Phase("saving-the-image", BUILD, r"^save ", 1, signal.SIGINT),
    Phase("building-the-rewritten-one", BUILD, r"^build .*--secret=", 1, signal.SIGINT, sleeps=True),
    Phase(
        "building-without-the-secrets", BUILD, r"^build (?!.*(?:--secret=|--build-arg=))", 1, signal.SIGHUP, sleeps=True
    ),
    Phase("starting-the-containers", held_up(NEVER_HEALTHY), r" up ", 1, signal.SIGINT, there="before"),
    Phase("waiting-for-the-containers", STACK, r"^container inspect ", 2, signal.SIGTERM),
    Phase("taking-the-containers-down", STACK, r" down ", 1, signal.SIGINT),
    Phase("starting-the-rewritten-containers", held_up(HEALTHY_AS_IT_IS), r" up ", 2, signal.SIGTERM, there="after"),
)


KILLED: Final = (
    tuple(phase for phase in PHASES if phase.sleeps)[:2],
    tuple(
        Phase(f"up-{tree}", held_up(NEVER_HEALTHY), r" up ", times, signal.SIGKILL, there=tree)
        for times, tree in enumerate(("before", "after"), start=1)
    ),
)
"""Moments at which the client itself is killed, one after the other in one proof."""


@dataclass(frozen=True, slots=True)
class Trial:
    """Hold a proof that runs, the folder for its files, what the client was called with, and what marks its images."""

    process: subprocess.Popen[bytes]
    home: Path
    log: Path
    seconds: str
    mark: str

    def calls(self, word: str) -> list[int]:
        """Return the processes of the client whose words match."""
        lines = self.log.read_text("utf-8").splitlines() if self.log.exists() else []
        called = [line.split(" ", 1) for line in lines]
        return [int(number) for number, words in called if re.search(word, words)]

    def reached(self, phase: Phase) -> None:
        """Wait until a phase is reached."""
        limit = time.monotonic() + PATIENCE
        while len(self.calls(phase.word)) < phase.times or (phase.sleeps and not sleeping(self.seconds)):
            assert self.process.poll() is None, self.process.communicate()
            assert time.monotonic() < limit, phase
            time.sleep(0.02)

    def holds(self, engine: Engine, tree: str) -> None:
        """Wait until a container of a tree is there."""
        limit = time.monotonic() + PATIENCE
        while not any(line.endswith(f"/{tree}") for line in labelled(engine, "container", self).splitlines()):
            assert self.process.poll() is None, self.process.communicate()
            assert time.monotonic() < limit, tree
            time.sleep(0.05)

    def awake(self) -> None:
        """Wait until the engine has ended the step that slept."""
        limit = time.monotonic() + PATIENCE
        while sleeping(self.seconds):
            assert time.monotonic() < limit
            time.sleep(0.05)


@contextmanager
def begun(engine: Engine, base: str, folder: Path, files: Mapping[str, str], wrapper: str = WRAPPER) -> Iterator[Trial]:
    """Begin a proof."""
    client = shutil.which("docker", path=engine.environment.get("PATH"))
    assert client is not None
    for name in ("app/web", "home", "bin"):
        (folder / name).mkdir(parents=True)
    seconds, mark, log = f"1.{int.from_bytes(os.urandom(3)):08}", uuid.uuid4().hex, folder / "log"
    for name, text in files.items():
        filled = text.replace("@BASE@", base).replace("@MARK@", mark).replace("@SECONDS@", seconds)
        (folder / "app" / name).write_text(filled, encoding="utf-8")
    (folder / "bin/docker").write_text(wrapper.format(log=log, client=client, home=folder / "home"), "utf-8")
    (folder / "bin/docker").chmod(0o755)
    engine.tag(base, f"postgres:16-{mark}")
    process = subprocess.Popen(
        [sys.executable, "-m", "rewriter", "verify", str(folder / "app")],
        env={
            **engine.environment,
            "PATH": f"{folder / 'bin'}:{engine.environment['PATH']}",
            "PYTHONPATH": str(ROOT),
            "TMPDIR": str(folder / "home"),
        },
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        yield Trial(process, folder / "home", log, seconds, mark)
    finally:
        process.kill()
        process.communicate()


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


def left(engine: Engine, trial: Trial) -> dict[str, str]:
    """Return what is left of a proof on the engine and on disk."""
    ours = [f"--filter=label=unbake.verify={trial.home}/{{}}", f"--filter=label=unbake.test={trial.mark}"]
    found = {
        "images": engine.client("image", "ls", "--all", "--quiet", ours[1]).output,
        "containers": engine.client("ps", "--all", "--quiet", ours[1]).output,
        "networks": labelled(engine, "network", trial),
        "volumes": labelled(engine, "volume", trial),
        "more containers": labelled(engine, "container", trial),
        "files": " ".join(path.name for path in trial.home.iterdir()),
    }
    return {kind: what for kind, what in found.items() if what}


def labelled(engine: Engine, kind: str, trial: Trial) -> str:
    """Return what carries the label of a proof that keeps its files in a folder."""
    words = ("--all",) if kind == "container" else ()
    listed = engine.client(kind, "ls", *words, '--format={{.Label "unbake.verify"}}', "--filter=label=unbake.verify")
    assert listed.ok, listed.errors
    return "\n".join(line for line in listed.output.splitlines() if line.startswith(str(trial.home)))


def needs_own_machine(engine: Engine) -> None:
    """Leave a test out where the engine's processes are on another machine."""
    if not Path(engine.environment.get("DOCKER_HOST", "").removeprefix("unix://")).is_socket():
        pytest.skip("the engine's processes cannot be seen from here")


@pytest.mark.parametrize("phase", PHASES, ids=lambda phase: phase.name)
def test_interrupted_proof_leaves_nothing(
    phase: Phase, engine: Engine, base_images: BaseImages, tmp_path: Path
) -> None:
    needs_own_machine(engine)
    with begun(engine, base_images.busybox, tmp_path, phase.files) as trial:
        trial.reached(phase)
        if phase.there:
            trial.holds(engine, phase.there)
        elif not phase.sleeps:
            time.sleep(0.2)  # somewhere within the phase; wherever that is, nothing may be left
        trial.process.send_signal(phase.number)
        time.sleep(0.3)
        trial.process.send_signal(signal.SIGINT)  # a second one does not keep the first from being cleaned up after
        _, errors = trial.process.communicate(timeout=PATIENCE)
        assert trial.process.returncode == 130, errors
        trial.awake()
        assert left(engine, trial) == {}


@pytest.mark.parametrize("moments", KILLED, ids=["builds", "containers"])
def test_killed_clients_leave_nothing(
    moments: tuple[Phase, ...], engine: Engine, base_images: BaseImages, tmp_path: Path
) -> None:
    needs_own_machine(engine)
    builders = engine.client("buildx", "ls", "--format={{.Name}}").output
    with begun(engine, base_images.busybox, tmp_path, moments[0].files) as trial:
        for phase in moments:
            trial.reached(phase)
            if phase.there:
                trial.holds(engine, phase.there)
            os.kill(trial.calls(phase.word)[-1], signal.SIGKILL)
            trial.awake()
        output, errors = trial.process.communicate(timeout=PATIENCE)
        assert trial.process.returncode == 1, output + errors
        assert b": no\n" in output
        assert left(engine, trial) == {}
    assert engine.client("buildx", "ls", "--format={{.Name}}").output == builders


def test_what_the_engine_makes_when_the_client_is_gone_goes_too(
    engine: Engine, base_images: BaseImages, tmp_path: Path
) -> None:
    with begun(engine, base_images.busybox, tmp_path, STACK, LATE) as trial:
        output, errors = trial.process.communicate(timeout=PATIENCE)
        assert trial.process.returncode == 1, output + errors
        time.sleep(2)
        assert len(trial.calls(" up ")) == 2
        assert left(engine, trial) == {}
