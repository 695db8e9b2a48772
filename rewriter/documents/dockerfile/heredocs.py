r"""Find the here-documents that an instruction opens, as BuildKit finds them.

BuildKit runs its own lexer over the whole joined line, always with `\` as the escape character, and takes every
word of the form `<<NAME`. It knows no shell: a line that this lexer cannot read, such as one with `${X^^}`, has no
heredocs. Reference: `heredocsFromLine` in `frontend/dockerfile/parser/parser.go`.
"""

from __future__ import annotations

import re
from typing import Final

from rewriter.documents.dockerfile.lexer import TOO_DEEP, Lexed, Literal, lex, unquote
from rewriter.documents.dockerfile.split import SPACES
from rewriter.record import Record

_MASK: Final = "\0"
_CLOBBER: Final = "\1"
_WORD: Final = re.compile(f"(?:<<[\t\r ]*|[^<{SPACES}]+|<)++")
_OPENER: Final = re.compile(r"([0-9]*)<<(-?)[\t\n\f\r ]*([^<]*)")
_GLUE: Final = re.compile("<<(?=[\t\r ])")


class Opener(Record):
    """Hold the word that opens a heredoc, as a range of the joined line."""

    name: str
    expand: bool
    strip_tabs: bool
    fd: int
    start: int
    end: int


def openers(text: str) -> tuple[Opener, ...]:
    """Return the heredocs that a joined line opens, in order.

    Raises `ValueError` where variables are nested too deep to tell.
    """
    if "<<" not in text:
        return ()
    lexed = lex(text, "\\")
    if lexed.error == TOO_DEEP:
        raise ValueError(TOO_DEEP)
    if lexed.error:
        return ()
    masked = _masked(text, lexed)
    found = (_opener(text, masked, *match.span()) for match in _WORD.finditer(masked))
    return tuple(opener for opener in found if opener is not None)


def _masked(text: str, lexed: Lexed) -> str:
    """Return the line with quoted and escaped characters masked, so that a blank is one that splits words.

    A `${X:-word}` is marked: BuildKit forgets what stands before it in the same word.
    """
    clobbering = [part for part in lexed.parts if not isinstance(part, Literal) and part.operator]
    marks = [(start, end, _MASK * (end - start)) for start, end in lexed.quoted]
    marks += [
        (part.start, part.end, _MASK * (part.end - part.start))
        for part in lexed.parts
        if isinstance(part, Literal) and part.quote == "\\"
    ]
    marks += [(part.start, part.start + 1, _CLOBBER) for part in clobbering if not part.quote]
    marks += [
        (found.start(), found.end(), _MASK * 2)
        for part in clobbering
        if not part.quote
        for found in _GLUE.finditer(text, part.start, part.end)
    ]
    chunks: list[str] = []
    position = 0
    for start, end, mask in sorted(marks):
        chunks += (text[position:start], mask)
        position = end
    chunks.append(text[position:])
    return "".join(chunks)


def _opener(text: str, masked: str, start: int, end: int) -> Opener | None:
    word = masked[start:end]
    if "<<" not in word or _CLOBBER in word:
        return None
    found = _OPENER.fullmatch(word)
    if found is None:
        return None
    rest = text[start + found.start(3) : end]
    lexed = lex(rest, "\\")
    if any(not isinstance(part, Literal) and part.operator for part in lexed.parts):
        return None
    name = unquote(rest, "\\")
    if not name or lexed.error:
        return None
    fd = int(found[1][:6] or "0")
    return Opener(name, not lexed.quoted, found[2] == "-", fd, start, end)
