"""Find where programs read their environment, and make each such read take a secret's file first.

Sources are parsed by libcst (Python), by ast-grep (other languages) and by the shell reader, and changed as text:
nothing but the read, an import and a small reader module from `templates/` changes.
"""

from __future__ import annotations

from rewriter.code.languages import survey
from rewriter.code.model import CodePlan, CodeRefusal, Read, ReadKind
from rewriter.code.rewriting import Memory, rewrite

__all__ = ["CodePlan", "CodeRefusal", "Memory", "Read", "ReadKind", "reads", "rewrite"]


def reads(path: str, text: str) -> tuple[Read, ...]:
    """Return where a file reads its environment, in order; nothing for a language that is not known."""
    found = survey(path, text, {})
    return () if found is None else tuple(use.read for use in found.uses)
