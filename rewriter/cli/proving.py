"""Prove a rewrite from the command line, and show the answers."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Final

from rewriter.cli.options import Arguments
from rewriter.cli.target import Target
from rewriter.cli.terminal import colored, steps, terminated_as_interrupt
from rewriter.errors import UsageError
from rewriter.inspect.agent import read_agent
from rewriter.inspect.archive import opened
from rewriter.inspect.committed import commit_of
from rewriter.inspect.engine import Engine
from rewriter.inspect.proof import Proof, prove
from rewriter.inspect.streams import Source
from rewriter.inspect.trial import Given
from rewriter.render import inspected, tree
from rewriter.render.paint import Paint
from rewriter.render.pen import Pen
from rewriter.render.redact import Redactor
from rewriter.settings import Format
from rewriter.tree.repository import DirectoryRepository

SECRET_LIMIT: Final = 500 * 1024
"""The most that BuildKit takes for a secret."""


def proven(arguments: Arguments, chosen: Target, *, on_disk: bool = False) -> Proof:
    """Build what is chosen before and after its fix, and return the answers.

    `on_disk`: the files as they lie there are meant, not those of the commit on which they stand.
    """
    given = Given(
        real=dict(_secret(word) for word in arguments.secret or ()),
        variables=dict(os.environ) if arguments.from_env else {},
        keep=arguments.keep_values,
        plain=tuple(arguments.build_arg or ()),
        target=arguments.target,
        network=arguments.network,
        start=not arguments.no_start,
        asks=tuple(_ask(word) for word in arguments.ask or ()),
        agents=dict(read_agent(word, os.environ) for word in arguments.ssh or ()),
    )
    repository = chosen.repository
    if not isinstance(repository, DirectoryRepository):
        raise UsageError("standard input can be scanned, not built; name a folder or a Dockerfile")
    engine = Engine(arguments.engine)
    with terminated_as_interrupt(), steps() as say:
        commit = None if on_disk else commit_of(repository.root, os.environ)
        return prove(repository, chosen.settings, engine, given, only=chosen.only, commit=commit, say=say)


def answers(proof: Proof, chosen: Target) -> str:
    """Return the answers as they are shown."""
    hidden = Redactor(proof.values)
    if chosen.display.format is Format.JSON:
        return inspected.answers(chosen.argument, proof.checks, hidden)
    paint = Paint(on=colored(chosen.display.color, os.environ, sys.stdout))
    return tree.answers(proof.checks, Pen(hidden, paint), quiet=chosen.display.quiet)


def _ask(word: str) -> tuple[str, str]:
    """Return the service and the command that `SERVICE=COMMAND` names."""
    service, _, command = word.partition("=")
    if not service or not command:
        raise UsageError("--ask: write SERVICE=COMMAND; the command is run by sh in the service's container")
    return service, command


def _secret(word: str) -> tuple[str, bytes]:
    """Return the secret that `id=ID,env=NAME` or `id=ID,src=FILE` names."""
    fields = dict(part.partition("=")[::2] for part in word.split(","))
    source = fields.get("src") or fields.get("source")
    variable = fields.get("env")
    if not fields.get("id") or bool(source) == bool(variable) or not fields.keys() <= {"id", "src", "source", "env"}:
        raise UsageError("--secret: write id=ID,env=NAME or id=ID,src=FILE; a value never stands on a command line")
    if variable is not None:
        if variable not in os.environ:
            raise UsageError(f"--secret id={fields['id']}: {variable} is not set in the environment")
        return fields["id"], os.fsencode(os.environ[variable])
    with opened(Path(source or "")) as reader:
        return fields["id"], Source(reader).exactly(SECRET_LIMIT)
