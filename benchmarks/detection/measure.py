"""Compare what a scanner finds with what the cases hold.

A leak counts as found when a finding of any severity covers its line. A false alarm is a finding of medium severity or
above on a line that only looks like a leak, or anywhere in a case without a leak; scanners that do not rank their
findings are taken at their word.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from benchmarks.detection.cases import Case
from rewriter.model.secret import Severity
from rewriter.scan.scanning import scan
from rewriter.settings import Settings
from rewriter.tree.repository import MemoryRepository


@dataclass(frozen=True, slots=True)
class Hit:
    """Hold one finding of a scanner: its lines, and whether it is meant to be looked at."""

    path: str
    first: int
    last: int
    loud: bool = True

    def covers(self, place: tuple[str, int]) -> bool:
        return place[0] == self.path and self.first <= place[1] <= self.last


@dataclass(frozen=True, slots=True)
class Score:
    """Hold what a scanner found in all cases."""

    leaks: int
    look_alikes: int
    missed: tuple[str, ...]
    false_alarms: tuple[str, ...]

    @property
    def recall(self) -> float:
        return 1 - len(self.missed) / self.leaks

    @property
    def false_alarm_rate(self) -> float:
        return len(self.false_alarms) / self.look_alikes

    @property
    def precision(self) -> float:
        found = self.leaks - len(self.missed)
        return found / max(1, found + len(self.false_alarms))


def score(cases: Iterable[Case], hits: Mapping[str, tuple[Hit, ...]]) -> Score:
    """Return how the hits of each case, by its name, compare with its marks."""
    leaks = look_alikes = 0
    missed: list[str] = []
    alarms: list[str] = []
    for case in cases:
        mine = hits.get(case.name, ())
        leaks += len(case.leaks)
        look_alikes += len(case.clean)
        missed += [_spell(case, place) for place in case.leaks if not any(hit.covers(place) for hit in mine)]
        loud = [hit for hit in mine if hit.loud]
        if case.leaks:
            alarms += [_spell(case, place) for place in case.clean if any(hit.covers(place) for hit in loud)]
        else:
            alarms += sorted({_spell(case, (hit.path, hit.first)) for hit in loud})
    return Score(leaks, look_alikes, tuple(missed), tuple(alarms))


def _spell(case: Case, place: tuple[str, int]) -> str:
    return f"{case.name} {place[0]}:{place[1]}"


def unbake(case: Case) -> tuple[Hit, ...]:
    """Return what unbake finds in a case."""
    report = scan(MemoryRepository(case.files), Settings())
    return tuple(
        Hit(one.place.path, one.place.line, one.place.end_line, loud=one.severity is not Severity.LOW)
        for one in report.findings
    )
