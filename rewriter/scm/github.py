"""Be GitHub, by its REST interface: repositories, branches, pull requests, issues.

GraphQL is not used: what a visit needs is one request each way, and which repositories changed is told by the list
of them.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterator, Mapping, Sequence
from typing import Final
from urllib.parse import quote

from github import Auth

from rewriter.record import replace
from rewriter.scm import json, rows
from rewriter.scm.app import Installation
from rewriter.scm.forge import (
    CommitInfo,
    Draft,
    ForgeError,
    Listing,
    MovedError,
    Note,
    NoTree,
    Pull,
    RemoteRepository,
    Tree,
)
from rewriter.scm.gate import Gate, Kind
from rewriter.scm.objects import GitObjects
from rewriter.scm.reports import GitHubReports
from rewriter.scm.wire import Wire, repo

PUBLIC: Final = "https://api.github.com"
_OF_AN_INSTALLATION: Final = "ghs_"


class GitHub:
    """Be one GitHub with one credential."""

    def __init__(self, auth: Auth.Auth, gate: Gate, api: str = PUBLIC) -> None:
        self._auth: Final = auth
        self._wire: Final = Wire(auth, gate, api)
        workflows = not isinstance(auth, Installation) or auth.installed.may("workflows")
        self.objects: Final = GitObjects(self._wire, workflows=workflows)
        self.reports: Final = GitHubReports(self._wire)

    def credential(self) -> str:
        """Return the token for git; an App's is renewed when it is about to end."""
        return self._auth.token

    @property
    def signs(self) -> bool:
        """Tell whether commits that are made by the interface are signed: those of an App are."""
        return isinstance(self._auth, Installation) or self._auth.token.startswith(_OF_AN_INSTALLATION)

    def account(self) -> str:
        """Return the login that the credential belongs to, empty for an App."""
        return "" if self.signs else json.text(json.table(self._wire.get("/user")), "login")

    def repositories(self, owner: str) -> Listing:
        """Return all repositories of an organisation, or of a user where there is no such organisation."""
        if isinstance(self._auth, Installation):
            found = [row for page in self._wire.pages("/installation/repositories") for row in _installed(page)]
            return Listing(tuple(one for one in map(self._read, found) if one.owner.lower() == owner.lower()))
        name = quote(owner, safe="")
        try:
            return self._listing(f"/orgs/{name}/repos")
        except ForgeError as error:
            if error.status != 404:
                raise
        if self.account().lower() == owner.lower():  # a user's list has the public ones alone
            return self._listing("/user/repos?affiliation=owner")
        return self._listing(f"/users/{name}/repos")

    def repository(self, name: str) -> RemoteRepository:
        """Return one repository, also by a name that it had once."""
        try:
            return self._read(json.table(self._wire.get(repo(name))))
        except MovedError as moved:
            if not moved.identity:
                raise
            return self.repository_of(moved.identity)

    def repository_of(self, identity: int) -> RemoteRepository:
        """Return the repository that has a number, whatever its name is now."""
        return self._read(json.table(self._wire.get(f"/repositories/{identity}")))

    def fork(self, name: str, into: str, called: str) -> RemoteRepository:
        """Fork into an organisation, empty for the credential's own account; one that is there already is returned."""
        wanted = {"name": called, "default_branch_only": True} | ({"organization": into} if into else {})
        return rows.repository(self._wire.write("POST", f"{repo(name)}/forks", wanted, Kind.CREATE))

    def follow_parent(self, name: str, branch: str) -> None:
        """Bring a fork's branch to where the repository is that it was forked from."""
        self._wire.write("POST", f"{repo(name)}/merge-upstream", {"branch": branch})

    def file(self, name: str, path: str) -> bytes | None:
        """Return a small file of the default branch, None where there is none."""
        answer = self._wire.send("GET", f"{repo(name)}/contents/{quote(path)}", Kind.READ, allowed=(404,))
        if answer.status == 404:
            return None
        found = json.table(json.parse(answer.body))
        try:
            data = b64decode(json.text(found, "content"))
        except ValueError:
            data = b""
        if len(data) != found.get("size"):
            raise ForgeError(f"{name}: {path} is no file, or too large to be read")
        return data

    def tree(self, name: str, branch: str, etag: str) -> Tree | NoTree:
        """Return the paths of a branch, unless they are those that `etag` stands for."""
        url = f"{repo(name)}/git/trees/{quote(branch, safe='')}?recursive=1"
        condition = {"If-None-Match": etag} if etag else {}
        answer = self._wire.send("GET", url, Kind.READ, headers=condition, allowed=(304, 409))
        if answer.status == 304:
            return NoTree.UNCHANGED
        if answer.status == 409:
            return NoTree.EMPTY
        found = json.table(json.parse(answer.body))
        paths = tuple(json.text(row, "path") for row in json.rows(found.get("tree")) if row.get("type") == "blob")
        return Tree(answer.headers.get("etag", ""), paths, json.flag(found, "truncated"))

    def branches(self, name: str, prefix: str) -> Mapping[str, str]:
        """Return the commit of each branch whose name begins so."""
        url = f"{repo(name)}/git/matching-refs/{quote(f'heads/{prefix}', safe='')}"
        return {
            json.text(row, "ref").removeprefix("refs/heads/"): json.text(json.table(row.get("object")), "sha")
            for row in json.rows(self._wire.get(url))
        }

    def commit(self, name: str, sha: str) -> CommitInfo:
        """Return a commit."""
        return rows.commit(json.table(self._wire.get(f"{repo(name)}/git/commits/{quote(sha, safe='')}")))

    def pulls(self, name: str, head: str) -> tuple[Pull, ...]:
        """Return every pull request from `owner:branch`, the oldest first."""
        url = f"{repo(name)}/pulls?state=all&sort=created&direction=asc&head={quote(head, safe='')}"
        return tuple(rows.pull(row) for page in self._wire.pages(url) for row in json.rows(page))

    def open_pull(self, name: str, draft: Draft) -> int:
        """Open a pull request and return its number."""
        wanted = {
            "title": draft.title,
            "body": draft.body,
            "head": draft.head,
            "base": draft.base,
            "draft": draft.draft,
            "maintainer_can_modify": draft.maintainers,
        } | ({"head_repo": draft.head_repository} if draft.head_repository else {})
        return json.number(self._wire.write("POST", f"{repo(name)}/pulls", wanted, Kind.CREATE), "number")

    def edit_pull(
        self, name: str, number: int, body: str | None = None, *, title: str = "", close: bool = False
    ) -> None:
        """Replace text and title, or close."""
        changes = _changes(body, close=close) | ({"title": title} if title else {})
        self._wire.write("PATCH", f"{repo(name)}/pulls/{number}", changes)

    def delete_branch(self, name: str, branch: str) -> None:
        """Delete a branch; one that is gone is no fault."""
        url = f"{repo(name)}/git/refs/{quote(f'heads/{branch}', safe='')}"
        self._wire.send("DELETE", url, Kind.WRITE, allowed=(404, 422))

    def request_reviewers(self, name: str, number: int, people: Sequence[str]) -> None:
        """Ask people, and teams written as `organisation/team`, to review."""
        wanted = {
            "reviewers": [one for one in people if "/" not in one],
            "team_reviewers": [one.partition("/")[2] for one in people if "/" in one],
        }
        self._wire.write("POST", f"{repo(name)}/pulls/{number}/requested_reviewers", wanted, Kind.CREATE)

    def issues(self, name: str, label: str, since: str = "") -> Iterator[Note]:
        """Yield the issues that have a label, the oldest first; `since` a moment, those that changed."""
        url = f"{repo(name)}/issues?state=all&sort=created&direction=asc&labels={quote(label, safe='')}"
        for page in self._wire.pages(url + (f"&since={quote(since, safe='')}" if since else "")):
            yield from (rows.note(row, "number") for row in json.rows(page) if "pull_request" not in row)

    def issue(self, name: str, number: int) -> Note:
        """Return one issue; 404 or 410 where it is gone."""
        return rows.note(json.table(self._wire.get(f"{repo(name)}/issues/{number}")), "number")

    def open_issue(self, name: str, title: str, body: str, labels: Sequence[str]) -> int:
        """Open an issue and return its number."""
        wanted = {"title": title, "body": body, "labels": list(labels)}
        return json.number(self._wire.write("POST", f"{repo(name)}/issues", wanted, Kind.CREATE), "number")

    def edit_issue(self, name: str, number: int, body: str | None = None, *, close: bool = False) -> None:
        """Replace the text, or close."""
        self._wire.write("PATCH", f"{repo(name)}/issues/{number}", _changes(body, close=close))

    def make_label(self, name: str, label: str, color: str, about: str) -> None:
        """Make a label unless there is one."""
        found = self._wire.send("GET", f"{repo(name)}/labels/{quote(label, safe='')}", Kind.READ, allowed=(404,))
        if found.status == 404:
            wanted = {"name": label, "color": color, "description": about}
            self._wire.send("POST", f"{repo(name)}/labels", Kind.WRITE, data=wanted, allowed=(422,))

    def add_labels(self, name: str, number: int, labels: Sequence[str]) -> None:
        """Add labels to an issue or pull request."""
        self._wire.write("POST", f"{repo(name)}/issues/{number}/labels", {"labels": list(labels)})

    def comments(self, name: str, number: int) -> tuple[Note, ...]:
        """Return the comments of an issue or pull request."""
        pages = self._wire.pages(f"{repo(name)}/issues/{number}/comments")
        return tuple(rows.note(row, "id") for page in pages for row in json.rows(page))

    def comment(self, name: str, number: int, body: str) -> None:
        """Add a comment."""
        self._wire.write("POST", f"{repo(name)}/issues/{number}/comments", {"body": body}, Kind.CREATE)

    def edit_comment(self, name: str, number: int, body: str) -> None:
        """Replace a comment's text."""
        self._wire.write("PATCH", f"{repo(name)}/issues/comments/{number}", {"body": body})

    def _read(self, row: Mapping[str, object]) -> RemoteRepository:
        """Return a repository; what it says of permissions is a person's, an App's are those of its installation."""
        found = rows.repository(row)
        return replace(found, push=True) if self.signs else found

    def _listing(self, url: str) -> Listing:
        found: list[RemoteRepository] = []
        hidden = False
        for answer in self._wire.answers(url):
            hidden = hidden or answer.headers.get("x-github-sso", "").startswith("partial-results")
            found += map(self._read, json.rows(json.parse(answer.body)))
        return Listing(tuple(found), hidden)


def token(value: str) -> Auth.Auth:
    """Authenticate by a token of a person, of a workflow or of an installation."""
    return Auth.Token(value)


def _installed(page: object) -> tuple[Mapping[str, object], ...]:
    return json.rows(json.table(page).get("repositories"))


def _changes(body: str | None, *, close: bool) -> dict[str, object]:
    changes: dict[str, object] = {} if body is None else {"body": body}
    return changes | ({"state": "closed"} if close else {})
