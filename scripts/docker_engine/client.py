"""Find an engine that answers and that can build with secrets in the environment."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from docker_engine.place import Place
from docker_engine.process import EngineError, run

_PROBE: Final = """\
FROM scratch AS unused
RUN --mount=type=secret,id=probe,env=PROBE,required=true ["true"]
FROM scratch
LABEL probe=unbake
"""


@dataclass(frozen=True, slots=True)
class Ours:
    """Be the engine that this script started."""

    version: str


@dataclass(frozen=True, slots=True)
class Theirs:
    """Be an engine of the user's own; it is used, and never stopped."""

    host: str
    version: str


@dataclass(frozen=True, slots=True)
class Nothing:
    """Tell why no engine can be used."""

    reason: str


def find(place: Place, environ: Mapping[str, str]) -> Ours | Theirs | Nothing:
    """Return the engine to use: the one DOCKER_HOST names, else ours, else the current context's."""
    named = environ.get("DOCKER_HOST", "")
    if named and named != place.host:
        return _theirs(environ)
    ours = our_version(place, environ)
    if ours is not None:
        return Ours(ours)
    return Nothing(f"nothing answers at {named}") if named else _theirs(environ)


def our_version(place: Place, environ: Mapping[str, str]) -> str | None:
    """Return the version of the engine that this script started, if it answers."""
    if not place.socket.exists() or not place.programs.is_dir():
        return None
    try:
        return _server_version(place.environment(environ))
    except EngineError:
        return None


def _theirs(environ: Mapping[str, str]) -> Theirs | Nothing:
    if shutil.which("docker", path=environ.get("PATH")) is None:
        return Nothing("there is no docker command on PATH")
    try:
        version = _server_version(environ)
        context = run(["docker", "context", "show"], timeout=20, env=environ).strip()
        host = run(
            ["docker", "context", "inspect", "--format", "{{.Endpoints.docker.Host}}"],
            timeout=20,
            env=environ,
        )
        build = ["docker", "buildx", "build", "--builder", context, "--output", "type=cacheonly", "-"]
        run(build, timeout=90, env=environ, stdin=_PROBE)
    except EngineError as error:
        return Nothing(f"the engine of the current context does not serve: {error}")
    return Theirs(host.strip(), version)


def _server_version(environ: Mapping[str, str]) -> str:
    return run(["docker", "version", "--format", "{{.Server.Version}}"], timeout=20, env=environ).strip()
