"""Answer what is asked of git's objects and references."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping

from tests.forge import resources
from tests.forge.repo import RefusedError, Repo
from tests.forge.state import State


def answer(state: State, repo: Repo, verb: str, parts: list[str], sent: Mapping[str, object]) -> tuple[int, object]:
    match verb, parts:
        case "GET", ["trees", ref]:
            return 200, _tree(state, repo, ref)
        case "GET", ["matching-refs", prefix]:
            rows = repo.git("for-each-ref", "--format=%(refname) %(objectname)").splitlines()
            refs = [row.split(" ") for row in rows if row.startswith(f"refs/{prefix}")]
            return 200, [_ref(state, repo, name, sha) for name, sha in refs]
        case "GET", ["commits", sha]:
            return 200, _commit(state, repo, sha)
        case "DELETE", ["refs", ref]:
            if not repo.ref(ref.removeprefix("heads/")):
                raise RefusedError(422, "Reference does not exist")
            repo.git("update-ref", "-d", f"refs/{ref}")
            repo.refresh()
            return 204, None
    raise RefusedError(404, "Not Found")


def _tree(state: State, repo: Repo, ref: str) -> resources.Json:
    try:
        listed = repo.git("ls-tree", "-r", "-t", "-z", "-l", ref)
    except subprocess.CalledProcessError:
        raise RefusedError(409, "Git Repository is empty.") from None
    rows = []
    for row in filter(None, listed.split("\0")):
        head, _, path = row.partition("\t")
        mode, kind, sha, size = head.split()
        rows.append({"path": path, "mode": mode, "type": kind, "sha": sha, "url": f"{state.base}/{sha}"}
                    | ({} if size == "-" else {"size": int(size)}))  # fmt: skip
    sha = repo.git("rev-parse", f"{ref}^{{tree}}")
    return {"sha": sha, "url": f"{state.base}/{sha}", "tree": rows, "truncated": False}


def _ref(state: State, repo: Repo, name: str, sha: str) -> resources.Json:
    url = f"{state.base}/repos/{repo.name}/git/{name}"
    return {"ref": name, "node_id": "N", "url": url, "object": {"type": "commit", "sha": sha, "url": url}}


def _commit(state: State, repo: Repo, sha: str) -> resources.Json:
    tree, parents, name, email, message = repo.git("show", "-s", "--format=%T%n%P%n%an%n%ae%n%B", sha).split("\n", 4)
    url = f"{state.base}/c/{sha}"
    person = {"name": name, "email": email, "date": resources.When}
    verified: resources.Json = {
        "verified": False,
        "reason": "unsigned",
        "signature": None,
        "payload": None,
        "verified_at": None,
    }
    return {
        "sha": sha, "node_id": "N", "url": url, "html_url": url, "author": person, "committer": person,
        "tree": {"sha": tree, "url": url}, "message": message, "verification": verified,
        "parents": [{"sha": one, "url": url, "html_url": url} for one in parents.split()],
    }  # fmt: skip
