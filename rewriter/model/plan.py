"""Describe what will be done about the findings of a repository: fixes, refusals, the plan."""

from __future__ import annotations

from enum import StrEnum

from rewriter.model.masked import Masked
from rewriter.model.secret import Finding, Safety
from rewriter.model.text import Edit
from rewriter.record import Record


class Reason(StrEnum):
    """Say why a finding is left; the list is closed."""

    RUNTIME_SECRET = "needs-runtime-secret"  # noqa: S105
    DYNAMIC_VALUE = "dynamic-value"
    UNREADABLE_SHELL = "unreadable-shell"
    UNSUPPORTED_SHELL = "unsupported-shell"
    PRINTS_ENVIRONMENT = "prints-environment"
    SECRET_IN_FROM = "secret-in-from"  # noqa: S105
    SECRET_IN_COPY = "secret-in-copy"  # noqa: S105
    SECRET_IN_METADATA = "secret-in-metadata"  # noqa: S105
    SECRET_IN_ONBUILD = "secret-in-onbuild"  # noqa: S105
    PERSISTED_BY_COMMAND = "persisted-by-command"
    UNDECLARED_VARIABLE = "undeclared-variable"
    UNKNOWN_USER = "unknown-user"
    UNKNOWN_HOME = "unknown-home"
    UNKNOWN_READER = "unknown-reader"
    CALLER_UNSUPPORTED = "caller-unsupported"
    FILE_TRACKED = "file-needed-by-copy"
    FRONTEND_PINNED = "frontend-pinned"
    UNSUPPORTED_FORM = "unsupported-form"
    ONLY_ROTATION_HELPS = "only-rotation-helps"
    NOT_SELECTED = "not-selected"
    FAILED_VERIFICATION = "failed-verification"


class FileEdit(Record):
    """Edit one place of one file of the repository."""

    path: str
    edit: Edit


class NewFile(Record):
    """Create a file that does not exist yet; its text holds no secret value."""

    path: str
    text: str


class LocalValue(Record):
    """Keep a literal in a file on this machine, ignored by git and Docker, written byte for byte.

    Its mode is 0600. One that a container's user other than root has to read is `shared`: 0644 in the folder of mode
    0700, since `docker compose` mounts the file itself with its owner and mode.
    """

    path: str
    value: Masked
    shared: bool = False


class BuildSecret(Record):
    """Describe a secret that the build takes from now on.

    `source` is what the caller's `--secret` names: `env=NPM_TOKEN`, `src=secrets/npmrc` or `ssh`.
    `target` is the path at which the file appears, empty for an environment mount. `env` is the variable that a step
    sees; of a key that ssh's agent holds the build argument that carried it.
    """

    id: str
    env: str
    target: str
    source: str
    dockerfile: str
    context: str

    @property
    def flag(self) -> str:
        """Return the option for `docker build`."""
        return f"--ssh {self.id}" if self.source == "ssh" else f"--secret id={self.id},{self.source}"


class SecretSource(StrEnum):
    """Say where compose takes a run-time secret from."""

    FILE = "file"
    ENVIRONMENT = "environment"
    EXTERNAL = "external"


class RuntimeSecret(Record):
    """Describe a secret that containers get as the file `target`.

    `source` is `src=secrets/db_password.txt`, `env=DB_PASSWORD` or `external`; `env` is the variable that it replaces,
    `file` the compose file that declares it, `services` are those that get it.
    """

    id: str
    env: str
    target: str
    source: str
    file: str
    services: tuple[str, ...]


class Ignore(Record):
    """Ask for a pattern in the ignore file of a build's context, and in `.gitignore` when `git` is set.

    `git_pattern` is written from the repository's root; a Docker pattern counts from the context. Without a
    `required` one the fix is not made.
    """

    dockerfile: str
    context: str
    pattern: str
    git_pattern: str = ""
    required: bool = False


class Fix(Record):
    """Settle some findings by edits that are made together or not at all."""

    findings: tuple[Finding, ...]
    safety: Safety
    edits: tuple[FileEdit, ...]
    new_files: tuple[NewFile, ...] = ()
    values: tuple[LocalValue, ...] = ()
    secrets: tuple[BuildSecret, ...] = ()
    ignores: tuple[Ignore, ...] = ()
    notes: tuple[str, ...] = ()
    mounts: tuple[RuntimeSecret, ...] = ()


class Refusal(Record):
    """Leave a finding alone, and say why in words that a person can act on."""

    finding: Finding
    reason: Reason
    detail: str


class Plan(Record):
    """Hold the fixes of one repository, no two of which overlap, and what is refused."""

    fixes: tuple[Fix, ...]
    refusals: tuple[Refusal, ...]
