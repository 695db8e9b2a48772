"""Rank what a service gets: a literal counts for more than a reference, a test's for less."""

from __future__ import annotations

import re
from typing import Final

from rewriter.model.secret import Confidence, Severity
from rewriter.services.model import Gift

_TRIAL: Final = re.compile(
    r"(?:^|[/._-])(?:tests?|testing|e2e|ci|examples?|samples?|demos?|fixtures?|benchmarks?)(?=[/._-])"
)


def severity_of(gift: Gift) -> Severity:
    """Return how bad it is that a gift can be seen."""
    if gift.literal is None or gift.verdict.placeholder:
        return Severity.LOW
    if gift.default or gift.verdict.confidence is not Confidence.HIGH:
        return Severity.MEDIUM
    return Severity.MEDIUM if _TRIAL.search(gift.path.lower()) else Severity.HIGH
