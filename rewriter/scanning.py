"""Find the secrets of a repository, in memory that does not grow with it.

Most Dockerfiles are cleared at a glance, which takes little of the program. Where there are many, children begin with
that while this process loads the rest (`survey`) and reads what builds images; then it helps them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rewriter.clearance import Clearance
from rewriter.documents.dockerfile_name import is_dockerfile
from rewriter.forked import Crew, processors
from rewriter.model.patch import Report
from rewriter.repository import Repository
from rewriter.selection import selected
from rewriter.settings import Settings

GLANCES: Final = 200
"""A process more is worth starting for as many Dockerfiles that may be cleared."""


def scan(
    repository: Repository, settings: Settings, *, only: str | None = None, processes: int | None = None
) -> Report:
    """Return the findings of a repository; many Dockerfiles are spread over `processes` (None: the processors)."""
    most = processes or processors()
    clearance = Clearance(repository)
    paths = [path for path in selected(repository, settings, only) if is_dockerfile(path)]
    with Crew(clearance.clears, paths, min(most - 1, len(paths) // GLANCES)) as crew:

        def suspects(free: Sequence[str]) -> list[str]:
            if not crew.children:
                return [path for path in free if not clearance.clears(path)]
            cleared = {path for path, clear in zip(paths, crew.results(), strict=True) if clear}
            return [path for path in free if path not in cleared]

        from rewriter.survey import survey  # noqa: PLC0415 (loaded while the children work)

        return survey(repository, settings, suspects, only=only, processes=most)
