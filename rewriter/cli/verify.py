"""Run `unbake verify`: look into an image, a container or an archive, or prove the rewrite of a repository."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from rewriter.cli.fixing import add_fixing
from rewriter.cli.options import Arguments, Parser, add_building, add_shared
from rewriter.cli.output import emit
from rewriter.cli.proving import answers, proven
from rewriter.cli.saving import write_page
from rewriter.cli.target import target
from rewriter.cli.terminal import colored, measured
from rewriter.documents import dockerfile
from rewriter.documents.dockerfile import Dockerfile
from rewriter.errors import UsageError
from rewriter.inspect.checklist import checklist
from rewriter.inspect.container import look_into
from rewriter.inspect.engine import Engine, layers_of
from rewriter.inspect.image import Known
from rewriter.inspect.look import look, size
from rewriter.inspect.outside import judge_cache, judge_log, read_log
from rewriter.inspect.selection import selected
from rewriter.inspect.target import Named, Sort, named
from rewriter.model.inspection import Answer, Check, Inspection, Leak
from rewriter.model.secret import Finding
from rewriter.model.text import Source as Text
from rewriter.model.text import decode
from rewriter.record import replace
from rewriter.render import inspected, tree
from rewriter.render.page import page
from rewriter.render.paint import Paint
from rewriter.render.pen import Pen
from rewriter.scan.scanning import scan
from rewriter.settings import Display, Format, Settings, from_environment, merged
from rewriter.tree.repository import DirectoryRepository

FORMATS: Final = (Format.TEXT, Format.JSON)

_SUMMARY: Final = "Prove on images, containers and builds that no secret is in them."
_OPERAND: Final = """\
what lies on disk comes first: an archive of `docker save`, an OCI layout, a folder or Dockerfile to build; else a
container or an image on the engine; image:, container:, archive:, oci: or path: before it settles it (default: .)"""
_EXAMPLES: Final = """\
  unbake verify app:latest                          an image on the engine, every layer of it
  unbake verify --dockerfile Dockerfile app:latest  name the line that caused each finding
  unbake verify image.tar                           what `docker save` or buildx wrote; also an OCI layout
  unbake verify container:web                       a container that runs
  unbake verify .                                   build before and after the fix, with invented secrets, and compare
  unbake verify --ask 'web=wget -qO- localhost' .   the same, and see that the service answers as before
"""


def run(words: Sequence[str]) -> int:
    """Verify what the words name; return 0 when nothing was found and every check holds."""
    arguments = parser().parse(words)
    settings, display = merged((arguments.layer(), from_environment(os.environ)))
    if display.format not in FORMATS:
        raise UsageError(f"`unbake verify` prints text or JSON, not {display.format}")
    engine = Engine(arguments.engine)
    found = named(arguments.path, engine)
    match found.sort:
        case Sort.IMAGE | Sort.ARCHIVE | Sort.LAYOUT:
            return _look(arguments, found, engine, settings, display)
        case Sort.CONTAINER:
            result, checks = look_into(found.name, engine)
            result = selected(result, settings)
            if arguments.checklist:
                return _list(result, checklist(result.leaks, _findings(arguments), checks[0]), display)
            return emit(_container(result, checks, display)) or (1 if result.leaks or result.notes else 0)
        case Sort.REPOSITORY if arguments.checklist:
            result = Inspection(found.name, ())
            arguments.dockerfile = found.name
            return _list(result, checklist((), _findings(arguments), built=False), display)
        case Sort.REPOSITORY:
            return _prove(arguments, found)


def _look(arguments: Arguments, found: Named, engine: Engine, settings: Settings, display: Display) -> int:
    """Look into an image and show what is in it."""
    known = _known(arguments, engine)
    with measured("unbake: reading the image", size(found)) as meter:
        result = look(found, engine, known, meter)
        result = selected(replace(result, loose=_outside(arguments, known)), settings)
    if arguments.html:
        write_page(Path(arguments.html), page(result))
    if arguments.checklist:
        return _list(result, checklist(result.leaks, _findings(arguments)), display)
    return emit(_shown(result, display)) or (1 if result.leaks or not result.images or result.notes else 0)


def _list(result: Inspection, checks: tuple[Check, ...], display: Display) -> int:
    """Show the state of each point of the runbook."""
    hidden = tree.redactor(result.leaks, result.images)
    if display.format is Format.JSON:
        shown = inspected.answers(result.target, checks, hidden)
    else:
        paint = Paint(on=colored(display.color, os.environ, sys.stdout))
        shown = tree.answers(checks, Pen(hidden, paint), quiet=display.quiet)
    return emit(shown) or (1 if any(check.answer is Answer.BAD for check in checks) else 0)


def _findings(arguments: Arguments) -> tuple[Finding, ...] | None:
    """Return the findings of the repository in which the Dockerfile lies, None where none is named."""
    if not arguments.dockerfile:
        return None
    arguments.path = arguments.dockerfile
    chosen = target(arguments, os.environ)
    return scan(chosen.repository, chosen.settings, only=chosen.only).findings


def parser() -> Parser:
    """Return the parser of the subcommand."""
    made = Parser("verify", _SUMMARY, _EXAMPLES, operand=_OPERAND)
    add = made.add_argument
    add("--dockerfile", metavar="FILE", help="the Dockerfile that made the image, to name lines")
    add("--base", metavar="IMAGE", help="the base image on the engine, to tell its findings apart (default: guessed)")
    add("--html", metavar="FILE", help="draw the image as a page as well")
    add("--checklist", action="store_true", help="show the state of each point of the runbook instead")
    add("--log", metavar="FILE", help="look through the log of the build as well")
    add("--cache", metavar="DIR", help="look through a cache that was exported with type=local as well")
    add("--working-tree", action="store_true", help="prove the files as they lie on disk, not those that are committed")
    add_building(made, "for a folder, which is built before and after the fix")
    add_fixing(made, "for a folder, the fix that is proven")
    add_shared(made, FORMATS)
    return made


def _prove(arguments: Arguments, found: Named) -> int:
    """Build before and after the fix, and show the answers."""
    arguments.path = found.name
    chosen = target(arguments, os.environ)
    proof = proven(arguments, chosen, on_disk=arguments.working_tree)
    return emit(answers(proof, chosen)) or (0 if proof.holds else 1)


def _container(result: Inspection, checks: tuple[Check, ...], display: Display) -> str:
    if display.format is Format.JSON:
        return inspected.inspection(result, checks)
    return tree.container(result, checks, Paint(on=colored(display.color, os.environ, sys.stdout)))


def _known(arguments: Arguments, engine: Engine) -> Known:
    file = _dockerfile(arguments.dockerfile) if arguments.dockerfile else None
    if not arguments.base:
        return Known(file)
    base = engine.inspect("image", arguments.base)
    if base is None:
        raise UsageError(f"--base: no image {arguments.base!r} on the engine; pull it first")
    history = engine.must("history", "--no-trunc", "--format={{json .ID}}", arguments.base).splitlines()
    return Known(file, base=layers_of(base), base_steps=len(history))


def _outside(arguments: Arguments, known: Known) -> tuple[Leak, ...]:
    """Return what the log and the exported cache of a build hold."""
    found: tuple[Leak, ...] = ()
    if arguments.log:
        found += judge_log(read_log(Path(arguments.log)))
    if arguments.cache:
        found += judge_cache(Path(arguments.cache), known.dockerfile)
    return found


def _dockerfile(argument: str) -> Dockerfile:
    repository, name = DirectoryRepository.for_path(Path(argument))
    if name is None:
        name = "Dockerfile"
    return dockerfile.parse(Text(name, decode(repository.read(name))))


def _shown(found: Inspection, display: Display) -> str:
    if display.format is Format.JSON:
        return inspected.inspection(found)
    return tree.inspection(found, Paint(on=colored(display.color, os.environ, sys.stdout)), quiet=display.quiet)
