"""The exception tree: faults that a caller can name, each with a message that says what, where and what to do."""

from __future__ import annotations


class UnbakeError(Exception):
    """Root of every error that unbake raises on purpose."""


class UsageError(UnbakeError):
    """Report a wrong command line, setting or configuration file."""


class ParseError(UnbakeError):
    """Report a document that cannot be read.

    `path` is relative to the repository, `line` counts from 1 (0: the file as a whole).
    """

    def __init__(self, path: str, line: int, what: str) -> None:
        super().__init__(f"{path}:{line}: {what}" if line else f"{path}: {what}")
        self.path = path
        self.line = line
        self.what = what


class RepositoryError(UnbakeError):
    """Report a file that cannot be read or written safely."""


class InspectionError(RepositoryError):
    """Report an image, a container or an engine that cannot be looked into: broken, hostile or not there."""


class VerificationError(UnbakeError):
    """Report a rewrite that fails one of the verifier's checks."""
