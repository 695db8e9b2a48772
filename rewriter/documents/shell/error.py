"""Say where a shell text cannot be read, and why."""

from __future__ import annotations

from rewriter.errors import UnbakeError


class ShellError(UnbakeError):
    """Report a shell text that is not understood; whoever asked for it then refuses.

    `offset` is a place in the text given to `parse`.
    """

    def __init__(self, offset: int, what: str) -> None:
        super().__init__(f"shell text, offset {offset}: {what}")
        self.offset = offset
        self.what = what
