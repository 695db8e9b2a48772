"""Write a report as SARIF 2.1.0, https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html.

A result has a `fix` where one stands by itself and holds no value: one that moves a literal to a local file, makes
a new file or changes an ignore file is left to `unbake fix`, since a viewer that makes a part of it loses the secret
or breaks the build. Deleted text is named by its region alone. What is ignored is a result with a suppression.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Final
from urllib.parse import quote

from rewriter import __version__
from rewriter.model.patch import Ignored, Problem, Report, Silence
from rewriter.model.plan import FileEdit, Fix
from rewriter.model.secret import Finding, Safety, Severity
from rewriter.model.text import Source
from rewriter.render.lengths import end_column, region
from rewriter.render.pen import Pen, redactor_of
from rewriter.rules import explanation, rules
from rewriter.rules.rule import Rule

SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"
FINGERPRINT: Final = "unbakeFinding/v1"
_LEVELS: Final = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "note",
}
_HOW: Final = {
    Safety.SAFE: "Mount the secret; no command changes",
    Safety.REVIEW: "Mount the secret; a command changes, to be reviewed",
    Safety.MANUAL: "Proposal that a person has to finish",
}
_ROOT: Final = "%SRCROOT%"
_Json = dict[str, object]


def scan(
    report: Report, texts: Mapping[str, str], fixes: Mapping[str, Fix] | None = None, *, documentation: str = ""
) -> str:
    """Return the log of a scan.

    `texts` are the files that findings stand in, `fixes` what settles a finding, by fingerprint, in terms of these
    texts; `documentation` is where the pages of the rules are published, if they are.
    """
    log = _Log(report, texts, fixes or {})
    run: _Json = {
        "tool": {"driver": _driver(documentation)},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {_ROOT: {"description": {"text": "The folder that was scanned."}}},
        "invocations": [log.invocation()],
        "results": log.results(),
    }
    document = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(document, indent=2) + "\n"


def _driver(documentation: str) -> _Json:
    return {
        "name": "unbake",
        "version": __version__,
        "semanticVersion": __version__,
        "rules": [_rule(rule, documentation) for rule in rules()],
    }


def _rule(rule: Rule, documentation: str) -> _Json:
    text = explanation(rule)
    made: _Json = {
        "id": rule.name,
        "name": "".join(part.capitalize() for part in rule.name.split("-")),
        "shortDescription": {"text": f"{rule.summary[:1].upper()}{rule.summary[1:]}."},
        "fullDescription": {"text": text.partition("\n")[0]},
        "help": {
            "text": f"{text}\n\nWhat to do: {rule.advice}. `unbake rules {rule.name}` shows an example.",
            "markdown": f"{text}\n\n**What to do:** {rule.advice}. `unbake rules {rule.name}` shows an example.",
        },
        "defaultConfiguration": {"level": "error"},
        "properties": {"code": rule.code, "tags": ["security", "secrets", "docker"]},
    }
    if documentation:
        made["helpUri"] = f"{documentation.rstrip('/')}/rules/{rule.name}.md"
    return made


class _Log:
    """Write the parts of one log; files are split into lines once."""

    def __init__(self, report: Report, texts: Mapping[str, str], fixes: Mapping[str, Fix]) -> None:
        self._report = report
        self._texts = texts
        self._fixes = fixes
        self._pen = Pen(redactor_of(report))
        self._index = {rule.name: number for number, rule in enumerate(rules())}
        self._sources: dict[str, Source] = {}

    def results(self) -> list[_Json]:
        """Return the findings, then those that are ignored."""
        shown = [self._result(finding) for finding in self._report.findings]
        return shown + [
            self._result(one.finding) | {"suppressions": [self._suppression(one)]} for one in self._report.ignored
        ]

    def invocation(self) -> _Json:
        """Return what is to be said of the run as a whole: files with errors, and notices."""
        notifications = [
            *(self._notification("error", problem) for problem in self._report.problems),
            *(self._notification("note", notice) for notice in self._report.notices),
        ]
        return {"executionSuccessful": True, "toolExecutionNotifications": notifications}

    def _result(self, finding: Finding) -> _Json:
        made: _Json = {"ruleId": finding.rule}
        if finding.rule in self._index:
            made["ruleIndex"] = self._index[finding.rule]
        made |= {
            "level": _LEVELS[finding.severity],
            "message": {"text": self._text(finding.message)},
            "locations": [{"physicalLocation": self._physical(finding)}],
            "partialFingerprints": {FINGERPRINT: finding.fingerprint},
            "properties": {
                "name": self._pen.name(finding.name),
                "secret": self._pen.name(finding.secret),
                "channel": finding.channel.value,
                "phase": finding.phase.value,
                "severity": finding.severity.value,
                "confidence": finding.confidence.value,
                "fixable": finding.fixable.value,
            },
        }
        fix = self._fixes.get(finding.fingerprint)
        changes = None if fix is None else self._changes(fix)
        if fix is not None and changes:
            made["fixes"] = [{"description": {"text": f"{_HOW[fix.safety]}."}, "artifactChanges": changes}]
        return made

    def _physical(self, finding: Finding) -> _Json:
        place = finding.place
        where: _Json = {"startLine": place.line, "startColumn": place.column, "endLine": place.end_line}
        if (end := end_column(place, self._texts)) is not None:
            where["endColumn"] = end
        return {"artifactLocation": self._artifact(place.path), "region": where}

    def _artifact(self, path: str) -> _Json:
        redacted = self._pen.redactor.name(path)
        return {"uri": quote(redacted.encode("utf-8", "surrogateescape"), safe="/"), "uriBaseId": _ROOT}

    def _suppression(self, one: Ignored) -> _Json:
        made: _Json = {"kind": "inSource" if one.by is Silence.PRAGMA else "external", "status": "accepted"}
        if one.reason:
            made["justification"] = self._text(one.reason)
        return made

    def _notification(self, level: str, problem: Problem) -> _Json:
        physical: _Json = {"artifactLocation": self._artifact(problem.path)}
        if problem.line:
            physical["region"] = {"startLine": problem.line}
        return {
            "level": level,
            "message": {"text": self._text(problem.message)},
            "locations": [{"physicalLocation": physical}],
        }

    def _text(self, text: str) -> str:
        """Return a message in which nothing from a repository can be read as an embedded link (3.11.6)."""
        return self._pen.prose(text).replace("](", "] (")

    def _changes(self, fix: Fix) -> list[_Json] | None:
        """Return a fix as changes of files, or None where it does not stand by itself or would hold a value."""
        if fix.values or fix.new_files or fix.ignores:
            return None
        by_path: dict[str, list[FileEdit]] = {}
        for edit in dict.fromkeys(fix.edits):
            by_path.setdefault(edit.path, []).append(edit)
        if any(path not in self._texts for path in by_path) or not all(map(self._clean, fix.edits)):
            return None
        return [
            {"artifactLocation": self._artifact(path), "replacements": self._replacements(path, edits)}
            for path, edits in sorted(by_path.items())
        ]

    def _clean(self, edit: FileEdit) -> bool:
        """Tell whether the text that an edit puts in can be shown as it is: a masked one must not be applied."""
        text = edit.edit.text
        return self._pen.redactor.text(text) == text and not any(0xD800 <= ord(char) <= 0xDFFF for char in text)

    def _replacements(self, path: str, edits: Iterable[FileEdit]) -> list[_Json]:
        if path not in self._sources:
            self._sources[path] = Source(path, self._texts[path])
        source = self._sources[path]
        made: list[_Json] = []
        for one in sorted(edits, key=lambda edit: edit.edit.span):
            replacement: _Json = {"deletedRegion": region(source, one.edit.span)}
            if one.edit.text:
                replacement["insertedContent"] = {"text": one.edit.text}
            made.append(replacement)
        return made
