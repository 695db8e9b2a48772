"""Read the options that say how to fix; a proof is of the fix that they ask for."""

from __future__ import annotations

import argparse

from rewriter.model.plan import SecretSource
from rewriter.settings import FixLevel, MultiStage, Runtime, SecretStyle, choice, syntax


def add_fixing(parser: argparse.ArgumentParser, title: str = "") -> None:
    """Add the options of a fix, under a title of their own where one is given."""
    add = parser.add_argument_group(title).add_argument if title else parser.add_argument
    add(
        "--fix",
        metavar="{safe,review,all}",
        type=_level,
        help="which fixes to make: safe changes no command, review may (default), all is all there are",
    )
    add(
        "--secret-source",
        metavar="{file,environment,external}",
        type=_secret_source,
        help="where compose takes run-time secrets from (default: file, in secrets/)",
    )
    add(
        "--runtime",
        metavar="{compose,docker,swarm,kubernetes}",
        type=_runtime,
        help="what runs the containers, where no file of the repository says so (default: compose)",
    )
    add(
        "--secret-style",
        metavar="{auto,env,file}",
        type=_secret_style,
        help="how a RUN gets a secret: as a variable, or as a file that it reads into one (default: auto, the "
        "variable wherever the frontend knows it)",
    )
    add(
        "--syntax",
        metavar="{auto,keep,IMAGE}",
        type=_syntax,
        help="the frontend that `# syntax=` names where one is needed (default: auto, docker/dockerfile:1); keep "
        "leaves the line as it is",
    )
    add(
        "--multi-stage",
        metavar="{auto,always,never}",
        type=_multi_stage,
        help="whether to split a Dockerfile of one stage on top of a fix: always does so where the artefacts are "
        "known, auto (default) leaves it whole, since no step keeps the value",
    )
    add(
        "--id",
        metavar="NAME=ID",
        action="append",
        help="give the secret of this variable (or with this id) another id; may be repeated",
    )
    add(
        "--only",
        metavar="SECRET",
        action="append",
        help="fix this secret only, named by its id as `unbake scan` shows it; may be repeated",
    )


def _level(value: str) -> FixLevel:
    """Return the level that the value of `--fix` names."""
    return choice(value, FixLevel, "--fix")


def _secret_source(value: str) -> SecretSource:
    """Return the source that the value of `--secret-source` names."""
    return choice(value, SecretSource, "--secret-source")


def _runtime(value: str) -> Runtime:
    """Return what runs the containers, as the value of `--runtime` names it."""
    return choice(value, Runtime, "--runtime")


def _secret_style(value: str) -> SecretStyle:
    """Return how RUNs get a secret, as the value of `--secret-style` names it."""
    return choice(value, SecretStyle, "--secret-style")


def _multi_stage(value: str) -> MultiStage:
    """Return when a stage is split, as the value of `--multi-stage` names it."""
    return choice(value, MultiStage, "--multi-stage")


def _syntax(value: str) -> str:
    """Return what the value of `--syntax` asks of the `# syntax` directive."""
    return syntax(value, "--syntax")
