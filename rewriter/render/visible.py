"""Make a text harmless for a terminal: whatever could steer it or mislead the eye is shown as an escape."""

from __future__ import annotations

from typing import Final

_NAMED: Final = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def visible(text: str, *, tabs: bool = False) -> str:
    r"""Return `text` on one line, with control, format and unpaired characters written as escapes.

    A byte that is not UTF-8 appears as `\xNN`, a direction override as `\u202e`. `tabs` lets tabs stand.
    """
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() or (tabs and char == "\t") else _escape(char) for char in text)


def _escape(char: str) -> str:
    code = ord(char)
    if char in _NAMED:
        return _NAMED[char]
    if 0xDC80 <= code <= 0xDCFF:  # a byte kept by `surrogateescape`
        return f"\\x{code - 0xDC00:02x}"
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
