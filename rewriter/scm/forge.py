"""Name what unbake needs of a forge: the port, and what comes through it.

Everything that comes from a forge is somebody else's text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Final, Protocol

from rewriter.errors import UnbakeError
from rewriter.record import Record


class ForgeError(UnbakeError):
    """Report that the forge refused or failed; the message names the request, never a credential or a body."""

    def __init__(self, message: str, status: int = 0) -> None:
        super().__init__(message)
        self.status = status

    @property
    def passing(self) -> bool:
        """Tell whether the same request may succeed later: the answer was lost, or a fault of the server's."""
        return self.status == 0 or self.status >= 500


class MovedError(ForgeError):
    """Report that a repository has another name now; `identity` is its number, 0 where the forge does not tell."""

    def __init__(self, message: str, identity: int) -> None:
        super().__init__(message, 301)
        self.identity = identity


RULE: Final = "rule-forbids-branch"
"""Why a branch is refused that a rule of the repository does not let in, be it for what is in it."""


class ForbiddenError(ForgeError):
    """Report what the credential may not do, or a rule of the repository forbids; `reason` names it in a word."""

    def __init__(self, message: str, reason: str) -> None:
        super().__init__(message, 403)
        self.reason = reason


class RemoteRepository(Record):
    """Describe a repository as the forge lists it. `id` stays when it is renamed or moved.

    `parent` is the repository that it was forked from, where that is told; `pushed` the moment of the last push.
    """

    id: int
    full_name: str
    clone_url: str
    default_branch: str
    private: bool
    size: int
    archived: bool = False
    disabled: bool = False
    fork: bool = False
    template: bool = False
    mirror: bool = False
    issues: bool = True
    pulls: bool = True
    push: bool = True
    forkable: bool = True
    parent: int = 0
    pushed: str = ""
    topics: tuple[str, ...] = ()

    @property
    def owner(self) -> str:
        """Return the name of the organisation or user."""
        return self.full_name.partition("/")[0]


class Listing(Record):
    """Hold repositories. `hidden` tells that single sign-on left some out, `missing` names those that led nowhere."""

    repositories: tuple[RemoteRepository, ...]
    hidden: bool = False
    missing: tuple[str, ...] = ()


class Tree(Record):
    """Hold the paths of a branch; `truncated` when the forge did not send all of them."""

    etag: str
    paths: tuple[str, ...]
    truncated: bool


class NoTree(StrEnum):
    """Say why there is no tree: it has not changed, or the repository has no commit."""

    UNCHANGED = "unchanged"
    EMPTY = "empty"


class PullState(StrEnum):
    """Say what became of a pull request."""

    OPEN = "open"
    CLOSED = "closed"
    MERGED = "merged"


class Pull(Record):
    """Describe a pull request. `reviewers` are the people and teams that were asked."""

    number: int
    state: PullState
    head: str
    base: str
    title: str
    body: str
    labels: tuple[str, ...]
    draft: bool = False
    author: str = ""
    reviewers: tuple[str, ...] = ()


class CommitInfo(Record):
    """Describe a commit by what tells whether it is ours."""

    message: str
    tree: str
    parents: tuple[str, ...]
    author: str


class TreeEntry(Record):
    """Hold a file of a tree that is to be made: its mode, and its content."""

    _hidden = ("data",)

    path: str
    mode: str
    data: bytes


class Note(Record):
    """Describe an issue or a comment; `created` and `updated` are the forge's own moments."""

    number: int
    open: bool
    body: str
    labels: tuple[str, ...] = ()
    title: str = ""
    created: str = ""
    updated: str = ""


class Draft(Record):
    """Hold a pull request that is to be opened."""

    title: str
    body: str
    head: str
    base: str
    draft: bool = False
    head_repository: str = ""
    maintainers: bool = True


class Annotation(Record):
    """Hold a remark on a line."""

    path: str
    line: int
    message: str


class Reports(Protocol):
    """Show on the forge what was found."""

    def has_check(self, name: str, sha: str) -> bool:
        """Tell whether a commit has our check run."""
        ...

    def check(self, name: str, sha: str, *, title: str, summary: str, annotations: Sequence[Annotation]) -> None:
        """Add a finished check run; it is neutral where something is left, and never blocks a merge."""
        ...

    def analysed(self, name: str, ref: str) -> str:
        """Return the commit of the latest analysis of ours, empty where there is none."""
        ...

    def analyse(self, name: str, ref: str, sha: str, sarif: str) -> None:
        """Hand in an analysis of a commit."""
        ...


class Objects(Protocol):
    """Make git's objects on the forge."""

    def make_tree(self, name: str, base: str, entries: Sequence[TreeEntry]) -> str:
        """Make the tree that has these files besides those of `base`; making it again gives the same."""
        ...

    def make_commit(self, name: str, message: str, tree: str, parents: Sequence[str]) -> str:
        """Make a commit whose author is whoever the credential belongs to."""
        ...

    def create_branch(self, name: str, branch: str, sha: str) -> None:
        """Make a branch; 422 where there is one."""
        ...

    def advance_branch(self, name: str, branch: str, sha: str) -> None:
        """Set a branch to a commit that descends from the one it has; 422 where it has another by now."""
        ...


class Forge(Protocol):
    """Be a forge. A call that writes may have done its work although it raises: look before doing it again."""

    @property
    def objects(self) -> Objects:
        """Return what makes git's objects."""
        ...

    @property
    def reports(self) -> Reports:
        """Return what shows findings."""
        ...

    @property
    def signs(self) -> bool:
        """Tell whether commits that are made by the forge's interface are signed."""
        ...

    def account(self) -> str:
        """Return the login that the credential belongs to, empty for an App."""
        ...

    def repositories(self, owner: str) -> Listing:
        """Return all repositories of an organisation or user."""
        ...

    def repository(self, name: str) -> RemoteRepository:
        """Return one repository, also by a name that it had once."""
        ...

    def repository_of(self, identity: int) -> RemoteRepository:
        """Return the repository that has a number, whatever its name is now."""
        ...

    def fork(self, name: str, into: str, called: str) -> RemoteRepository:
        """Fork into an organisation, empty for the credential's own account; one that is there already is returned."""
        ...

    def follow_parent(self, name: str, branch: str) -> None:
        """Bring a fork's branch to where the repository is that it was forked from."""
        ...

    def file(self, name: str, path: str) -> bytes | None:
        """Return a small file of the default branch, None where there is none."""
        ...

    def tree(self, name: str, branch: str, etag: str) -> Tree | NoTree:
        """Return the paths of a branch, unless they are those that `etag` stands for."""
        ...

    def branches(self, name: str, prefix: str) -> Mapping[str, str]:
        """Return the commit of each branch whose name begins so."""
        ...

    def commit(self, name: str, sha: str) -> CommitInfo:
        """Return a commit."""
        ...

    def pulls(self, name: str, head: str) -> tuple[Pull, ...]:
        """Return every pull request from `owner:branch`, the oldest first."""
        ...

    def open_pull(self, name: str, draft: Draft) -> int:
        """Open a pull request and return its number; 422 where there is one."""
        ...

    def edit_pull(
        self, name: str, number: int, body: str | None = None, *, title: str = "", close: bool = False
    ) -> None:
        """Replace text and title, or close."""
        ...

    def delete_branch(self, name: str, branch: str) -> None:
        """Delete a branch; one that is gone is no fault."""
        ...

    def request_reviewers(self, name: str, number: int, people: Sequence[str]) -> None:
        """Ask people to review."""
        ...

    def issues(self, name: str, label: str, since: str = "") -> Iterator[Note]:
        """Yield the issues that have a label, the oldest first; `since` a moment, those that changed."""
        ...

    def issue(self, name: str, number: int) -> Note:
        """Return one issue; 404 or 410 where it is gone."""
        ...

    def open_issue(self, name: str, title: str, body: str, labels: Sequence[str]) -> int:
        """Open an issue and return its number."""
        ...

    def edit_issue(self, name: str, number: int, body: str | None = None, *, close: bool = False) -> None:
        """Replace the text, or close."""
        ...

    def make_label(self, name: str, label: str, color: str, about: str) -> None:
        """Make a label unless there is one."""
        ...

    def add_labels(self, name: str, number: int, labels: Sequence[str]) -> None:
        """Add labels to an issue or pull request."""
        ...

    def comments(self, name: str, number: int) -> tuple[Note, ...]:
        """Return the comments of an issue or pull request."""
        ...

    def comment(self, name: str, number: int, body: str) -> None:
        """Add a comment."""
        ...

    def edit_comment(self, name: str, number: int, body: str) -> None:
        """Replace a comment's text."""
        ...
