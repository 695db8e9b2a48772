"""Hand in what was found, for a forge to show in its own way: a check run, or an analysis in SARIF."""

from __future__ import annotations

import base64
import gzip
from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import quote

from rewriter.scm import json
from rewriter.scm.forge import Annotation, ForbiddenError, ForgeError
from rewriter.scm.gate import Kind
from rewriter.scm.wire import Wire, repo

TOOL: Final = "unbake"
ANNOTATIONS: Final = 50
"""GitHub takes so many in a request."""
_OFF: Final = (403, 404)


class GitHubReports:
    """Hand reports in to GitHub."""

    def __init__(self, wire: Wire) -> None:
        self._wire: Final = wire

    def has_check(self, name: str, sha: str) -> bool:
        """Tell whether a commit has our check run."""
        url = f"{repo(name)}/commits/{quote(sha, safe='')}/check-runs?check_name={TOOL}&per_page=1"
        return bool(json.rows(json.table(self._wire.get(url)).get("check_runs")))

    def check(self, name: str, sha: str, *, title: str, summary: str, annotations: Sequence[Annotation]) -> None:
        """Add a finished check run; it is neutral where something is left, and never blocks a merge."""
        rows: list[Mapping[str, object]] = [
            {
                "path": one.path,
                "start_line": one.line,
                "end_line": one.line,
                "annotation_level": "warning",
                "message": one.message,
            }
            for one in annotations[:ANNOTATIONS]
        ]
        wanted = {
            "name": TOOL,
            "head_sha": sha,
            "status": "completed",
            "conclusion": "neutral" if annotations else "success",
            "output": {"title": title, "summary": summary, "annotations": rows},
        }
        try:
            self._wire.write("POST", f"{repo(name)}/check-runs", wanted)
        except ForgeError as error:
            if error.status not in _OFF:
                raise
            raise ForbiddenError(f"{name}: check runs may not be made", "no-check-permission") from None

    def analysed(self, name: str, ref: str) -> str:
        """Return the commit of the latest analysis of ours, empty where there is none."""
        url = f"{repo(name)}/code-scanning/analyses?tool_name={TOOL}&ref={quote(ref, safe='')}&per_page=1"
        answer = self._wire.send("GET", url, Kind.READ, allowed=_OFF)
        if answer.status == 403:
            raise ForbiddenError(f"{name}: code scanning is off, or may not be written", "no-code-scanning")
        found = json.rows(json.parse(answer.body)) if answer.status == 200 else ()
        return json.text(found[0], "commit_sha") if found else ""

    def analyse(self, name: str, ref: str, sha: str, sarif: str) -> None:
        """Hand in an analysis of a commit."""
        packed = base64.b64encode(gzip.compress(sarif.encode("utf-8"), mtime=0)).decode("ascii")
        wanted = {"commit_sha": sha, "ref": ref, "sarif": packed, "tool_name": TOOL}
        try:
            self._wire.write("POST", f"{repo(name)}/code-scanning/sarifs", wanted)
        except ForgeError as error:
            if error.status not in _OFF:
                raise
            raise ForbiddenError(f"{name}: code scanning is off, or may not be written", "no-code-scanning") from None
