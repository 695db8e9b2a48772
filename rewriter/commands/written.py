"""Find the variables whose value becomes a credential file as a whole: `echo "$PRIVATE" > ~/.ssh/id_rsa`.

The name of such a variable says nothing, the name of the file everything. Between the two stand at most filters
that change how the value is written: `base64 -d`, `tr -d`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from rewriter.commands.command_secret import CommandSecret
from rewriter.documents.run import Fragment, RunBody, bare_words
from rewriter.documents.shell import Command, Visit
from rewriter.documents.shell import Word as ShellWord
from rewriter.judgement import Certainty, FileVerdict, credential_file, is_harmless
from rewriter.model.secret import Confidence
from rewriter.model.text import Span

_PRINTERS: Final = frozenset({"echo", "printf"})
_FILTERS: Final = frozenset({"base64", "tr", "sed", "tee"})
_LONE: Final = re.compile(r"""["']*\$(?:\{([A-Za-z_][A-Za-z0-9_]*)\}|([A-Za-z_][A-Za-z0-9_]*))["']*""")
_LAYOUT: Final = re.compile(r"""-[neE]{1,3}|["']?(?:%[sb](?:\\n)?)["']?""")


def written_secrets(
    body: RunBody, fragment: Fragment, visit: Visit, words: tuple[ShellWord, ...]
) -> Iterator[CommandSecret]:
    """Yield the variable that a printing command writes into a credential file, if it writes nothing else."""
    if not words or _program(words) not in _PRINTERS:
        return
    told = [word for word in words[1:] if _LAYOUT.fullmatch(word.text) is None]
    lone = _LONE.fullmatch(told[0].text) if len(told) == 1 else None
    name = None if lone is None else lone[1] or lone[2]
    verdict = _written(visit) if name is not None else None
    if name is None or verdict is None or name not in fragment.names_in(told[0].span):
        return
    yield CommandSecret(
        body=body,
        fragment=fragment,
        visit=visit,
        tool=_program(words),
        option=verdict.kind,
        category=verdict.category,
        confidence=Confidence.MEDIUM,
        span=fragment.span(told[0].span),
        word=told[0],
        inside=Span(told[0].span.start, told[0].span.end),
        value=None,
        variables=(name,),
        persists=None,
        placeholder=False,
        companion=False,
    )


def _program(words: tuple[ShellWord, ...]) -> str:
    return (words[0].value or "").rsplit("/", 1)[-1]


def _written(visit: Visit) -> FileVerdict | None:
    """Return what the name of the file says that a command, or the filter behind it, writes."""
    verdict = _redirected(visit.command)
    reader = visit.piped_to
    if verdict is not None or reader is None:
        return verdict
    words = bare_words(reader)
    if not words or _program(words) not in _FILTERS:
        return None
    if _program(words) == "tee":
        return next((found for word in words[1:] if (found := _sure(word)) is not None), None)
    return _redirected(reader)


def _redirected(command: Command) -> FileVerdict | None:
    targets = [one.target for one in command.redirects if one.writes and one.fd in (None, 1)]
    return next((found for target in targets if (found := _sure(target)) is not None), None)


def _sure(word: ShellWord) -> FileVerdict | None:
    path = word.text.strip("\"'")
    found = None if is_harmless(path) else credential_file(path)
    return found if found is not None and found.certainty is Certainty.NAME_ALONE else None
