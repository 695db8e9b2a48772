"""Check requests and answers against GitHub's published description, where it lies at hand."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from jsonschema import Draft202012Validator

PLACE = Path(os.environ.get("UNBAKE_OPENAPI", "../shared/openapi")) / "github-rest-part.json"


def _many(name: str) -> dict[str, object]:
    return {"type": "array", "items": _one(name)}


def _one(name: str) -> dict[str, object]:
    return {"$ref": f"#/components/schemas/{name}"}


def _with(**fields: object) -> dict[str, object]:
    return {"type": "object", "required": list(fields), "properties": fields}


_TEXT = {"type": "string"}
_NUMBER = {"type": "integer"}
OURS: dict[tuple[str, str], dict[str, object]] = {
    ("GET", "/(?:user|users/[^/]+)/repos"): _many("minimal-repository"),
    ("GET", "/repositories/[0-9]+"): _one("full-repository"),
    ("GET", "/(?:orgs|users)/[^/]+/installation"): _with(id=_NUMBER, app_slug=_TEXT, permissions={"type": "object"}),
    ("POST", "/repos/[^/]+/[^/]+/merge-upstream"): _with(message=_TEXT, merge_type=_TEXT, base_branch=_TEXT),
    ("GET", "/repos/[^/]+/[^/]+/commits/[0-9a-f]+/check-runs"): _with(
        total_count=_NUMBER, check_runs={"type": "array", "items": _with(id=_NUMBER, name=_TEXT, head_sha=_TEXT)}
    ),
    ("GET", "/repos/[^/]+/[^/]+/code-scanning/analyses"): {
        "type": "array",
        "items": _with(commit_sha=_TEXT, ref=_TEXT),
    },
}
"""The calls that the part does not hold, as GitHub's documentation describes their answers."""


def available() -> bool:
    """Tell whether the description is there."""
    return PLACE.is_file()


def faults(verb: str, path: str, sent: object, status: int, answer: object) -> list[str]:
    """Return what differs; a call that is described nowhere is a fault of its own, a status is not."""
    found = next((item for pattern, item in _paths() if pattern.fullmatch(path)), None)
    operation = found.get(verb.lower()) if found else None
    if not isinstance(operation, dict):
        known = [one for (word, pattern), one in OURS.items() if word == verb and re.fullmatch(pattern, path)]
        if status >= 300:
            return []
        return _check(known[0], answer, f"{verb} {path} {status}") if known else [f"{verb} {path}: described nowhere"]
    json_of = ("content", "application/json", "schema")
    asked = _at(operation, "requestBody", *json_of)
    result = _check(asked, sent, f"{verb} {path} request") if sent is not None else []
    schema = _at(operation, "responses", str(status), *json_of)
    return result + (_check(schema, answer, f"{verb} {path} {status}") if schema and status < 300 else [])


def _at(value: object, *keys: str) -> object:
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


@cache
def _document() -> dict[str, dict[str, dict[str, dict[str, object]]]]:
    found: dict[str, dict[str, dict[str, dict[str, object]]]] = json.loads(PLACE.read_text("utf-8"))
    return found


@cache
def _paths() -> list[tuple[re.Pattern[str], dict[str, dict[str, object]]]]:
    return [
        (re.compile(re.sub(r"\\\{[^}]*\\\}", "[^/]+", re.escape(path))), item)
        for path, item in _document()["paths"].items()
    ]


def _check(schema: object, value: object, where: str) -> list[str]:
    if not isinstance(schema, Mapping):
        return []
    whole = _modern({"components": _document()["components"], "allOf": [schema]})
    return [
        f"{where}: {'/'.join(map(str, error.absolute_path))}: {error.message[:200]}"
        for error in Draft202012Validator(whole).iter_errors(value)
    ][:5]


def _modern(value: object) -> dict[str, object]:
    """Return a schema with OpenAPI 3.0's `nullable` as JSON Schema says it."""
    found = _nullable(value)
    assert isinstance(found, dict)
    return found


def _nullable(value: object) -> object:
    if isinstance(value, list):
        return [_nullable(item) for item in value]
    if not isinstance(value, dict):
        return value
    made = {key: _nullable(item) for key, item in value.items() if key != "nullable"}
    return {"anyOf": [made, {"type": "null"}]} if value.get("nullable") is True else made
