"""Run `unbake rules`: list the kinds of leaks that are looked for, or explain one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rewriter.cli.output import emit
from rewriter.errors import UsageError
from rewriter.page import page
from rewriter.rules import names, rules
from rewriter.settings import near

_HELP: Final = """\
usage: unbake rules [NAME]

List the kinds of leaks that are looked for, or explain one, with an example: what leaks, why, what to do.
NAME is a rule's name or code.

examples:
  unbake rules
  unbake rules no-secret-in-arg
  unbake rules UB101
"""


def run(words: Sequence[str]) -> int:
    """Show what the words name; return 0."""
    match list(words):
        case []:
            return emit(_listed())
        case ["-h" | "--help"]:
            return emit(_HELP)
        case [word] if word in names():
            return emit(page(names()[word]))
        case [word] if word.startswith("-"):
            raise UsageError(f"unknown option {word!r}; `unbake rules --help` explains the command")
        case [word]:
            meant = near(word, names())
            rest = f"did you mean {meant}?" if meant else "`unbake rules` lists them"
            raise UsageError(f"unknown rule {word!r}; {rest}")
        case _:
            raise UsageError("one rule is explained at a time; `unbake rules` lists them")


def _listed() -> str:
    width = max(len(rule.name) for rule in rules())
    return "".join(
        f"{rule.code}  {rule.name:<{width}}  {rule.summary}\n" for rule in sorted(rules(), key=lambda rule: rule.code)
    )
