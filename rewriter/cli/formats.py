"""Choose how a scan is shown; the module that writes a format is imported when it is asked for."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable

from rewriter.cli.target import Target
from rewriter.cli.terminal import colored
from rewriter.errors import RepositoryError
from rewriter.model.patch import Report
from rewriter.model.plan import Fix
from rewriter.model.secret import Safety
from rewriter.model.text import decode
from rewriter.settings import Format


def scanned(report: Report, chosen: Target) -> str:
    """Return a report in the format that the settings ask for."""
    match chosen.display.format:
        case Format.JSON:
            from rewriter.render import json  # noqa: PLC0415 (start-up time, here and below)

            return json.scan(report)
        case Format.SARIF:
            return _sarif(report, chosen)
        case Format.GITHUB:
            from rewriter.render import github  # noqa: PLC0415

            return github.scan(report, _texts(_places(report), chosen))
        case Format.JUNIT:
            from rewriter.render import junit  # noqa: PLC0415

            return junit.scan(report)
        case Format.TEXT:
            return _text(report, chosen)


def _text(report: Report, chosen: Target) -> str:
    from rewriter.render import text  # noqa: PLC0415
    from rewriter.render.paint import Paint  # noqa: PLC0415

    paint = Paint(on=colored(chosen.display.color, os.environ, sys.stdout))
    return text.scan(report, paint, texts=_texts(_places(report), chosen), quiet=chosen.display.quiet)


def _sarif(report: Report, chosen: Target) -> str:
    from rewriter.render import sarif  # noqa: PLC0415

    fixes = _fixes(report, chosen)
    edited = {edit.path for fix in fixes.values() for edit in fix.edits}
    texts = _texts(_places(report) | edited, chosen)
    return sarif.scan(report, texts, fixes, documentation=_documentation())


def _fixes(report: Report, chosen: Target) -> dict[str, Fix]:
    """Work out what settles the findings, by fingerprint; nothing where no finding can be fixed."""
    if all(finding.fixable is Safety.MANUAL for finding in report.findings):
        return {}
    from rewriter import pipeline  # noqa: PLC0415

    made = pipeline.proposals(chosen.repository, chosen.settings, only=chosen.only)
    return {finding.fingerprint: fix for fix in made for finding in fix.findings}


def _places(report: Report) -> set[str]:
    findings = (*report.findings, *(ignored.finding for ignored in report.ignored))
    return {finding.place.path for finding in findings}


def _texts(paths: Iterable[str], chosen: Target) -> dict[str, str]:
    """Read files again, to show their lines; one that has gone since is left out."""
    texts: dict[str, str] = {}
    for path in sorted(paths):
        try:
            texts[path] = decode(chosen.repository.read(path))
        except RepositoryError:
            continue
    return texts


def _documentation() -> str:
    """Return where the installed distribution says that its documentation is published, or nothing."""
    from importlib.metadata import PackageNotFoundError, metadata  # noqa: PLC0415

    try:
        links = metadata("unbake").get_all("Project-URL") or []
    except PackageNotFoundError:
        return ""
    found = (link.partition(",")[2].strip() for link in links if link.lower().startswith("documentation,"))
    return next(found, "")
