"""The part of SARIF 2.1.0 that unbake writes, as a closed JSON schema: what is not named here may not occur.

Written from the specification; the section is named beside each object. A property that the specification requires
is required here, and so are those that code scanning services need.
"""

from __future__ import annotations

from typing import Final

_Schema = dict[str, object]


def _object(required: dict[str, object], optional: dict[str, object] | None = None) -> _Schema:
    return {
        "type": "object",
        "properties": required | (optional or {}),
        "required": sorted(required),
        "additionalProperties": False,
    }


def _array(items: object, *, least: int = 0) -> _Schema:
    return {"type": "array", "items": items, "minItems": least, "uniqueItems": True}


_TEXT: Final[_Schema] = {"type": "string", "minLength": 1, "pattern": r"^[^\x00-\x08\x0b-\x1f\ud800-\udfff]*$"}
_CONTENT: Final[_Schema] = {"type": "string", "minLength": 1, "pattern": r"^[^\ud800-\udfff]*$"}
_LINE: Final[_Schema] = {"type": "integer", "minimum": 1}
_URI: Final[_Schema] = {
    "type": "string",
    "pattern": r"^(?![/:])(?:[A-Za-z0-9._~!$&'()*+,;=:@/-]|%[0-9A-F]{2})+$",
}
_MESSAGE: Final = _object({"text": _TEXT})  # 3.11
_LEVEL: Final[_Schema] = {"enum": ["error", "warning", "note"]}  # 3.27.10
_RULE: Final = _object(  # 3.49
    {
        "id": {"type": "string", "pattern": "^[a-z]+(-[a-z]+)+$"},
        "name": {"type": "string", "pattern": "^([A-Z][a-z]+)+$"},
        "shortDescription": _MESSAGE,
        "fullDescription": _MESSAGE,
        "help": _object({"text": _TEXT, "markdown": _TEXT}),
        "defaultConfiguration": _object({"level": _LEVEL}),
        "properties": _object({"code": _TEXT, "tags": _array(_TEXT, least=1)}),
    },
    {"helpUri": {"type": "string", "pattern": "^https://"}},
)
_ARTIFACT: Final = _object({"uri": _URI, "uriBaseId": {"const": "%SRCROOT%"}})  # 3.4
_REGION: Final = _object(  # 3.30
    {"startLine": _LINE}, {"startColumn": _LINE, "endLine": _LINE, "endColumn": _LINE}
)
_LOCATION: Final = _object(  # 3.28, 3.29
    {"physicalLocation": _object({"artifactLocation": _ARTIFACT}, {"region": _REGION})}
)
_EXACT: Final = _object({"startLine": _LINE, "startColumn": _LINE, "endLine": _LINE, "endColumn": _LINE})
_FIX: Final = _object(  # 3.55 to 3.57
    {
        "description": _MESSAGE,
        "artifactChanges": _array(
            _object(
                {
                    "artifactLocation": _ARTIFACT,
                    "replacements": _array(
                        _object({"deletedRegion": _EXACT}, {"insertedContent": _object({"text": _CONTENT})}), least=1
                    ),
                }
            ),
            least=1,
        ),
    }
)
_SUPPRESSION: Final = _object(  # 3.35
    {"kind": {"enum": ["inSource", "external"]}, "status": {"const": "accepted"}}, {"justification": _TEXT}
)
_RESULT: Final = _object(  # 3.27
    {
        "ruleId": _TEXT,
        "ruleIndex": {"type": "integer", "minimum": 0},
        "level": _LEVEL,
        "message": _MESSAGE,
        "locations": {"type": "array", "items": _LOCATION, "minItems": 1, "maxItems": 1},
        "partialFingerprints": _object({"unbakeFinding/v1": _TEXT}),
        "properties": _object(
            {
                key: {"type": "string"}
                for key in ("name", "secret", "channel", "phase", "severity", "confidence", "fixable")
            }
        ),
    },
    {"fixes": _array(_FIX, least=1), "suppressions": _array(_SUPPRESSION, least=1)},
)
_NOTIFICATION: Final = _object({"level": _LEVEL, "message": _MESSAGE, "locations": _array(_LOCATION)})  # 3.58
_RUN: Final = _object(  # 3.14
    {
        "tool": _object(  # 3.18, 3.19
            {
                "driver": _object(
                    {
                        "name": {"const": "unbake"},
                        "version": _TEXT,
                        "semanticVersion": {"type": "string", "pattern": r"^\d+\.\d+\.\d+"},
                        "rules": _array(_RULE, least=1),
                    }
                )
            }
        ),
        "columnKind": {"const": "unicodeCodePoints"},
        "originalUriBaseIds": _object({"%SRCROOT%": _object({"description": _MESSAGE})}),
        "invocations": {
            "type": "array",
            "items": _object(  # 3.20
                {"executionSuccessful": {"type": "boolean"}, "toolExecutionNotifications": _array(_NOTIFICATION)}
            ),
            "minItems": 1,
            "maxItems": 1,
        },
        "results": {"type": "array", "items": _RESULT},
    }
)
SCHEMA: Final = _object(  # 3.13
    {
        "$schema": {"type": "string", "pattern": r"^https://.*sarif.*2\.1\.0.*\.json$"},
        "version": {"const": "2.1.0"},
        "runs": {"type": "array", "items": _RUN, "minItems": 1, "maxItems": 1},
    }
)
