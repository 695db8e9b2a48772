"""Find where programs read their environment, and make each such read take a secret's file first.

Sources are parsed by libcst (Python), by ast-grep (other languages) and by the shell reader, and changed as text:
nothing but the read, an import and a small reader module from `templates/` changes. What knows the languages is loaded
when a source is looked at: most runs look at none.
"""

from __future__ import annotations

from collections.abc import Mapping

from rewriter.code.memory import Memory
from rewriter.code.model import CodePlan, CodeRefusal, Read, ReadKind

__all__ = ["CodePlan", "CodeRefusal", "Memory", "Read", "ReadKind", "may_read", "reads", "rewrite"]


def reads(path: str, text: str) -> tuple[Read, ...]:
    """Return where a file reads its environment, in order; nothing for a language that is not known."""
    from rewriter.code.languages import survey  # noqa: PLC0415 (start-up time, here and below)

    found = survey(path, text, {})
    return () if found is None else tuple(use.read for use in found.uses)


def may_read(path: str, text: str, name: str) -> bool:
    """Tell whether a program may read a variable when it runs: by its name, through a library, or by one it makes.

    A name in a comment is not read, and what only tests read does not matter. What cannot be told counts as read.
    """
    from rewriter.code.languages import matters, named, survey  # noqa: PLC0415

    if not matters(path):
        return False
    found = survey(path, text, {})
    if found is None or found.trouble:
        return named(text, name) > 0
    made = any(use.read.kind in (ReadKind.DYNAMIC, ReadKind.WHOLE) for use in found.uses)
    told = {use.read.name for use in found.uses} | {mention.name for mention in found.mentions}
    return name in told or (made and named(text, name) > 0)


def rewrite(files: Mapping[str, str], secrets: Mapping[str, str], memory: Memory | None = None) -> CodePlan:
    """Return the edits after which every read of a secret takes /run/secrets/<id> first, the variable as fallback.

    `files` are the sources of one service, `secrets` gives the id of each variable. All reads of a name are rewritten
    or none is; a name that something reads which cannot be rewritten is refused, with its first place.
    """
    if not files:
        return CodePlan()
    from rewriter.code import rewriting  # noqa: PLC0415

    return rewriting.rewrite(files, secrets, memory)
