"""Ask a Docker engine through its command line, whose settings (DOCKER_HOST, contexts, logins) hold here too.

No value of a secret stands in a command line: whatever is secret goes by environment or by file.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from shutil import which
from typing import IO, Final

from rewriter.errors import InspectionError
from rewriter.inspect.oci import Json, at, text, texts
from rewriter.record import Record, field
from rewriter.tree.repository import shown

PATIENCE: Final = 60.0
_GRACE: Final = 5.0
OUTPUT_LIMIT: Final = 1 << 26
"""More than this no answer and no log has; a container that is asked for more is hostile."""


class Ran(Record):
    """Hold what one command did; `output` is empty where it went elsewhere."""

    status: int
    output: str
    errors: str = ""

    @property
    def ok(self) -> bool:
        """Tell whether the command succeeded."""
        return self.status == 0


class Engine(Record):
    """Be the engine that a client reaches; `environment` is the client's, `words` are options of every command."""

    client: str = "docker"
    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    words: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Return the name of the client's program."""
        return self.client.rsplit("/", 1)[-1]

    def run(
        self,
        *arguments: str,
        timeout: float = PATIENCE,
        variables: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        merged: bool = False,
    ) -> Ran:
        """Run the client to its end; `merged` puts what it complains of into the output, in order."""
        with self._started(arguments, variables, cwd, merged=merged) as process:
            output = _Listener(process, process.stdout, OUTPUT_LIMIT)
            errors = _Listener(process, process.stderr, OUTPUT_LIMIT)
            try:
                process.wait(timeout)
            except subprocess.TimeoutExpired:
                raise InspectionError(f"{self._named(arguments)}: no end after {timeout:,.0f} s") from None
            said, complained = output.heard(), errors.heard()
        if output.flooded or errors.flooded:
            raise InspectionError(f"{self._named(arguments)}: says more than {OUTPUT_LIMIT:,} bytes")
        return Ran(process.returncode, _text(said), _text(complained))

    def must(self, *arguments: str, timeout: float = PATIENCE) -> str:
        """Run the client and return its output; raises where it fails."""
        ran = self.run(*arguments, timeout=timeout)
        if not ran.ok:
            raise InspectionError(f"{self._named(arguments)}: {first_line(ran.errors) or 'failed'}")
        return ran.output

    def inspect(self, kind: str, name: str) -> Json:
        """Return what the engine knows of an image or a container, None where there is none of that name."""
        if self.name == "buildah" and kind != "image":
            return None  # it runs no containers
        words = ("inspect", "--type=image") if self.name == "buildah" else (kind, "inspect", "--format={{json .}}")
        ran = self.run(*words, "--", name)
        if not ran.ok:
            if _is_absent(ran.errors):
                return None
            raise InspectionError(f"the {self.client} engine does not answer: {first_line(ran.errors)}")
        try:
            loaded: Json = json.loads(ran.output)
        except ValueError as error:
            raise InspectionError(f"the {self.client} engine gives an answer that is no JSON") from error
        return loaded[0] if isinstance(loaded, list) and len(loaded) == 1 else loaded  # podman gives a list

    @contextmanager
    def saved(self, image: str) -> Iterator[IO[bytes]]:
        """Yield the archive of an image as a stream; raises in the end where the engine could not give all of it."""
        if self.name == "buildah":
            raise InspectionError(
                f"buildah gives no stream: `buildah push {shown(image)} oci-archive:FILE`, and name FILE"
            )
        arguments = ("save", "--", image) if self.name == "docker" else ("save", "--format=oci-archive", image)
        with self._started(arguments, None, None) as process:
            assert process.stdout is not None
            complaints = _Listener(process, process.stderr, OUTPUT_LIMIT)
            failed: InspectionError | None = None
            status: int | None
            try:
                yield process.stdout
            except InspectionError as error:
                failed = error
            if failed is None:
                while process.stdout.read(1 << 16):
                    pass
                status = process.wait(PATIENCE)
            else:
                with suppress(subprocess.TimeoutExpired):
                    process.wait(1)
                status = process.poll()
            if status:
                said = first_line(_text(complaints.heard())) or "the engine broke off"
                raise InspectionError(f"{self.client} save {image}: {said}")
            if failed is not None:
                raise failed

    @contextmanager
    def _started(
        self,
        arguments: Sequence[str],
        variables: Mapping[str, str] | None,
        cwd: Path | None,
        *,
        merged: bool = False,
    ) -> Iterator[subprocess.Popen[bytes]]:
        """Start the client in a process group of its own; whatever happens, that group is gone in the end."""
        if which(self.client, path=self.environment.get("PATH")) is None:
            raise InspectionError(f"{self.client}: not on the PATH; install the client, or look into a saved archive")
        process = subprocess.Popen(  # noqa: S603 (the client's words are ours, the names in them stand behind `--`)
            [self.client, *self.words, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT if merged else subprocess.PIPE,
            cwd=cwd,
            env={**self.environment, **(variables or {})},
            start_new_session=True,
        )
        try:
            yield process
        finally:
            _end(process)

    def _named(self, arguments: Sequence[str]) -> str:
        return " ".join([self.client, *arguments[:2]])


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a client that still runs, gently first: on SIGTERM it tells the engine to stop a build."""
    if process.poll() is None:
        _signal(process, signal.SIGTERM)
        try:
            process.wait(_GRACE)
        except subprocess.TimeoutExpired:
            _signal(process, signal.SIGKILL)
            process.wait()
    for stream in (process.stdout, process.stderr):
        if stream is not None:
            stream.close()


def _signal(process: subprocess.Popen[bytes], number: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)


class _Listener:
    """Take what a client says, on a thread of its own, up to a limit; a client that says more is ended."""

    def __init__(self, process: subprocess.Popen[bytes], stream: IO[bytes] | None, limit: int) -> None:
        self.flooded = False
        self._process = process
        self._pieces: list[bytes] = []
        self._thread = threading.Thread(target=self._listen, args=(stream, limit), daemon=True)
        self._thread.start()

    def heard(self) -> bytes:
        """Return what was said; a stream that somebody else still holds open is not waited for."""
        self._thread.join(_GRACE)
        return b"".join(self._pieces)

    def _listen(self, stream: IO[bytes] | None, limit: int) -> None:
        if stream is None:
            return
        with suppress(ValueError, OSError):
            while piece := os.read(stream.fileno(), 1 << 16):
                limit -= len(piece)
                if limit < 0:
                    self.flooded = True
                    _signal(self._process, signal.SIGKILL)
                    return
                self._pieces.append(piece)


def _is_absent(errors: str) -> bool:
    lower = errors.lower()
    return "no such" in lower or "not found" in lower or "not known" in lower or "no such image" in lower


def first_line(output: str) -> str:
    """Return the first line that says something, fit for a message."""
    line = next((line.strip() for line in output.splitlines() if line.strip()), "")
    return shown(line[:300])


def _text(output: bytes) -> str:
    return output.decode(errors="surrogateescape")


def layers_of(found: Json) -> tuple[str, ...]:
    """Return the digests of the layers in what the engine knows of an image."""
    return texts(at(found, "RootFS", "Layers")) or texts(at(found, "OCIv1", "rootfs", "diff_ids"))


def identity(found: Json) -> str:
    """Return the id in what the engine knows of an image or a container."""
    return text(found, "Id")
