"""Say what is to be done after a fix: the build commands, where values went, what has to be rotated."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator
from typing import Final

from rewriter import rotation as issuers
from rewriter.model.patch import Exposure, Patch
from rewriter.model.secret import Finding
from rewriter.record import Record
from rewriter.render.commands import BuildCommand, build_commands
from rewriter.render.pen import Pen

_PLACES: Final = 3


class Run(Record):
    """Say how a run was made.

    `root` is the repository's folder as seen from where the user stands, empty where that is the same;
    `argument` is the path that was given, for a command to repeat. `written`: the files were changed.
    """

    root: str = ""
    argument: str = ""
    written: bool = True
    quiet: bool = False


def steps(patch: Patch, pen: Pen, run: Run) -> Iterator[str]:
    """Yield what comes next, for a patch that was or was not written."""
    yield pen.paint.bold("Next steps")
    if not run.written:
        argument = f" {shlex.quote(run.argument)}" if run.argument not in ("", ".") else ""
        yield f"  Nothing was written. Write it with: {pen.paint.cyan(pen.name(f'unbake fix{argument}'))}"
    elif not run.quiet:
        yield "  Look through the change and commit it; a fix marked `review` changes a command or code."
    yield from _values(patch, pen, run)
    yield from _builds(patch, pen, run)


def _values(patch: Patch, pen: Pen, run: Run) -> Iterator[str]:
    if not patch.values:
        return
    verb = "were moved" if run.written else "would be moved"
    yield f"  Values {verb} out of the files (mode 0600, ignored by git and Docker); keep them to yourself:"
    for path in sorted({local.path for local in patch.values}):
        yield f"    {pen.paint.cyan(pen.name(path))}"


def _builds(patch: Patch, pen: Pen, run: Run) -> Iterator[str]:
    commands = build_commands(patch.secrets)
    if not commands:
        return
    where = f", in {pen.name(run.root)}" if run.root else ""
    yield f"  Build with the secrets handed over{where}:"
    moved = {local.path for local in patch.values}
    for command in commands:
        yield f"    {pen.paint.cyan(pen.name(command.line))}"
        yield from (f"      {need}" for need in _needs(command, moved, pen))


def _needs(command: BuildCommand, moved: set[str], pen: Pen) -> Iterator[str]:
    if command.variables:
        names = ", ".join(pen.name(name) for name in command.variables)
        yield f"with {names} set in the environment"
    others = [path for path in command.files if path not in moved]
    if others:
        yield f"with {', '.join(pen.name(path) for path in others)} on this machine"


def rotation(exposures: Iterable[Exposure], pen: Pen) -> Iterator[str]:
    """Yield the reminder for every credential that was exposed, those of one issuer together."""
    head = pen.paint.bold("Rotate what was exposed")
    yield f"{head}: removing a secret from a Dockerfile does not unpublish it."
    yield "  Images, caches, logs, registries and the history of git keep the old value."
    groups: dict[tuple[str, str], list[Finding]] = {}
    for exposure in exposures:
        groups.setdefault((exposure.provider, exposure.where), []).append(exposure.finding)
    for (identity, where), findings in groups.items():
        row = issuers.provider(identity)
        yield f"  {pen.paint.yellow(pen.name(row.title))}: {', '.join(_names(findings, pen))}"
        yield f"    where  {pen.prose(where)}"
        yield f"    how    {row.how}"


def _names(findings: Iterable[Finding], pen: Pen) -> Iterator[str]:
    places: dict[str, list[str]] = {}
    for finding in findings:
        places.setdefault(pen.name(finding.name), []).append(f"{pen.name(finding.place.path)}:{finding.place.line}")
    for name, found in places.items():
        unique = list(dict.fromkeys(found))
        more = f" and {len(unique) - _PLACES} more" if len(unique) > _PLACES else ""
        yield f"{name} ({', '.join(unique[:_PLACES])}{more})"
