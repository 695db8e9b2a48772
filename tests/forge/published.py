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


def available() -> bool:
    """Tell whether the description is there."""
    return PLACE.is_file()


def faults(verb: str, path: str, sent: object, status: int, answer: object) -> list[str]:
    """Return what differs; a path or status that the part does not hold is passed over."""
    found = next((item for pattern, item in _paths() if pattern.fullmatch(path)), None)
    operation = found.get(verb.lower()) if found else None
    if not isinstance(operation, dict):
        return []
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
