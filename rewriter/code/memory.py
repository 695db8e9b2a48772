"""Remember what sources read."""

from __future__ import annotations

from collections.abc import Mapping

from rewriter.code.model import Survey


class Memory:
    """Remember what each source reads, so that it is parsed once, however many variables and passes ask for it.

    What a file does with one variable does not depend on the others, so a survey for many serves for each of them.
    """

    def __init__(self) -> None:
        self._secrets: dict[str, str] = {}
        self._surveys: dict[tuple[str, str], Survey | None] = {}

    def expect(self, secrets: Mapping[str, str]) -> None:
        """Say which variables, with their ids, will be asked for; what is not announced costs another reading."""
        if not secrets.items() <= self._secrets.items():
            self._secrets |= secrets
            self._surveys.clear()

    def survey(self, path: str, text: str) -> Survey | None:
        """Return what a file does with its environment."""
        key = (path, text)
        if key not in self._surveys:
            from rewriter.code.languages import survey  # noqa: PLC0415 (start-up time)

            self._surveys[key] = survey(path, text, self._secrets)
        return self._surveys[key]
