"""Look with every rule at what may leak, a lot at a time, and report what was found.

What builds images is read first, and stays with everything that it builds. A Dockerfile that nothing names depends on
no other document: those that are suspect are looked at a few at a time, and of each lot only what was found is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from rewriter.model.patch import Report
from rewriter.model.secret import Safety
from rewriter.planner import all_transforms
from rewriter.project.intake import Cache
from rewriter.project.outline import Outline, outline
from rewriter.recipes import recipes
from rewriter.record import replace
from rewriter.rotation import providers
from rewriter.rules import rules
from rewriter.scan.examining import Seen, examine
from rewriter.scan.forked import Crew
from rewriter.scan.report import divided, make_report, secret_of
from rewriter.settings import Settings
from rewriter.tree.repository import Repository

LOT: Final = 25
"""How many Dockerfiles are held in memory at once."""

SHARES: Final = 3
"""So many lots each process should get, or it waits for the others in the end."""

FEW: Final = 5


def load() -> None:
    """Load the rules, transforms and data, which else are looked for when they are asked for, in every process."""
    rules()
    all_transforms()
    recipes()
    providers()


def survey(
    repository: Repository,
    settings: Settings,
    suspects: Callable[[Sequence[str]], Sequence[str]],
    *,
    only: str | None,
    processes: int,
) -> Report:
    """Return the findings of a repository; `suspects` chooses from Dockerfiles that nothing names those to look at."""
    whole = outline(repository, settings, only=only, cache=Cache())
    free = whole.free
    left = suspects(free)
    size = min(LOT, max(FEW, -(-len(left) // (SHARES * processes))))
    lots = tuple(whole.lots(left, size))

    def look(lot: Outline) -> Seen:
        return examine(repository, lot, settings)

    with Crew(look, lots, min(processes, len(lots)) - 1) as crew:
        seen = crew.results()
    found, ignored = divided((pair for one in seen for pair in one.found()), settings)
    held = {secret_of(one.finding) for one in ignored}
    return make_report(
        tuple(replace(one, fixable=Safety.MANUAL) if secret_of(one) in held else one for one in found),
        problems=tuple(problem for one in seen for problem in one.problems),
        documents=len(free) - len(left) + sum(one.documents for one in seen),
        ignored=ignored,
        notices=tuple(notice for one in seen for notice in one.notices),
    )
