"""Look at one word of a command: which part of its raw text is a credential."""

from __future__ import annotations

import re
from typing import Final, NamedTuple, Protocol

from rewriter.judgement.names import judge_name
from rewriter.judgement.pattern import Pattern
from rewriter.judgement.references import blank_references, has_reference, variables
from rewriter.judgement.values import judge_value
from rewriter.judgement.verdicts import Category, CommandCredential, ValueKind
from rewriter.model.secret import Confidence
from rewriter.record import Record

_QUOTES: Final = "\"'"
_HARMLESS_SOURCE: Final = Pattern(
    r"/(?:run|var/run)/secrets/|/dev/u?random|openssl\s+rand|\bpwgen\b|\buuidgen\b|\bmkpasswd\b\s*\)|\bmktemp\b"
)
"""Commands whose output is drawn anew or comes from a mounted secret."""
_NAME: Final = Pattern(r"[A-Za-z_][A-Za-z0-9_]*")


def is_drawn_or_mounted(text: str) -> bool:
    """Tell whether a command in the text draws a value anew, or reads one that is mounted."""
    return _HARMLESS_SOURCE.search(text) is not None


class Argument(Protocol):
    """Describe a word as a shell reader gives it."""

    @property
    def text(self) -> str:
        """Return the raw source text, quotes kept."""
        ...

    @property
    def value(self) -> str | None:
        """Return the literal value, or None when the word has expansions."""
        ...

    @property
    def variables(self) -> tuple[str, ...]:
        """Return the names of the variables that are expanded in the word."""
        ...


class Word(Record):
    """Hold a word of a command where no shell reader made it."""

    text: str
    value: str | None = None
    variables: tuple[str, ...] = ()


class Use(NamedTuple):
    """Say what a word is to its tool, for the credential found in it."""

    category: Category
    option: str
    persists: str | None = None
    harmless: tuple[str, ...] = ()
    confidence: Confidence = Confidence.HIGH
    companion: bool = False


def plain(argument: Argument) -> str:
    """Return the word as the tool sees it, as far as that is known."""
    if argument.value is not None:
        return argument.value
    start, end = inner(argument.text, 0, len(argument.text))
    return argument.text[start:end]


def inner(text: str, start: int, end: int) -> tuple[int, int]:
    """Return the range without the quotes and escaped quotes at its ends."""
    while start < end:
        if text[start] in _QUOTES:
            start += 1
        elif text.startswith(('\\"', "\\'"), start, end):
            start += 2
        else:
            break
    while end > start and text[end - 1] in _QUOTES:
        end -= 2 if end - start >= 2 and text[end - 2] == "\\" else 1
    return start, end


def skip_option(text: str, length: int) -> int:
    """Return the offset in the raw text behind the first `length` characters of its value."""
    at = seen = 0
    while at < len(text) and seen < length:
        if text[at] not in _QUOTES:
            seen += 1
        at += 1
    return at


def credential(index: int, argument: Argument, start: int, end: int, use: Use) -> CommandCredential | None:
    """Return the credential in a range of a word's raw text, or None when no secret stands there."""
    start, end = inner(argument.text, start, min(end, len(argument.text)))
    written = argument.text[start:end]
    if not written.strip() or written == "-" or written in use.harmless:
        return None
    if _HARMLESS_SOURCE.search(written) or _is_path(written) or _is_variable_name(written):
        return None
    names = _names(argument, written)
    if names or _substituted(argument, written):
        return _found(index, start, end, use, names=names)
    verdict = judge_value(written)
    if verdict.kind in (ValueKind.EMPTY, ValueKind.PLACEHOLDER, ValueKind.PATH, ValueKind.PUBLIC):
        return None
    if verdict.kind is ValueKind.FLAG and not written.isdigit():
        return None
    if verdict.kind is ValueKind.REFERENCE:
        return _found(index, start, end, use, names=variables(written))
    stand_in = verdict.kind is ValueKind.DUMMY
    if stand_in and not verdict.parts:
        return None
    return _found(index, start, end, use, literal=True, placeholder=stand_in)


def _is_path(written: str) -> bool:
    """Tell whether a word with variables in it is a path: `$DIR/key.pem`."""
    if "/" not in written or "://" in written or "$(" in written or "`" in written:
        return False
    blanked = re.sub(r" +", "x", blank_references(written))
    return blanked != written and judge_value(blanked).kind is ValueKind.PATH


def _is_variable_name(written: str) -> bool:
    """Tell whether a word is a variable's name with its dollar sign missing."""
    return bool(re.fullmatch(r"[A-Za-z][A-Za-z0-9]*(?:_[A-Za-z0-9]+)*_[A-Z]+", written)) and judge_name(written).secret


def _names(argument: Argument, written: str) -> tuple[str, ...]:
    """Return the variables of the word that are expanded in this part of it."""
    if argument.value is not None:
        return ()
    if argument.variables:
        here = set(_NAME.findall(written)) | set(re.findall(r"\$\{?([0-9@*#])", written))
        return tuple(name for name in argument.variables if name in here)
    return variables(written)


def _substituted(argument: Argument, written: str) -> bool:
    return argument.value is None and ("$(" in written or "`" in written or has_reference(written))


def _found(
    index: int,
    start: int,
    end: int,
    use: Use,
    *,
    names: tuple[str, ...] = (),
    literal: bool = False,
    placeholder: bool = False,
) -> CommandCredential:
    return CommandCredential(
        index=index,
        start=start,
        end=end,
        category=use.category,
        literal=literal,
        variables=names,
        option=use.option,
        persists=use.persists,
        confidence=Confidence.LOW if placeholder else use.confidence,
        placeholder=placeholder,
        companion=use.companion,
    )


def lone_variable_is_secret(argument: Argument) -> bool:
    """Tell whether a word is a variable, and one whose name says that it holds a credential."""
    names = argument.variables or (variables(argument.text) if argument.value is None else ())
    return any(judge_name(name).secret for name in names)
