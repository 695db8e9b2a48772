"""Find literal credentials in PowerShell, whose grammar the shell reader does not know.

Only forms that are PowerShell's own are looked for: `$env:NAME = '...'`, `SetEnvironmentVariable('NAME', '...')` and
`ConvertTo-SecureString '...' -AsPlainText`. Whatever looks like a plain command is read as one elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from rewriter.commands.command_secret import CommandSecret
from rewriter.documents.run import RunBody
from rewriter.judgement import Assignment, Category, judge_pair
from rewriter.model.masked import Masked
from rewriter.model.secret import Confidence
from rewriter.model.text import Span

_MARK: Final = re.compile(r"(?i)\$env:|SetEnvironmentVariable|ConvertTo-SecureString")
_SET: Final = re.compile(
    r"(?i)\$env:(?P<name>\w{1,100})\s{0,5}=\s{0,5}(?P<quote>['\"])(?P<value>[^'\"\n]{1,500})(?P=quote)"
    r"|SetEnvironmentVariable\(\s{0,5}['\"](?P<name2>\w{1,100})['\"]\s{0,5},\s{0,5}['\"](?P<value2>[^'\"\n]{1,500})['\"]"
)
_SECURE: Final = re.compile(
    r"(?i)ConvertTo-SecureString\b(?=[^;|\n]{0,500}-AsPlainText)[^;|\n'\"]{0,100}(?P<quote>['\"])(?P<value>[^'\"\n$]{1,500})(?P=quote)"
)


def powershell_secrets(body: RunBody, taken: tuple[Span | None, ...]) -> Iterator[CommandSecret]:
    """Yield the literals of a shell-form command that no other reader has found (`taken`)."""
    if body.instruction.json is not None or body.instruction.heredocs or not _MARK.search(body.text):
        return
    command = body.instruction.command
    for found, option, category in _literals(command.text):
        span = command.span(found.start, found.end)
        if any(other is not None and other.overlaps(span) for other in taken):
            continue
        yield CommandSecret(
            body=body,
            fragment=None,
            visit=None,
            tool="powershell",
            option=option,
            category=category,
            confidence=Confidence.HIGH,
            span=span,
            word=None,
            inside=found,
            value=Masked(found.of(command.text)),
            variables=(),
            persists=None,
            placeholder=False,
            companion=False,
        )


def _literals(text: str) -> Iterator[tuple[Span, str, Category]]:
    for hit in _SET.finditer(text):
        name, group = (hit["name"], "value") if hit["name"] else (hit["name2"], "value2")
        verdict = judge_pair(name, hit[group], assignment=Assignment.INLINE)
        if verdict.secret and verdict.literal and not verdict.placeholder:
            yield Span(*hit.span(group)), name, verdict.category or Category.GENERIC
    for hit in _SECURE.finditer(text):
        yield Span(*hit.span("value")), "ConvertTo-SecureString", Category.PASSWORD
