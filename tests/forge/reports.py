"""Take check runs and analyses, with the rules that GitHub has for them."""

from __future__ import annotations

import gzip
import json
from base64 import b64decode

from tests.forge import resources
from tests.forge.repo import RefusedError, Repo
from tests.forge.request import Request
from tests.forge.state import State


def answer(state: State, repo: Repo, request: Request, parts: list[str]) -> tuple[int, object]:
    sent, caller = request.sent, request.caller
    match request.verb, parts:
        case "GET", ["commits", sha, "check-runs"]:
            runs = [row for row in repo.checks if row["head_sha"] == sha and row["name"] == request.query["check_name"]]
            return 200, {"total_count": len(runs), "check_runs": [_run(state, row) for row in runs]}
        case "POST", ["check-runs"]:
            if not caller.bot or (caller.may or {}).get("checks") != "write":
                raise RefusedError(403, "You must authenticate via a GitHub App.")
            output = sent["output"]
            assert isinstance(output, dict)
            assert len(output["annotations"]) <= 50
            repo.checks.append({**sent, "id": len(repo.checks) + 1})
            return 201, _run(state, repo.checks[-1])
        case "GET", ["code-scanning", "analyses"]:
            rows = [row for row in repo.analyses if row["ref"] == request.query["ref"]]
            _open(repo)
            if not rows:
                raise RefusedError(404, "no analysis found")
            return 200, [{"commit_sha": row["commit_sha"], "ref": row["ref"]} for row in reversed(rows)]
        case "POST", ["code-scanning", "sarifs"]:
            _open(repo)
            log = json.loads(gzip.decompress(b64decode(str(sent["sarif"]))))
            assert len(log["runs"]) <= 20
            assert repo.ref(str(sent["ref"]).removeprefix("refs/heads/"))
            repo.analyses.append({**sent, "log": log})
            return 202, {"id": str(len(repo.analyses)), "url": f"{state.base}/sarifs/1"}
    raise RefusedError(404, "Not Found")


def _open(repo: Repo) -> None:
    if repo.facts.get("no_code_scanning"):
        raise RefusedError(403, "Advanced Security must be enabled for this repository to use code scanning.")


def _run(state: State, row: resources.Json) -> resources.Json:
    output = row["output"]
    assert isinstance(output, dict)
    url = f"{state.base}/runs/{row['id']}"
    return {
        "id": row["id"],
        "node_id": "R1",
        "name": row["name"],
        "head_sha": row["head_sha"],
        "external_id": "",
        "url": url,
        "html_url": url,
        "details_url": url,
        "status": row["status"],
        "conclusion": row["conclusion"],
        "started_at": resources.When,
        "completed_at": resources.When,
        "output": {
            "title": output["title"],
            "summary": output["summary"],
            "text": None,
            "annotations_count": len(output["annotations"]),
            "annotations_url": f"{url}/annotations",
        },
        "check_suite": {"id": 1},
        "app": None,
        "pull_requests": [],
    }
