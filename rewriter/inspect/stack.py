"""Start a compose project for a trial, beside whatever runs already, and take it down again whatever happens."""

from __future__ import annotations

import io
import json
import os
import secrets as random
import shutil
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from rewriter.errors import InspectionError
from rewriter.inspect import tar
from rewriter.inspect.building import without_syntax
from rewriter.inspect.engine import OUTPUT_LIMIT, Ran, first_line, identity
from rewriter.inspect.harmless import Project, Surroundings, harmless
from rewriter.inspect.oci import Json, at, items, text
from rewriter.inspect.streams import Source
from rewriter.inspect.workshop import BUILD_PATIENCE, PREFIX, Workshop, needs_frontend
from rewriter.record import Record

START_PATIENCE: Final = 600.0
SETTLE_PATIENCE: Final = 90.0
"""How long containers may take until each has ended, is healthy or goes on running."""
CALM: Final = 3.0
"""How long a container that nothing asks anything has to go on running."""
ASK_PATIENCE: Final = 60.0
DOWN_PATIENCE: Final = 60.0
LATE: Final = 3.0
"""How long nothing may turn up any more behind a client that was ended: the engine goes on with what it began."""
MOUNT_LIMIT: Final = 1 << 30
_PAUSE: Final = 0.3
_PROJECT: Final = "com.docker.compose.project"
_SERVICE: Final = "com.docker.compose.service"


class Container(Record):
    """Hold a container of a project as the engine knows it."""

    service: str
    found: Json

    @property
    def id(self) -> str:
        """Return its id."""
        return identity(self.found)

    @property
    def runs(self) -> bool:
        """Tell whether its program runs."""
        return at(self.found, "State", "Running") is True

    @property
    def health(self) -> str:
        """Return what its health check says, nothing where there is none."""
        return text(self.found, "State", "Health", "Status")

    @property
    def state(self) -> str:
        """Return what became of it, in words that are the same for the same behaviour."""
        if self.runs:
            return f"runs, {self.health}" if self.health else "runs"
        status = text(self.found, "State", "Status")
        return f"ended with {at(self.found, 'State', 'ExitCode')}" if status == "exited" else f"is {status}"

    @property
    def well(self) -> bool:
        """Tell whether it does what a service is to do: run, or end with 0."""
        return self.health != "unhealthy" if self.runs else self.state == "ended with 0"


class Stack:
    """Be one project, started from files of a tree in the workshop."""

    def __init__(
        self,
        workshop: Workshop,
        files: Sequence[Path],
        tree: Path,
        variables: Mapping[str, str],
        given: Mapping[str, str],
    ) -> None:
        self._workshop = workshop
        self._files = files
        self._tree = tree
        self._variables = variables
        self._home = workshop.folder("stack")
        self._name = f"{PREFIX}-{random.token_hex(6)}"
        self._around = Surroundings(str(tree), f"{PREFIX}:{random.token_hex(8)}", workshop.network, given)
        self._project: Project | None = None
        self._begun = False
        self._under_way = False

    @property
    def project(self) -> Project:
        """Return what is started."""
        if self._project is None:
            written = [word for file in self._files for word in ("-f", str(file))]
            ran = self._compose(*written, "config", "--format=json")
            if not ran.ok:
                raise InspectionError(first_line(_last(ran.errors)) or "compose cannot read it")
            try:
                model: Json = json.loads(ran.output)
            except ValueError as error:
                raise InspectionError("compose gives a model that is no JSON") from error
            self._project = harmless(model, self._around)
            self._copy_mounts(self._project)
            self._write(self._project)
        return self._project

    @property
    def _model(self) -> Path:
        return self._home / "compose.json"

    def up(self) -> Ran:
        """Build what is to be built and start every service; what was begun is taken down with the workshop."""
        images = tuple(self.project.images.values())
        self._workshop.owns(*images)
        self._begun = True
        self._workshop.afterwards(self.down)
        if images:
            ran = self._mine("build", "--quiet", timeout=BUILD_PATIENCE)
            if not ran.ok and needs_frontend(ran.output + ran.errors):
                self._without_frontend()
                ran = self._mine("build", "--quiet", timeout=BUILD_PATIENCE)
            if not ran.ok:
                return ran
        self._under_way = True
        ran = self._mine("up", "--detach", "--no-build", "--quiet-pull", "--no-color", timeout=START_PATIENCE)
        self._under_way = not ran.ok
        return ran

    def settled(self, asked: frozenset[str], *, started: bool) -> tuple[Container, ...]:
        """Return the containers once each has ended, is healthy or not, or has gone on running for a while.

        Of a service that will be `asked` something no while is waited for. `started`: all could be started.
        """
        begun = since = time.monotonic()
        before: list[str] = []
        while True:
            found = self.containers()
            states = [f"{one.id} {one.state}" for one in found]
            now = time.monotonic()
            if states != before:
                since, before = now, states
            waiting = [one for one in found if _is_pending(one, started=started)]
            calm = all(one.service in asked or not one.runs or one.health for one in found) or now - since >= CALM
            if (calm and not waiting) or now - begun > SETTLE_PATIENCE:
                return found
            time.sleep(_PAUSE)

    def containers(self) -> tuple[Container, ...]:
        """Return every container of the project, in the order of the services' names."""
        engine = self._workshop.engine
        listed = engine.must("ps", "--all", "--quiet", "--no-trunc", f"--filter=label={_PROJECT}={self._name}").split()
        if not listed:
            return ()
        lines = engine.must("container", "inspect", "--format={{json .}}", *listed).splitlines()
        found = [json.loads(line) for line in lines if line]
        labelled = [Container(text(one, "Config", "Labels", _SERVICE), one) for one in found]
        return tuple(sorted(labelled, key=lambda one: (one.service, one.id)))

    def built_elsewhere(self, known: frozenset[str]) -> frozenset[str]:
        """Return the services whose images are of whole Dockerfiles among those of some names in the tree."""
        found: set[str] = set()
        for service, model in _services(self.project.model).items():
            build = model.get("build")
            place = os.path.normpath(Path(text(build, "context"), text(build, "dockerfile") or "Dockerfile"))
            if os.path.relpath(place, self._tree) in known and not text(build, "target"):
                found.add(service)
        return frozenset(found)

    def ask(self, container: Container, command: str) -> Ran:
        """Run a command by the shell of a container."""
        return self._workshop.engine.run("exec", container.id, "sh", "-c", command, timeout=ASK_PATIENCE)

    def read(self, container: Container, path: str) -> bytes | None:
        """Return the bytes of a file as the container has it, None where it has none."""
        ran = self._workshop.engine.run("cp", "--follow-link", f"{container.id}:{path}", "-")
        if not ran.ok:
            return None
        source = Source(io.BytesIO(ran.output.encode("utf-8", "surrogateescape")))
        for entry, content in tar.entries(source):
            if entry.type is tar.Type.FILE:
                return Source(content).exactly(OUTPUT_LIMIT)
        return None

    def down(self) -> None:
        """Remove containers, networks and volumes of the project, by their label where compose does not answer."""
        if not self._begun:
            return
        self._mine("down", "--volumes", "--remove-orphans", "--timeout=1", timeout=180)
        limit = time.monotonic() + DOWN_PATIENCE
        calm = time.monotonic() + (LATE if self._under_way else 0)
        while self._left_over() or time.monotonic() < calm:
            if time.monotonic() > limit:
                break
            time.sleep(_PAUSE)
        self._begun = False

    def _left_over(self) -> bool:
        """Remove what carries the project's label; tell whether there was any."""
        engine = self._workshop.engine
        found = False
        for kind, words in (
            ("container", ("rm", "--force", "--volumes")),
            ("network", ("rm",)),
            ("volume", ("rm", "--force")),
        ):
            more = ("--all",) if kind == "container" else ()
            ran = engine.run(kind, "ls", *more, "--quiet", f"--filter=label={_PROJECT}={self._name}")
            if left := ran.output.split():
                engine.run(kind, *words, *left, timeout=180)
                found = True
        return found

    def _mine(self, *words: str, timeout: float) -> Ran:
        return self._compose("-f", str(self._model), *words, timeout=timeout)

    def _compose(self, *words: str, timeout: float = 60.0) -> Ran:
        place = ("--project-name", self._name, "--project-directory", str(self._files[0].parent))
        return self._workshop.engine.run(
            "compose", "--ansi=never", "--progress=plain", *place, *words, timeout=timeout, variables=self._variables
        )

    def _write(self, project: Project) -> None:
        self._model.touch(mode=0o600)
        self._model.write_text(json.dumps(project.model), encoding="utf-8")

    def _copy_mounts(self, project: Project) -> None:
        """Give each mounted place of the tree a copy of its own: the tree's files are links to the user's."""
        copies: dict[str, str] = {}
        room = [MOUNT_LIMIT]
        for number, source in enumerate(project.copied):
            copies[source] = str(self._home / f"mount-{number}")
            _copy(Path(source), Path(copies[source]), self._tree, room)
        for volume in _volumes(project.model):
            if text(volume, "type") == "bind":
                volume["source"] = copies[os.path.normpath(text(volume, "source"))]

    def _without_frontend(self) -> None:
        """Name Dockerfiles without the `# syntax=` line, whose image cannot be had."""
        for build in _builds(self.project.model):
            context = Path(text(build, "context"))
            path = context / text(build, "dockerfile")
            if path.is_file():
                build["dockerfile"] = str(without_syntax(path, self._workshop.folder("build")))
        self._write(self.project)


def _is_pending(one: Container, *, started: bool) -> bool:
    status = text(one.found, "State", "Status")
    return one.health == "starting" or status == "restarting" or (started and status == "created")


def _services(model: dict[str, Json]) -> dict[str, dict[str, Json]]:
    found = model.get("services")
    return {name: one for name, one in found.items() if isinstance(one, dict)} if isinstance(found, dict) else {}


def _volumes(model: dict[str, Json]) -> list[dict[str, Json]]:
    return [
        one for service in _services(model).values() for one in items(service.get("volumes")) if isinstance(one, dict)
    ]


def _builds(model: dict[str, Json]) -> list[dict[str, Json]]:
    return [build for service in _services(model).values() if isinstance(build := service.get("build"), dict)]


def _copy(source: Path, target: Path, tree: Path, room: list[int]) -> None:
    """Copy a mounted file or folder; one that leads out of the tree, and one that is not there, is an empty folder."""

    def copied(one: str, other: str) -> str:
        room[0] -= Path(one).stat().st_size
        if room[0] < 0:
            raise InspectionError(
                f"what the services mount is larger than {MOUNT_LIMIT:,} bytes; --no-start builds only"
            )
        return shutil.copy2(one, other)

    real = source.resolve()
    if not real.is_relative_to(tree.resolve()) or not real.exists():
        target.mkdir()
    elif real.is_dir():
        shutil.copytree(real, target, symlinks=True, copy_function=copied)
    else:
        copied(str(real), str(target))


def _last(errors: str) -> str:
    """Return the last line, which is the one that says why."""
    lines = [line for line in errors.splitlines() if line.strip()]
    return lines[-1] if lines else ""
