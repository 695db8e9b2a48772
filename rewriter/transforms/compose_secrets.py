"""Give the services of compose files their secrets as files under /run/secrets/.

The compose files of one folder lie over each other, so they change together. A value goes to `secrets/` beside them,
the file declares it and grants it to each service that had it, and the variable becomes the one that names the file
where the image has such a one.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator
from typing import Final

from rewriter.analysis import Analysis
from rewriter.documents.compose import Compose
from rewriter.model.plan import Fix, Reason, Refusal
from rewriter.model.secret import Finding
from rewriter.rules.rule import printable
from rewriter.services import Gift
from rewriter.settings import Settings
from rewriter.transforms.outcome import Proposal, Transform
from rewriter.transforms.service_folder import Folder


def plan(analysis: Analysis, findings: tuple[Finding, ...], settings: Settings) -> Iterable[Proposal]:
    """Propose one fix for each folder of compose files, and a refusal for each finding that it leaves."""
    asked = [finding for finding in findings if not settings.only or finding.secret in settings.only]
    for finding in findings:
        if finding not in asked:
            yield Refusal(finding, Reason.NOT_SELECTED, "left out by --only")
    for directory, composes, gifts in _folders(analysis):
        mine = _matched(gifts, asked)
        if mine:
            yield from _settle(Folder(analysis, directory, composes, gifts=gifts, settings=settings), mine)


def _folders(analysis: Analysis) -> Iterator[tuple[str, tuple[Compose, ...], tuple[Gift, ...]]]:
    composes: dict[str, list[Compose]] = {}
    for compose in analysis.project.composes:
        composes.setdefault(posixpath.dirname(compose.path), []).append(compose)
    gifts: dict[str, list[Gift]] = {}
    for gift in analysis.gifts():
        for folder in {posixpath.dirname(user.compose.path) for user in gift.users}:
            gifts.setdefault(folder, []).append(gift)
    for directory in sorted(gifts):
        yield directory, tuple(composes[directory]), tuple(gifts[directory])


def _matched(gifts: Iterable[Gift], findings: Iterable[Finding]) -> dict[Gift, Finding]:
    by_place = {(finding.place.path, finding.place.span, finding.name): finding for finding in findings}
    found = ((gift, by_place.get((gift.path, gift.span, printable(gift.name)))) for gift in gifts)
    return {gift: finding for gift, finding in found if finding is not None}


def _settle(folder: Folder, mine: dict[Gift, Finding]) -> Iterator[Proposal]:
    settled, refused = folder.settle(tuple(mine))
    for gift, error in refused.items():
        if gift in mine:
            yield Refusal(mine[gift], error.reason, str(error))
    if settled:
        yield _fix(folder, settled, mine)


def _fix(folder: Folder, settled: tuple[Gift, ...], mine: dict[Gift, Finding]) -> Fix:
    return folder.fix(settled, tuple(mine[gift] for gift in settled if gift in mine))


TRANSFORM: Final = Transform(
    name="compose-secrets",
    order=5,
    rules=frozenset({"no-secret-in-compose-environment", "no-secret-in-env-file"}),
    plan=plan,
)
