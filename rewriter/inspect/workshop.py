"""Build images under names of our own, in a private folder; nothing of it is left in the end, whatever happens."""

from __future__ import annotations

import re
import secrets as random
import signal
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from rewriter.inspect.agent import Agent
from rewriter.inspect.building import BuildResult, handed_over, without_syntax
from rewriter.inspect.engine import Engine, layers_of
from rewriter.inspect.podman import Store
from rewriter.record import Record, field, replace

PREFIX: Final = "unbake-verify"
"""Every image that is built here is named so; nothing else on the engine is touched."""
BUILD_PATIENCE: Final = 3_600.0
SAVE_PATIENCE: Final = 1_800.0
LOG_LIMIT: Final = 1 << 25

_NO_FRONTEND: Final = re.compile(
    r"(?i)(?:failed to resolve source metadata|failed to do request|pull access denied|failed to authorize)[^\n]{0,200}"
    r"docker/dockerfile|resolve image config for docker-image://[^\n]*\n(?:[^\n]*\n){0,3}[^\n]*ERROR"
)


class Order(Record):
    """Say what to build: `arguments`, `secrets` and `agents` hold values, `plain` are arguments that are no secret."""

    context: Path
    dockerfile: Path
    arguments: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, bytes | str] = field(default_factory=dict)
    agents: Mapping[str, Agent] = field(default_factory=dict)
    plain: tuple[str, ...] = ()
    target: str = ""
    export_cache: bool = False


class Workshop:
    """Be a place for builds; use it in a `with` statement."""

    def __init__(self, engine: Engine, *, network: str = "") -> None:
        settings = {"BUILDX_METADATA_PROVENANCE": "max", "BUILDKIT_PROGRESS": "plain", "NO_COLOR": "1"}
        self.engine = replace(engine, environment={**engine.environment, **settings})
        self.network: Final = network
        self._images: list[str] = []
        self._later: list[Callable[[], None]] = []
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._strip = False
        self._keeps: bool | None = None

    def __enter__(self) -> Self:
        self._folder = tempfile.TemporaryDirectory(prefix=f"{PREFIX}-", ignore_cleanup_errors=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with undisturbed(), ExitStack() as last:
            if self._folder is not None:
                last.callback(self._folder.cleanup)
            if self._images and not self.engine.words:
                last.callback(self.engine.run, "image", "rm", "--force", *self._images, timeout=180)
            for step in self._later:
                last.callback(step)

    def open(self) -> None:
        """Make ready for builds; raises where there is no engine."""
        self.engine.must("version", *(() if self.engine.name == "buildah" else ("--format={{.Server.Version}}",)))
        scratch = {"TMPDIR": str(self.folder("tmp"))}  # what a client puts there it may not get to put away
        self.engine = replace(self.engine, environment={**self.engine.environment, **scratch})
        if self.is_buildah:
            store = Store(self.folder("store"))
            self.afterwards(lambda: store.remove(self.engine))
            self.engine = replace(self.engine, words=store.words(self.engine))

    def owns(self, *images: str) -> None:
        """Take charge of images that are about to be made under names of our own."""
        self._images += images

    def afterwards(self, step: Callable[[], None]) -> None:
        """Have something put away in the end, before the images are removed; last comes first."""
        self._later.append(step)

    @property
    def home(self) -> Path:
        """Return the private folder."""
        if self._folder is None:
            raise AssertionError("a workshop is used in a with statement")
        return Path(self._folder.name)

    @property
    def own_frontend(self) -> bool:
        """Tell whether the `# syntax=` line was left out, since its image could not be had."""
        return self._strip

    @property
    def is_buildah(self) -> bool:
        """Tell whether podman or Buildah builds, which record no provenance and export no cache here."""
        return self.engine.name in ("podman", "buildah")

    @property
    def records(self) -> bool:
        """Tell whether the builder writes down what it did, as BuildKit does."""
        return not self.is_buildah

    @property
    def keeps_provenance(self) -> bool:
        """Tell whether images carry attestations and a cache can be exported: containerd's image store."""
        if self._keeps is None:
            status = "" if self.is_buildah else self.engine.must("info", "--format={{json .DriverStatus}}")
            self._keeps = "io.containerd.snapshotter" in status
        return self._keeps

    def folder(self, kind: str) -> Path:
        """Return a new folder in the private one."""
        made = self.home / f"{kind}-{random.token_hex(4)}"
        made.mkdir(mode=0o700)
        return made

    def build(self, order: Order) -> BuildResult:
        """Build without any cache; where the frontend's image cannot be had, by the engine's own frontend."""
        result = self._build(order)
        if not result.ok and not self._strip and needs_frontend(result.log):
            self._strip = True
            result = self._build(order)
        return result

    def _build(self, order: Order) -> BuildResult:
        home = self.folder("build")
        image = f"{PREFIX}:{random.token_hex(8)}"
        source = without_syntax(order.dockerfile, home) if self._strip else order.dockerfile
        metadata = home / "metadata.json"
        cache = home / "cache" if order.export_cache and self.keeps_provenance else None
        words = ["build", f"--file={source}", f"--tag={image}", "--no-cache", *self._own_words(metadata, cache)]
        words += [f"--network={self.network}"] if self.network else []
        words += [f"--target={order.target}"] if order.target else []
        words += [f"--build-arg={name}" for name in order.arguments]
        words += [f"--build-arg={argument}" for argument in order.plain]
        self._images.append(image)
        with handed_over(order.secrets, home, order.agents) as handed:
            variables = {**handed.variables, **order.arguments}
            ran = self.engine.run(
                *words,
                *handed.flags,
                "--",
                str(order.context),
                timeout=BUILD_PATIENCE,
                variables=variables,
                merged=True,
            )
        record = metadata.read_text("utf-8", "replace") if metadata.is_file() else ""
        return BuildResult(ran.ok, ran.output[-LOG_LIMIT:], image, record, cache if ran.ok else None)

    def _own_words(self, metadata: Path, cache: Path | None) -> Sequence[str]:
        if self.is_buildah:
            return ("--layers",)  # one for each instruction, as BuildKit makes them
        words = [f"--metadata-file={metadata}", f"--builder={self._builder()}"]
        words.append(f"--provenance={'mode=max' if self.keeps_provenance else 'false'}")
        if cache is not None:
            words.append(f"--cache-to=type=local,mode=max,dest={cache}")
        return words

    def _builder(self) -> str:
        """Name the builder that puts images into the engine itself: that of the context."""
        return self.engine.must("context", "show").strip()

    def save(self, image: str) -> Path:
        """Save an image to the private folder."""
        archive = self.folder("save") / "image.tar"
        match self.engine.name:
            case "buildah":
                words: tuple[str, ...] = ("push", "--quiet", image, f"oci-archive:{archive}")
            case "podman":
                words = ("save", "--format=oci-archive", f"--output={archive}", "--", image)
            case _:
                words = ("save", f"--output={archive}", "--", image)
        self.engine.must(*words, timeout=SAVE_PATIENCE)
        return archive

    def layers_below(self, references: Sequence[str]) -> frozenset[str]:
        """Return the digests of the layers of images that were there before anything was built here."""
        return frozenset(layer for name in references for layer in layers_of(self.engine.inspect("image", name)))


def needs_frontend(log: str) -> bool:
    """Tell whether a build failed since the image that `# syntax=` names could not be had."""
    return _NO_FRONTEND.search(log) is not None


@contextmanager
def undisturbed() -> Iterator[None]:
    """Put off interrupts, so that a second one does not keep the first from being cleaned up after."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    held = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, lambda *_: None) for number in held}  # not ignored: clients inherit that
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
