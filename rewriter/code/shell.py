"""Read shell scripts, and load the secrets that they use at their top.

A loaded variable is not exported: a program that the script starts does not get it, and /proc does not show it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from rewriter.code.model import (
    Change,
    Keep,
    Language,
    Mention,
    Reader,
    ReadKind,
    Refuse,
    Rewrite,
    Survey,
    Use,
    read_at,
    secret_id,
)
from rewriter.documents.shell import (
    Command,
    Script,
    ShellError,
    assignments,
    exports,
    nodes,
    parse,
    variables,
)
from rewriter.documents.shell.walk import words_of
from rewriter.model.text import Edit, Source, Span
from rewriter.template import render

_HINT: Final = re.compile(r"\$|printenv")
_SHEBANG: Final = re.compile(r"\ufeff?#![^\n]{0,100}\b(?:ba|da|a|k)?sh\b")
_HEAD: Final = re.compile(r"(?:\ufeff)?(?:#[^\n]*\n)*")
_LOADED: Final = re.compile(r"^take_secret ([A-Za-z_]\w{0,100}) ", re.MULTILINE)
_VARIABLE: Final = re.compile(r"[A-Z][A-Z0-9_]{2,100}\Z")
_OWN: Final = frozenset({"PATH", "HOME", "PWD", "OLDPWD", "IFS", "SHELL", "USER", "LANG", "TERM", "RANDOM", "LINENO",
                         "BASH_SOURCE", "EUID", "UID", "HOSTNAME", "OPTARG", "OPTIND", "PPID", "SECONDS"})  # fmt: skip
_WHOLE: Final = frozenset({"printenv", "envsubst", "env"})


def _matches(path: str, text: str) -> bool:
    name = path.rsplit("/", 1)[-1]
    return name.endswith((".sh", ".bash", ".ksh")) or ("." not in name and bool(_SHEBANG.match(text)))


def _survey(source: Source, secrets: Mapping[str, str]) -> Survey:
    try:
        script = parse(source.text)
        uses = (*_uses(source, script, secrets), *_nested(source, script, secrets))
    except ShellError:
        return Survey(source.path, trouble="it is no shell that can be read")
    named = tuple(
        Mention(word.value, source.line(word.span.start))
        for node in nodes(script)
        for word in words_of(node)
        if word.value is not None and word.value in secrets
    )
    return Survey(source.path, tuple(sorted(uses, key=lambda use: use.read.span)), named)


def _uses(source: Source, script: Script, secrets: Mapping[str, str]) -> Iterator[Use]:
    loaded = frozenset(_LOADED.findall(source.text))
    first: dict[str, int] = {}
    for one in assignments(script):
        if not re.search(rf"\b{re.escape(one.name)}\b", one.span.of(source.text)[len(one.name) :]):
            first.setdefault(one.name, one.span.start)
    for use in variables(script):
        if use.variable.indirect:
            read = read_at(source, use.span, "", kind=ReadKind.DYNAMIC)
            yield Use(read, Refuse("the variable's name is built at run time"))
        elif (
            _VARIABLE.match(use.name)
            and use.name not in _OWN
            and use.span.start < first.get(use.name, len(source.text))
        ):
            kind = ReadKind.DEFAULT if use.modifier.lstrip(":") in ("-", "=") else ReadKind.PLAIN
            change: Change = Rewrite((), (use.name,))
            if use.name in loaded:
                change = Keep()
            elif secret_id(use.name, secrets) != use.name.lower():
                change = Refuse("the secret has another name than the variable")
            yield Use(read_at(source, use.span, use.name, kind=kind), change)
    for node in nodes(script):
        if isinstance(node, Command) and node.words and node.words[0].value in _WHOLE:
            yield from _environment(source, node)


def _nested(source: Source, script: Script, secrets: Mapping[str, str]) -> Iterator[Use]:
    """Read what the script hands on: a variable that it exports, and one that a quoted script reads."""
    for one in exports(script):
        if one.name in secrets:
            refusal = Refuse("the script exports it to the programs that it starts")
            yield Use(read_at(source, one.command.span, one.name, kind=ReadKind.PLAIN), refusal)
    own = {use.span.start for use in variables(script)}
    for name in sorted(secrets) if "$" in source.text else ():
        for match in re.finditer(rf"\$\{{?{re.escape(name)}(?![A-Za-z0-9_])", source.text):
            line = source.line_span(source.line(match.start())).of(source.text)
            if match.start() not in own and not line.lstrip().startswith("#"):
                refusal = Refuse("a quoted text names it, which another shell may read")
                yield Use(read_at(source, Span(*match.span()), name, kind=ReadKind.PLAIN), refusal)


def _environment(source: Source, command: Command) -> Iterator[Use]:
    """Read a command that prints variables, which takes them from the environment and not from the shell."""
    names = [word.value for word in command.words[1:] if word.value is not None and _VARIABLE.match(word.value)]
    for name in names if command.words[0].value == "printenv" else ():
        refusal = Refuse("printenv sees only what is exported")
        yield Use(read_at(source, command.span, name, kind=ReadKind.PLAIN), refusal)
    named = {word.value for word in command.words[1:]}
    if command.words[0].value == "envsubst" or len(named) == 0:
        yield Use(read_at(source, command.span, "", kind=ReadKind.WHOLE), Keep())


def _reach(source: Source, files: Mapping[str, str], needs: tuple[str, ...]) -> Reader | Refuse:
    """Load each variable once, at the top of the script."""
    del files
    if re.search(r"\bsecret(?==|\}|\b[ \t]*\()|\btake_secret[ \t]*\(", source.text) and not _LOADED.search(source.text):
        return Refuse("the script has a name secret or take_secret of its own")
    if source.text.startswith("#!") and re.match(r"#![^\n]*\bzsh\b", source.text):
        return Refuse("a script of zsh is not rewritten")
    head = _HEAD.match(source.text)
    at = head.end() if head is not None else 0
    loads = "".join(f"take_secret {name} {name.lower()}\n" for name in needs)
    found = _LOADED.search(source.text)
    if found is not None:
        return Reader((Edit(Span(found.start(), found.start()), loads.replace("\n", source.newline)),))
    gap = "" if source.text.startswith(("\n", "\r\n"), at) else "\n"
    text = f"\n{render('run_secrets.sh.j2')}{loads}{gap}".replace("\n", source.newline)
    if at and not source.text[:at].endswith("\n"):
        text = source.newline + text
    return Reader((Edit(Span(at, at), text),))


LANGUAGE: Final = Language("shell", _matches, _HINT, _survey, _reach)
