"""Give a pull request its labels and reviewers, once: what people take away afterwards stays away.

That it was done stands in the marker, which is set last. So a crash before it does the same again, which changes
nothing: a label that is there is not added twice, and who was asked already is not asked again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rewriter.bot import codeowners
from rewriter.errors import RepositoryError
from rewriter.model.text import decode
from rewriter.record import Record
from rewriter.scm.forge import Forge, ForgeError, Pull
from rewriter.tree.repository import Kind, Repository

MOST: Final = 10
"""So many reviewers are asked at most; GitHub takes fifteen."""
COLOR: Final = "5319e7"
ABOUT: Final = "Secrets that end up in container images"
CODE_OWNERS: Final = "codeowners"
"""Stands for the owners of the changed files among the reviewers of the settings."""
_REFUSED: Final = (403, 404, 422)


class Dress(Record):
    """Say which labels and reviewers a pull request is to have."""

    labels: tuple[str, ...] = ()
    reviewers: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.labels or self.reviewers)


def wanted(tree: Repository, paths: Sequence[str], *, labels: Sequence[str], reviewers: Sequence[str]) -> Dress:
    """Return the labels and reviewers for a change of these files."""
    named = [one.removeprefix("@") for one in reviewers if one != CODE_OWNERS]
    if CODE_OWNERS in reviewers:
        named += codeowners.owners(codeowners.parse(_owners_file(tree)), paths)
    return Dress(tuple(dict.fromkeys(labels)), tuple(dict.fromkeys(named))[:MOST])


def put_on(forge: Forge, name: str, pull: Pull, dress: Dress) -> None:
    """Add the labels and ask the reviewers; nobody is asked about a draft, and its author never."""
    if dress.labels:
        for label in dress.labels:
            forge.make_label(name, label, COLOR, ABOUT)
        forge.add_labels(name, pull.number, dress.labels)
    asked = {one.lower() for one in (*pull.reviewers, pull.author)}
    people = [one for one in dress.reviewers if one.rpartition("/")[2].lower() not in asked]
    if people and not pull.draft:
        _ask(forge, name, pull.number, people)


def _ask(forge: Forge, name: str, number: int, people: Sequence[str]) -> None:
    """Ask all at once; where one of them may not review, the forge refuses them all, and each is asked alone."""
    try:
        forge.request_reviewers(name, number, people)
    except ForgeError as error:
        if error.status not in _REFUSED:
            raise
        for one in people if len(people) > 1 else ():
            _ask(forge, name, number, (one,))


def _owners_file(tree: Repository) -> str:
    place = next((one for one in codeowners.PLACES if tree.kind(one) is Kind.FILE), None)
    try:
        return decode(tree.read(place, codeowners.LIMIT)) if place else ""
    except RepositoryError:  # so large that it was not fetched
        return ""
