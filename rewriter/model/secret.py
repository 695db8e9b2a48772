"""Describe what leaks: findings, and the secrets that they belong to."""

from __future__ import annotations

from enum import StrEnum

from rewriter.model.masked import Masked
from rewriter.model.text import Span
from rewriter.record import Record


class Channel(StrEnum):
    """Name the way on which a secret gets out."""

    LAYER = "layer"
    BUILD_ARG = "build-arg"
    ENV = "env"
    HISTORY = "history"
    CONTEXT = "context"
    PROVENANCE = "provenance"
    LOG = "log"
    CALLER = "caller"
    COMPOSE = "compose"


class Phase(StrEnum):
    """Say when a secret is needed."""

    BUILD = "build"
    RUNTIME = "runtime"
    BOTH = "both"
    UNKNOWN = "unknown"


class Severity(StrEnum):
    """Rank a finding by what an attacker gains, lowest first in `SEVERITIES`."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """Return 0 for low up to 3 for critical."""
        return tuple(Severity).index(self)


class Confidence(StrEnum):
    """Say how sure a rule is that the thing is a secret."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class Safety(StrEnum):
    """Say what a fix asks of its reader.

    `safe`: every use is accounted for and no command text changes. `review`: a command, a stage or
    application code changes. `manual`: a person has to do it.
    """

    SAFE = "safe"
    REVIEW = "review"
    MANUAL = "manual"


class Place(Record):
    """Locate something in a file of the repository."""

    path: str
    span: Span
    line: int
    column: int
    end_line: int


class Finding(Record):
    """Report one place where a secret leaks.

    `name` is the variable, file or option as written. `secret` is the id of the secret that leaks.
    `scope` is the document that the secret belongs to: two findings with the same scope and secret
    speak of one credential. `values` are the literals seen there; they never leave the process.
    """

    rule: str
    place: Place
    name: str
    secret: str
    scope: str
    channel: Channel
    phase: Phase
    severity: Severity
    confidence: Confidence
    message: str
    fixable: Safety = Safety.MANUAL
    fingerprint: str = ""
    values: tuple[Masked, ...] = ()
