"""Find the callers in shell text, wherever it is embedded."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from rewriter.callers import values
from rewriter.callers.embedded import Embedded
from rewriter.callers.invocation import Host, Site, caller_of, environments_of, token
from rewriter.callers.model import (
    BuildArgument,
    Builder,
    Caller,
    CommandForm,
    Problem,
    Reading,
    Unreadable,
    place,
)
from rewriter.callers.options import read as read_command
from rewriter.callers.paths import START, Where, evaluate
from rewriter.documents.shell import ShellError, Visit, commands, nodes, parse
from rewriter.documents.shell.tree import Case as CaseCommand
from rewriter.documents.shell.tree import (
    CommandSubstitution,
    Function,
    If,
    Loop,
    ProcessSubstitution,
    Script,
    Subshell,
    Word,
)
from rewriter.model.text import Span
from rewriter.record import replace

_MENTION: Final = re.compile(r"--build-arg[= ]+[\"']?(?P<name>[A-Za-z_][A-Za-z0-9_]*)")
_CHEAP: Final = re.compile(r"(?i)build|bake|\bbud\b|\brun\b|\bcreate\b|--secret|/executor")
_NAME: Final = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(=|\+=)?")
_DECLARING: Final = frozenset({"export", "declare", "typeset", "local", "readonly", "read", "unset", "mapfile"})
_SPEAKING: Final = frozenset({"echo", "printf", "cat", "log", "info", "warn", "die", "usage", "error", "fail"})


def read(text: Embedded, host: Host) -> Reading:
    """Return what a piece of shell text runs; one that cannot be read is a problem."""
    return read_lines((text,), host)


def read_lines(texts: Iterable[Embedded], host: Host) -> Reading:
    """Return what pieces of shell text run that one shell executes, one after the other."""
    lines = tuple(texts)
    if not any(_CHEAP.search(text.text) for text in lines):
        return Reading()
    total = Reading()
    for text in lines:
        try:
            walk = _Walk(text, host, parse(text.text))
        except ShellError as error:
            total += _unreadable(text, host, error.offset, error.what)
            continue
        total += walk.reading()
        host = walk.after()
    return total


def read_arguments(text: Embedded, host: Host, *, command: str = "docker build") -> Reading:
    """Return what a build command does of which a file holds the options alone."""
    if not text.text.strip():
        return Reading()
    at, lead = text.at(0), len(command) + 1
    whole = replace(
        text, text=f"{command} {text.text}", starts=[at] * lead + list(text.starts), ends=[at] * lead + list(text.ends)
    )
    found = read(whole, replace(host, assigns=False))
    return replace(found, callers=tuple(_at_end(caller, whole) for caller in found.callers))


def _at_end(caller: Caller, text: Embedded) -> Caller:
    """Let further options stand behind those that there are."""
    if not isinstance(caller.form, CommandForm):
        return caller
    return replace(caller, form=replace(caller.form, behind=len(text.text.rstrip())))


def _unreadable(text: Embedded, host: Host, offset: int, what: str) -> Reading:
    where = place(host.source, text.span(min(offset, len(text.text)), min(offset, len(text.text))))
    problem = Problem(host.source.path, where.line, f"shell text cannot be read: {what}")
    opaque = mentions(text, host, (), f"the commands around it cannot be read ({what})")
    return Reading(opaque, (), (problem,))


def mentions(text: Embedded, host: Host, known: tuple[Span, ...], why: str) -> tuple[Caller, ...]:
    """Return callers, none of which can be rewritten, for options that stand in no command."""
    found: list[Caller] = []
    following = 0
    for match in _MENTION.finditer(text.text):
        while following < len(known) and known[following].end <= match.start():
            following += 1
        if following < len(known) and known[following].start <= match.start():
            continue
        where = place(host.source, text.span(match.start(), match.end()))
        argument = BuildArgument(match["name"], "", where, None, None, Unreadable(why))
        found.append(
            Caller(
                path=host.source.path,
                kind=host.kind,
                place=where,
                context=None,
                dockerfile=None,
                target=None,
                arguments=(argument,),
                secrets=(),
                builder=Builder.OTHER,
                form=Unreadable(why),
                dynamic=True,
            )
        )
    return tuple(found)


class _Walk:
    """Go through the commands in the order of the text, and keep what they change."""

    def __init__(self, text: Embedded, host: Host, script: Script) -> None:
        self.text = text
        self.host = host
        self.script = script
        self.visits = tuple(commands(script))
        self.known: dict[str, Where] = dict(host.known)
        self.places: dict[int, Where | None] = {}
        self.previous: Where | None = None
        self.covered: list[Span] = list(script.comments)
        self.exports = _exports(script, self.visits, host.exports)

    def after(self) -> Host:
        """Return the host as the next piece of text finds it."""
        cwd = self.places.get(id(self.script), self.host.cwd)
        return replace(self.host, cwd=cwd, known=self.known, exports=self.exports)

    def reading(self) -> Reading:
        exports = self.exports
        once = _assigned_once(self.visits)
        found = Reading()
        for visit in self.visits:
            found += self.command(visit, exports)
            self.follow(visit, once)
        known = tuple(sorted(self.covered))
        callers = tuple(sorted((*found.callers, *self.held(known)), key=lambda caller: caller.place.span))
        return replace(found, callers=callers)

    def held(self, known: tuple[Span, ...]) -> tuple[Caller, ...]:
        why = "the option is held in a variable, a string or another command, not in a `docker build` command"
        return mentions(self.text, self.host, known, why)

    def command(self, visit: Visit, exports: values.Exports) -> Reading:
        command = visit.command
        if not command.words:
            return Reading()
        if command.name in _SPEAKING:
            self.covered.append(command.span)
            return Reading()
        nested = self.nested(visit)
        if nested is not None:
            return nested
        invocation = read_command([token(word, self.text) for word in command.words])
        if invocation is None:
            return Reading()
        cwd = self.cwd(visit)
        site = Site(self.text, command, invocation, cwd, self.known, exports)
        if invocation.verb != "build":
            return Reading(environments=environments_of(site, self.host.source))
        self.covered.append(command.span)
        return Reading((caller_of(site, self.host),))

    def nested(self, visit: Visit) -> Reading | None:
        """Read the text of `sh -c '...'`."""
        words = visit.command.words
        values_ = [word.value for word in words[:3]]
        match values_:
            case ["sh" | "bash" | "zsh" | "dash" | "ash" | "/bin/sh" | "/bin/bash", str() as flag, str()]:
                if not flag.startswith("-") or "c" not in flag or not _single_quoted(words[2]):
                    return None
            case _:
                return None
        span = Span(words[2].span.start + 1, words[2].span.end - 1)
        self.covered.append(visit.command.span)
        exports = values.Exports(hosts=self.host.exports.hosts)
        inner = replace(self.host, cwd=self.cwd(visit), exports=exports, known=self.known)
        return read(self.text.slice(span.start, span.end), inner)

    def cwd(self, visit: Visit) -> Where | None:
        for ancestor in reversed(visit.path):
            if id(ancestor) in self.places:
                return self.places[id(ancestor)]
        return self.host.cwd

    def follow(self, visit: Visit, once: frozenset[str]) -> None:
        command = visit.command
        for assignment in command.assignments if not command.words else ():
            if assignment.name in once and not assignment.append and not assignment.index:
                self.learn(assignment.name, assignment.value, visit)
        if command.name in {"export", "readonly", "local", "declare"}:
            for word in command.words[1:]:
                match = _NAME.match(word.text)
                if match and match[2] == "=" and match[1] in once and word.value is not None:
                    self.known[match[1]] = Where(START.base, word.value[match.end() :] or ".")
        if command.name in {"cd", "pushd"} and len(command.words) > 1:
            operands = [word for word in command.words[1:] if word.value not in {"--", "-P", "-L"}]
            self.move(visit, self.destination(visit, operands[0]) if operands else None)
        elif command.name in {"popd", "cd"}:
            self.move(visit, self.previous if command.name == "popd" else None)

    def learn(self, name: str, value: Word, visit: Visit) -> None:
        path = evaluate(value, self.text, self.known)
        cwd = self.cwd(visit)
        if isinstance(path, str) and path and not path.startswith("-"):
            computed = value.value is None and cwd is not None
            path = cwd.join(path) if computed and cwd else Where(START.base, path)
        if isinstance(path, Where):
            self.known[name] = path

    def destination(self, visit: Visit, word: Word) -> Where | None:
        if word.value == "-":
            return self.previous
        path = evaluate(word, self.text, self.known)
        cwd = self.cwd(visit)
        if isinstance(path, str):
            if not path or path.startswith(("/", "~")) or cwd is None:
                return None
            return cwd.join(path)
        return path

    def move(self, visit: Visit, where: Where | None) -> None:
        self.previous = self.cwd(visit)
        doubtful = False
        for ancestor in reversed(visit.path):
            match ancestor:
                case Script():
                    self.places[id(ancestor)] = None if doubtful else where
                case Subshell() | CommandSubstitution() | ProcessSubstitution() | Function():
                    return
                case If() | Loop() | CaseCommand():
                    doubtful = True
                case _:
                    pass


def _single_quoted(word: Word) -> bool:
    return word.text.startswith("'") and word.text.endswith("'") and word.text.count("'") == 2


def _exports(script: Script, visits: tuple[Visit, ...], before: values.Exports) -> values.Exports:
    names, exported = set(before.assigned), set(before.exported)
    everything, unknown = before.everything, before.unknown
    for visit in visits:
        command = visit.command
        if not command.words:
            names |= {assignment.name for assignment in command.assignments}
            continue
        first = command.name
        unknown = unknown or first in {".", "source", "eval"}
        arguments = [word.text for word in command.words[1:]]
        everything = everything or (first == "set" and bool({"-a", "allexport", "-ea", "-ae"} & set(arguments)))
        if first in _DECLARING or first == "printf":
            declared = {match[1] for text in arguments if (match := _NAME.match(text))}
            if first == "export" or (first in {"declare", "typeset"} and "-x" in arguments):
                exported |= declared
            else:
                names |= declared
    names |= {node.variable for node in nodes(script) if isinstance(node, Loop) and node.variable}
    return values.Exports(frozenset(names), frozenset(exported), everything, unknown, before.hosts)


def _assigned_once(visits: tuple[Visit, ...]) -> frozenset[str]:
    seen: dict[str, int] = {}
    for name in _assignments(visits):
        seen[name] = seen.get(name, 0) + 1
    return frozenset(name for name, count in seen.items() if count == 1)


def _assignments(visits: tuple[Visit, ...]) -> Iterator[str]:
    for visit in visits:
        command = visit.command
        if not command.words:
            yield from (assignment.name for assignment in command.assignments)
        elif command.name in _DECLARING:
            yield from (match[1] for word in command.words[1:] if (match := _NAME.match(word.text)))
