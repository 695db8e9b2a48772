"""Say where the branch lies: in the repository, or in a fork of it where there is no right to push."""

from __future__ import annotations

from typing import Final

from rewriter.errors import UnbakeError
from rewriter.record import Record
from rewriter.scm.clock import Clock
from rewriter.scm.forge import ForbiddenError, Forge, ForgeError, RemoteRepository

_POLLS: Final = 60
_PAUSE: Final = 5.0
_NOT_YET: Final = (404, 409)
_MAY_NOT: Final = (403, 404, 422)


class PostponedError(UnbakeError):
    """Report that a repository has to wait: the rest is done by a later run."""


class Forks(Record):
    """Say who owns the forks; `organization` tells that it is not the credential's own account."""

    owner: str
    organization: bool


class Place(Record):
    """Hold where a branch lies; `url` is empty where that is the repository itself."""

    name: str
    owner: str
    url: str = ""
    maintainers: bool = True


class Home:
    """Find the place of a repository's branch, and make the fork when it is needed."""

    def __init__(self, forge: Forge, clock: Clock, repository: RemoteRepository, forks: Forks | None) -> None:
        self._forge: Final = forge
        self._clock: Final = clock
        self._repository: Final = repository
        self._forks: Final = forks if not repository.push else None
        self._place: Place | None = None

    @property
    def owner(self) -> str:
        """Return who owns the branch."""
        return self._forks.owner if self._forks else self._repository.owner

    def place(self) -> Place | None:
        """Return where the branch lies, None where there is no fork yet."""
        if self._place is None:
            self._place = self._found(self._forks) if self._forks else Place(self._repository.full_name, self.owner)
        return self._place

    def ready(self, base: str) -> Place:
        """Return a place that takes a branch on the commit `base`; a fork is made, and brought up to it."""
        found = self.place()
        if self._forks is None and found is not None:
            return found
        if found is None:
            found = self._made(self._forks)
        self._follow(found, base)
        self._place = found
        return found

    def head(self, place: Place, branch: str) -> str:
        """Return the commit of a branch, empty where there is none or the fork is still being made."""
        try:
            return self._forge.branches(place.name, branch).get(branch, "")
        except ForgeError as error:
            if not place.url or error.status not in _NOT_YET:
                raise
            return ""

    def _names(self, forks: Forks) -> tuple[str, str]:
        owner, _, name = self._repository.full_name.partition("/")
        return f"{forks.owner}/{name}", f"{forks.owner}/{owner}-{name}"

    def _found(self, forks: Forks) -> Place | None:
        for name in self._names(forks):
            try:
                one = self._forge.repository(name)
            except ForgeError as error:
                if error.status != 404:
                    raise
                continue
            if one.parent == self._repository.id and one.push and not one.archived:
                return self._of(one, forks)
        return None

    def _of(self, fork: RemoteRepository, forks: Forks) -> Place:
        return Place(fork.full_name, fork.owner, fork.clone_url, maintainers=not forks.organization)

    def _made(self, forks: Forks | None) -> Place:
        if forks is None:
            raise AssertionError("a repository with the right to push needs no fork")
        called = self._names(forks)[1].partition("/")[2]
        try:
            fork = self._forge.fork(self._repository.full_name, forks.owner if forks.organization else "", called)
        except ForgeError as error:
            if error.status not in _MAY_NOT:
                raise
            raise ForbiddenError(f"{self._repository.full_name}: may not be forked", "may-not-be-forked") from None
        return self._of(fork, forks)

    def _follow(self, place: Place, base: str) -> None:
        """Wait until the fork is there, and bring it to the commit that the branch stands on."""
        branch = self._repository.default_branch
        head = ""
        for _ in range(_POLLS):
            head = self.head(place, branch)
            if head:
                break
            self._clock.sleep_until(self._clock.now() + _PAUSE)
        else:
            raise PostponedError("the fork is still being made")
        if head == base:
            return
        try:
            self._forge.follow_parent(place.name, branch)
        except ForgeError as error:
            if error.status not in (409, 422):
                raise
            raise ForbiddenError(f"{place.name}: cannot follow its parent", "fork-has-diverged") from None
