"""Find where a variable's name stands without being expanded."""

from __future__ import annotations

import re

from rewriter.documents.shell.tree import Script
from rewriter.documents.shell.uses import variables
from rewriter.model.text import Span


def mentions(script: Script, name: str) -> tuple[Span, ...]:
    """Return the places in `script` where `name` stands as a whole identifier and is not expanded.

    These are what may still use the variable behind the shell's back (`printenv NAME`, `sh -c '... $NAME'`,
    `process.env.NAME`), what sets or exports it, and what only looks like it, comments included.
    """
    used = [use.span for use in variables(script) if use.name == name]
    owned = {span.start + script.text[span.start : span.end].find(name) for span in used}
    pattern = re.compile(rf"(?<![A-Za-z0-9_]){re.escape(name)}(?![A-Za-z0-9_])")
    found = pattern.finditer(script.text, script.span.start, script.span.end)
    return tuple(Span(match.start(), match.end()) for match in found if match.start() not in owned)
