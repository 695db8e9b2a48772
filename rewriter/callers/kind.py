"""Say what the module of one kind of caller offers."""

from __future__ import annotations

from collections.abc import Callable

from rewriter.callers.model import Files, Reading
from rewriter.model.text import Source
from rewriter.record import Record


class Kind(Record):
    """Offer a reader of files: `matches` tests the path alone, `read` returns what the file runs.

    A path may match several kinds; each reads the file. `read` raises `ParseError` where the file as a whole
    cannot be read.
    """

    matches: Callable[[str], bool]
    read: Callable[[Source, Files], Reading]
