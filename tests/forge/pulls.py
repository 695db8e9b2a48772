"""Answer what is asked of pull requests."""

from __future__ import annotations

from collections.abc import Mapping

from tests.forge import notes, resources
from tests.forge.repo import RefusedError, Repo, Row
from tests.forge.request import Request
from tests.forge.state import State


def answer(state: State, repo: Repo, request: Request, rest: list[str]) -> tuple[int, object]:
    query, sent = request.query, request.sent
    described = state.described(repo)
    match request.verb, rest:
        case "GET", []:
            repo.refresh()
            head = query.get("head", "").partition(":")[2]
            rows = [row for row in repo.pulls(query.get("state", "open")) if head in ("", row["head"])]
            return 200, [resources.pull(state.base, described, row, full=False) for row in rows]
        case "POST", []:
            row = _opened(repo, sent)
            return 201, resources.pull(state.base, described, row, full=True)
        case "PATCH", [number]:
            row = repo.note(number)
            notes.edit(row, sent)
            return 200, resources.pull(state.base, described, row, full=True)
        case "POST", [number, "requested_reviewers"]:
            return 201, resources.pull(state.base, described, repo.note(number), full=False)
    raise RefusedError(404, "Not Found")


def _opened(repo: Repo, sent: Mapping[str, object]) -> Row:
    if repo.facts.get("has_pull_requests") is False:
        raise RefusedError(404, "Not Found")
    head, base = str(sent["head"]).rpartition(":")[2], str(sent["base"])
    sha, base_sha = repo.ref(head), repo.ref(base)
    if not sha or not base_sha:
        raise RefusedError(422, "Validation Failed: head or base invalid")
    if any(row["head"] == head and row["base"] == base for row in repo.pulls()):
        raise RefusedError(422, f"A pull request already exists for {repo.name.partition('/')[0]}:{head}.")
    if repo.git("rev-list", "--count", f"{base_sha}..{sha}") == "0":
        raise RefusedError(422, f"No commits between {base} and {head}")
    if sent.get("draft") and repo.facts.get("no_drafts"):
        raise RefusedError(422, "Draft pull requests are not supported in this repository.")
    extra = {
        "head": head,
        "sha": sha,
        "base": base,
        "base_sha": base_sha,
        "merged_at": None,
        "draft": bool(sent.get("draft")),
    }
    return notes.new(repo, sent, extra)
