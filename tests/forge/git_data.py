"""Answer what is asked of git's objects and references."""

from __future__ import annotations

import subprocess
import tempfile
from base64 import b64decode
from collections.abc import Mapping
from pathlib import Path

from tests.forge import resources
from tests.forge.repo import RefusedError, Repo
from tests.forge.request import Caller, Request
from tests.forge.state import State

WORKFLOWS = ".github/workflows/"


def answer(state: State, repo: Repo, request: Request, parts: list[str]) -> tuple[int, object]:
    sent = request.sent
    match request.verb, parts:
        case "GET", ["trees", ref]:
            return 200, _tree(state, repo, ref)
        case "GET", ["matching-refs", prefix]:
            rows = repo.git("for-each-ref", "--format=%(refname) %(objectname)").splitlines()
            refs = [row.split(" ") for row in rows if row.startswith(f"refs/{prefix}")]
            return 200, [_ref(state, repo, name, sha) for name, sha in refs]
        case "GET", ["commits", sha]:
            return 200, _commit(state, repo, sha)
        case "POST", ["blobs"]:
            assert sent["encoding"] == "base64"
            sha = repo.git("hash-object", "-w", "--stdin", data=b64decode(str(sent["content"])))
            return 201, {"sha": sha, "url": f"{state.base}/{sha}"}
        case "POST", ["trees"]:
            return 201, _tree(state, repo, _made_tree(repo, sent, request.caller))
        case "POST", ["commits"]:
            return 201, _commit(state, repo, _made_commit(repo, sent, request.caller))
        case "POST", ["refs"]:
            name, sha = str(sent["ref"]), _existing(repo, str(sent["sha"]))
            if repo.ref(name.removeprefix("refs/heads/")):
                raise RefusedError(422, "Reference already exists")
            repo.git("update-ref", name, sha)
            repo.changed()
            return 201, _ref(state, repo, name, sha)
        case "PATCH", ["refs", ref]:
            old, sha = repo.ref(ref.removeprefix("heads/")), _existing(repo, str(sent["sha"]))
            if not old:
                raise RefusedError(422, "Reference does not exist")
            if not sent.get("force") and repo.git("merge-base", old, sha) != old:
                raise RefusedError(422, "Update is not a fast forward")
            repo.git("update-ref", f"refs/{ref}", sha)
            repo.changed()
            return 200, _ref(state, repo, f"refs/{ref}", sha)
        case "DELETE", ["refs", ref]:
            if not repo.ref(ref.removeprefix("heads/")):
                raise RefusedError(422, "Reference does not exist")
            repo.git("update-ref", "-d", f"refs/{ref}")
            repo.changed()
            return 204, None
    raise RefusedError(404, "Not Found")


def _existing(repo: Repo, sha: str) -> str:
    try:
        return repo.git("rev-parse", "--verify", "-q", f"{sha}^{{commit}}")
    except subprocess.CalledProcessError:
        raise RefusedError(422, "Object does not exist") from None


def _made_tree(repo: Repo, sent: Mapping[str, object], caller: Caller) -> str:
    rows = sent["tree"]
    assert isinstance(rows, list)
    with tempfile.TemporaryDirectory() as folder:
        index = {"GIT_INDEX_FILE": str(Path(folder, "index"))}
        repo.git("read-tree", str(sent["base_tree"]), extra=index)
        for row in rows:
            path = str(row["path"])
            if path.startswith(WORKFLOWS) and caller.may is not None and caller.may.get("workflows") != "write":
                raise RefusedError(403, "Resource not accessible by integration")
            assert ("sha" in row) is not ("content" in row)
            sha = row.get("sha") or repo.git("hash-object", "-w", "--stdin", data=row["content"].encode())
            repo.git("update-index", "--add", "--cacheinfo", f"{row['mode']},{sha},{path}", extra=index)
        return repo.git("write-tree", extra=index)


def _made_commit(repo: Repo, sent: Mapping[str, object], caller: Caller) -> str:
    parents = [_existing(repo, one) for one in resources.words(sent["parents"])]
    names = {"NAME": caller.login, "EMAIL": caller.email}
    people = {f"GIT_{who}_{what}": value for who in ("AUTHOR", "COMMITTER") for what, value in names.items()}
    words = [word for parent in parents for word in ("-p", parent)]
    sha = repo.git("commit-tree", str(sent["tree"]), *words, data=str(sent["message"]).encode(), extra=people)
    if caller.bot and not {"author", "committer", "signature"} & set(sent):
        repo.signed.add(sha)
    return sha


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
    cut = repo.facts.get("tree_limit")
    rows, truncated = (rows[:cut], len(rows) > cut) if isinstance(cut, int) else (rows, False)
    return {"sha": sha, "url": f"{state.base}/{sha}", "tree": rows, "truncated": truncated}


def _ref(state: State, repo: Repo, name: str, sha: str) -> resources.Json:
    url = f"{state.base}/repos/{repo.name}/git/{name}"
    return {"ref": name, "node_id": "N", "url": url, "object": {"type": "commit", "sha": sha, "url": url}}


def _commit(state: State, repo: Repo, sha: str) -> resources.Json:
    tree, parents, name, email, message = repo.git("show", "-s", "--format=%T%n%P%n%an%n%ae%n%B", sha).split("\n", 4)
    url = f"{state.base}/c/{sha}"
    person = {"name": name, "email": email, "date": resources.When}
    signed = sha in repo.signed
    verified: resources.Json = {
        "verified": signed,
        "reason": "valid" if signed else "unsigned",
        "signature": "signature" if signed else None,
        "payload": "payload" if signed else None,
        "verified_at": resources.When if signed else None,
    }
    return {
        "sha": sha, "node_id": "N", "url": url, "html_url": url, "author": person, "committer": person,
        "tree": {"sha": tree, "url": url}, "message": message, "verification": verified,
        "parents": [{"sha": one, "url": url, "html_url": url} for one in parents.split()],
    }  # fmt: skip
