"""Keep a list of the findings that are known and left for later, in a file without values and without lines.

A finding's fingerprint tells it again when lines move; it changes when the rule, the file or the name does.
"""

from __future__ import annotations

import json
import os
import re
from contextlib import suppress
from pathlib import Path
from typing import Final

from rewriter.errors import RepositoryError, UsageError
from rewriter.model.patch import Problem, Report
from rewriter.model.text import decode
from rewriter.record import replace
from rewriter.tree.repository import READ_LIMIT, shown

_VERSION: Final = 1
_KEYS: Final = frozenset({"fingerprint", "rule", "path", "name"})
_FINGERPRINT: Final = re.compile(r"[0-9a-f]{20}")


def read_baseline(name: str) -> frozenset[str]:
    """Return the fingerprints of a file that is named from the working directory."""
    try:
        with Path(name).open("rb") as stream:
            data = stream.read(READ_LIMIT + 1)
    except (OSError, ValueError) as error:
        raise UsageError(
            f"baseline {shown(name)}: cannot be read; `unbake scan --write-baseline FILE` writes one"
        ) from error
    if len(data) > READ_LIMIT:
        raise UsageError(f"baseline {shown(name)}: larger than {READ_LIMIT:,} bytes")
    return fingerprints(name, decode(data))


def fingerprints(name: str, text: str) -> frozenset[str]:
    """Return the fingerprints that the text of a baseline lists; raises `UsageError` where it is none."""
    try:
        document: object = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"baseline {shown(name)}: not valid JSON; write it again with --write-baseline") from error
    entries = document.get("findings") if isinstance(document, dict) and document.get("version") == _VERSION else None
    if not isinstance(entries, list) or not all(map(_is_entry, entries)):
        raise UsageError(f"baseline {shown(name)}: not a baseline of this version; write it again")
    return frozenset(entry["fingerprint"] for entry in entries)


def _is_entry(entry: object) -> bool:
    return (
        isinstance(entry, dict)
        and entry.keys() == _KEYS
        and all(isinstance(value, str) for value in entry.values())
        and _FINGERPRINT.fullmatch(entry["fingerprint"]) is not None
    )


def with_notice(report: Report, name: str, known: frozenset[str]) -> Report:
    """Add a notice where the baseline lists findings that are gone; every finding has to have been looked for."""
    findings = (*report.findings, *(ignored.finding for ignored in report.ignored))
    gone = len(known - {finding.fingerprint for finding in findings})
    if not gone:
        return report
    what = "1 finding that the baseline lists is gone" if gone == 1 else f"{gone:,} findings that it lists are gone"
    notice = Problem(name, 0, f"{what}; write it again with --write-baseline")
    return replace(report, notices=(*report.notices, notice))


def save(name: str, text: str) -> None:
    """Write a baseline in one step; a file that is there has to be one, so that a slip destroys nothing."""
    import tempfile  # noqa: PLC0415 (start-up time)

    path = Path(name)
    if os.path.lexists(path):
        read_baseline(name)
    temporary = ""
    try:
        descriptor, temporary = tempfile.mkstemp(prefix=".unbake-", dir=path.parent)
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(text)
            os.fchmod(stream.fileno(), 0o644)
        Path(temporary).replace(path)
    except (OSError, ValueError) as error:
        if temporary:
            with suppress(OSError):
                Path(temporary).unlink()
        raise RepositoryError(f"baseline {shown(name)}: cannot be written; nothing was changed") from error
