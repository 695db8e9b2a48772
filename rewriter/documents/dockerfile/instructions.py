"""Make an `Instruction` of the joined text of its lines."""

from __future__ import annotations

from itertools import takewhile
from typing import Final

from rewriter.documents.dockerfile import split
from rewriter.documents.dockerfile.heredocs import openers
from rewriter.documents.dockerfile.lexer import quote_of, unquote
from rewriter.documents.dockerfile.lines import Block, Reader
from rewriter.documents.dockerfile.logical import Logical
from rewriter.documents.dockerfile.model import Assignment, Flag, Heredoc, Instruction, Word
from rewriter.model.text import Span
from rewriter.record import Record

KEYWORDS: Final = (
    "ADD",
    "ARG",
    "CMD",
    "COPY",
    "ENTRYPOINT",
    "ENV",
    "EXPOSE",
    "FROM",
    "HEALTHCHECK",
    "LABEL",
    "MAINTAINER",
    "ONBUILD",
    "RUN",
    "SHELL",
    "STOPSIGNAL",
    "USER",
    "VOLUME",
    "WORKDIR",
)
_KEYWORDS: Final = {keyword.lower(): keyword for keyword in KEYWORDS}
_JSON: Final = frozenset(("ADD", "CMD", "COPY", "ENTRYPOINT", "RUN", "SHELL", "VOLUME"))
_WORDS: Final = frozenset(("ADD", "COPY", "EXPOSE", "FROM", "VOLUME"))
_ONE_WORD: Final = frozenset(("MAINTAINER", "STOPSIGNAL", "USER", "WORKDIR"))
_ASSIGNMENTS: Final = frozenset(("ARG", "ENV", "LABEL"))
_HEREDOCS: Final = frozenset(("ADD", "COPY", "RUN"))


class RejectError(ValueError):
    """Say why BuildKit rejects an instruction; its line is added where it is known."""


class Header(Record):
    """Hold an instruction as its joined text gives it; lines, heredocs and stage are added later."""

    keyword: str
    keyword_raw: Logical
    arguments: Logical
    flags: tuple[Flag, ...]
    words: tuple[Word, ...] = ()
    json: tuple[Word, ...] | None = None
    assignments: tuple[Assignment, ...] = ()
    trigger: Header | None = None


def header(logical: Logical, escape: str) -> Header:
    """Read the keyword, the flags and the arguments of an instruction. Raises `RejectError`."""
    text = logical.text
    start, end, rest, stop = split.command(text)
    keyword = _keyword(text[start:end])
    flags: tuple[Flag, ...] = ()
    if text.startswith("--", rest):
        flags, rest = _flags(logical.slice(rest, stop), rest, escape)
    if rest < stop and not text[rest].isascii():
        rest = stop - len(text[rest:stop].lstrip(split.SPACES))
    arguments = logical.slice(min(rest, stop), stop)
    return _arguments(keyword, logical.slice(start, end), arguments, flags, escape)


def _keyword(written: str) -> str:
    keyword = _KEYWORDS.get(written.lower())
    if keyword is not None:
        return keyword
    if not written:
        raise RejectError("a continuation without an instruction; remove the line")
    letters = "".join(takewhile(str.isascii, takewhile(str.isalpha, written[:20])))
    if letters.lower() in _KEYWORDS:
        raise RejectError(f"unknown instruction; put a plain blank behind {letters}")
    from difflib import get_close_matches  # noqa: PLC0415 (start-up time)

    close = get_close_matches(letters.upper(), KEYWORDS, 1)
    if close:
        raise RejectError(f"unknown instruction {letters!r}; did you mean {close[0]}?")
    raise RejectError(f"unknown instruction; a line must begin with one of {', '.join(KEYWORDS)}, or continue one")


def _flags(rest: Logical, base: int, escape: str) -> tuple[tuple[Flag, ...], int]:
    try:
        ranges, position = split.flags(rest.text, escape)
    except split.AmbiguousFlagError as error:
        raise RejectError(f"a flag holds {error}, at which BuildKit cuts it; use plain blanks and ASCII") from None
    return tuple(_flag(rest.slice(*place), escape) for place in ranges), base + position


def _flag(raw: Logical, escape: str) -> Flag:
    name, equals, value = split.unquote_flag(raw.text, escape).partition("=")
    start = raw.text.find("=") + 1 or len(raw.text)
    return Flag(name[2:].lower(), value if equals else None, raw, raw.slice(start, len(raw.text)))


def _arguments(keyword: str, name: Logical, rest: Logical, flags: tuple[Flag, ...], escape: str) -> Header:
    text = rest.text
    if keyword in _ASSIGNMENTS:
        return Header(keyword, name, rest, flags, assignments=_assignments(keyword, rest, escape))
    if keyword == "HEALTHCHECK":
        return _healthcheck(name, rest, flags)
    if keyword == "ONBUILD":
        return Header(keyword, name, rest, flags, trigger=_trigger(rest, escape) if text else None)
    json = _json(rest) if text[:1] == "[" and keyword in _JSON else None
    words: tuple[Word, ...] = ()
    if json is None and text:
        if keyword in _WORDS:
            words = tuple(word(rest.slice(*place), escape) for place in split.blanks(text))
        elif keyword == "MAINTAINER":
            words = (Word(rest, text, ""),)
        elif keyword in _ONE_WORD:
            words = (word(rest, escape),)
    return Header(keyword, name, rest, flags, words, json)


def word(raw: Logical, escape: str) -> Word:
    """Return a word with its value and the quote around it."""
    text = raw.text
    if '"' not in text and "'" not in text and escape not in text:
        return Word(raw, text, "")
    return Word(raw, unquote(text, escape), quote_of(text, escape))


def _json(rest: Logical) -> tuple[Word, ...] | None:
    try:
        ranges = split.strings(rest.text)
    except split.NotStringsError:
        raise RejectError("a JSON array may hold strings only; put each element in double quotes") from None
    if ranges is None:
        return None
    raws = [rest.slice(*place) for place in ranges]
    return tuple(Word(raw, split.decode(raw.text), '"', json=True) for raw in raws)


def _healthcheck(name: Logical, rest: Logical, flags: tuple[Flag, ...]) -> Header:
    text = rest.text
    if not text:
        return Header("HEALTHCHECK", name, rest, flags)
    size = next((place for place, char in enumerate(text) if char in split.BLANKS), len(text))
    kind = rest.slice(0, size)
    command = text[size:].lstrip(split.BLANKS)
    json = _json(rest.slice(len(text) - len(command), len(text))) if command[:1] == "[" else None
    return Header("HEALTHCHECK", name, rest, flags, (Word(kind, kind.text, ""),), json)


def _trigger(rest: Logical, escape: str) -> Header:
    start, end, _, _ = split.command(rest.text)
    keyword = rest.text[start:end].upper()
    if keyword in ("ONBUILD", "FROM", "MAINTAINER"):
        raise RejectError(f"ONBUILD {keyword} is not allowed")
    return header(rest, escape)


def _assignments(keyword: str, rest: Logical, escape: str) -> tuple[Assignment, ...]:
    text = rest.text
    ranges = split.assignments(text, escape)
    if keyword != "ARG" and ranges and "=" not in text[slice(*ranges[0])]:
        return (_legacy(keyword, rest, escape),)
    return tuple(_assignment(keyword, rest.slice(*place), escape) for place in ranges)


def _legacy(keyword: str, rest: Logical, escape: str) -> Assignment:
    text = rest.text
    words = split.blanks(text)
    if len(words) < 2:
        raise RejectError(f"{keyword} needs a value; write {keyword} NAME=value")
    name = rest.slice(*words[0])
    value = word(rest.slice(words[1][0], len(text)), escape)
    return Assignment(unquote(name.text, escape), name, value, rest, legacy=True)


def _assignment(keyword: str, raw: Logical, escape: str) -> Assignment:
    text = raw.text
    place = text.find("=")
    if place < 0:
        if keyword != "ARG":
            raise RejectError(f"{keyword} has a word without `=`; put a value that holds blanks in double quotes")
        return Assignment(unquote(text, escape), raw, None, raw, legacy=False)
    if place == 0:
        raise RejectError(f"{keyword} has a value without a name; write {keyword} NAME=value")
    name = raw.slice(0, place)
    value = word(raw.slice(place + 1, len(text)), escape)
    return Assignment(unquote(name.text, escape), name, value, raw, legacy=False)


def opens_heredocs(head: Header) -> bool:
    """Tell whether BuildKit looks for heredocs in the instruction, or in what ONBUILD holds."""
    inner = head.trigger or head
    return inner.keyword in _HEREDOCS and inner.json is None


def heredocs(block: Block, reader: Reader) -> tuple[Heredoc, ...]:
    """Read the heredocs that the instruction opens. Raises `RejectError`."""
    try:
        found = openers(block.logical.text)
    except ValueError as error:
        raise RejectError(f"{error}; BuildKit's heredocs cannot be told apart here") from None
    read: list[Heredoc] = []
    for opener in found:
        place = reader.heredoc(opener.name, strip_tabs=opener.strip_tabs)
        if place is None:
            raise RejectError("unterminated heredoc: the line that ends it is missing; it must hold the name alone")
        span = block.logical.span(opener.start, opener.end)
        read.append(Heredoc(opener.name, opener.expand, opener.strip_tabs, opener.fd, span, *place))
    return tuple(read)


def instruction(
    head: Header,
    block: Block,
    *,
    span: Span,
    lines: tuple[int, int],
    place: tuple[int, int],
    documents: tuple[Heredoc, ...],
) -> Instruction:
    """Put an instruction together; `lines` are its first and last, `place` its index and stage."""
    trigger = None
    keyword = head.keyword_raw.extent
    if head.trigger is not None:
        inner = Span(head.trigger.keyword_raw.offset(0), span.end)
        trigger = instruction(head.trigger, block, span=inner, lines=lines, place=place, documents=documents)
    return Instruction(
        index=place[0],
        keyword=head.keyword,
        keyword_span=keyword,
        span=span,
        line=lines[0],
        end_line=lines[1],
        logical=block.logical,
        arguments=head.arguments,
        flags=head.flags,
        words=head.words,
        json=head.json,
        assignments=head.assignments,
        heredocs=documents,
        trigger=trigger,
        comments=block.comments,
        stage=place[1],
    )
