"""Name the subcommands and run the one that is asked for; its module, of the same name, is imported then."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Final

from rewriter.cli.output import emit
from rewriter.errors import UsageError
from rewriter.settings import near

COMMANDS: Final = {
    "scan": "find the secrets that end up in images; change nothing",
    "fix": "rewrite the files so that they no longer do",
    "verify": "prove on images, containers and builds that no secret is left",
    "rules": "list the kinds of leaks, or explain one",
    "bot": "open pull requests over an organisation, and remind until each secret is rotated",
}

HELP: Final = """\
usage: unbake COMMAND [OPTION]... [PATH]

Take baked-in secrets out of container images: find every way in which a secret gets into an image, and
rewrite Dockerfiles and what calls them so that it no longer does.

commands:
{commands}

options:
  -h, --help     show this help; `unbake COMMAND --help` shows a command's
  -V, --version  show the version

examples:
  unbake scan                    what leaks in this folder
  unbake fix --diff              how the files would be rewritten
  unbake fix                     rewrite them, and say how to build from now on
  unbake scan --format json app  for a program

exit status: 0 nothing left, 1 findings, refusals or unreadable files left, 2 usage or configuration,
3 internal fault, 130 interrupted.
"""


def dispatch(words: Sequence[str]) -> int:
    """Run a subcommand and return its exit status; raises `UsageError` where there is none of that name."""
    match list(words):
        case ["-h" | "--help" | "help", *_]:
            return emit(help_text())
        case [name, *rest] if name in COMMANDS:
            status: int = import_module(f"rewriter.cli.{name}").run(rest)  # only the one asked for: start-up time
            return status
        case []:
            raise UsageError("a command is missing: `unbake scan` or `unbake fix`; see `unbake --help`")
        case [word, *_]:
            raise UsageError(_unknown(word))
        case _:
            raise AssertionError("a list is empty or has a first word")


def help_text() -> str:
    """Return the help of the command as a whole."""
    rows = "\n".join(f"  {name:<13}  {summary}" for name, summary in COMMANDS.items())
    return HELP.format(commands=rows)


def _unknown(word: str) -> str:
    if word.startswith("-"):
        meant = near(word, ("--help", "--version"))
        rest = f"did you mean {meant}?" if meant else "options of a command stand behind its name"
        return f"unknown option {word!r}; {rest}"
    meant = near(word, COMMANDS)
    rest = f"did you mean {meant}?" if meant else f"known are {', '.join(COMMANDS)}"
    return f"unknown command {word!r}; {rest}"
