"""Read the objects of GitHub's REST interface."""

from __future__ import annotations

from collections.abc import Mapping

from rewriter.scm import json
from rewriter.scm.forge import CommitInfo, Note, Pull, PullState, RemoteRepository


def repository(row: Mapping[str, object]) -> RemoteRepository:
    """Return a repository."""
    permissions = row.get("permissions")
    topics = row.get("topics")
    parent = row.get("parent")
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
        forkable=json.flag(row, "allow_forking", default=True),
        parent=json.number(parent, "id") if isinstance(parent, dict) else 0,
        pushed=json.text(row, "pushed_at"),
        topics=tuple(str(topic) for topic in topics) if isinstance(topics, list) else (),
    )


def commit(row: Mapping[str, object]) -> CommitInfo:
    """Return a commit."""
    return CommitInfo(
        message=json.text(row, "message"),
        tree=json.text(json.table(row.get("tree")), "sha"),
        parents=tuple(json.text(one, "sha") for one in json.rows(row.get("parents"))),
        author=json.text(json.table(row.get("author")), "email"),
    )


def pull(row: Mapping[str, object]) -> Pull:
    """Return a pull request."""
    ended = PullState.MERGED if row.get("merged_at") else PullState.CLOSED
    people = [json.text(one, "login") for one in json.rows(row.get("requested_reviewers") or [])]
    teams = [json.text(one, "slug") for one in json.rows(row.get("requested_teams") or [])]
    author = row.get("user")
    return Pull(
        number=json.number(row, "number"),
        state=PullState.OPEN if row.get("state") == "open" else ended,
        head=json.text(json.table(row.get("head")), "sha"),
        base=json.text(json.table(row.get("base")), "ref"),
        title=json.text(row, "title"),
        body=json.text(row, "body"),
        labels=labels(row),
        draft=json.flag(row, "draft"),
        author=json.text(author, "login") if isinstance(author, dict) else "",
        reviewers=(*people, *teams),
    )


def note(row: Mapping[str, object], key: str) -> Note:
    """Return an issue or a comment, whose number stands under `key`."""
    return Note(
        number=json.number(row, key),
        open=row.get("state", "open") == "open",
        body=json.text(row, "body"),
        labels=labels(row),
        title=json.text(row, "title"),
        created=json.text(row, "created_at"),
        updated=json.text(row, "updated_at"),
    )


def labels(row: Mapping[str, object]) -> tuple[str, ...]:
    """Return the names of the labels that a thing has."""
    return tuple(json.text(one, "name") for one in json.rows(row.get("labels") or []))
