"""Fork repositories: not at once, under a name that is free, and with the objects of the parent."""

from __future__ import annotations

from tests.forge.repo import RefusedError, Repo
from tests.forge.request import Caller, Request
from tests.forge.state import State


def may_push(repo: Repo, caller: Caller) -> bool:
    """Tell whether somebody may push to a repository."""
    permissions = repo.facts.get("permissions")
    return repo.owner == caller.login or not isinstance(permissions, dict) or permissions.get("push") is True


def answer(state: State, repo: Repo, request: Request) -> tuple[int, object]:
    caller, sent = request.caller, request.sent
    if caller.bot or (repo.facts.get("private") is not False and repo.facts.get("allow_forking") is False):
        raise RefusedError(403, "Forking is not allowed")
    owner = str(sent.get("organization") or caller.login)
    found = next((one for one in state.repos.values() if one.parent == repo.id and one.owner == owner), None)
    if found is None:
        wanted = str(sent.get("name") or repo.name.partition("/")[2])
        name = wanted if f"{owner}/{wanted}" not in state.repos else f"{wanted}-1"
        found = state.add(f"{owner}/{name}", None, fork=True, private=repo.facts.get("private", True))
        found.parent, found.pending = repo.id, 3
        (found.path / "objects" / "info").mkdir()
        (found.path / "objects" / "info" / "alternates").write_text(f"{repo.path / 'objects'}\n")
        found.git("update-ref", "refs/heads/main", repo.ref("main"))
    return 202, state.described(found, full=True)


def follow(state: State, repo: Repo, request: Request) -> tuple[int, object]:
    """Bring a fork to where its parent is."""
    parent = next(one for one in state.repos.values() if one.id == repo.parent)
    if not may_push(repo, request.caller):
        raise RefusedError(403, "Forbidden")
    branch = str(request.sent["branch"])
    old, new = repo.ref(branch), parent.ref(branch)
    if repo.git("merge-base", old, new) != old:
        raise RefusedError(409, "There are merge conflicts")
    repo.git("update-ref", f"refs/heads/{branch}", new)
    repo.changed()
    return 200, {"message": "Successfully fetched", "merge_type": "fast-forward", "base_branch": f"up:{branch}"}
