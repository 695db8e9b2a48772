"""Enter unbake. Only what `--version` needs is imported here, the rest when it is called for."""

from __future__ import annotations

import gc
import sys
from typing import Final

from rewriter import __version__
from rewriter.cli.output import emit

_GENERATION: Final = 20_000
"""Documents are trees without cycles: looking for garbage among them every 700 objects is a tenth of a scan."""


def main(argv: list[str] | None = None) -> int:
    """Run unbake and return its exit status."""
    words = sys.argv[1:] if argv is None else argv
    if words in (["--version"], ["-V"]):
        return emit(f"unbake {__version__}\n")
    gc.set_threshold(_GENERATION)
    from rewriter.cli.faults import guarded  # noqa: PLC0415 (start-up time of `--version`)

    return guarded(words)


def command() -> int:
    """Run unbake in a process of its own, which ends with it."""
    try:
        return main()
    finally:
        gc.freeze()  # looking for garbage once more, among all that was made, would be a tenth of a scan
