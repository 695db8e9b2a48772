"""Show the line of a file on which a finding stands, without the value that stands there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from rewriter.model.secret import Finding
from rewriter.render.pen import Pen
from rewriter.render.visible import visible

_WIDTH: Final = 100


class Frames:
    """Cut the lines of findings out of files; a file is redacted once."""

    def __init__(self, texts: Mapping[str, str], findings: Iterable[Finding], pen: Pen) -> None:
        self._pen: Final = pen
        owned: dict[str, set[int]] = {}
        for finding in findings:
            owned.setdefault(finding.place.path, set()).update(range(finding.place.line, finding.place.end_line + 1))
        self._lines: Final = {
            path: pen.redactor.lines(text, owned[path]) for path, text in texts.items() if path in owned
        }

    def of(self, finding: Finding) -> Iterator[str]:
        """Yield the finding's first line with its number, unless the text is not known."""
        lines = self._lines.get(finding.place.path, ())
        if 0 < finding.place.line <= len(lines):
            text = visible(lines[finding.place.line - 1].strip("\r\n \t"), tabs=True)
            cut = text if len(text) <= _WIDTH else f"{text[:_WIDTH]}..."
            yield self._pen.paint.dim(f"{finding.place.line:>8} | {cut}")
