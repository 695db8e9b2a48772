"""Find the secrets of a repository, in memory that does not grow with it.

What builds images is read first, and stays with everything that it builds. A Dockerfile that nothing names depends on
no other document: most of those are cleared at a glance, the others are looked at a few at a time, and of each lot only
what was found is kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeVar

from rewriter.clearance import Clearance
from rewriter.examining import Seen, examine
from rewriter.forked import processors, spread
from rewriter.intake import Cache
from rewriter.model.patch import Report
from rewriter.model.secret import Safety
from rewriter.outline import Outline, outline
from rewriter.record import replace
from rewriter.report import divided, make_report, secret_of
from rewriter.repository import Repository
from rewriter.settings import Settings

T = TypeVar("T")

LOT: Final = 25
"""How many Dockerfiles are held in memory at once; for each lot a processor more is worth starting."""

GLANCES: Final = 250
"""A processor more is worth starting for as many Dockerfiles that may be cleared."""


def scan(
    repository: Repository, settings: Settings, *, only: str | None = None, processes: int | None = None
) -> Report:
    """Return the findings of a repository; many Dockerfiles are spread over `processes` (None: the processors)."""
    most = processes or processors()
    whole = outline(repository, settings, only=only, cache=Cache())
    free = whole.free
    clearance = Clearance(repository)

    def suspects(paths: Sequence[str]) -> list[str]:
        return [path for path in paths if not clearance.clears(path)]

    def look(lots: Sequence[Outline]) -> list[Seen]:
        return [examine(repository, lot, settings) for lot in lots]

    left = sorted(path for part in spread(suspects, _parts(free, most, GLANCES)) for path in part)
    lots = tuple(whole.lots(left, LOT))
    seen = [one for part in spread(look, _parts(lots, most, 1)) for one in part]
    found, ignored = divided((pair for one in seen for pair in one.found()), settings)
    held = {secret_of(one.finding) for one in ignored}
    return make_report(
        tuple(replace(one, fixable=Safety.MANUAL) if secret_of(one) in held else one for one in found),
        problems=tuple(problem for one in seen for problem in one.problems),
        documents=len(free) - len(left) + sum(one.documents for one in seen),
        ignored=ignored,
        notices=tuple(notice for one in seen for notice in one.notices),
    )


def _parts(items: Sequence[T], most: int, share: int) -> list[Sequence[T]]:
    """Deal items out to at most `most` processes, at least `share` to each."""
    number = max(1, min(most, len(items) // share))
    return [items[start::number] for start in range(number)]
