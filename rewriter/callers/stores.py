"""Tell whether a build argument gets its value from a pipeline's store of secrets."""

from __future__ import annotations

import re
from typing import Final

from rewriter.callers.model import BuildArgument
from rewriter.judgement import judge_name

_SECRET: Final = re.compile(r"\$\{\{\s{0,5}(?:secrets|github)\.([A-Za-z_][A-Za-z0-9_]{0,100})\s{0,5}\}\}")
_VARIABLE: Final = re.compile(r"\$\{\{\s{0,5}vars\.[A-Za-z_][A-Za-z0-9_]{0,100}\s{0,5}\}\}")


def from_secret_store(argument: BuildArgument) -> bool:
    """Tell whether the value is exactly one secret of the pipeline, and no name says that it is none.

    Stores hold user names and addresses too, so a name that is ruled out decides.
    """
    match = _SECRET.fullmatch((argument.value or "").strip("\"'"))
    if match is None or ("github." in match[0] and match[1] != "token"):
        return False
    return not any(
        (verdict := judge_name(name)).ruled_out or verdict.companion or "SENTRY_DSN" in name
        for name in (argument.name, match[1])
    )


def from_variables(argument: BuildArgument) -> bool:
    """Tell whether the value is one of the pipeline's plain variables, which its settings show to everybody."""
    return _VARIABLE.fullmatch((argument.value or "").strip("\"'")) is not None
