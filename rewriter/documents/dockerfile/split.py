"""Split the text of an instruction into ranges: keyword, flags, words, assignments, JSON strings.

Each function follows one of BuildKit's line parsers (`frontend/dockerfile/parser/line_parsers.go` and
`split_command.go`), down to which characters count as white space where.
"""

from __future__ import annotations

import json
import re
from typing import Final, NoReturn

BLANKS: Final = "\t\v\f\r "
SPACES: Final = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
"""What Go's `unicode.IsSpace` takes for white space; Python's `str.strip()` takes more."""

_WORD: Final = re.compile(f"[^{BLANKS}]+")
_STRING: Final = r'"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*+"'
_ITEM: Final = re.compile(rf"[ \t\r\n]*({_STRING})[ \t\r\n]*([,\]])")
_EMPTY: Final = re.compile(r"\[[ \t\r\n]*\]")
_JSON_ESCAPE: Final = re.compile(r"\\u[dD][89abAB]..\\u[dD][c-fC-F]..|\\u....|\\.")
_JSON_CHARS: Final = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}


def _quoted(mark: str, escape: str) -> str:
    """Return the pattern of a quoted string, which may lack its end; no `escape`: nothing is special in it."""
    inner = f"(?:[^{mark}{escape}]++|{escape}.)*+" if escape else f"[^{mark}]*+"
    return f"{mark}({inner}){mark}?"


def _shell_word(spaces: str, escape: str, *, single: str) -> re.Pattern[str]:
    """Return the pattern of a word; `single` is the escape character in single quotes, if there is one."""
    double, quoted = _quoted('"', escape), _quoted("'", single)
    return re.compile(f"(?:[^{spaces}'\"{escape}]++|{escape}.|{double}|{quoted})++", re.DOTALL)


def _flag_token(escape: str) -> re.Pattern[str]:
    """Return the pattern of an escaped character or a quoted string."""
    return re.compile("|".join((f"{escape}(.)", _quoted('"', escape), _quoted("'", escape))), re.DOTALL)


_ESCAPES: Final = {mark: re.escape(mark) for mark in "\\`"}
_ASSIGNMENTS: Final = {mark: _shell_word(SPACES, e, single="") for mark, e in _ESCAPES.items()}
_FLAGS: Final = {mark: _shell_word(BLANKS + "\n", e, single=e) for mark, e in _ESCAPES.items()}
_FLAG_TOKENS: Final = {mark: _flag_token(e) for mark, e in _ESCAPES.items()}
_ESCAPED: Final = {mark: re.compile(f"{e}(.)", re.DOTALL) for mark, e in _ESCAPES.items()}


class NotStringsError(ValueError):
    """Report a JSON array that holds something else than strings."""


class AmbiguousFlagError(ValueError):
    """Report a flag that BuildKit, reading it byte by byte, cuts inside a character."""


def command(text: str) -> tuple[int, int, int, int]:
    """Return where the keyword starts and ends, and where the rest starts and ends."""
    start = len(text) - len(text.lstrip(SPACES))
    end = len(text.rstrip(SPACES))
    found = _WORD.match(text, start, end)
    if found is None:
        return start, start, start, start
    return start, found.end(), _skip(text, found.end()), end


def _skip(text: str, position: int) -> int:
    """Return where the blanks at `position` end."""
    found = _WORD.search(text, position)
    return found.start() if found else len(text)


def blanks(text: str) -> list[tuple[int, int]]:
    """Return the ranges of the blank-separated words; quotes mean nothing."""
    return [found.span() for found in _WORD.finditer(text)]


def assignments(text: str, escape: str) -> list[tuple[int, int]]:
    """Return the ranges of the words of ENV, ARG and LABEL; quotes and escapes hold blanks."""
    if '"' not in text and "'" not in text and escape not in text and text.isascii():
        return blanks(text)
    return [found.span() for found in _ASSIGNMENTS[escape].finditer(text)]


def flags(text: str, escape: str) -> tuple[list[tuple[int, int]], int]:
    """Return the ranges of the `--flag` words that `text` begins with, and where the rest starts."""
    found: list[tuple[int, int]] = []
    position = 0
    while text.startswith("--", position) and (match := _FLAGS[escape].match(text, position)):
        if not match[0].isascii():
            _refuse_cut(_FLAG_TOKENS[escape].sub("", match[0]))
        position = _skip(text, match.end())
        if unquote_flag(match[0], escape) == "--":
            break
        found.append(match.span())
        if text.startswith(escape, match.end()):  # an escape character at the very end: BuildKit drops it
            position = len(text)
    return found, position


def _refuse_cut(unquoted: str) -> None:
    for char in unquoted:
        data = char.encode("utf-8", "surrogateescape")
        if not char.isascii() and (b"\x85" in data or b"\xa0" in data):
            raise AmbiguousFlagError(f"U+{ord(char):04X}")


def unquote_flag(text: str, escape: str) -> str:
    """Return a flag without quotes and escapes."""
    if '"' not in text and "'" not in text and escape not in text:
        return text
    escaped = _ESCAPED[escape]

    def plain(found: re.Match[str]) -> str:
        if found[1] is not None:
            return found[1]
        return escaped.sub(r"\1", found[3] if found[2] is None else found[2])

    return _FLAG_TOKENS[escape].sub(plain, text)


def strings(text: str) -> list[tuple[int, int]] | None:
    """Return the ranges of the strings of a JSON array, or None where the text is none.

    Raises `NotStringsError` for a JSON array of other things.
    """
    if text[:1] != "[" or text[-1] != "]":
        return None
    if _EMPTY.fullmatch(text):
        return []
    found: list[tuple[int, int]] = []
    position = 1
    while match := _ITEM.match(text, position):
        found.append(match.span(1))
        position = match.end()
        if match[2] == "]":
            return found if position == len(text) else None
    if _is_array(text):
        raise NotStringsError("not strings")
    return None


def _refuse(_name: str) -> NoReturn:
    raise ValueError("not JSON")


def _is_array(text: str) -> bool:
    """Tell whether the text is valid JSON; what is nested too deep to tell counts as valid."""
    try:
        json.loads(text, parse_constant=_refuse, parse_int=len, parse_float=len)
    except RecursionError:
        return True
    except ValueError:
        return False
    return True


def decode(token: str) -> str:
    """Return the value of a JSON string; half of a surrogate pair becomes U+FFFD, as in Go."""
    inner = token[1:-1]
    return _JSON_ESCAPE.sub(_decode_escape, inner) if "\\" in inner else inner


def _decode_escape(found: re.Match[str]) -> str:
    escape = found[0]
    if escape[1] != "u":
        return _JSON_CHARS.get(escape[1], escape[1])
    if len(escape) == 12:
        high, low = int(escape[2:6], 16), int(escape[8:12], 16)
        return chr(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00))
    code = int(escape[2:6], 16)
    return "\ufffd" if 0xD800 <= code <= 0xDFFF else chr(code)
