"""Find the secrets of a repository, in memory that does not grow with it.

Most Dockerfiles are cleared at a glance, which takes little of the program. Where there are many, children begin with
that while this process loads the rest (`survey`) and reads what builds images; then it helps them.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Final

from rewriter.documents.dockerfile_name import is_dockerfile
from rewriter.model.patch import Report
from rewriter.project.selection import selected
from rewriter.scan.clearance import Clearance
from rewriter.scan.forked import Crew, processors
from rewriter.settings import Settings
from rewriter.tree.repository import Repository

GLANCES: Final = 200
"""A process more is worth starting for as many Dockerfiles that may be cleared."""

PART: Final = 40
"""So many are looked at together: what they all say is judged once."""


def scan(
    repository: Repository, settings: Settings, *, only: str | None = None, processes: int | None = None
) -> Report:
    """Return the findings of a repository; many Dockerfiles are spread over `processes` (None: the processors)."""
    most = processes or processors()
    clearance = Clearance(repository)
    paths = [path for path in selected(repository, settings, only) if is_dockerfile(path)]
    with Crew(clearance.clears, _parts(paths), min(most - 1, len(paths) // GLANCES)) as crew:

        def suspects(free: Sequence[str]) -> list[str]:
            asked = paths if crew.children else free
            given = crew.results() if crew.children else map(clearance.clears, _parts(free))
            clear = dict(zip(asked, chain.from_iterable(given), strict=True))
            return [path for path in free if not clear.get(path)]

        from rewriter.scan.survey import load, survey  # noqa: PLC0415 (loaded while the children work)

        if crew.children:
            load()
        return survey(repository, settings, suspects, only=only, processes=most)


def _parts(paths: Sequence[str]) -> list[Sequence[str]]:
    return [paths[start : start + PART] for start in range(0, len(paths), PART)]
