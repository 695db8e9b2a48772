"""Give the services of compose files their secrets as files under /run/secrets/.

The compose files of one folder lie over each other, so they change together. A value goes to `secrets/` beside them,
the file declares it and grants it to each service that had it. The variable becomes the one that names the file where
the image has such a one; else the sources of the service read the file.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator
from typing import Final

from rewriter.documents.compose import Compose
from rewriter.flow.analysis import Analysis
from rewriter.model.plan import Reason, Refusal
from rewriter.model.secret import Finding
from rewriter.rules.rule import printable
from rewriter.services import Gift, ImageEnv
from rewriter.services.image_env import image_gift, is_for_containers
from rewriter.services.swarm import Swarm
from rewriter.settings import Settings
from rewriter.transforms.outcome import Proposal, Transform, by_secret
from rewriter.transforms.service_code import Sources
from rewriter.transforms.service_folder import Folder


def plan(analysis: Analysis, findings: tuple[Finding, ...], settings: Settings) -> Iterable[Proposal]:
    """Propose one fix for each folder of compose files, and a refusal for each finding that it leaves."""
    matched: dict[Gift, tuple[Finding, ...]] = {}
    for gift, mine in (*_in_compose(analysis, findings), *_in_images(analysis, findings)):
        if settings.only and not any(finding.secret in settings.only for finding in mine):
            yield from (Refusal(finding, Reason.NOT_SELECTED, "left out by --only") for finding in mine)
        elif isinstance(gift, str):
            yield from (Refusal(finding, Reason.RUNTIME_SECRET, gift) for finding in mine)
        else:
            matched[gift] = mine
    sources = Sources(analysis.project, {gift.name for gift in (*analysis.gifts(), *matched)})
    swarm = Swarm(analysis.project)
    for directory, composes, gifts in _folders(analysis, tuple(matched)):
        mine_here = {gift: matched[gift] for gift in gifts if gift in matched and _home(gift) == directory}
        if mine_here:
            folder = Folder(analysis, directory, composes, gifts=gifts, sources=sources, swarm=swarm, settings=settings)
            yield from _settle(folder, mine_here)


def _in_compose(analysis: Analysis, findings: Iterable[Finding]) -> Iterator[tuple[Gift, tuple[Finding, ...]]]:
    by_place = {(finding.place.path, finding.place.span, finding.name): finding for finding in findings}
    for gift in analysis.gifts():
        finding = by_place.get((gift.path, gift.span, printable(gift.name)))
        if finding is not None:
            yield gift, (finding,)


def _in_images(analysis: Analysis, findings: Iterable[Finding]) -> Iterator[tuple[Gift | str, tuple[Finding, ...]]]:
    groups = by_secret(findings)
    for build in analysis.project.builds:
        for flow in analysis.flows(build):
            mine = tuple(finding for identity in flow.secret_ids for finding in groups.get((build.path, identity), ()))
            if mine and is_for_containers(flow):
                yield image_gift(analysis.project.composes, flow), mine


def _home(gift: Gift) -> str:
    """Return the folder whose compose files settle a gift: of an image that none builds, its context."""
    if not gift.users and isinstance(gift.entry, ImageEnv):
        return gift.entry.flow.build.context
    return min(posixpath.dirname(user.compose.path) for user in gift.users)


def _folders(
    analysis: Analysis, matched: tuple[Gift, ...]
) -> Iterator[tuple[str, tuple[Compose, ...], tuple[Gift, ...]]]:
    composes: dict[str, list[Compose]] = {}
    for compose in analysis.project.composes:
        composes.setdefault(posixpath.dirname(compose.path), []).append(compose)
    gifts: dict[str, list[Gift]] = {}
    for gift in (*analysis.gifts(), *(gift for gift in matched if isinstance(gift.entry, ImageEnv))):
        for folder in {posixpath.dirname(user.compose.path) for user in gift.users} or {_home(gift)}:
            gifts.setdefault(folder, []).append(gift)
    for directory in sorted(gifts):
        yield directory, tuple(composes.get(directory, ())), tuple(gifts[directory])


def _settle(folder: Folder, mine: dict[Gift, tuple[Finding, ...]]) -> Iterator[Proposal]:
    settled, refused = folder.settle(tuple(mine))
    for gift, error in refused.items():
        yield from (Refusal(finding, error.reason, str(error)) for finding in mine.get(gift, ()))
    if settled:
        yield folder.fix(settled, tuple(finding for gift in settled for finding in mine.get(gift, ())))


TRANSFORM: Final = Transform(
    name="compose-secrets",
    order=5,
    rules=frozenset(
        {
            "no-secret-in-compose-environment",
            "no-secret-in-env-file",
            "no-secret-in-arg",
            "no-secret-in-env",
            "no-secret-in-run",
            "no-secret-in-build-argument",
            "no-secret-left-in-file",
        }
    ),
    plan=plan,
)
