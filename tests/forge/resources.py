"""Write GitHub's objects as its REST interface does: every field that it declares."""

from __future__ import annotations

from collections.abc import Mapping

When = "2026-01-01T00:00:00Z"
Json = dict[str, object]
_REPOSITORY_URLS = [
    "archive",
    "assignees",
    "blobs",
    "branches",
    "collaborators",
    "comments",
    "commits",
    "compare",
    "contents",
    "contributors",
    "deployments",
    "downloads",
    "events",
    "forks",
    "git_commits",
    "git_refs",
    "git_tags",
    "hooks",
    "issue_comment",
    "issue_events",
    "issues",
    "keys",
    "labels",
    "languages",
    "merges",
    "milestones",
    "notifications",
    "pulls",
    "releases",
    "stargazers",
    "statuses",
    "subscribers",
    "subscription",
    "tags",
    "teams",
    "trees",
]


def words(value: object) -> list[str]:
    assert isinstance(value, list)
    return [str(one) for one in value]


def user(base: str, login: str, kind: str = "User") -> Json:
    api = f"{base}/users/{login}"
    urls = [
        "events",
        "followers",
        "following",
        "gists",
        "organizations",
        "received_events",
        "repos",
        "starred",
        "subscriptions",
    ]
    return {f"{name}_url": f"{api}/{name}" for name in urls} | {
        "avatar_url": f"{base}/a/{login}",
        "gravatar_id": "",
        "html_url": f"{base}/{login}",
        "id": 1,
        "login": login,
        "node_id": "U1",
        "site_admin": False,
        "type": kind,
        "url": api,
    }


def account(base: str, login: str) -> Json:
    """Return a person as they see themselves."""
    nothing = dict.fromkeys(["name", "company", "blog", "location", "email", "hireable", "bio"])
    numbers = dict.fromkeys(["public_repos", "public_gists", "followers", "following"], 0)
    return user(base, login) | nothing | numbers | {"blog": "", "created_at": When, "updated_at": When}


def repository(base: str, identity: int, name: str, facts: Mapping[str, object]) -> Json:
    api = f"{base}/repos/{name}"
    return (
        {f"{key}_url": f"{api}/{key}" for key in _REPOSITORY_URLS}
        | dict.fromkeys(
            [
                "forks",
                "forks_count",
                "open_issues",
                "open_issues_count",
                "stargazers_count",
                "watchers",
                "watchers_count",
                "network_count",
                "subscribers_count",
            ],
            0,
        )
        | {
            "id": identity,
            "node_id": f"R{identity}",
            "name": name.partition("/")[2],
            "full_name": name,
            "owner": user(base, name.partition("/")[0], "Organization"),
            "private": True,
            "fork": False,
            "description": None,
            "homepage": None,
            "language": None,
            "license": None,
            "mirror_url": None,
            "archived": False,
            "disabled": False,
            "default_branch": "main",
            "size": 1,
            "has_issues": True,
            "has_projects": False,
            "has_wiki": False,
            "has_pages": False,
            "has_downloads": False,
            "has_discussions": False,
            "has_pull_requests": True,
            "is_template": False,
            "topics": [],
            "url": api,
            "html_url": f"{base}/{name}",
            "clone_url": f"{base}/{name}.git",
            "git_url": f"{base}/{name}.git",
            "ssh_url": f"{base}/{name}.git",
            "svn_url": f"{base}/{name}",
            "pushed_at": When,
            "created_at": When,
            "updated_at": When,
            "permissions": {"admin": False, "pull": True, "push": True},
        }
        | dict(facts)
    )


def label(base: str, name: str) -> Json:
    return {
        "id": 1,
        "node_id": "L1",
        "url": f"{base}/labels/{name}",
        "name": name,
        "description": "",
        "color": "ededed",
        "default": False,
    }


def issue(base: str, name: str, row: Mapping[str, object]) -> Json:
    api = f"{base}/repos/{name}/issues/{row['number']}"
    labels = row["labels"]
    assert isinstance(labels, list)
    return {
        "id": row["number"],
        "node_id": f"I{row['number']}",
        "number": row["number"],
        "title": row["title"],
        "body": row["body"],
        "state": row["state"],
        "state_reason": None,
        "user": user(base, "unbake-bot"),
        "labels": [label(base, one) for one in labels],
        "assignee": None,
        "assignees": [],
        "milestone": None,
        "locked": False,
        "comments": 0,
        "closed_at": None,
        "created_at": When,
        "updated_at": When,
        "author_association": "MEMBER",
        "url": api,
        "html_url": f"{base}/{name}/issues/{row['number']}",
        "repository_url": f"{base}/repos/{name}",
        **{f"{key}_url": f"{api}/{key}" for key in ("comments", "events", "labels")},
    }


def pull(base: str, repo: Json, row: Mapping[str, object], *, full: bool) -> Json:
    name = str(repo["full_name"])
    api = f"{base}/repos/{name}/pulls/{row['number']}"
    owner = user(base, name.partition("/")[0], "Organization")
    links = ["self", "html", "issue", "comments", "review_comments", "review_comment", "commits", "statuses"]
    found = issue(base, name, row) | {
        "node_id": f"P{row['number']}",
        "url": api,
        "html_url": f"{base}/{name}/pull/{row['number']}",
        "issue_url": f"{base}/repos/{name}/issues/{row['number']}",
        **{
            f"{key}_url": f"{api}/{key}"
            for key in ["diff", "patch", "commits", "comments", "statuses", "review_comments", "review_comment"]
        },
        "merge_commit_sha": None,
        "merged_at": row["merged_at"],
        "closed_at": None if row["state"] == "open" else When,
        "head": _end(row["head"], row["sha"], user(base, str(row["head_owner"])), repo),
        "base": _end(row["base"], row["base_sha"], owner, repo),
        "_links": {key: {"href": api} for key in links},
        "auto_merge": None,
        "draft": row["draft"],
        "requested_reviewers": [user(base, one) for one in words(row["reviewers"])],
        "requested_teams": [team(base, one) for one in words(row["teams"])],
    }
    for key in ("events_url", "labels_url", "repository_url", "state_reason", "comments"):
        found.pop(key)
    more: Json = dict.fromkeys(["additions", "changed_files", "comments", "commits", "deletions", "review_comments"], 0)
    more |= {
        "mergeable": None,
        "mergeable_state": "unknown",
        "merged": row["merged_at"] is not None,
        "merged_by": None,
        "maintainer_can_modify": True,
    }
    return found | more if full else found


def _end(ref: object, sha: object, owner: Json, repo: Json) -> Json:
    name = f"{owner['login']}:{ref}"
    return {"label": name, "ref": ref, "repo": repo, "sha": sha, "user": owner}


def team(base: str, slug: str) -> Json:
    api = f"{base}/teams/{slug}"
    return {
        "id": 1,
        "node_id": "T1",
        "name": slug,
        "slug": slug,
        "description": None,
        "privacy": "closed",
        "notification_setting": "notifications_enabled",
        "permission": "push",
        "type": "organization",
        "organization_id": 1,
        "parent": None,
        "url": api,
        "html_url": api,
        "members_url": f"{api}/members",
        "repositories_url": f"{api}/repos",
    }


def comment(base: str, name: str, row: Mapping[str, object]) -> Json:
    return {
        "id": row["id"],
        "node_id": "C1",
        "body": row["body"],
        "user": user(base, "unbake-bot"),
        "url": f"{base}/repos/{name}/issues/comments/{row['id']}",
        "html_url": f"{base}/{name}/issues/1#c{row['id']}",
        "issue_url": f"{base}/repos/{name}/issues/1",
        "created_at": When,
        "updated_at": When,
        "author_association": "MEMBER",
    }
