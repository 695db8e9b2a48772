from __future__ import annotations

import json
import re
from importlib.resources import files

import pytest
from jsonschema import Draft202012Validator

from rewriter.model.patch import Change, Ignored, Patched, Problem, Silence, Unchanged
from rewriter.model.plan import Reason
from rewriter.model.secret import Channel, Confidence, Phase, Safety, Severity
from rewriter.record import replace
from rewriter.render import json as render
from tests.render.sample import API, CLEAN, NPM, PATCHED, REFUSAL, finding, report


def schema_text(name: str) -> str:
    return files("rewriter").joinpath(f"data/{name}.schema.json").read_text("utf-8")


def schema(name: str) -> Draft202012Validator:
    document = json.loads(schema_text(name))
    Draft202012Validator.check_schema(document)
    return Draft202012Validator(document)


def test_scan_is_what_the_contract_says() -> None:
    shown = json.loads(render.scan(report([NPM], problems=[Problem("b", 3, "unterminated heredoc")])))
    schema("scan").validate(shown)
    assert shown["version"] == 1
    assert shown["findings"] == [
        {
            "rule": "no-secret-in-arg",
            "path": "app/Dockerfile",
            "line": 2,
            "column": 5,
            "end_line": 2,
            "name": "NPM_TOKEN",
            "secret": "npm_token",
            "channel": "build-arg",
            "phase": "build",
            "severity": "high",
            "confidence": "high",
            "message": "NPM_TOKEN carries a secret",
            "fingerprint": "no-secret-in-arg:2:npm_token",
            "fixable": "review",
        }
    ]
    assert shown["errors"] == [{"path": "b", "message": "line 3: unterminated heredoc"}]
    assert shown["summary"] == {
        "documents": 4,
        "findings": 1,
        "ignored": 0,
        "secrets": 1,
        "errors": 1,
        "severities": {"low": 0, "medium": 0, "high": 1, "critical": 0},
    }


def test_fix_is_what_the_contract_says() -> None:
    shown = json.loads(render.outcome(PATCHED))
    schema("fix").validate(shown)
    assert shown == {
        "version": 1,
        "files": [{"path": "app/Dockerfile", "change": "modified"}, {"path": ".gitignore", "change": "created"}],
        "secrets": [
            {
                "id": "npm_token",
                "env": "NPM_TOKEN",
                "target": "",
                "phase": "build",
                "source": "env=NPM_TOKEN",
                "build_flag": "--secret id=npm_token,env=NPM_TOKEN",
            },
            {
                "id": "api_key",
                "env": "API_KEY",
                "target": "",
                "phase": "build",
                "source": "src=secrets/api_key.txt",
                "build_flag": "--secret id=api_key,src=secrets/api_key.txt",
            },
        ],
        "fixed": ["no-secret-in-arg:2:npm_token", "no-secret-in-env:3:api_key"],
        "refusals": [
            {
                "fingerprint": "no-secret-in-env:3:pin",
                "path": "app/Dockerfile",
                "line": 3,
                "reason": "needs-runtime-secret",
                "detail": "the application reads it when it runs",
            }
        ],
        "ignored": [],
        "rotation": [
            {"fingerprint": entry.finding.fingerprint, "provider": entry.provider, "where": entry.where}
            for entry in PATCHED.report.exposures
        ],
        "checks": ["lossless", "findings-gone"],
    }


def test_an_unchanged_repository_has_empty_lists() -> None:
    shown = json.loads(render.outcome(Unchanged(CLEAN)))
    schema("fix").validate(shown)
    assert shown == {"version": 1} | {
        key: [] for key in ("files", "secrets", "fixed", "refusals", "ignored", "rotation", "checks")
    }
    shown = json.loads(render.outcome(Unchanged(report(refusals=[REFUSAL]))))
    assert [entry["reason"] for entry in shown["refusals"]] == ["needs-runtime-secret"]


def test_a_secret_that_runs_need_too_has_both_phases() -> None:
    fixes = PATCHED.patch.fixes
    both = finding("NPM_TOKEN", 2, phase=Phase.BOTH)
    changed = type(fixes[0])((both,), fixes[0].safety, (), secrets=fixes[0].secrets)
    patch = type(PATCHED.patch)((), (), PATCHED.patch.secrets, (changed, fixes[1]), ())
    shown = json.loads(render.outcome(Patched(report(), patch)))
    assert [entry["phase"] for entry in shown["secrets"]] == ["both", "build"]


def test_paths_of_any_bytes_give_ascii_that_every_reader_takes() -> None:
    odd = finding("N", 2, path="caf\udce9/\x1b\u202e\ud83d")
    shown = render.scan(report([odd]))
    assert shown.isascii()
    assert json.loads(shown)["findings"][0]["path"] == "caf\\xe9/\x1b\u202e\\ud83d"


@pytest.mark.parametrize("shown", [render.scan(report()), render.outcome(PATCHED)])
def test_ends_with_a_line_feed_and_holds_no_value(shown: str) -> None:
    assert shown.endswith("}\n")
    assert "abcSecret9" not in shown


def test_the_schemas_list_every_word_of_the_model() -> None:
    for name, kinds in (("scan", (Channel, Phase, Severity, Confidence, Safety)), ("fix", (Change, Reason))):
        enums = re.findall(r'"enum": (\[[^\]]*\])', schema_text(name))
        listed = [sorted(json.loads(enum)) for enum in enums]
        for kind in kinds:
            assert sorted(member.value for member in kind) in listed, kind


def test_what_is_ignored_is_listed_with_who_said_so_and_why() -> None:
    ignored = (Ignored(NPM, Silence.PRAGMA, "it is abcSecret9"), Ignored(API, Silence.BASELINE, ""))
    shown = replace(report([]), ignored=ignored, notices=(Problem("b", 3, "unused"),))
    scanned = json.loads(render.scan(shown))
    schema("scan").validate(scanned)
    assert scanned["ignored"][0] == {
        "fingerprint": NPM.fingerprint,
        "rule": "no-secret-in-arg",
        "path": "app/Dockerfile",
        "line": 2,
        "by": "pragma",
        "reason": "it is ****",
    }
    assert scanned["notices"] == [{"path": "b", "message": "line 3: unused"}]
    assert scanned["summary"]["ignored"] == 2
    fixed = json.loads(render.outcome(Unchanged(shown)))
    schema("fix").validate(fixed)
    assert fixed["ignored"] == scanned["ignored"]
