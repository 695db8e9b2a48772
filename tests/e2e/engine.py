"""Drive a real Docker engine: build, run and save images, and leave nothing behind."""

import json
import os
import secrets as random
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Final

from rewriter.inspect.building import BuildResult, handed_over, without_syntax
from tests.e2e.search import Evidence, Json, Leak, leaks

PREFIX: Final = "unbake-e2e"
"""Every image and container of a test is named so; nothing else on the engine is touched."""
_REMOVED_AT_ONCE: Final = 20


class EngineError(Exception):
    """Tell that the engine itself failed, not a build on it."""


@dataclass(frozen=True, slots=True)
class Ran:
    """Hold what one command did; a build's `output` holds its `errors` too."""

    status: int
    output: str
    errors: str = ""

    @property
    def ok(self) -> bool:
        """Tell whether the command succeeded."""
        return self.status == 0


@dataclass(slots=True)
class _Made:
    images: list[str] = field(default_factory=list)
    containers: list[str] = field(default_factory=list)


class Engine:
    """Be one engine for the length of a test session.

    `environment` points the docker client at it. Files go below `scratch`.
    """

    def __init__(self, scratch: Path, environment: Mapping[str, str]) -> None:
        self.environment = {
            **environment,
            "BUILDX_METADATA_PROVENANCE": "max",
            "BUILDKIT_PROGRESS": "plain",
            "NO_COLOR": "1",
        }
        self._scratch = scratch
        self._known_layers: set[str] = set()
        self._made = _Made()

    def build(
        self,
        context: Path,
        *,
        dockerfile: str = "Dockerfile",
        build_args: Mapping[str, str] | None = None,
        secrets: Mapping[str, bytes | str] | None = None,
        target: str | None = None,
        network: str = "host",
        no_cache: bool = True,
        provenance: bool = True,
        export_cache: bool = False,
        strip_syntax: bool = True,
        flags: Sequence[str] = (),
        timeout: float = 300,
    ) -> BuildResult:
        """Build a folder; `dockerfile` is relative to it.

        A secret given as bytes is handed over in a file, one given as str in an environment variable: neither
        stands on the command line. A `# syntax=` line names an image that may not be there, so a copy without
        it is built. A cached step hides a missing secret: hence `no_cache`. A cache can be exported, and
        provenance kept with the image, only where `keeps_provenance`; BuildKit's own record of it comes always.
        """
        image, home = f"{PREFIX}:{random.token_hex(8)}", self._folder("build")
        metadata, cache = home / "metadata.json", home / "cache" if export_cache else None
        source = without_syntax(context / dockerfile, home) if strip_syntax else context / dockerfile
        chosen = [f"--builder={self._builder}", f"--file={source}", f"--tag={image}", f"--network={network}"]
        chosen += [f"--metadata-file={metadata}", *(f"--build-arg={k}={v}" for k, v in (build_args or {}).items())]
        chosen += [f"--target={target}"] if target is not None else []
        chosen += ["--no-cache"] if no_cache else []
        chosen += [f"--provenance={'mode=max' if provenance and self.keeps_provenance else 'false'}"]
        chosen += [f"--cache-to=type=local,mode=max,dest={cache}"] if cache is not None else []
        self._made.images.append(image)
        with handed_over(secrets or {}, home) as handed:
            argv = ["docker", "buildx", "build", *chosen, *handed.flags, *flags, str(context)]
            ran = self._run(argv, timeout=timeout, variables=handed.variables, merged=True)
        record = metadata.read_text(encoding="utf-8") if metadata.is_file() else ""
        return BuildResult(ran.ok, ran.output, image, record, cache if ran.ok else None)

    def run(
        self,
        image: str,
        command: Sequence[str] = (),
        *,
        flags: Sequence[str] = (),
        network: str = "host",
        timeout: float = 120,
    ) -> Ran:
        """Run a command in a new container and wait for its end; the container is removed."""
        name = self._container()
        argv = [
            "docker",
            "run",
            "--rm",
            f"--name={name}",
            "--pull=never",
            f"--network={network}",
            *flags,
            image,
            *command,
        ]
        return self._run(argv, timeout=timeout)

    @contextmanager
    def container(self, image: str, command: Sequence[str] = (), *, flags: Sequence[str] = ()) -> Iterator[str]:
        """Run a container in the background, and yield its name."""
        name = self._container()
        start = ["docker", "run", "--detach", f"--name={name}", "--pull=never", *flags, image, *command]
        self._must(start, timeout=60)
        try:
            yield name
        finally:
            self._run(["docker", "rm", "--force", "--volumes", name], timeout=60)

    def save(self, image: str) -> Path:
        """Save an image, and return the archive's path."""
        archive = self._folder("save") / "image.tar"
        self._must(["docker", "save", f"--output={archive}", image], timeout=300)
        return archive

    def history(self, image: str) -> str:
        """Return the image's history, a line an entry, untruncated."""
        return self._must(["docker", "history", "--no-trunc", "--format={{json .}}", image], timeout=60)

    def config(self, image: str) -> dict[str, Json]:
        """Return the image's configuration (Env, Cmd, Labels, ...)."""
        text = self._must(["docker", "image", "inspect", "--format={{json .Config}}", image], timeout=60)
        loaded: dict[str, Json] = json.loads(text)
        return loaded

    def tag(self, image: str, name: str) -> None:
        """Give an image a further name until the end; one that exists is never taken."""
        if self._run(["docker", "image", "inspect", name], timeout=60).ok:
            raise EngineError(f"{name}: exists on the engine already")
        self._must(["docker", "tag", image, name], timeout=60)
        self._made.images.append(name)

    def adopt(self, image: str) -> None:
        """Remove at the end an image that something else built, under a name of the test's own."""
        self._made.images.append(image)

    def client(
        self,
        *arguments: str,
        cwd: Path | None = None,
        variables: Mapping[str, str] | None = None,
        timeout: float = 300,
    ) -> Ran:
        """Run the client for what has no method here, such as compose; the caller cleans up."""
        return self._run(["docker", *arguments], timeout=timeout, variables=variables, cwd=cwd)

    def remove(self, image: str) -> None:
        """Remove an image that was made here."""
        self._made.images.remove(image)
        self._run(["docker", "image", "rm", "--force", image], timeout=60)

    def evidence(self, build: BuildResult) -> Evidence:
        """Collect all that a build left behind; of one that failed, the log."""
        if not build.ok:
            return Evidence(log=build.log)
        return Evidence(
            archive=self.save(build.image),
            history=self.history(build.image),
            log=build.log,
            provenance=build.provenance,
            cache=build.cache,
            known_layers=frozenset(self._known_layers),
        )

    def leaks(self, canary: bytes, build: BuildResult) -> tuple[Leak, ...]:
        """Search all that a build left behind."""
        evidence = self.evidence(build)
        found = leaks(canary, evidence)
        if evidence.archive is not None:
            evidence.archive.unlink()
        return found

    def know(self, images: Sequence[str]) -> None:
        """Skip the layers of these base images in every search: they are older than any canary."""
        for image in images:
            layers = self._must(["docker", "image", "inspect", "--format={{json .RootFS.Layers}}", image], timeout=60)
            self._known_layers.update(json.loads(layers))

    @cached_property
    def version(self) -> str:
        """Name the engine's version."""
        return self._must(["docker", "version", "--format={{.Server.Version}}"], timeout=30).strip()

    @cached_property
    def keeps_provenance(self) -> bool:
        """Tell whether images carry attestations and a cache can be exported: containerd's image store."""
        status = self._must(["docker", "info", "--format={{json .DriverStatus}}"], timeout=30)
        return "io.containerd.snapshotter" in status

    @cached_property
    def _builder(self) -> str:
        """Name the builder that puts images into the engine itself: that of the context."""
        return self._must(["docker", "context", "show"], timeout=30).strip()

    def close(self) -> None:
        """Remove every image and container that was made here.

        BuildKit's records of the builds stay: it drops them by itself, and an engine (28.5) crashed when they
        were listed while many were being removed.
        """
        for container in self._made.containers:
            self._run(["docker", "rm", "--force", "--volumes", container], timeout=60)
        for first in range(0, len(self._made.images), _REMOVED_AT_ONCE):
            images = self._made.images[first : first + _REMOVED_AT_ONCE]
            self._run(["docker", "image", "rm", "--force", *images], timeout=180)
        self._made = _Made()

    def _container(self) -> str:
        name = f"{PREFIX}-{random.token_hex(8)}"
        self._made.containers.append(name)
        return name

    def _folder(self, kind: str) -> Path:
        folder = self._scratch / f"{kind}-{random.token_hex(8)}"
        folder.mkdir(parents=True)
        return folder

    def _must(self, argv: Sequence[str], *, timeout: float) -> str:
        ran = self._run(argv, timeout=timeout)
        if not ran.ok:
            raise EngineError(f"{' '.join(argv[:3])}: exit status {ran.status}\n{ran.output}{ran.errors}")
        return ran.output

    def _run(
        self,
        argv: Sequence[str],
        *,
        timeout: float,
        variables: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        merged: bool = False,
    ) -> Ran:
        """Run the client in a process group of its own, so that a time-out ends its plug-in too."""
        with subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT if merged else subprocess.PIPE,
            cwd=cwd,
            env={**self.environment, **(variables or {})},
            start_new_session=True,
        ) as process:
            try:
                output, errors = process.communicate(timeout=timeout)
            except BaseException as error:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                if isinstance(error, subprocess.TimeoutExpired):
                    raise EngineError(f"{' '.join(argv[:3])}: no end after {timeout:.0f} s") from None
                raise
        return Ran(process.returncode, _text(output), _text(errors or b""))


def _text(output: bytes) -> str:
    return output.decode(errors="surrogateescape")
