"""Enter unbake. Only what `--version` needs is imported here, the rest when it is called for."""

from __future__ import annotations

import sys

from rewriter import __version__
from rewriter.cli.output import emit


def main(argv: list[str] | None = None) -> int:
    """Run unbake and return its exit status."""
    words = sys.argv[1:] if argv is None else argv
    if words in (["--version"], ["-V"]):
        return emit(f"unbake {__version__}\n")
    from rewriter.cli.faults import guarded  # noqa: PLC0415 (start-up time of `--version`)

    return guarded(words)
