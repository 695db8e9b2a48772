"""Step over what means nothing in YAML."""

from __future__ import annotations


def skip_blank(text: str, position: int) -> int:
    """Return the offset of the next token: behind white space, line ends and comments."""
    length = len(text)
    while position < length:
        if text[position] in " \t\r\n":
            position += 1
        elif text[position] == "#" and (position == 0 or text[position - 1] in " \t\r\n"):
            position = line_end(text, position)
        else:
            break
    return position


def line_end(text: str, position: int) -> int:
    """Return the offset of the line's end, before its line feed, if there is one."""
    found = text.find("\n", position)
    return len(text) if found < 0 else found
