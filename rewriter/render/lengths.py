"""Say where a finding ends, and where an edit stands, in lines and columns."""

from __future__ import annotations

from collections.abc import Mapping

from rewriter.model.secret import Place
from rewriter.model.text import Source, Span


def end_column(place: Place, texts: Mapping[str, str]) -> int | None:
    """Return the column behind the last character of a place, or None where its file's text is not known."""
    text = texts.get(place.path)
    if text is None or place.span.end > len(text):
        return None
    start = text.rfind("\n", 0, max(place.span.end - 1, place.span.start)) + 1
    return place.span.end - start + 1


def region(source: Source, span: Span) -> dict[str, int]:
    """Return a span as SARIF writes it: lines and columns from 1, the end column behind the last character."""
    return {
        "startLine": source.line(span.start),
        "startColumn": source.column(span.start),
        "endLine": source.line(span.end),
        "endColumn": source.column(span.end),
    }
