"""Read the options that all subcommands share."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from typing import Final, NoReturn

from rewriter.cli.output import emit
from rewriter.errors import UsageError
from rewriter.model.plan import SecretSource
from rewriter.model.secret import Severity
from rewriter.settings import (
    Color,
    FixLevel,
    Format,
    Layer,
    MultiStage,
    Runtime,
    SecretStyle,
    choice,
    ids,
    near,
)

_EPILOG: Final = """\
Settings come from flags, then UNBAKE_* variables (UNBAKE_RULES and UNBAKE_EXCLUDE separated by commas), then
`.unbake.toml` or `[tool.unbake]` in `pyproject.toml` of PATH: fix, rules, exclude, min-severity,
secret-source, runtime, secret-style, syntax, ids, baseline, multi-stage.
"""


_OPERAND: Final = "a folder, or one Dockerfile (default: .)"


class Arguments(argparse.Namespace):
    """Hold what a command line says; `None` where it says nothing."""

    path: str
    diff: bool = False
    fix: FixLevel | None = None
    only: Sequence[str] | None = None
    secret_source: SecretSource | None = None
    runtime: Runtime | None = None
    secret_style: SecretStyle | None = None
    syntax: str | None = None
    id: Sequence[str] | None = None
    dockerfile: str | None = None
    base: str | None = None
    log: str | None = None
    cache: str | None = None
    engine: str = "docker"
    secret: Sequence[str] | None = None
    ssh: Sequence[str] | None = None
    from_env: bool = False
    keep_values: bool = False
    build_arg: Sequence[str] | None = None
    target: str = ""
    network: str = ""
    no_start: bool = False
    ask: Sequence[str] | None = None
    working_tree: bool = False
    checklist: bool = False
    html: str | None = None
    verify: bool = False
    multi_stage: MultiStage | None = None
    format: Format | None
    rule: list[str] | None
    exclude: list[str] | None
    min_severity: Severity | None
    baseline: str | None
    write_baseline: str | None = None
    since: str | None = None
    stdin_filename: str | None = None
    color: Color | None
    quiet: bool | None

    def layer(self) -> Layer:
        """Return the settings among the options."""
        return Layer(
            fix=self.fix,
            rules=None if self.rule is None else tuple(self.rule),
            exclude=None if self.exclude is None else tuple(self.exclude),
            min_severity=self.min_severity,
            baseline=self.baseline,
            format=self.format,
            color=self.color,
            quiet=self.quiet,
            secret_source=self.secret_source,
            runtime=self.runtime,
            secret_style=self.secret_style,
            syntax=self.syntax,
            ids=ids(self.id, "--id") if self.id else None,
            multi_stage=self.multi_stage,
        )


class Parser(argparse.ArgumentParser):
    """Parse a subcommand's words; faults are `UsageError`s that name what was probably meant."""

    def __init__(self, command: str, description: str, examples: str, *, operand: str = _OPERAND) -> None:
        super().__init__(
            prog=f"unbake {command}",
            description=description,
            epilog=f"{_EPILOG}\nexamples:\n{examples}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        self.add_argument("path", metavar="PATH", nargs="?", default=".", help=operand)

    def parse(self, words: Sequence[str]) -> Arguments:
        """Return the arguments; raises `UsageError`."""
        arguments, rest = self.parse_known_args(words, namespace=Arguments())
        if rest:
            raise UsageError(self._unexpected(rest[0]))
        return arguments

    def error(self, message: str) -> NoReturn:
        """Report a fault that argparse found."""
        raise UsageError(f"{message}; `{self.prog} --help` explains the options")

    def print_help(self, file: object = None) -> NoReturn:  # noqa: ARG002 (argparse's signature)
        """Print the help and end."""
        raise SystemExit(emit(self.format_help()))

    def _unexpected(self, word: str) -> str:
        if not word.startswith("-"):
            return f"unexpected argument {word!r}; one PATH is taken at a time"
        name = word.partition("=")[0]
        meant = near(name, self._option_string_actions)
        rest = f"did you mean {meant}?" if meant else f"`{self.prog} --help` lists the options"
        return f"unknown option {name!r}; {rest}"


def add_shared(parser: Parser, formats: Iterable[Format]) -> None:
    """Add the options that every subcommand takes; `formats` are those that it prints."""
    add = parser.add_argument
    listed = ",".join(formats)
    add("--format", metavar=f"{{{listed}}}", type=_format, help="how the result is printed (default: text)")
    add("--rule", metavar="NAME", action="append", help="look for this kind of leak only; may be repeated")
    add(
        "--exclude",
        metavar="GLOB",
        action="append",
        help="leave out files that match, written as in .gitignore; may be repeated",
    )
    add(
        "--min-severity",
        metavar="{low,medium,high,critical}",
        type=_severity,
        help="leave out findings below this severity (default: low)",
    )
    add(
        "--baseline",
        metavar="FILE",
        help="leave out the findings that FILE lists, as `unbake scan --write-baseline FILE` wrote it",
    )
    add(
        "--color",
        metavar="{auto,always,never}",
        type=_color,
        help="when to colour the output (default: auto, which honours NO_COLOR and FORCE_COLOR)",
    )
    add("-q", "--quiet", action="store_true", default=None, help="print only what is left and what to run")


def add_building(parser: argparse.ArgumentParser, title: str) -> None:
    """Add the options of the builds that prove a rewrite."""
    add = parser.add_argument_group(title).add_argument
    add(
        "--engine",
        choices=("docker", "podman", "buildah"),
        default="docker",
        help="the client to use (default: docker)",
    )
    add("--secret", metavar="id=ID,env=NAME", action="append", help="a real value; src=FILE likewise")
    add(
        "--ssh",
        metavar="ID[=SOCKET|KEY]",
        action="append",
        help="ssh's agent, or a key that a server knows, as buildx takes it (default: a key made for the builds)",
    )
    add("--from-env", action="store_true", help="take the values of secrets from the variables of their names")
    add("--keep-values", action="store_true", help="build with the literals of the files, not invented ones")
    add("--build-arg", metavar="NAME=VALUE", action="append", help="a build argument that is no secret")
    add("--target", metavar="STAGE", default="", help="the stage to build (default: the last)")
    add("--network", metavar="MODE", default="", help="the network mode of the builds")
    add("--no-start", action="store_true", help="build only; do not start the containers of compose files")
    add(
        "--ask",
        metavar="SERVICE=COMMAND",
        action="append",
        help="run a command in the service's container before and after, and compare the answers",
    )


def _format(value: str) -> Format:
    return choice(value, Format, "--format")


def _severity(value: str) -> Severity:
    return choice(value, Severity, "--min-severity")


def _color(value: str) -> Color:
    return choice(value, Color, "--color")
