"""Read the command line and say what came of it.

    docker-engine start    use the engine that answers, or install and start one; print its DOCKER_HOST
    docker-engine images   make the base images of the end-to-end tests; print their names
    docker-engine env      print the exports that point a client at it: eval "$(scripts/docker-engine env)"
    docker-engine status   tell which engine serves; exit status 1 when none does
    docker-engine tools    install what else some end-to-end tests use: podman, Buildah and Chromium, as root on Debian
    docker-engine stop     stop the engine that was started here, and nothing else

An engine that answers already, and that can build with secrets in the environment, is used as it is. The one
that is started here lies in UNBAKE_ENGINE_DIR (by default unbake/engine below the user's cache folder).
"""

import argparse
import fcntl
import os
import shlex
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Final

from docker_engine.client import Nothing, Ours, Theirs, find
from docker_engine.daemon import running, start, stop
from docker_engine.images import make_images, pull_images
from docker_engine.install import codename, install_engine, install_packages
from docker_engine.place import Place, place_of
from docker_engine.process import EngineError, say

_LOCK_SECONDS: Final = 2000.0


def main(arguments: Sequence[str]) -> int:
    """Carry out one command; return the exit status."""
    parser = argparse.ArgumentParser(
        "docker-engine", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("command", choices=("start", "stop", "status", "env", "images", "tools"))
    command = parser.parse_args(arguments).command
    try:
        return _carry_out(command, place_of(os.environ), os.environ)
    except EngineError as error:
        say(str(error))
        return 1
    except KeyboardInterrupt:
        return 130


def _carry_out(command: str, place: Place, environ: Mapping[str, str]) -> int:
    match command:
        case "status":
            return _status(place, environ)
        case "env":
            return _env(place, environ)
        case "stop":
            _stop(place)
        case "tools":
            codename()
            install_packages({name: name for name in ("podman", "buildah", "chromium")})
        case "start":
            _start(place, environ)
        case _:
            _images(place, environ)
    return 0


def _start(place: Place, environ: Mapping[str, str]) -> None:
    found = find(place, environ)
    if isinstance(found, Nothing):
        began = time.monotonic()
        codename()
        if os.geteuid() != 0:
            raise EngineError(
                f"{found.reason}\nOnly root can start an engine here: run this with sudo, or start your own."
            )
        with _locked(place):
            found = find(place, environ)
            if isinstance(found, Nothing):
                install_engine(place, environ)
                found = Ours(start(place, environ))
                say(f"engine {found.version} is ready after {time.monotonic() - began:.0f} s")
    print(f"DOCKER_HOST={_host(place, found)}")


def _images(place: Place, environ: Mapping[str, str]) -> None:
    match find(place, environ):
        case Nothing(reason):
            raise EngineError(f"{reason}\nStart an engine first: scripts/docker-engine start")
        case Ours():
            with _locked(place):
                names = make_images(place, environ)
        case Theirs():
            names = pull_images(environ)
    print("\n".join(names))


def _stop(place: Place) -> None:
    if not place.root.is_dir():
        say("nothing was started here")
        return
    with _locked(place):
        pid = running(place)
        stopped = stop(place)
    say(f"stopped the engine {pid}" if stopped else "the engine of this folder does not run; no other one was touched")


def _status(place: Place, environ: Mapping[str, str]) -> int:
    match find(place, environ):
        case Ours(version):
            print(f"engine {version} of {place.root} answers at {place.host} (process {running(place)})")
            return 0
        case Theirs(host, version):
            print(f"the user's own engine {version} answers at {host}")
            return 0
        case Nothing(reason):
            print(f"no engine: {reason}")
            return 1


def _env(place: Place, environ: Mapping[str, str]) -> int:
    match find(place, environ):
        case Ours():
            for name, value in place.exports(environ).items():
                print(f"export {name}={shlex.quote(value)}")
            return 0
        case Theirs(host, version):
            print(f"# the user's own engine {version} answers at {host}: nothing to set")
            return 0
        case Nothing(reason):
            raise EngineError(f"{reason}\nStart an engine first: scripts/docker-engine start")


def _host(place: Place, found: Ours | Theirs) -> str:
    return place.host if isinstance(found, Ours) else found.host


@contextmanager
def _locked(place: Place) -> Iterator[None]:
    """Let one run at a time change the folder."""
    place.root.mkdir(parents=True, exist_ok=True)
    deadline = time.monotonic() + _LOCK_SECONDS
    with place.lock.open("w") as lock:
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise EngineError(f"{place.lock}: held by another run for {_LOCK_SECONDS:.0f} s") from None
                time.sleep(0.5)
            else:
                break
        yield
