"""Tell which findings a comment in their file leaves out, and which comments are of no use."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Container, Iterable, Iterator, Mapping
from itertools import groupby
from typing import Final

from rewriter.model.patch import Problem
from rewriter.model.secret import Finding
from rewriter.model.text import Source
from rewriter.project.pragmas import Pragma, pragmas
from rewriter.project.project import Project
from rewriter.record import Record
from rewriter.settings import near

_UP: Final = 200
_CONTINUED: Final = ("\\", "\\\r", "`", "`\r")


class Sifted(Record):
    """Hold, for every finding in order, the reason why it is left out or None, and what is odd about the comments."""

    reasons: tuple[str | None, ...]
    notices: tuple[Problem, ...]


def sift(project: Project, findings: Iterable[Finding], rules: Mapping[str, str], *, complete: bool) -> Sifted:
    """Hold the comments of a project against its findings.

    `rules` leads from every name and code of a rule to its name. `complete`: every rule ran, so that a comment that
    leaves nothing out can be told.
    """
    files = {path: _File(project, path, tuple(found)) for path, found in groupby(project.remarks, lambda one: one.path)}
    used: set[tuple[Pragma, str]] = set()
    reasons: list[str | None] = []
    for finding in findings:
        path = finding.place.path
        if path not in files:
            files[path] = _File(project, path, pragmas(Source(path, project.text(path) or "")))
        found = files[path].heeded(finding, rules)
        reasons.append(None if found is None else found[0].reason)
        if found is not None:
            used.add(found)
    remarks = (remark for path in sorted(files) for remark in files[path].remarks)
    return Sifted(tuple(reasons), tuple(_notices(remarks, used, rules, complete=complete)))


class _File:
    """Find the comment that speaks of a finding of one file."""

    def __init__(self, project: Project, path: str, remarks: tuple[Pragma, ...]) -> None:
        self.remarks: Final = remarks
        self._by_target: Final[dict[int, list[Pragma]]] = {}
        for remark in remarks:
            if not remark.fault:
                self._by_target.setdefault(remark.target, []).append(remark)
        build = project.build_at(path) if remarks else None
        self._entries: Final = () if build is None else build.dockerfile.instructions
        text = project.text(path) if remarks and build is None else None
        self._text: Final = () if text is None else tuple(text.split("\n"))

    def heeded(self, finding: Finding, rules: Mapping[str, str]) -> tuple[Pragma, str] | None:
        """Return the comment that leaves a finding out, with the rule as it names it."""
        lines = self._lines(finding) if self._by_target else range(0)
        for target, remarks in self._by_target.items():
            if target == 0 or target in lines:
                for remark in remarks:
                    for name in remark.rules:
                        if rules.get(name) == finding.rule:
                            return remark, name
        return None

    def _lines(self, finding: Finding) -> Container[int]:
        """Return the lines of which a comment has to speak: those of the finding, and where its instruction begins."""
        place = finding.place
        number = bisect_right(self._entries, place.span.start, key=lambda entry: entry.span.start) - 1
        if number < 0:
            return range(self._first(place.line), place.end_line + 1)
        entry = self._entries[number]
        if place.span == entry.keyword_span:  # the finding is of the instruction as a whole
            return range(entry.line, entry.end_line + 1)
        return _Lines(entry.line, range(place.line, place.end_line + 1))

    def _first(self, number: int) -> int:
        """Return the line on which the command begins that goes on at line `number`, over continued lines."""
        last = max(1, number - _UP)
        while number > last and number - 2 < len(self._text) and self._text[number - 2].endswith(_CONTINUED):
            number -= 1
        return number


class _Lines(Record):
    """Hold one line and a range of lines."""

    first: int
    rest: range

    def __contains__(self, line: object) -> bool:
        return line == self.first or line in self.rest


def _notices(
    remarks: Iterable[Pragma], used: set[tuple[Pragma, str]], rules: Mapping[str, str], *, complete: bool
) -> Iterator[Problem]:
    for remark in remarks:
        if remark.foreign:
            continue
        if remark.fault:
            yield Problem(remark.path, remark.line, f"this `unbake: ignore` is not heeded: it {remark.fault}")
            continue
        for name in remark.rules:
            if name not in rules:
                meant = near(name, rules)
                rest = f"did you mean {meant}?" if meant else "`unbake rules` lists them"
                yield Problem(remark.path, remark.line, f"this `unbake: ignore` names an unknown rule, {name}; {rest}")
            elif complete and (remark, name) not in used:
                what = f"no finding of {name} there"
                yield Problem(remark.path, remark.line, f"this `unbake: ignore` leaves nothing out: {what}; remove it")
