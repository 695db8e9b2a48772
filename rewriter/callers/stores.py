"""Tell whether a build argument gets its value from a pipeline's store of secrets."""

from __future__ import annotations

import re
from typing import Final

from rewriter.callers.model import BuildArgument
from rewriter.judgement import judge_name

_SECRET: Final = re.compile(r"\$\{\{\s{0,5}secrets\.([A-Za-z_][A-Za-z0-9_]{0,100})\s{0,5}\}\}")


def from_secret_store(argument: BuildArgument) -> bool:
    """Tell whether the value is exactly one secret of the pipeline, and no name says that it is none.

    Stores hold user names and addresses too, so a name that is ruled out decides.
    """
    match = _SECRET.fullmatch((argument.value or "").strip("\"'"))
    return match is not None and not any(
        (verdict := judge_name(name)).ruled_out or verdict.companion or "SENTRY_DSN" in name
        for name in (argument.name, match[1])
    )
