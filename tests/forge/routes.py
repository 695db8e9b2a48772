"""Answer a request of the REST interface: find who it is for."""

from __future__ import annotations

import re
from base64 import b64encode
from urllib.parse import unquote

from tests.forge import forks, git_data, notes, pulls, reports, resources
from tests.forge.repo import RefusedError, Repo
from tests.forge.request import Caller, Request
from tests.forge.state import State


def answer(state: State, request: Request) -> tuple[int, object]:
    """Return status and answer of one request; raises `RefusedError`."""
    with state.lock:
        if request.path.startswith("/app/") or request.path.endswith("/installation"):
            return state.apps.answer(state.base, request)
        if request.caller.app:
            raise RefusedError(401, "A JSON web token is for the App's own requests")
        if (found := _owned(state, request)) is not None:
            return found
        repo, rest = _repository(state, request)
        closed(repo, request.caller)
        if request.verb != "GET" and repo.facts.get("archived"):
            raise RefusedError(403, "Repository was archived so is read-only.")
        return _in(state, repo, request, [unquote(part) for part in rest.split("/")[1:]])


def _owned(state: State, request: Request) -> tuple[int, object] | None:
    """Answer what is asked of people and organisations."""
    caller = request.caller
    match request.verb, request.path.split("/")[1:]:
        case "GET", ["user"]:
            if caller.bot:
                raise RefusedError(403, "Resource not accessible by integration")
            return 200, resources.account(state.base, caller.login)
        case "GET", ["user", "repos"]:
            mine = [repo for repo in state.repos.values() if repo.owner == caller.login]
            return _listed(state, mine)
        case "GET", ["orgs" | "users" as kind, owner, "repos"]:
            mine = [repo for repo in state.repos.values() if repo.owner == owner]
            if not mine or (owner in state.users) is (kind == "orgs"):
                raise RefusedError(404, "Not Found")
            shown = [repo for repo in mine if kind == "orgs" or repo.facts.get("private") is False]
            return _listed(state, shown)
        case "GET", ["installation", "repositories"]:
            mine = [repo for repo in state.repos.values() if repo.owner == caller.owner]
            if not caller.bot:
                raise RefusedError(403, "You must authenticate with an installation access token")
            nothing = {"permissions": {"admin": False, "pull": False, "push": False}}  # those of a person who is none
            rows = [state.described(repo) | nothing for repo in mine]
            return 200, {"total_count": len(mine), "repositories": rows}
    return None


def _listed(state: State, repos: list[Repo]) -> tuple[int, object]:
    """Return a list without what single sign-on hides, of which a header tells."""
    return 200, [state.described(repo) for repo in repos if not repo.facts.get("sso")]


def closed(repo: Repo, caller: Caller) -> None:
    """Refuse what is asked of a repository that is closed to whoever asks."""
    if repo.facts.get("disabled"):
        raise RefusedError(403, "Repository access blocked")
    if repo.facts.get("sso") and not caller.bot:
        message = "Resource protected by organization SAML enforcement. You must grant your token access."
        raise RefusedError(403, message, {"X-GitHub-SSO": f"required; url=https://example.com/sso/{repo.id}"})
    if repo.facts.get("unreadable"):
        raise RefusedError(403, "Resource not accessible by personal access token")


def _repository(state: State, request: Request) -> tuple[Repo, str]:
    if found := re.fullmatch(r"/repositories/([0-9]+)(/.*)?", request.path):
        repo = next((one for one in state.repos.values() if str(one.id) == found[1]), None)
    elif found := re.fullmatch(r"/repos/([^/]+/[^/]+)(/.*)?", request.path):
        repo = state.find(unquote(found[1]))
        if repo is None and (identity := state.moved.get(unquote(found[1]))):
            place = f"{state.base}/repositories/{identity}{found[2] or ''}"
            raise RefusedError(301 if request.verb == "GET" else 307, "Moved Permanently", {"Location": place})
    if found is None or repo is None or (request.caller.owner not in ("", repo.owner)):
        raise RefusedError(404, "Not Found")
    return repo, found[2] or ""


def _in(state: State, repo: Repo, request: Request, parts: list[str]) -> tuple[int, object]:
    match request.verb, parts:
        case "GET", []:
            return 200, state.described(repo, full=True)
        case "GET", ["contents", *path]:
            return 200, _content(state, repo, "/".join(path))
        case "POST", ["forks"]:
            return forks.answer(state, repo, request)
        case "POST", ["merge-upstream"]:
            return forks.follow(state, repo, request)
        case _, ["git", *rest]:
            if repo.pending:
                repo.pending -= 1
                raise RefusedError(409, "Git Repository is empty.")
            if request.verb != "GET" and not forks.may_push(repo, request.caller):
                raise RefusedError(404, "Not Found")
            return git_data.answer(state, repo, request, rest)
        case _, ["pulls", *rest]:
            return pulls.answer(state, repo, request, rest)
        case _, ["issues", *rest]:
            return notes.answer(state, repo, request, rest)
        case _, ["labels", *rest]:
            return notes.labels(state, repo, request, rest)
        case _, ["check-runs" | "commits" | "code-scanning" as kind, *rest]:
            return reports.answer(state, repo, request, [kind, *rest])
    raise RefusedError(404, "Not Found")


def _content(state: State, repo: Repo, path: str) -> resources.Json:
    try:
        text = repo.show(path)
    except Exception:  # noqa: BLE001 (git's own answer says no more)
        raise RefusedError(404, "Not Found") from None
    url = f"{state.base}/repos/{repo.name}/contents/{path}"
    return {
        "type": "file", "encoding": "base64", "size": len(text), "name": path.rpartition("/")[2], "path": path,
        "content": b64encode(text.encode()).decode(), "sha": repo.git("rev-parse", f"main:{path}"), "url": url,
        "git_url": url, "html_url": url, "download_url": url, "_links": {"git": url, "self": url, "html": url},
    }  # fmt: skip
