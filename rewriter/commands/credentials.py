"""Find credentials in the commands of a RUN, wherever they come from, with their places in the file."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import count
from typing import Final

from rewriter.commands.command_secret import CommandSecret
from rewriter.commands.powershell import powershell_secrets
from rewriter.commands.shell_texts import assigned_secrets, fed_secrets
from rewriter.commands.written import written_secrets
from rewriter.documents.run import Fragment, RunBody, bare_words
from rewriter.documents.shell import Visit
from rewriter.documents.shell import Word as ShellWord
from rewriter.judgement import (
    Category,
    CommandCredential,
    command_credentials,
    may_hold_credential,
    piped_password,
    url_credentials,
)
from rewriter.judgement import Word as Argument
from rewriter.model.masked import Masked
from rewriter.model.secret import Confidence
from rewriter.model.text import Span

__all__ = ["CommandSecret", "command_secrets", "literal_ids"]


def command_secrets(body: RunBody) -> tuple[CommandSecret, ...]:
    """Return the credentials in the commands of a RUN, in text order, each once."""
    found: list[CommandSecret] = []
    for fragment, visit in body.commands():
        found += _in_command(body, fragment, visit)
    if body.argv and not body.fragments:
        found += _in_argv(body)
    found += powershell_secrets(body, tuple(one.span for one in found))
    return tuple(found)


def _in_command(body: RunBody, fragment: Fragment, visit: Visit) -> Iterable[CommandSecret]:
    words = bare_words(visit.command)
    taken: list[Span] = []
    suspect = may_hold_credential(visit.command.span.of(fragment.script.text))
    yield from assigned_secrets(body, fragment, visit)
    yield from fed_secrets(body, fragment, visit, words)
    if suspect and words and words[0].value is not None:
        program = words[0].value.rsplit("/", 1)[-1]
        arguments = tuple(Argument(word.text, word.value, fragment.names_in(word.span)) for word in words[1:])
        for credential in command_credentials(program, arguments):
            word = words[1 + credential.index]
            found = _found(body, fragment, visit, word, credential, tool=program)
            taken.append(found.inside)
            yield found
    if suspect:
        yield from _in_urls(body, fragment, visit, tuple(taken))
    if words and _tool(words) in ("echo", "printf") and visit.piped_to is not None:
        yield from _in_pipe(body, fragment, visit, words)
    yield from written_secrets(body, fragment, visit, words)


def _tool(words: tuple[ShellWord, ...]) -> str:
    return (words[0].value or "").rsplit("/", 1)[-1]


def _in_pipe(body: RunBody, fragment: Fragment, visit: Visit, words: tuple[ShellWord, ...]) -> Iterable[CommandSecret]:
    """Yield what `echo ... | reader` hands to a program that takes a password."""
    reader = visit.piped_to.words if visit.piped_to is not None else ()
    if not reader or reader[0].value is None:
        return
    arguments = tuple(Argument(word.text, word.value, fragment.names_in(word.span)) for word in words[1:])
    rest = tuple(Argument(word.text, word.value, fragment.names_in(word.span)) for word in reader[1:])
    for credential in piped_password(arguments, reader[0].value, rest):
        yield _found(
            body,
            fragment,
            visit,
            words[1 + credential.index],
            credential,
            tool=reader[0].value.rsplit("/", 1)[-1],
        )


def _found(
    body: RunBody,
    fragment: Fragment,
    visit: Visit,
    word: ShellWord,
    credential: CommandCredential,
    *,
    tool: str,
) -> CommandSecret:
    inside = Span(word.span.start + credential.start, word.span.start + credential.end)
    return CommandSecret(
        body=body,
        fragment=fragment,
        visit=visit,
        tool=tool,
        option=credential.option,
        category=credential.category,
        confidence=credential.confidence,
        span=fragment.span(inside),
        word=word,
        inside=inside,
        value=Masked(inside.of(fragment.script.text)) if credential.literal else None,
        variables=credential.variables,
        persists=credential.persists,
        placeholder=credential.placeholder,
        companion=credential.companion,
    )


def _in_urls(body: RunBody, fragment: Fragment, visit: Visit, taken: tuple[Span, ...]) -> Iterable[CommandSecret]:
    """Yield URL credentials that no option of a known tool accounts for."""
    for word in visit.command.words:
        for url in url_credentials(word.text):
            inside = Span(word.span.start + url.secret.start, word.span.start + url.secret.end)
            directive = visit.command.name == "printf" and url.secret.of(word.text).startswith("%")
            if directive or any(inside.overlaps(other) for other in taken):
                continue
            yield CommandSecret(
                body=body,
                fragment=fragment,
                visit=visit,
                tool=visit.command.name or "",
                option=url.parameter,
                category=url.category,
                confidence=Confidence.HIGH,
                span=fragment.span(inside),
                word=word,
                inside=inside,
                value=Masked(inside.of(fragment.script.text)) if url.literal else None,
                variables=url.variables,
                persists=None,
                placeholder=url.placeholder,
                companion=False,
            )


def _in_argv(body: RunBody) -> Iterable[CommandSecret]:
    """Yield literals in an exec-form command; its words cannot take a variable."""
    words = body.instruction.json or ()
    program = body.argv[0].rsplit("/", 1)[-1]
    arguments = tuple(Argument(word, word, ()) for word in body.argv[1:])
    for credential in command_credentials(program, arguments):
        if not credential.literal:
            continue
        value = body.argv[1 + credential.index][credential.start : credential.end]
        yield CommandSecret(
            body=body,
            fragment=None,
            visit=None,
            tool=program,
            option=credential.option,
            category=credential.category,
            confidence=credential.confidence,
            span=words[1 + credential.index].span,
            word=None,
            inside=Span(credential.start, credential.end),
            value=Masked(value),
            variables=(),
            persists=credential.persists,
            placeholder=credential.placeholder,
            companion=credential.companion,
        )


def literal_ids(secrets: Iterable[CommandSecret]) -> tuple[tuple[CommandSecret, str], ...]:
    """Return the literal credentials of one Dockerfile, each with the id of its secret; one value has one id."""
    ids: dict[Masked, str] = {}
    taken: set[str] = set()
    found: list[tuple[CommandSecret, str]] = []
    for secret in secrets:
        if secret.value is None or secret.companion:
            continue
        if secret.value not in ids:
            ids[secret.value] = _free(_stem(secret), taken)
            taken.add(ids[secret.value])
        found.append((secret, ids[secret.value]))
    return tuple(found)


_NOUNS: Final = {
    Category.TOKEN: "token",
    Category.API_KEY: "api_key",
    Category.PRIVATE_KEY: "private_key",
    Category.CLOUD_KEY: "secret_key",
}


def _stem(secret: CommandSecret) -> str:
    tool = re.sub(r"[^a-z0-9]+", "_", secret.tool.lower()).strip("_") or "build"
    return f"{tool}_{_NOUNS.get(secret.category, 'password')}"


def _free(stem: str, taken: set[str]) -> str:
    if stem not in taken:
        return stem
    return next(name for number in count(2) if (name := f"{stem}_{number}") not in taken)
