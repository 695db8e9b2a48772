"""Find what prints or dumps the environment, and with it any secret in it."""

from __future__ import annotations

import re
from typing import Final

from rewriter.documents.shell.nested import SHELLS, nested_scripts
from rewriter.documents.shell.tree import Command, Script
from rewriter.documents.shell.unwrap import unwrap
from rewriter.documents.shell.walk import commands
from rewriter.model.text import Span

_SHEBANG: Final = re.compile(r"#![^\n]*?(?:sh|env)[^\n]*? -[A-Za-z]*x[A-Za-z]*(?=\s|\Z)")
_DECLARING: Final = frozenset({"export", "readonly", "declare", "typeset", "local"})
_ENVIRON: Final = re.compile(r"/proc/[^/]+/environ")
_NO_LISTING: Final = re.compile(r"-S|--split-string|--help|--version")
_TRACE: Final = re.compile(r"-[A-Za-z]*x")
_NAMED_OPTION: Final = re.compile(r"-[A-Za-z]*o")


def prints_environment(script: Script) -> tuple[Span, ...]:
    """Return the spans of what shows variables: `set -x`, `sh -x`, `env`, `printenv`, `export -p`, `set`.

    Options of `set` that depend on a variable count. Scripts in arguments (`sh -c '...'`) are looked into.
    Where the output goes is left to the caller.
    """
    found: list[Span] = []
    shebang = _SHEBANG.match(script.text, script.span.start)
    if shebang:
        found.append(Span(shebang.start(), shebang.end()))
    for visit in commands(script):
        if _shows(visit.command):
            found.append(visit.command.span)
            continue
        for nested in nested_scripts(visit.command):
            inner = prints_environment(nested.script)
            found += [nested.outer(span) or nested.word.span for span in inner]
    return tuple(sorted(set(found)))


def _shows(command: Command) -> bool:
    unwrapped = unwrap(command)
    values = [word.value for word in unwrapped.args]
    targets = [redirect.target.value for redirect in command.redirects]
    match unwrapped.program:
        case "printenv":
            return True
        case "env":
            return not any(value is not None and _NO_LISTING.match(value) for value in values)
        case "set":
            return not values or _traces(values, dynamic=True)
        case "shopt":
            return "xtrace" in values and any(value is not None and "s" in value for value in values[:1])
        case str(name) if name in _DECLARING:
            return _lists(values)
        case str(name) if name in SHELLS:
            return _traces(values, dynamic=False)
        case _:
            return any(value is not None and _ENVIRON.fullmatch(value) for value in (*values, *targets))


def _lists(values: list[str | None]) -> bool:
    """Tell whether `declare` and its like are asked to show variables: by `-p`, or by no name at all."""
    options = [value for value in values if value is not None and value.startswith("-")]
    if any("p" in option for option in options):
        return True
    return len(options) == len(values) and not any(letter in option for option in options for letter in "fF")


def _traces(values: list[str | None], *, dynamic: bool) -> bool:
    """Tell whether the options in front switch on tracing; `dynamic`: whether an unknown option counts."""
    named = False
    for value in values:
        if value is None:
            return dynamic
        if named:
            if value == "xtrace":
                return True
            named = False
        elif value in ("-", "--") or not value.startswith(("-", "+")):
            return False
        elif not value.startswith("--"):
            if _TRACE.match(value):
                return True
            named = _NAMED_OPTION.fullmatch(value) is not None
    return False
