"""Show a report or an outcome to a person: findings by secret, what was fixed, what was left and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from rewriter.model.patch import Change, Patch, Patched, Problem, Report, Silence, Unchanged
from rewriter.model.plan import Fix, Refusal
from rewriter.model.secret import Finding, Safety, Severity
from rewriter.render.diff import unified
from rewriter.render.frame import Frames
from rewriter.render.next_steps import Run, rotation, steps
from rewriter.render.paint import Paint
from rewriter.render.pen import Pen, redactor_of

_HOW: Final = {
    Safety.SAFE: "can be fixed safely",
    Safety.REVIEW: "can be fixed, to be reviewed",
    Safety.MANUAL: "has to be fixed by hand",
}
_BY: Final = {Silence.PRAGMA: "comments in the files", Silence.BASELINE: "the baseline"}
_INDENT: Final = "  "


def scan(report: Report, paint: Paint, *, texts: Mapping[str, str], quiet: bool = False) -> str:
    """Return the findings grouped by secret; `texts` are the files of which lines can be shown."""
    pen = Pen(redactor_of(report), paint)
    if quiet:
        plain = [_finding(finding, pen) for finding in sorted(report.findings, key=_order)]
        return _page([*plain, *_problems(report.problems, pen)])
    frames = Frames(texts, report.findings, pen)
    lines: list[str] = []
    for group in _groups(report.findings):
        lines += (*_group(group, pen, frames), "")
    if report.problems:
        lines += (pen.paint.bold("Not read"), *_indented(_problems(report.problems, pen)), "")
    return _page([*lines, *_notices(report, pen), *_scan_summary(report, pen), *_ignored(report)])


def outcome(result: Unchanged | Patched, paint: Paint, run: Run) -> str:
    """Return what became of a repository: the diff, what was fixed, what was left, and what to do next."""
    report = result.report
    patch = result.patch if isinstance(result, Patched) else None
    pen = Pen(redactor_of(report, patch), paint)
    lines: list[str] = []
    if patch and not run.quiet:
        lines += _fixed(report, patch, pen, written=run.written)
    if report.refusals:
        lines += (
            pen.paint.bold(f"Left alone: {_count(len(report.refusals), 'finding')}"),
            *_refusals(report, pen),
            "",
        )
    if left := still_open(report):
        lines += (pen.paint.bold("Still open"), *(f"  {_finding(finding, pen)}" for finding in left), "")
    if report.problems:
        lines += (pen.paint.bold("Not read"), *_indented(_problems(report.problems, pen)), "")
    if patch:
        lines += (*steps(patch, pen, run), "")
    if not run.quiet and report.exposures:
        lines += (*rotation(report.exposures, pen), "")
    if not run.quiet:
        lines += (*_notices(report, pen), *_fix_summary(result, pen, run), *_ignored(report))
    return _diff(patch, report, pen, run) + _page(lines)


def _page(lines: Iterable[str]) -> str:
    text = "\n".join(lines).strip("\n")
    return f"{text}\n" if text else ""


def _indented(lines: Iterable[str]) -> Iterator[str]:
    return (f"{_INDENT}{line}" for line in lines)


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _order(finding: Finding) -> tuple[str, int, int, str, str]:
    place = finding.place
    return place.path, place.line, place.column, finding.rule, finding.fingerprint


def _groups(findings: Iterable[Finding]) -> tuple[tuple[Finding, ...], ...]:
    """Return the findings of each secret together, in the order of its first place."""
    groups: dict[tuple[str, str], list[Finding]] = {}
    for finding in sorted(findings, key=_order):
        groups.setdefault((finding.scope, finding.secret), []).append(finding)
    return tuple(tuple(group) for group in groups.values())


def _group(group: tuple[Finding, ...], pen: Pen, frames: Frames) -> Iterator[str]:
    first = group[0]
    phases = ", ".join(sorted({finding.phase.value for finding in group}))
    safety = max((finding.fixable for finding in group), key=tuple(Safety).index)
    paint = pen.paint
    yield f"{paint.bold(pen.name(first.secret))}  {paint.dim(f'needed at: {phases}; {_HOW[safety]}')}"
    for finding in group:
        yield f"{_INDENT}{_finding(finding, pen)}"
        yield from frames.of(finding)


def _finding(finding: Finding, pen: Pen) -> str:
    place = pen.paint.cyan(pen.place(finding.place))
    severity = pen.paint.severity(finding.severity)
    return f"{place} {severity} {pen.name(finding.rule)} {pen.prose(finding.message)}"


def _problems(problems: Iterable[Problem], pen: Pen) -> Iterator[str]:
    for problem in problems:
        line = f":{problem.line}" if problem.line else ""
        place = pen.paint.cyan(f"{pen.name(problem.path)}{line}")
        yield f"{place} {pen.paint.red('error')} {pen.prose(problem.message)}"


def _notices(report: Report, pen: Pen) -> Iterator[str]:
    if report.notices:
        yield pen.paint.bold("To look at")
        for notice in report.notices:
            line = f":{notice.line}" if notice.line else ""
            yield f"{_INDENT}{pen.paint.cyan(f'{pen.name(notice.path)}{line}')} {pen.prose(notice.message)}"
        yield ""


def _ignored(report: Report) -> Iterator[str]:
    counts = Counter(ignored.by for ignored in report.ignored)
    if counts:
        by = ", ".join(f"{counts[how]:,} by {_BY[how]}" for how in Silence if counts[how])
        yield f"{_count(len(report.ignored), 'finding')} left out: {by}."


def _scan_summary(report: Report, pen: Pen) -> Iterator[str]:
    read = f"{_count(report.documents, 'file')} read"
    failed = f", {len(report.problems):,} with errors" if report.problems else ""
    if not report.findings:
        yield pen.paint.green("Nothing found.") + f" {read}{failed}."
        return
    secrets = _count(len(_groups(report.findings)), "secret")
    counts = Counter(finding.severity for finding in report.findings)
    ranks = ", ".join(f"{counts[rank]:,} {rank.value}" for rank in reversed(Severity) if counts[rank])
    yield f"{secrets} in {_count(len(report.findings), 'place')} ({ranks}); {read}{failed}."
    if any(finding.fixable is not Safety.MANUAL for finding in report.findings):
        yield "`unbake fix --diff` shows how the files would be rewritten, `unbake fix` rewrites them."
    yield "A secret that was published stays exposed until it is rotated, whatever becomes of the files."


def _diff(patch: Patch | None, report: Report, pen: Pen, run: Run) -> str:
    if patch is None or (run.quiet and run.written):
        return ""
    findings = (
        *report.findings,
        *report.fixed,
        *(finding for fix in patch.fixes for finding in fix.findings),
    )
    diffs = [unified(change, findings, pen) for change in patch.files]
    return "".join(f"{diff}\n" for diff in diffs if diff)


def _fixed(report: Report, patch: Patch, pen: Pen, *, written: bool) -> Iterator[str]:
    first = {finding.fingerprint: finding for finding in report.fixed}
    groups = [(fix, [first.pop(found.fingerprint, found) for found in fix.findings]) for fix in patch.fixes]
    number = sum(len(findings) for _, findings in groups) + len(first)
    yield pen.paint.bold(f"{'Fixed' if written else 'Would fix'}: {_count(number, 'finding')}")
    told: set[str] = set()
    for fix, findings in groups:
        yield from _fix(fix, findings, [note for note in fix.notes if note not in told], pen)
        told.update(fix.notes)
    if first:
        yield f"{_INDENT}settled along with them"
        yield from (f"    {_finding(finding, pen)}" for finding in sorted(first.values(), key=_order))
    yield ""


def _fix(fix: Fix, findings: list[Finding], notes: list[str], pen: Pen) -> Iterator[str]:
    names = ", ".join(dict.fromkeys(pen.name(finding.secret) for finding in findings))
    yield f"{_INDENT}{pen.paint.bold(names)}  {pen.paint.dim(fix.safety.value)}"
    yield from (f"    {_finding(finding, pen)}" for finding in sorted(findings, key=_order))
    yield from (f"    {pen.paint.yellow('note')} {pen.prose(note)}" for note in notes)


def _refusals(report: Report, pen: Pen) -> Iterator[str]:
    for refusal in sorted(report.refusals, key=lambda refusal: _order(refusal.finding)):
        yield from _refusal(refusal, pen)


def _refusal(refusal: Refusal, pen: Pen) -> Iterator[str]:
    yield f"{_INDENT}{_finding(refusal.finding, pen)}"
    yield f"    {pen.paint.yellow(refusal.reason.value)}: {pen.prose(refusal.detail)}"


def still_open(report: Report) -> tuple[Finding, ...]:
    """Return the findings that were neither fixed nor refused."""
    done = {finding.fingerprint for finding in (*report.fixed, *(refusal.finding for refusal in report.refusals))}
    return tuple(sorted((finding for finding in report.findings if finding.fingerprint not in done), key=_order))


def _fix_summary(result: Unchanged | Patched, pen: Pen, run: Run) -> Iterator[str]:
    report = result.report
    read = f"{_count(report.documents, 'file')} read"
    match result:
        case Patched(patch=patch):
            created = sum(1 for change in patch.files if change.change is Change.CREATED)
            modified = len(patch.files) - created
            verb = "" if run.written else "would be "
            parts = [
                f"{_count(number, 'file')} {verb}{what}"
                for number, what in ((modified, "modified"), (created, "created"))
                if number
            ]
            passed = f"; checked: {', '.join(pen.name(check) for check in patch.checks)}" if patch.checks else ""
            yield f"{read}, {', '.join(parts) or 'no file changed'}{passed}."
        case Unchanged() if not (report.findings or report.refusals):
            failed = f", {len(report.problems):,} with errors" if report.problems else ""
            yield pen.paint.green("Nothing found.") + f" {read}{failed}; no file was changed."
        case Unchanged():
            yield f"{read}; no file was changed."
