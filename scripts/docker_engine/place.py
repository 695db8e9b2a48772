"""Name every path of the engine: all of it lies below one folder."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from docker_engine.process import EngineError

_LONGEST_SOCKET = 100
"""A Unix socket's path may not exceed 107 bytes on Linux."""


@dataclass(frozen=True, slots=True)
class Place:
    """Be the folder that holds the engine's programs, its data and its images."""

    root: Path

    @property
    def programs(self) -> Path:
        """Hold the unpacked packages."""
        return self.root / "programs"

    @property
    def path_entries(self) -> tuple[Path, Path]:
        """List the folders that go first on PATH."""
        return self.programs / "usr/bin", self.programs / "usr/sbin"

    @property
    def plugins(self) -> Path:
        """Hold buildx and compose."""
        return self.programs / "usr/libexec/docker/cli-plugins"

    @property
    def apt(self) -> Path:
        """Hold apt's lists and downloads, apart from the machine's own."""
        return self.root / "apt"

    @property
    def images(self) -> Path:
        """Hold the base images as archives."""
        return self.root / "images"

    @property
    def data(self) -> Path:
        """Hold what the daemon keeps: images, containers, caches."""
        return self.root / "data"

    @property
    def discarded(self) -> Path:
        """Be the name that data takes while it is deleted."""
        return self.root / "data.discarded"

    @property
    def client_config(self) -> Path:
        """Be the DOCKER_CONFIG of a client of this engine."""
        return self.root / "client"

    @property
    def socket(self) -> Path:
        """Be the socket that the daemon listens on."""
        return self.root / "docker.sock"

    @property
    def host(self) -> str:
        """Be the DOCKER_HOST of a client of this engine."""
        return f"unix://{self.socket}"

    @property
    def pidfile(self) -> Path:
        """Hold the daemon's process id; the daemon writes it."""
        return self.root / "docker.pid"

    @property
    def log(self) -> Path:
        """Hold what the daemon says."""
        return self.root / "dockerd.log"

    @property
    def lock(self) -> Path:
        """Keep two runs of this script apart."""
        return self.root / "lock"

    def exports(self, environ: Mapping[str, str]) -> dict[str, str]:
        """Return the variables that point a client at this engine."""
        ours = [str(entry) for entry in self.path_entries]
        path = ours + [entry for entry in environ.get("PATH", "").split(":") if entry and entry not in ours]
        return {
            "DOCKER_HOST": self.host,
            "DOCKER_CONFIG": str(self.client_config),
            "DOCKER_CONTEXT": "default",
            "BUILDX_BUILDER": "default",
            "PATH": ":".join(path),
        }

    def environment(self, environ: Mapping[str, str]) -> dict[str, str]:
        """Return the whole environment of a client of this engine."""
        return {**environ, **self.exports(environ)}


def place_of(environ: Mapping[str, str]) -> Place:
    """Return the engine's folder: UNBAKE_ENGINE_DIR, or one below the user's cache."""
    cache = environ.get("XDG_CACHE_HOME") or Path(environ.get("HOME") or "/root", ".cache")
    place = Place(Path(environ.get("UNBAKE_ENGINE_DIR") or Path(cache) / "unbake/engine").absolute())
    if len(os.fsencode(place.socket)) > _LONGEST_SOCKET:
        raise EngineError(f"{place.root}: too long for a socket's path; set UNBAKE_ENGINE_DIR to a shorter one")
    return place
