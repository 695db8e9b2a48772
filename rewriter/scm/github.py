"""Be GitHub, by PyGithub: its authentication, transport and redirects, none of its retries and no lazy loading.

PyGithub repeats a POST whose answer was lost, which makes a second issue; here a request is made once, through the
gate. A requester keeps the request it works on in itself, so each thread has its own.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from typing import Final
from urllib.parse import quote

import requests
from github import Auth, Github, GithubException
from github.Requester import Requester

from rewriter.scm import json
from rewriter.scm.forge import (
    CommitInfo,
    Draft,
    ForgeError,
    Listing,
    Note,
    NoTree,
    Pull,
    PullState,
    RemoteRepository,
    Tree,
)
from rewriter.scm.gate import Gate, Kind

PUBLIC: Final = "https://api.github.com"
PAGE: Final = 100
_TIMEOUT: Final = 60
_PAGES: Final = 10_000


class GitHub:
    """Make each request once, through the gate."""

    def __init__(self, auth: Auth.Auth, gate: Gate, api: str = PUBLIC) -> None:
        self._auth: Final = auth
        self._gate: Final = gate
        self._api: Final = api.rstrip("/")
        self._local: Final = threading.local()
        self._connect()

    def credential(self) -> str:
        """Return the token for git; an App's is renewed when it is about to end."""
        return self._auth.token

    def repositories(self, owner: str) -> Listing:
        """Return all repositories of an organisation, or of a user where there is no such organisation."""
        if isinstance(self._auth, Auth.AppInstallationAuth):
            found = [row for page in self._pages("/installation/repositories") for row in _installed(page)]
            return Listing(tuple(one for one in map(_repository, found) if one.owner.lower() == owner.lower()))
        name = quote(owner, safe="")
        try:
            return self._listing(f"/orgs/{name}/repos")
        except ForgeError as error:
            if error.status != 404:
                raise
            return self._listing(f"/users/{name}/repos")

    def repository(self, name: str) -> RemoteRepository:
        """Return one repository."""
        return _repository(json.table(self._json("GET", _repo(name))))

    def tree(self, name: str, branch: str, etag: str) -> Tree | NoTree:
        """Return the paths of a branch, unless they are those that `etag` stands for."""
        url = f"{_repo(name)}/git/trees/{quote(branch, safe='')}?recursive=1"
        condition = {"If-None-Match": etag} if etag else {}
        status, headers, body = self._send("GET", url, Kind.READ, headers=condition, allowed=(304, 409))
        if status == 304:
            return NoTree.UNCHANGED
        if status == 409:
            return NoTree.EMPTY
        found = json.table(json.parse(body))
        paths = tuple(json.text(row, "path") for row in json.rows(found.get("tree")) if row.get("type") == "blob")
        return Tree(headers.get("etag", ""), paths, json.flag(found, "truncated"))

    def branches(self, name: str, prefix: str) -> Mapping[str, str]:
        """Return the commit of each branch whose name begins so."""
        url = f"{_repo(name)}/git/matching-refs/{quote(f'heads/{prefix}', safe='')}"
        return {
            json.text(row, "ref").removeprefix("refs/heads/"): json.text(json.table(row.get("object")), "sha")
            for row in json.rows(self._json("GET", url))
        }

    def commit(self, name: str, sha: str) -> CommitInfo:
        """Return a commit."""
        found = json.table(self._json("GET", f"{_repo(name)}/git/commits/{quote(sha, safe='')}"))
        return CommitInfo(
            message=json.text(found, "message"),
            tree=json.text(json.table(found.get("tree")), "sha"),
            parents=len(json.rows(found.get("parents"))),
            author=json.text(json.table(found.get("author")), "email"),
        )

    def pulls(self, name: str, head: str) -> tuple[Pull, ...]:
        """Return every pull request from `owner:branch`, the oldest first."""
        url = f"{_repo(name)}/pulls?state=all&sort=created&direction=asc&head={quote(head, safe='')}"
        return tuple(_pull(row) for page in self._pages(url) for row in json.rows(page))

    def open_pull(self, name: str, draft: Draft) -> int:
        """Open a pull request and return its number."""
        wanted = {
            "title": draft.title,
            "body": draft.body,
            "head": draft.head,
            "base": draft.base,
            "draft": draft.draft,
            "maintainer_can_modify": True,
        }
        return json.number(json.table(self._json("POST", f"{_repo(name)}/pulls", wanted, kind=Kind.CREATE)), "number")

    def edit_pull(self, name: str, number: int, body: str | None = None, *, close: bool = False) -> None:
        """Replace the text, or close."""
        self._json("PATCH", f"{_repo(name)}/pulls/{number}", _changes(body, close=close), kind=Kind.WRITE)

    def delete_branch(self, name: str, branch: str) -> None:
        """Delete a branch; one that is gone is no fault."""
        url = f"{_repo(name)}/git/refs/{quote(f'heads/{branch}', safe='')}"
        self._send("DELETE", url, Kind.WRITE, allowed=(404, 422))

    def request_reviewers(self, name: str, number: int, people: Sequence[str]) -> None:
        """Ask people, and teams written as `organisation/team`, to review."""
        wanted = {
            "reviewers": [one for one in people if "/" not in one],
            "team_reviewers": [one.partition("/")[2] for one in people if "/" in one],
        }
        self._json("POST", f"{_repo(name)}/pulls/{number}/requested_reviewers", wanted, kind=Kind.CREATE)

    def issues(self, name: str, label: str) -> Iterator[Note]:
        """Yield the issues that have a label, the oldest first."""
        url = f"{_repo(name)}/issues?state=all&sort=created&direction=asc&labels={quote(label, safe='')}"
        for page in self._pages(url):
            yield from (_note(row, "number") for row in json.rows(page) if "pull_request" not in row)

    def open_issue(self, name: str, title: str, body: str, labels: Sequence[str]) -> int:
        """Open an issue and return its number."""
        wanted = {"title": title, "body": body, "labels": list(labels)}
        return json.number(json.table(self._json("POST", f"{_repo(name)}/issues", wanted, kind=Kind.CREATE)), "number")

    def edit_issue(self, name: str, number: int, body: str | None = None, *, close: bool = False) -> None:
        """Replace the text, or close."""
        self._json("PATCH", f"{_repo(name)}/issues/{number}", _changes(body, close=close), kind=Kind.WRITE)

    def add_labels(self, name: str, number: int, labels: Sequence[str]) -> None:
        """Add labels to an issue or pull request."""
        wanted = {"labels": list(labels)}
        self._json("POST", f"{_repo(name)}/issues/{number}/labels", wanted, kind=Kind.WRITE)

    def comments(self, name: str, number: int) -> tuple[Note, ...]:
        """Return the comments of an issue or pull request."""
        pages = self._pages(f"{_repo(name)}/issues/{number}/comments")
        return tuple(_note(row, "id") for page in pages for row in json.rows(page))

    def comment(self, name: str, number: int, body: str) -> None:
        """Add a comment."""
        self._json("POST", f"{_repo(name)}/issues/{number}/comments", {"body": body}, kind=Kind.CREATE)

    def edit_comment(self, name: str, number: int, body: str) -> None:
        """Replace a comment's text."""
        self._json("PATCH", f"{_repo(name)}/issues/comments/{number}", {"body": body}, kind=Kind.WRITE)

    def _listing(self, url: str) -> Listing:
        found: list[RemoteRepository] = []
        hidden = False
        for headers, page in self._answers(url):
            hidden = hidden or headers.get("x-github-sso", "").startswith("partial-results")
            found += map(_repository, json.rows(page))
        return Listing(tuple(found), hidden)

    def _pages(self, url: str) -> Iterator[object]:
        for _, page in self._answers(url):
            yield page

    def _answers(self, url: str) -> Iterator[tuple[Mapping[str, str], object]]:
        joint = "&" if "?" in url else "?"
        for number in range(1, _PAGES):
            _, headers, body = self._send("GET", f"{url}{joint}per_page={PAGE}&page={number}", Kind.READ)
            yield headers, json.parse(body)
            if 'rel="next"' not in headers.get("link", ""):
                return

    def _json(self, verb: str, url: str, data: Mapping[str, object] | None = None, *, kind: Kind = Kind.READ) -> object:
        return json.parse(self._send(verb, url, kind, data=data)[2])

    def _send(
        self,
        verb: str,
        url: str,
        kind: Kind,
        *,
        data: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
        allowed: tuple[int, ...] = (),
    ) -> tuple[int, Mapping[str, str], str]:
        what = f"{verb} {url.partition('?')[0]}"
        with self._gate.admit(kind):
            try:
                status, found, body = self._connect().requestJson(
                    verb, url, headers=dict(headers or {}), input=None if data is None else dict(data)
                )
            except (requests.RequestException, GithubException, RuntimeError, AssertionError, OSError) as error:
                self._local.__dict__.clear()  # a connection that failed is not used again
                raise ForgeError(f"{what}: no answer ({type(error).__name__})") from None
        answer = {str(key).lower(): str(value) for key, value in found.items()}
        self._gate.learn(status, answer, body)
        if status >= 400 and status not in allowed:
            raise ForgeError(f"{what}: {status}{_why(status)}", status)
        return status, answer, body

    def _connect(self) -> Requester:
        found: Requester | None = getattr(self._local, "requester", None)
        if found is None:
            client = Github(
                auth=self._auth,
                base_url=self._api,
                timeout=_TIMEOUT,
                per_page=PAGE,
                retry=None,
                seconds_between_requests=0,
                seconds_between_writes=0,
                user_agent="unbake",
            )
            found = self._local.requester = client.requester
        return found


def token(value: str) -> Auth.Auth:
    """Authenticate by a token of a person or of a workflow."""
    return Auth.Token(value)


def application(identity: int, key: str, installation: int) -> Auth.Auth:
    """Authenticate as the installation of a GitHub App."""
    return Auth.AppInstallationAuth(Auth.AppAuth(identity, key), installation)


def _installed(page: object) -> tuple[Mapping[str, object], ...]:
    return json.rows(json.table(page).get("repositories"))


def _repo(name: str) -> str:
    owner, _, repository = name.partition("/")
    return f"/repos/{quote(owner, safe='')}/{quote(repository, safe='')}"


def _changes(body: str | None, *, close: bool) -> dict[str, object]:
    changes: dict[str, object] = {} if body is None else {"body": body}
    return changes | ({"state": "closed"} if close else {})


def _why(status: int) -> str:
    match status:
        case 401:
            return " (the credential is not accepted)"
        case 403:
            return " (the credential may not do this; with single sign-on it has to be authorised)"
        case 404:
            return " (not there, or not to be seen with this credential)"
        case _:
            return ""


def _repository(row: Mapping[str, object]) -> RemoteRepository:
    permissions = row.get("permissions")
    topics = row.get("topics")
    return RemoteRepository(
        id=json.number(row, "id"),
        full_name=json.text(row, "full_name"),
        clone_url=json.text(row, "clone_url"),
        default_branch=json.text(row, "default_branch"),
        private=json.flag(row, "private", default=True),
        size=json.number(row, "size") if "size" in row else 1,
        archived=json.flag(row, "archived"),
        disabled=json.flag(row, "disabled"),
        fork=json.flag(row, "fork"),
        template=json.flag(row, "is_template"),
        mirror=bool(row.get("mirror_url")),
        issues=json.flag(row, "has_issues", default=True),
        pulls=json.flag(row, "has_pull_requests", default=True),
        push=json.flag(permissions, "push", default=True) if isinstance(permissions, dict) else True,
        topics=tuple(str(topic) for topic in topics) if isinstance(topics, list) else (),
    )


def _labels(row: Mapping[str, object]) -> tuple[str, ...]:
    return tuple(json.text(label, "name") for label in json.rows(row.get("labels") or []))


def _pull(row: Mapping[str, object]) -> Pull:
    ended = PullState.MERGED if row.get("merged_at") else PullState.CLOSED
    return Pull(
        number=json.number(row, "number"),
        state=PullState.OPEN if row.get("state") == "open" else ended,
        head=json.text(json.table(row.get("head")), "sha"),
        base=json.text(json.table(row.get("base")), "ref"),
        title=json.text(row, "title"),
        body=json.text(row, "body"),
        labels=_labels(row),
    )


def _note(row: Mapping[str, object], key: str) -> Note:
    return Note(json.number(row, key), row.get("state", "open") == "open", json.text(row, "body"), _labels(row))
