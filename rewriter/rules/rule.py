"""Say what a rule is, and make findings the same way in all of them."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable

from rewriter.documents.dockerfile import Dockerfile, final_stage, successors
from rewriter.flow.analysis import Analysis
from rewriter.model.masked import Masked
from rewriter.model.plan import Reason
from rewriter.model.secret import Channel, Confidence, Finding, Phase, Place, Severity
from rewriter.model.text import Source, Span
from rewriter.record import Record


class Rule(Record):
    """Look for one kind of leak.

    `unfixed` is the reason given for findings of the rule that no transform takes on, `advice` its words.
    """

    code: str
    name: str
    summary: str
    check: Callable[[Analysis], Iterable[Finding]]
    unfixed: Reason
    advice: str


class Leak(Record):
    """Say what leaks at a place, for `report`."""

    name: str
    secret: str
    scope: str
    channel: Channel
    phase: Phase
    severity: Severity
    confidence: Confidence
    message: str
    values: tuple[Masked, ...] = ()


def is_kept(file: Dockerfile, stage: int) -> bool:
    """Tell whether the final image has the layers and the configuration of a stage, or only the builder's cache."""
    final = final_stage(file)
    return stage in (-1, final) or final in successors(file, stage)


def place(source: Source, span: Span) -> Place:
    """Return a span of a file as a place with line and column."""
    last = max(span.start, span.end - 1)
    return Place(source.path, span, source.line(span.start), source.column(span.start), source.line(last))


def report(rule: str, source: Source, span: Span, leak: Leak) -> Finding:
    """Make a finding of a leak at a span of a file."""
    return Finding(
        rule=rule,
        place=place(source, span),
        name=printable(leak.name),
        secret=leak.secret,
        scope=leak.scope,
        channel=leak.channel,
        phase=leak.phase,
        severity=leak.severity,
        confidence=leak.confidence,
        message=printable(leak.message),
        values=leak.values,
    )


def printable(text: str) -> str:
    """Return a text with control and format characters made visible, so that it cannot steer a terminal."""
    return "".join(
        f"\\u{ord(char):04x}" if unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp") else char for char in text
    )
