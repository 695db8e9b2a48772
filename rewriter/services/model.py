"""Describe what services get in their environment."""

from __future__ import annotations

from rewriter.documents.compose import Compose, EnvEntry, Service
from rewriter.documents.env_file import EnvLine
from rewriter.flow import Definition, Flow
from rewriter.judgement import PairVerdict
from rewriter.model.masked import Masked
from rewriter.model.text import Source, Span
from rewriter.record import Record


class Ref(Record, eq=False):
    """Name one service of one compose file."""

    _hidden = ("compose", "service")

    compose: Compose
    service: Service

    @property
    def key(self) -> tuple[str, str]:
        """Return the file and the name, which tell two services apart."""
        return self.compose.path, self.service.name


class EnvFile(Record, eq=False):
    """Hold one environment file; one that is not `kept` is on this machine alone, as git ignores it."""

    source: Source
    lines: tuple[EnvLine, ...]
    kept: bool


class ImageEnv(Record, eq=False):
    """Hold an ENV of an image that its containers need."""

    _hidden = ("flow",)

    flow: Flow
    definition: Definition


class Gift(Record, eq=False):
    """Hold one place that gives a variable to services, all of which are its `users`.

    `literal` is the value where it stands there; `variable` names the one that it is taken from, where it is
    exactly one without a default. `default` tells that a literal stands there in case none comes from outside,
    `optional` that an empty one does (`${NAME:-}`).
    """

    name: str
    source: Source
    span: Span
    owner: str
    literal: Masked | None
    variable: str | None
    default: bool
    verdict: PairVerdict
    entry: EnvEntry | EnvLine | ImageEnv
    users: tuple[Ref, ...]
    optional: bool = False

    @property
    def path(self) -> str:
        """Return the file in which it is written."""
        return self.source.path

    @property
    def line(self) -> int:
        """Return the line on which it is written."""
        return self.source.line(self.span.start)

    @property
    def strength(self) -> int:
        """Return which of two gifts of one name wins: an environment over a file, that over the image."""
        match self.entry:
            case EnvEntry():
                return 2
            case EnvLine():
                return 1
            case ImageEnv():
                return 0

    @property
    def scope(self) -> str:
        """Return what a finding of it belongs to: the service in whose environment it is written, or the file."""
        return f"{self.path}#{self.owner}" if self.owner else self.path
