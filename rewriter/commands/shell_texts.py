"""Find credentials beside the words of a command: in assignments before it, and in text that it is fed.

A here-document or here-string is read by the command, or becomes the file that it writes.
"""

from __future__ import annotations

from collections.abc import Iterator

from rewriter.commands.command_secret import CommandSecret
from rewriter.documents.run import Fragment, RunBody
from rewriter.documents.shell import Visit
from rewriter.documents.shell import Word as ShellWord
from rewriter.judgement import (
    Assignment,
    Category,
    CommandCredential,
    judge_pair,
    piped_password,
    text_credentials,
)
from rewriter.judgement import Word as Argument
from rewriter.model.masked import Masked
from rewriter.model.text import Span


def assigned_secrets(body: RunBody, fragment: Fragment, visit: Visit) -> Iterator[CommandSecret]:
    """Yield the literals of `NAME=value` in front of a command, or alone."""
    for assigned in visit.command.assignments:
        word = assigned.value
        if word is None or word.value is None or not word.value:
            continue
        verdict = judge_pair(assigned.name, word.text, assignment=Assignment.INLINE)
        if not verdict.secret or not verdict.literal or verdict.placeholder or len(verdict.parts) != 1:
            continue
        start, end = verdict.parts[0]
        inside = Span(word.span.start + start, word.span.start + end)
        yield CommandSecret(
            body=body,
            fragment=fragment,
            visit=visit,
            tool=_tool(visit) or assigned.name,
            option=assigned.name,
            category=verdict.category or Category.GENERIC,
            confidence=verdict.confidence,
            span=fragment.span(inside),
            word=word,
            inside=inside,
            value=Masked(inside.of(fragment.script.text)),
            variables=(),
            persists=None,
            placeholder=False,
            companion=False,
        )


def _tool(visit: Visit) -> str:
    return (visit.command.name or "").rsplit("/", 1)[-1]


def fed_secrets(
    body: RunBody, fragment: Fragment, visit: Visit, words: tuple[ShellWord, ...]
) -> Iterator[CommandSecret]:
    """Yield the credentials of here-documents and here-strings."""
    program = (words[0].value or "") if words else ""
    arguments = tuple(Argument(word.text, word.value) for word in words[1:])
    for redirect in visit.command.redirects:
        if redirect.operator == "<<<":
            text, span = redirect.target.text, redirect.target.span
            value = redirect.target.value
        elif redirect.heredoc is not None and program:
            span = redirect.heredoc.body
            text = span.of(fragment.script.text)
            value = None if redirect.heredoc.expand and "$" in text else text
        else:
            continue
        fed = Argument(text, value, fragment.names_in(span))
        found = piped_password((fed,), program, arguments)
        if not found and redirect.heredoc is not None:
            found = text_credentials(text)
        for one in found:
            yield _fed(body, fragment, visit, span, one)


def _fed(body: RunBody, fragment: Fragment, visit: Visit, span: Span, found: CommandCredential) -> CommandSecret:
    inside = Span(span.start + found.start, span.start + found.end)
    return CommandSecret(
        body=body,
        fragment=fragment,
        visit=visit,
        tool=_tool(visit),
        option=found.option,
        category=found.category,
        confidence=found.confidence,
        span=fragment.span(inside),
        word=None,
        inside=inside,
        value=Masked(inside.of(fragment.script.text)) if found.literal else None,
        variables=found.variables,
        persists=found.persists,
        placeholder=found.placeholder,
        companion=found.companion,
    )
