"""Answer a request of the REST interface: find who it is for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import unquote

from tests.forge import git_data, notes, pulls
from tests.forge.repo import RefusedError, Repo
from tests.forge.state import State


def answer(
    state: State, verb: str, path: str, query: Mapping[str, str], sent: Mapping[str, object]
) -> tuple[int, object]:
    """Return status and answer of one request; raises `RefusedError`."""
    with state.lock:
        if found := re.fullmatch(r"/(?:orgs|users)/([^/]+)/repos", path):
            mine = [repo for name, repo in state.repos.items() if name.startswith(f"{found[1]}/")]
            if not mine:
                raise RefusedError(404, "Not Found")
            return 200, [state.described(repo) for repo in mine]
        found = re.fullmatch(r"/repos/([^/]+/[^/]+)(/.*)?", path)
        repo = state.repos.get(found[1]) if found else None
        if found is None or repo is None:
            raise RefusedError(404, "Not Found")
        if verb != "GET" and repo.facts.get("archived"):
            raise RefusedError(403, "Repository was archived so is read-only.")
        parts = [unquote(part) for part in (found[2] or "").split("/")[1:]]
        return _in(state, repo, verb, parts, query=query, sent=sent)


def _in(
    state: State,
    repo: Repo,
    verb: str,
    parts: list[str],
    *,
    query: Mapping[str, str],
    sent: Mapping[str, object],
) -> tuple[int, object]:
    match verb, parts:
        case "GET", []:
            return 200, state.described(repo)
        case _, ["git", *rest]:
            return git_data.answer(state, repo, verb, rest, sent)
        case _, ["pulls", *rest]:
            return pulls.answer(state, repo, verb, rest, query, sent)
        case _, ["issues", *rest]:
            return notes.answer(state, repo, verb, rest, query, sent)
    raise RefusedError(404, "Not Found")
