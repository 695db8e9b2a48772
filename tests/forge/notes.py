"""Answer what is asked of issues, comments and labels."""

from __future__ import annotations

from collections.abc import Mapping

from tests.forge import forks, resources
from tests.forge.repo import RefusedError, Repo, Row
from tests.forge.request import Request
from tests.forge.state import State

BODY_LIMIT = 65_536


def answer(state: State, repo: Repo, request: Request, rest: list[str]) -> tuple[int, object]:
    query, sent = request.query, request.sent
    if repo.facts.get("has_issues") is False and not rest:
        raise RefusedError(410, "Issues are disabled for this repo")
    match request.verb, rest:
        case "GET", []:
            wanted = set(filter(None, query.get("labels", "").split(",")))
            rows = [
                row
                for row in repo.notes
                if query.get("state") == "all"
                and wanted <= set(resources.words(row["labels"]))
                and repo.moments[int(str(row["number"]))][1] >= query.get("since", "")
            ]
            return 200, [_issue(state, repo, row) for row in rows]
        case "POST", []:
            kept = sent if forks.may_push(repo, request.caller) else {**sent, "labels": []}
            return 201, _issue(state, repo, new(repo, kept, {}))
        case "PATCH", ["comments", number]:
            row = next(row for row in repo.comments if row["id"] == int(number))
            row["body"] = _body(sent)
            repo.moment(repo.note(str(row["note"])))
            return 200, resources.comment(state.base, repo.name, row)
        case "PATCH", [number]:
            row = repo.note(number)
            edit(repo, row, sent)
            return 200, _issue(state, repo, row)
        case "GET", [number]:
            return 200, _issue(state, repo, repo.note(number))
        case "GET", [number, "comments"]:
            return 200, [
                resources.comment(state.base, repo.name, row) for row in repo.comments if row["note"] == int(number)
            ]
        case "POST", [number, "comments"]:
            repo.note(number)
            row = {"id": len(repo.comments) + 1, "note": int(number), "body": _body(sent)}
            repo.comments.append(row)
            repo.moment(repo.note(number))
            return 201, resources.comment(state.base, repo.name, row)
        case "POST", [number, "labels"]:
            if not forks.may_push(repo, request.caller):
                raise RefusedError(403, "Must have push access")
            row = repo.note(number)
            repo.labels |= set(resources.words(sent["labels"]))
            row["labels"] = sorted({*resources.words(row["labels"]), *resources.words(sent["labels"])})
            repo.moment(row)
            return 200, [resources.label(state.base, one) for one in resources.words(row["labels"])]
    raise RefusedError(404, "Not Found")


def labels(state: State, repo: Repo, request: Request, rest: list[str]) -> tuple[int, object]:
    match request.verb, rest:
        case "GET", [name] if name in repo.labels:
            return 200, resources.label(state.base, name)
        case "POST", []:
            name = str(request.sent["name"])
            assert len(str(request.sent["description"])) <= 100
            if not forks.may_push(repo, request.caller):
                raise RefusedError(404, "Not Found")
            if name in repo.labels:
                raise RefusedError(422, "Validation Failed: already_exists")
            repo.labels.add(name)
            return 201, resources.label(state.base, name)
    raise RefusedError(404, "Not Found")


def _issue(state: State, repo: Repo, row: Row) -> resources.Json:
    made, changed = repo.moments[int(str(row["number"]))]
    links = {"pull_request": _links(state, repo, row)} if "head" in row else {}
    return resources.issue(state.base, repo.name, row) | {"created_at": made, "updated_at": changed} | links


def _links(state: State, repo: Repo, row: Mapping[str, object]) -> resources.Json:
    url = f"{state.base}/repos/{repo.name}/pulls/{row['number']}"
    return dict.fromkeys(("url", "html_url", "diff_url", "patch_url"), url)


def new(repo: Repo, sent: Mapping[str, object], extra: Mapping[str, object]) -> Row:
    row = {"number": max(repo.moments, default=0) + 1, "title": sent["title"], "body": _body(sent), "state": "open",
           "labels": sorted(resources.words(sent.get("labels", []))), **extra}  # fmt: skip
    repo.notes.append(row)
    repo.moment(row, made=True)
    return row


def edit(repo: Repo, row: Row, sent: Mapping[str, object]) -> None:
    row.update({key: sent[key] for key in ("title", "state") if key in sent})
    if "body" in sent:
        row["body"] = _body(sent)
    repo.moment(row)


def _body(sent: Mapping[str, object]) -> str:
    body = str(sent.get("body") or "")
    if len(body) > BODY_LIMIT:
        raise RefusedError(422, f"body is too long (maximum is {BODY_LIMIT} characters)")
    return body
