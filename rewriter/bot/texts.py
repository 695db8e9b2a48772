"""Write the pull request and the reminder: templates filled with text that is redacted, escaped and cut to length."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from rewriter import rotation
from rewriter.bot.markdown import cell, code, fenced, prose, told
from rewriter.bot.store import Credential, Place
from rewriter.model.patch import Change, Patch, Report
from rewriter.model.plan import Refusal
from rewriter.model.secret import Channel, Finding
from rewriter.render.commands import build_commands
from rewriter.render.pen import Pen, redactor_of
from rewriter.rotation import Basis
from rewriter.template import render

LIMIT: Final = 60_000
"""GitHub takes 65,536 characters; people's own words need room beside ours."""
_ROWS: Final = (60, 25, 8, 3)
_WORD: Final = 300
_LINES: Final = 8
_FILES: Final = 5
_PLACE: Final = re.compile(r"[^\s:]{1,300}(?::[0-9]{1,9})?: ")
_TITLE: Final = re.compile(r"Keep [0-9]{1,9} secrets? out of container images")

_CHANNELS: Final = {
    Channel.LAYER: "stays in a layer of the image",
    Channel.BUILD_ARG: "build argument, kept in the image's history",
    Channel.ENV: "environment of the image, to be read by whoever has it",
    Channel.HISTORY: "history of the image",
    Channel.CONTEXT: "copied along with the build context",
    Channel.PROVENANCE: "provenance of the build",
    Channel.LOG: "log of the build",
    Channel.CALLER: "stands in what starts the build",
    Channel.COMPOSE: "stands in the compose file",
}
_BASES: Final = {
    Basis.DOCUMENTED: "documented by the issuer",
    Basis.SCANNERS: "as credential scanners ask it; not documented by the issuer",
    Basis.UNPROVEN: "not proven; believe it after a second look",
    Basis.NONE: "",
}
_CHECKS: Final = {
    "lossless": "every file prints back byte for byte where nothing was to change",
    "readers-agree": "two independent readers see the same instructions",
    "findings-gone": "what was found is gone",
    "no-new-findings": "nothing new is found",
    "untouched-instructions-equal": "instructions without a finding are the same",
    "second-run-changes-nothing": "a second run would change nothing",
}


def commit_message(report: Report) -> str:
    """Return the message of the commit; it names no value and no person."""
    number = len({(one.scope, one.secret) for one in report.fixed})
    return f"{title(number)}\n\nSecrets are handed over when they are needed and are kept in no layer, history or log."


def title(number: int) -> str:
    """Return the title of the pull request."""
    return f"Keep {number} {'secret' if number == 1 else 'secrets'} out of container images"


def is_title(text: str) -> bool:
    """Tell whether a title is one that we wrote: one that a person changed is theirs."""
    return _TITLE.fullmatch(text) is not None


def pull_request(report: Report, patch: Patch) -> str:
    """Return what the pull request says, cut where it is too long."""
    pen = Pen(redactor_of(report, patch))
    texts = (_pull_request(report, patch, pen, rows) for rows in _ROWS)
    return next((text for text in texts if len(text) <= LIMIT), _pull_request(report, patch, pen, 1)[:LIMIT])


def _pull_request(report: Report, patch: Patch, pen: Pen, rows: int) -> str:
    commands = build_commands(patch.secrets)[:rows]
    files = [f"{_name(pen, one.path)}{' (new)' if one.change is Change.CREATED else ''}" for one in patch.files]
    notes = _notes(pen, [note for one in patch.fixes for note in one.notes])
    names = sorted({_name(pen, one.finding.name) for one in report.exposures})
    groups = _groups(report.fixed)
    return render(
        "pull-request.md.j2",
        number=len({(one.scope, one.secret) for one in report.fixed}),
        fixed=[_row(pen, group) for group in groups[:rows]],
        fixed_more=len(groups[rows:]),
        why=list(_why(patch)),
        files=_listed(files, rows),
        notes=notes[:rows],
        checks=[_CHECKS.get(check, prose(check)) for check in patch.checks],
        commands=fenced("\n".join(_cut(pen.name(command.line), 2_000) for command in commands)) if commands else "",
        sources=_listed(_sources(pen, patch, [one.source for one in patch.secrets]), rows),
        mounted=_listed(_sources(pen, patch, [one.source for one in patch.mounts]), rows),
        rotate=_listed(names, rows),
        left=[_refusal(pen, one) for one in report.refusals[:rows]],
        left_more=len(report.refusals[rows:]),
    )


def check_summary(report: Report) -> str:
    """Return what a check run says: what is left and why, and what has to be rotated."""
    pen = Pen(redactor_of(report))
    left = [f"- {_refusal(pen, one)}" for one in report.refusals[: _ROWS[0]]]
    more = [f"- … and {len(report.refusals) - len(left)} more"] if len(report.refusals) > len(left) else []
    names = sorted({_name(pen, one.finding.name) for one in report.exposures})[: _ROWS[0]]
    said = ["This change leaves to a person:", "", *left] if left else ["What was found is taken out by this change."]
    rotate = ["", f"To be rotated: {', '.join(names)}"] if names else []
    return "\n".join([*said, *more, *rotate])[:LIMIT]


def edited() -> str:
    """Return what is said once where somebody else has pushed to the branch."""
    return (
        "Somebody has pushed to this branch, so it is theirs now: unbake pushes nothing to it any more and leaves the "
        "description as it is, also when the base changes.\n\nTo have it made anew, close this pull request, delete "
        "the branch and put the label `unbake/retry` on it."
    )


def _why(patch: Patch) -> tuple[str, ...]:
    said = []
    if patch.secrets:
        said.append("A build takes its secrets by a mount: they are there while one command runs and are kept nowhere.")
    if patch.mounts:
        said.append("A container takes its secrets as files under `/run/secrets` when it starts, not from the image.")
    if any(one.path.endswith("ignore") for one in patch.files):
        said.append("Files with secrets are ignored, so that neither git nor a build context takes them along.")
    return tuple(said)


def rotation_title(one: Credential) -> str:
    """Return the title of the reminder."""
    return f"Rotate {_cut(one.name, 80)}: it was readable in an image ({one.fingerprint[:8]})"


def names(title: str, one: Credential) -> bool:
    """Tell whether the title of an issue names a credential."""
    return f"({one.fingerprint[:8]})" in title


def reminder(one: Credential, places: Sequence[tuple[str, Place]], elsewhere: int) -> str:
    """Return the part of a reminder that is ours; `places` come with their repository's name, empty for this one."""
    row = rotation.provider(one.provider)
    shown = [
        f"{code(':'.join(filter(None, (name, place.path, str(place.line)))))} ({_CHANNELS[Channel(place.channel)]})"
        for name, place in places[: _ROWS[1]]
    ]
    return render(
        "rotation-issue.md.j2",
        name=code(one.name),
        title=prose(row.title),
        where=row.where.replace("|", "\\|"),
        how=fenced(row.how.replace("; ", "\n")),
        dead=row.dead,
        basis=_BASES[row.basis],
        fingerprint=one.fingerprint,
        places=shown,
        more=max(0, len(places) - len(shown)),
        elsewhere=elsewhere,
    )


def again(days: int, *, overdue: bool) -> str:
    """Return what a reminder says when it is repeated."""
    said = f"Still to be rotated, {days} days after it was found."
    if overdue:
        said += " Until then whoever had a copy of the repository, an image or a log can use it."
    return f"{said}\n\nDone already? Tick the boxes above, or close this."


def settled(words: str, how: str) -> str:
    """Return what a reminder says when it is closed, above what it said before."""
    said = f"Closed, since a person says so: **{how}**. Open it again and it stays open until a person closes it."
    return f"{said}\n\n{words}"


BOXES: Final = 7
"""How many boxes the checklist has."""


def checklist() -> str:
    """Return the boxes below a reminder, which belong to people."""
    return render("rotation-checklist.md.j2")


def _groups(fixed: Sequence[Finding]) -> list[list[Finding]]:
    """Return findings by name and channel: those of one secret follow each other, in the order of the files."""
    order = {name: place for place, name in enumerate(dict.fromkeys(one.name for one in fixed))}
    groups: dict[tuple[str, Channel], list[Finding]] = {}
    for one in sorted(fixed, key=lambda one: order[one.name]):
        groups.setdefault((one.name, one.channel), []).append(one)
    return list(groups.values())


def _row(pen: Pen, group: Sequence[Finding]) -> dict[str, str]:
    one = group[0]
    return {
        "name": cell(_cut(pen.name(one.name))),
        "places": _places(pen, [(row.place.path, row.place.line) for row in group]),
        "channel": _CHANNELS[one.channel],
        "severity": max((row.severity for row in group), key=lambda severity: severity.rank).value,
    }


def _places(pen: Pen, found: Sequence[tuple[str, int]]) -> str:
    """Return each file with the lines in it, the first of them where there are many."""
    lines: dict[str, list[str]] = {}
    for path, line in dict.fromkeys(found):
        lines.setdefault(path, []).append(str(line))
    shown = [
        cell(f"{_cut(pen.name(path))}:{', '.join(rows[:_LINES])}{', …' if len(rows) > _LINES else ''}")
        for path, rows in lines.items()
    ]
    return _listed(shown, _FILES)


def _notes(pen: Pen, notes: Sequence[str]) -> list[str]:
    """Return notes, those that say the same of several places as one; what they put between backticks is code."""
    groups: dict[str, list[str]] = {}
    for note in dict.fromkeys(notes):
        place = _PLACE.match(note)
        groups.setdefault(note[place.end() :] if place else note, []).append(place[0].rstrip(": ") if place else "")
    found = []
    for words, places in groups.items():
        named = [code(_cut(pen.name(place))) for place in places if place]
        found.append(": ".join(filter(None, (_listed(named, _FILES), told(_cut(pen.prose(words)))))))
    return found


def _sources(pen: Pen, patch: Patch, sources: Sequence[str]) -> list[str]:
    """Return what a build or a container takes its secrets from, in words."""
    written = {local.path for local in patch.values}
    found = []
    for source in dict.fromkeys(sources):
        kind, _, name = source.partition("=")
        match kind:
            case "env":
                found.append(f"the variable {_name(pen, name)}")
            case "src":
                hint = " (git ignores it; write the new value into it)" if name in written else ""
                found.append(f"the file {_name(pen, name)}{hint}")
            case "ssh":
                found.append("an ssh agent that holds the key")
            case _:
                found.append("a secret of the swarm or cluster")
    return found


def _listed(words: Sequence[str], rows: int) -> str:
    return ", ".join(words[:rows]) + (f" and {len(words) - rows} more" if len(words) > rows else "")


def _refusal(pen: Pen, one: Refusal) -> str:
    place = code(_cut(f"{pen.name(one.finding.place.path)}:{one.finding.place.line}"))
    return f"{_name(pen, one.finding.name)} in {place}: {prose(_cut(pen.prose(one.detail)))} ({one.reason.value})"


def _name(pen: Pen, text: str) -> str:
    return code(_cut(pen.name(text)))


def _cut(text: str, limit: int = _WORD) -> str:
    return text if len(text) <= limit else f"{text[: limit - 1]}…"
