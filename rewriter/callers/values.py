"""Tell where the value of a build argument in a command comes from."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from rewriter.callers.embedded import Embedded
from rewriter.callers.model import (
    FromFile,
    FromHost,
    FromLiteral,
    FromShell,
    FromVariable,
    Inherited,
    Unreadable,
    Value,
)
from rewriter.documents.shell.tree import (
    Command,
    CommandSubstitution,
    DoubleQuoted,
    Item,
    Literal,
    Part,
    SingleQuoted,
    Variable,
    Word,
)
from rewriter.documents.shell.wording import literal_value
from rewriter.record import Record

_NAMED: Final = re.compile(r"(?s)(?P<quote>[\"']?)(?P<name>[A-Za-z_][A-Za-z0-9_.-]*)(?P<value>=.*)?")
_PATH: Final = re.compile(r"[A-Za-z0-9_./~$@%+:{}-]+")


Hosts = Callable[[str], str | None]


def no_host(expression: str) -> str | None:  # noqa: ARG001
    """Know no expression of the host that is a variable of the environment."""
    return None


class Exports(Record):
    """Say which variables a script's commands find in their environment.

    A variable that the script never sets can only come from the environment. `hosts` returns the name of the
    environment variable that an expression of the host stands for.
    """

    assigned: frozenset[str] = frozenset()
    exported: frozenset[str] = frozenset()
    everything: bool = False
    unknown: bool = False
    hosts: Hosts = no_host

    def holds(self, name: str) -> bool:
        """Tell whether `name` is surely in the environment of the script's commands, if it is set at all."""
        return self.everything or name in self.exported or (name not in self.assigned and not self.unknown)


class Argument(Record):
    """Hold what `NAME=value` says: `text` is the value as a shell assignment takes it."""

    name: str
    value: Value
    text: str | None
    literal: str | None


def opening_quote(word: Word, skip: int) -> str:
    """Return the quote that stands in front of an option which holds its value, as in `"--build-arg=A=$B"`."""
    return word.text[0] if skip and word.text[:1] in {"'", '"'} else ""


def read(word: Word, skip: int, text: Embedded, exports: Exports) -> Argument | None:
    """Read a word that holds `NAME` or `NAME=value` behind its first `skip` characters.

    Returns `None` where the name is made by the shell.
    """
    mark = opening_quote(word, skip)
    raw = mark + word.text[len(mark) + skip :]
    found = _NAMED.fullmatch(raw)
    if found is None and "=" not in raw and raw[:1] in ("'", '"') and raw[-1:] == raw[:1]:  # `'NAME'`, value inherited
        found = _NAMED.fullmatch(raw[:-1])
    if found is None or not word.parts:
        return None
    quote, name, value = found["quote"], found["name"], found["value"]
    parts = _behind(word.parts, skip + len(quote), name, value is not None)
    if parts is None:
        return None
    if value is None:
        return Argument(name, Inherited(), None, None)
    if quote:
        if not raw.endswith(quote) or len(raw) < 2 or quote in value[:-1].replace("\\" + quote, ""):
            return Argument(name, Unreadable("the value is quoted in pieces"), None, None)
        shown = quote + value[1:-1] + quote
    else:
        shown = value[1:]
    return _argument(name, shown, parts, text, exports)


def _behind(parts: tuple[Part, ...], skip: int, name: str, has_value: bool) -> tuple[Part, ...] | None:  # noqa: FBT001
    """Return the parts of the value: those of the word without the text that is the name."""
    first = parts[0]
    if isinstance(first, Literal) and 0 < len(first.text) <= skip and len(parts) > 1:  # `--build-arg="NAME=value"`
        parts, skip = parts[1:], skip - len(first.text)
        first = parts[0]
    if isinstance(first, DoubleQuoted | SingleQuoted) and len(parts) == 1:
        inner = first.parts if isinstance(first, DoubleQuoted) else (Literal(first.text, first.span),)
        parts, skip = inner, max(0, skip - 1)
        if not parts:
            return None
        first = parts[0]
    lead = name + ("=" if has_value else "")
    if not isinstance(first, Literal) or first.text[skip : skip + len(lead)] != lead:
        return None
    rest = first.text[skip + len(lead) :]
    return (Literal(rest, first.span), *parts[1:]) if rest else parts[1:]


def _argument(name: str, shown: str, parts: tuple[Part, ...], text: Embedded, exports: Exports) -> Argument:
    if len(parts) == 1 and isinstance(parts[0], DoubleQuoted):
        parts = parts[0].parts
    literal = literal_value(parts)
    if literal is not None and not text.has_hole(literal):
        return Argument(name, FromLiteral(), shown, literal)
    if literal is not None:
        expression = text.is_hole(literal)
        return Argument(name, _from_host(expression, _quoted(shown), exports), shown, None)
    match parts:
        case (Variable(special=False, indirect=False, length=False, index=()) as variable,):
            if not variable.operator or (variable.operator in {":-", "-"} and not variable.argument):
                return Argument(
                    name,
                    FromVariable(variable.name, exports.holds(variable.name), _quoted(shown)),
                    shown,
                    None,
                )
        case (CommandSubstitution() as substitution,):
            path = _file(substitution)
            if path is not None:
                return Argument(name, FromFile(path, _quoted(shown)), shown, None)
        case _:
            pass
    return Argument(name, FromShell(_quoted(shown)), shown, None)


def _from_host(expression: str | None, quoted: str, exports: Exports) -> Value:
    if expression is None:
        return FromShell(quoted)
    name = exports.hosts(expression)
    return FromHost(expression, quoted) if name is None else FromVariable(name, exported=True, text=quoted)


def _quoted(shown: str) -> str:
    """Return a value in double quotes, if it has no quotes or backslashes of its own."""
    return f'"{shown}"' if shown and not set(shown) & set("\"'\\`~") else shown


def _file(substitution: CommandSubstitution) -> str | None:
    """Return how an option names the file whose content `$(cat path)` gives, or `None`."""
    match substitution.script.items:
        case (Item(node=Command(assignments=(), words=(Word(value="cat"), path), redirects=())),):
            return _path(path.text)
        case (Item(node=Command(assignments=(), words=(), redirects=(redirect,))),) if redirect.operator == "<":
            return _path(redirect.target.text)
        case _:
            return None


def _path(text: str) -> str | None:
    quoted = len(text) > 1 and text[0] == text[-1] == '"'
    inner = text[1:-1] if quoted else text
    if not _PATH.fullmatch(inner) or inner.startswith("-"):
        return None
    if inner.startswith("~/") and not quoted:
        return f'"$HOME{inner[1:]}"' if "$" in inner else "$HOME" + inner[1:]
    return text if "~" not in inner else None
