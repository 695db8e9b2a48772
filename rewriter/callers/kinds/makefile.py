"""Read the recipes of makefiles."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import Final

from rewriter.callers.embedded import Embedded, Quoting, identity
from rewriter.callers.invocation import Host
from rewriter.callers.kind import Kind
from rewriter.callers.model import CallerKind, Files, Reading
from rewriter.callers.paths import Base, Bases, Where
from rewriter.callers.script import mentions, read
from rewriter.callers.values import Exports
from rewriter.model.text import Source, Span

_ASSIGNMENT: Final = re.compile(
    r"(?P<export>(?:(?:override|export)[ \t]+){0,3})(?P<name>[A-Za-z_][A-Za-z0-9_.-]*)[ \t]*[:?+!]{0,3}=.*"
)
_EXPORT: Final = re.compile(r"export(?:[ \t]+(?P<names>[A-Za-z0-9_ \t]+))?[ \t]*(?:#.*)?$")
_INCLUDE: Final = re.compile(r"[-s]?include[ \t]")
_INTRODUCTION: Final = re.compile(r"\A\t[ \t]*(?:[@+-][ \t@+-]*)?")
_BRACKET: Final = re.compile(r"[(){}]")
_CLOSING: Final = {"(": ")", "{": "}"}
_TAB: Final = re.compile(r"(?m)^\t")


def _matches(path: str) -> bool:
    name = posixpath.basename(path)
    return name.endswith((".mk", ".mak", ".make")) or name.lower() in {
        "makefile", "gnumakefile", "bsdmakefile"
    } or name.startswith(("Makefile.", "makefile."))  # fmt: skip


def _logical_lines(source: Source) -> Iterator[Span]:
    """Yield lines, each with those that continue it."""
    text, start, length = source.text, 0, len(source.text)
    while start < length:
        stop = start
        while True:
            found = text.find("\n", stop)
            stop = length if found < 0 else found + 1
            body = text[start if found < 0 else max(start, found - 2) : stop].rstrip("\r\n")
            if found < 0 or not body.endswith("\\") or body.endswith("\\\\"):
                break
        yield Span(start, stop)
        start = stop


def _read(source: Source, files: Files) -> Reading:
    lines = tuple(_logical_lines(source))
    directory = posixpath.dirname(source.path)
    environment = _Variables(source, lines)
    host = Host(
        source,
        CallerKind.MAKEFILE,
        files,
        Bases((directory,), directory),
        exports=Exports(hosts=environment.exported),
        cwd=Where(Base.START, "."),
    )
    total = Reading()
    one_shell = any(span.of(source.text).startswith(".ONESHELL:") for span in lines)
    recipe: list[Span] = []
    for span in (*lines, Span(len(source.text), len(source.text))):
        is_recipe = source.text.startswith("\t", span.start)
        if is_recipe and (recipe or not environment.outside(span)):
            recipe.append(span)
        if recipe and (not one_shell or not is_recipe):
            total += read(_recipe(source, Span(recipe[0].start, recipe[-1].end)), host)
            recipe = []
        if not is_recipe and "--build-arg" in span.of(source.text):
            why = "the arguments are held in a make variable"
            total += Reading(mentions(identity(source.text, span), host, (), why))
    return total


def _recipe(source: Source, span: Span) -> Embedded:
    """Return a recipe as the shell gets it: without tabs at the starts of lines, with variables as holes."""
    whole = identity(source.text, span)
    plain = whole.rewrite(_INTRODUCTION, lambda _: "").rewrite(_TAB, lambda _: "")
    return plain.resolve(_references(plain.text), inner=Quoting.MAKE)


def _references(text: str) -> Iterator[tuple[tuple[int, int], str | None]]:
    """Yield what make expands: `$$`, `$(...)`, `${...}`, `$x`; a bracket that is not closed is none."""
    closing = _brackets(text)
    position = text.find("$")
    while 0 <= position < len(text) - 1:
        following = text[position + 1]
        end = position + 2
        if following in "({":
            end = closing.get(position + 1, position + 1) + 1
        if following == "$":
            yield (position, end), "$"
        elif not following.isspace():
            yield (position, end), None
        position = text.find("$", end)


def _brackets(text: str) -> dict[int, int]:
    """Return the place of the closing bracket for each opening one."""
    found: dict[int, int] = {}
    waiting: dict[str, list[int]] = {")": [], "}": []}
    for match in _BRACKET.finditer(text):
        bracket = match.group()
        if bracket in _CLOSING:
            waiting[_CLOSING[bracket]].append(match.start())
        elif waiting[bracket]:
            found[waiting[bracket].pop()] = match.start()
    return found


class _Variables:
    """Know which make variables the recipes find in their environment."""

    def __init__(self, source: Source, lines: tuple[Span, ...]) -> None:
        self.assigned: set[str] = set()
        self.passed: set[str] = set()
        self.everything = self.unknown = False
        self.text = source.text
        for span in lines:
            line = span.of(source.text).strip()
            exported = _EXPORT.match(line)
            assignment = _ASSIGNMENT.match(line)
            if exported and not assignment:
                self.everything = self.everything or not exported["names"]
                self.passed |= set((exported["names"] or "").split())
            elif assignment and not self.text.startswith("\t", span.start):
                self.assigned.add(assignment["name"])
                if "export" in assignment["export"]:
                    self.passed.add(assignment["name"])
            self.everything = self.everything or line.startswith(".EXPORT_ALL_VARIABLES:")
            self.unknown = self.unknown or bool(_INCLUDE.match(line))

    def exported(self, expression: str) -> str | None:
        """Return the name, if a reference is to one variable that is in the environment of the recipes.

        Make passes on what comes from its own environment or its command line.
        """
        match = re.fullmatch(r"\$[({]([A-Za-z_][A-Za-z0-9_]*)[)}]", expression)
        if not match:
            return None
        name = match[1]
        here = self.everything or name in self.passed
        return name if here or (name not in self.assigned and not self.unknown) else None

    def outside(self, span: Span) -> bool:
        """Tell whether a line that starts with a tab is no recipe but an assignment."""
        line = span.of(self.text)
        return bool(_ASSIGNMENT.fullmatch(line.strip())) and ":=" in line and "docker" not in line


KIND: Final = Kind(_matches, _read)
