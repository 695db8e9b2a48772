"""Colour words for a terminal, or leave them plain."""

from __future__ import annotations

from rewriter.model.secret import Severity
from rewriter.record import Record


class Paint(Record):
    """Colour text when `on`; the text has to be made visible before."""

    on: bool = False

    def bold(self, text: str) -> str:
        """Return a heading."""
        return self._with("1", text)

    def dim(self, text: str) -> str:
        """Return a text of less weight."""
        return self._with("2", text)

    def red(self, text: str) -> str:
        """Return what is bad or taken away."""
        return self._with("31", text)

    def green(self, text: str) -> str:
        """Return what is good or added."""
        return self._with("32", text)

    def yellow(self, text: str) -> str:
        """Return what asks for attention."""
        return self._with("33", text)

    def cyan(self, text: str) -> str:
        """Return a place or a command."""
        return self._with("36", text)

    def severity(self, severity: Severity) -> str:
        """Return a severity's name in its colour."""
        match severity:
            case Severity.CRITICAL:
                return self._with("1;31", severity.value)
            case Severity.HIGH:
                return self.red(severity.value)
            case Severity.MEDIUM:
                return self.yellow(severity.value)
            case Severity.LOW:
                return self.dim(severity.value)

    def _with(self, code: str, text: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.on and text else text
