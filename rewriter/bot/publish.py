"""Bring a change to the forge: look, decide, take one step, look again, until there is nothing to do."""

from __future__ import annotations

import re
from contextlib import nullcontext
from typing import Final

from rewriter.bot import texts
from rewriter.bot.branching import Home, PostponedError
from rewriter.bot.decide import (
    RETRY,
    Adorn,
    Advance,
    End,
    LookAgain,
    Open,
    Push,
    Rewrite,
    Seen,
    Settle,
    Step,
    Wanted,
    Withdraw,
    decide,
)
from rewriter.bot.dress import Dress, put_on
from rewriter.bot.marker import Marker, block, read, replaced
from rewriter.bot.store import KnownPull, Store
from rewriter.errors import UnbakeError
from rewriter.record import Record, field, replace
from rewriter.scm import signed
from rewriter.scm.forge import Draft, Forge, ForgeError, Pull, PullState, RemoteRepository
from rewriter.scm.git import CHANGE, EMAIL, TREE, Clone, Commit, RejectedError

BRANCH: Final = "unbake/fix"
_STEPS: Final = 12
_CROWD: Final = 100
"""More visits than are ever made at a time."""
_BOT: Final = re.compile(r"\[bot\]@users\.noreply\.")
"""Any App: which one we are is not told to who has its token alone, and no other writes our trailers."""
_TRAILER: Final = re.compile(rf"^({CHANGE}|{TREE}): ([0-9a-f]{{32,64}})$", re.MULTILINE)


EDITED: Final = "unbake/edited"
_EDITED: Final = "edited"


class NotSettledError(UnbakeError):
    """Report that a repository changed while it was worked on; it is visited again."""


class Proposal(Record):
    """Hold what is to be proposed: the commit, and the words in a block with their marker."""

    commit: Commit
    title: str
    words: str
    findings: tuple[str, ...]
    draft: bool
    dress: Dress = field(default_factory=Dress)

    @property
    def block(self) -> str:
        """Return the words with their marker, as they are when the pull request is opened."""
        return self.block_of(dressed=not self.dress)

    def block_of(self, *, dressed: bool) -> str:
        """Return the words with their marker."""
        return block(Marker("fix", self.commit.change, self.findings, dressed=dressed), self.words)

    @property
    def wanted(self) -> Wanted:
        """Return what the decision needs to know."""
        marker = read(self.block)
        return Wanted(self.commit.change, marker.text if marker else "", self.findings)


class Publisher:
    """Work on one repository's pull request."""

    def __init__(
        self, forge: Forge, store: Store, repository: RemoteRepository, *, home: Home, open_limit: int
    ) -> None:
        self._forge: Final = forge
        self._home: Final = home
        self._store: Final = store
        self._repository: Final = repository
        self._limit: Final = open_limit
        known = store.pull(repository.id)
        self._generation = known.generation if known else 1
        self.head = ""

    def publish(self, clone: Clone | None, proposal: Proposal | None) -> End:
        """Take step after step; returns how it ended. Near the limit of open pull requests one opens at a time."""
        crowded = self._store.open_pulls() + _CROWD >= self._limit
        with self._store.database.exclusive("open-limit") if crowded else nullcontext():
            return self._publish(clone, proposal)

    def _publish(self, clone: Clone | None, proposal: Proposal | None) -> End:
        for _ in range(_STEPS):
            seen = self._look()
            step = decide(seen, proposal.wanted if proposal else None)
            if isinstance(step, Settle):
                if step.end is End.EDITED and seen.pull is not None:
                    self._say_edited(seen.pull)
                self._record(seen, step.end)
                self.head = seen.head
                return step.end
            try:
                self._take(step, seen, clone, proposal)
            except ForgeError as error:
                if not isinstance(error, RejectedError) and error.status != 422:
                    raise
        raise NotSettledError(f"{self._repository.full_name}: changes all the time, or a rule of it forbids the branch")

    def unchanged(self) -> bool:
        """Tell whether the pull request stands as it was left, by one request."""
        known = self._store.pull(self._repository.id)
        if known is None or known.state in (End.NOT_NEEDED, End.MERGED):
            return True
        pulls = self._forge.pulls(self._repository.full_name, self._head())
        if not pulls or pulls[-1].head != known.head:
            return False
        match known.state:
            case End.OPEN | End.EDITED:
                return pulls[-1].state is PullState.OPEN
            case End.DECLINED:
                return pulls[-1].state is PullState.CLOSED and RETRY not in pulls[-1].labels
            case _:
                return False

    def _look(self) -> Seen:
        name = self._repository.full_name
        branch = self._branch()
        place = self._home.place()
        head = self._home.head(place, branch) if place else ""
        pulls = self._forge.pulls(name, self._head())
        live = [one for one in pulls if one.state is PullState.OPEN]
        pull = live[0] if live else (pulls[-1] if pulls else None)
        mine, change = self._mine(place.name, head) if place and head else (False, "")
        known = self._store.pull(self._repository.id)
        merged = known is not None and known.generation == self._generation and known.state == End.MERGED
        return Seen(head, mine, change, pull, merged)

    def _mine(self, name: str, head: str) -> tuple[bool, str]:
        """Tell whether a commit is as we made it: by us, or by the App that we are, with the tree that it names."""
        found = self._forge.commit(name, head)
        trailers = {match[1]: match[2] for match in _TRAILER.finditer(found.message)}
        pushed = found.author == EMAIL and len(found.parents) == 1
        signed = _BOT.search(found.author) is not None and len(found.parents) in (1, 2)
        mine = (pushed or signed) and trailers.get(TREE) == found.tree
        return mine, trailers.get(CHANGE, "")

    def _take(self, step: Step, seen: Seen, clone: Clone | None, proposal: Proposal | None) -> None:
        name = self._repository.full_name
        match step:
            case Push() | Open() if seen.pull is None and self._store.open_pulls() >= self._limit:
                raise PostponedError(f"{self._limit} pull requests are open; the rest follows when some are done")
            case Push(expected=expected) if clone is not None and proposal is not None:
                self._send(clone, proposal.commit, expected)
            case Open() if proposal is not None:
                self._open(proposal)
            case Rewrite(pull=pull) if proposal is not None:
                told = read(pull.body)
                new = proposal.block_of(dressed=told is None or told.dressed)
                title = proposal.title if texts.is_title(pull.title) else ""
                self._forge.edit_pull(name, pull.number, replaced(pull.body, new), title=title)
            case Adorn(pull=pull) if proposal is not None:
                put_on(self._forge, name, pull, proposal.dress)
                self._forge.edit_pull(name, pull.number, replaced(pull.body, proposal.block_of(dressed=True)))
            case Withdraw(pull=pull):
                marker = read(pull.body) or Marker("fix")
                words = "The secrets are gone from the branch without this change, so it is not needed any more."
                gone = block(Marker("fix", marker.change, marker.findings, closed=True), words)
                self._forge.edit_pull(name, pull.number, replaced(pull.body, gone), close=True)
                if place := self._home.place():
                    self._forge.delete_branch(place.name, self._branch())
            case Advance():
                self._generation += 1
            case LookAgain():
                self._record(seen, End.MERGED)
                raise NotSettledError(f"{name}: was merged meanwhile")
            case _:
                raise AssertionError("a step without what it works on")

    def _send(self, clone: Clone, commit: Commit, expected: str) -> None:
        """Bring the commit there: by the forge's interface where that signs it, by git otherwise."""
        place = self._home.ready(commit.base)
        if self._forge.signs and all(one.path.isprintable() for one in commit.entries):
            signed.send(self._forge, place.name, commit, self._branch(), expected)
        else:
            clone.push(commit, self._branch(), expected, place.url)

    def _open(self, proposal: Proposal) -> None:
        name = self._repository.full_name
        place = self._home.ready(proposal.commit.base)
        draft = Draft(
            title=proposal.title,
            body=proposal.block,
            head=self._head() if place.url else self._branch(),
            base=self._repository.default_branch,
            draft=proposal.draft,
            head_repository=place.name if place.url and place.owner == self._repository.owner else "",
            maintainers=place.maintainers,
        )
        try:
            self._forge.open_pull(name, draft)
        except ForgeError as error:
            if error.status != 422 or not proposal.draft or self._forge.pulls(name, self._head()):
                raise
            self._forge.open_pull(name, replace(draft, draft=False))  # a plan without drafts

    def _say_edited(self, pull: Pull) -> None:
        """Say once that the branch is somebody's now; the comment is its own mark that it was said."""
        name = self._repository.full_name
        said = (read(one.body) for one in self._forge.comments(name, pull.number))
        if any(marker is not None and marker.key == _EDITED for marker in said):
            return
        if self._repository.push:
            self._forge.add_labels(name, pull.number, (EDITED,))
        self._forge.comment(name, pull.number, block(Marker(_EDITED), texts.edited()))

    def _record(self, seen: Seen, end: End) -> None:
        if seen.pull is not None:
            known = KnownPull(self._generation, seen.pull.number, seen.head, end.value)
            self._store.set_pull(self._repository.id, known)

    def _branch(self) -> str:
        return BRANCH if self._generation == 1 else f"{BRANCH}-{self._generation}"

    def _head(self) -> str:
        return f"{self._home.owner}:{self._branch()}"
