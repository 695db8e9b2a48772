"""Answer what is asked of pull requests."""

from __future__ import annotations

from collections.abc import Mapping

from tests.forge import forks, notes, resources
from tests.forge.repo import RefusedError, Repo, Row
from tests.forge.request import Request
from tests.forge.state import State


def answer(state: State, repo: Repo, request: Request, rest: list[str]) -> tuple[int, object]:
    query, sent = request.query, request.sent
    described = state.described(repo)
    match request.verb, rest:
        case "GET", []:
            repo.refresh()
            head = query.get("head", "")
            assert not head or ":" in head, "GitHub passes over a head without its owner"
            rows = [
                row
                for row in repo.pulls(query.get("state", "open"))
                if head in ("", f"{row['head_owner']}:{row['head']}")
            ]
            return 200, [resources.pull(state.base, described, row, full=False) for row in rows]
        case "POST", []:
            row = _opened(state, repo, sent)
            return 201, resources.pull(state.base, described, row, full=True)
        case "PATCH", [number]:
            row = repo.note(number)
            notes.edit(repo, row, sent)
            return 200, resources.pull(state.base, described, row, full=True)
        case "POST", [number, "requested_reviewers"]:
            row = repo.note(number)
            _ask(repo, row, request)
            return 201, resources.pull(state.base, described, row, full=False)
    raise RefusedError(404, "Not Found")


def _opened(state: State, repo: Repo, sent: Mapping[str, object]) -> Row:
    if repo.facts.get("has_pull_requests") is False:
        raise RefusedError(404, "Not Found")
    owner, _, head = str(sent["head"]).rpartition(":")
    owner, base = owner or repo.owner, str(sent["base"])
    source = _source(state, repo, owner, str(sent.get("head_repo") or ""))
    sha, base_sha = source.ref(head), repo.ref(base)
    if source is not repo and source.facts.get("organization") and sent.get("maintainer_can_modify"):
        raise RefusedError(422, "Fork collab can't be granted by someone without permission")
    if not sha or not base_sha:
        raise RefusedError(422, "Validation Failed: head or base invalid")
    if any((row["head_owner"], row["head"], row["base"]) == (owner, head, base) for row in repo.pulls()):
        raise RefusedError(422, f"A pull request already exists for {owner}:{head}.")
    if source.git("rev-list", "--count", f"{base_sha}..{sha}") == "0":
        raise RefusedError(422, f"No commits between {base} and {head}")
    if sent.get("draft") and repo.facts.get("no_drafts"):
        raise RefusedError(422, "Draft pull requests are not supported in this repository.")
    extra: Row = {
        "head": head,
        "head_owner": owner,
        "sha": sha,
        "base": base,
        "base_sha": base_sha,
        "merged_at": None,
        "draft": bool(sent.get("draft")),
        "reviewers": [],
        "teams": [],
    }
    row = notes.new(repo, sent, extra)
    repo.sources[int(str(row["number"]))] = source
    return row


def _ask(repo: Repo, row: Row, request: Request) -> None:
    people = resources.words(request.sent.get("reviewers", []))
    teams = resources.words(request.sent.get("team_reviewers", []))
    if not forks.may_push(repo, request.caller):
        raise RefusedError(403, "Must have push access")
    if request.caller.login in people:
        raise RefusedError(422, "Review cannot be requested from pull request author.")
    known = repo.facts.get("collaborators")
    if isinstance(known, list) and not {*people, *teams} <= set(known):
        raise RefusedError(422, "Reviews may only be requested from collaborators.")
    assert people or teams
    assert len(people) + len(teams) <= 15
    row["reviewers"] = sorted({*resources.words(row["reviewers"]), *people})
    row["teams"] = sorted({*resources.words(row["teams"]), *teams})
    row["asked"] = int(str(row.get("asked", 0))) + 1


def _source(state: State, repo: Repo, owner: str, named: str) -> Repo:
    """Return the repository that a head lies in: this one, or the fork of its owner."""
    if named:
        return state.repos[named]
    if owner == repo.owner:
        return repo
    found = [one for one in state.repos.values() if one.parent == repo.id and one.owner == owner]
    if not found:
        raise RefusedError(422, "Validation Failed: head invalid")
    return found[0]
