"""Take a private key apart, so that a piece of it is known again where the whole does not stand in one place.

A log shows a key line by line, `tr` writes it on one line, and a tool that turns it into another format keeps its
numbers but none of its lines. See https://github.com/openssh/openssh-portable/blob/master/PROTOCOL.key.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator
from typing import Final

_KEY: Final = re.compile(
    rb"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY-----\r?\n(?P<body>[^-]{20,100000})-----END [A-Z0-9 ]{0,40}PRIVATE KEY-----"
)
_LINE: Final = re.compile(rb"[A-Za-z0-9+/=]{16,}")
_OPENSSH: Final = b"openssh-key-v1\0" + b"\0\0\0\x04none\0\0\0\x04none\0\0\0\0\0\0\0\x01"
_KIND: Final = b"\0\0\0\x0bssh-ed25519\0\0\0\x20"
_HALF: Final = b"\0\0\0\x40"
_SEED: Final = 32
_COMMON: Final = len(_OPENSSH) + 4
"""So many bytes all keys of that format begin with, but for the name of their kind."""


def is_key(value: bytes) -> bool:
    """Tell whether a value is a private key in text."""
    return _KEY.search(value) is not None


def lines(value: bytes) -> Iterator[bytes]:
    """Yield the lines of a private key that tell it from others, then all of it on one line."""
    for found in _KEY.finditer(value):
        written = [line for line in found["body"].split() if _LINE.fullmatch(line)]
        plain = _decoded(b"".join(written))
        first = 1 if plain.startswith(_OPENSSH) and len(written) > 1 and _is_common(written[0]) else 0
        yield from written[first:]
        if len(written) > 1:
            yield b"".join(written)


def seed(value: bytes) -> bytes | None:
    """Return the number from which an Ed25519 key is made, which stands in every format of it; None for another key."""
    for found in _KEY.finditer(value):
        plain = _decoded(b"".join(found["body"].split()))
        head = plain.rfind(_KIND)
        start = head + len(_KIND) + _SEED
        if plain.startswith(_OPENSSH) and head > 0 and plain[start : start + len(_HALF)] == _HALF:
            return plain[start + len(_HALF) :][:_SEED]
    return None


def _decoded(text: bytes) -> bytes:
    try:
        return binascii.a2b_base64(text)
    except binascii.Error:
        return b""


def _is_common(line: bytes) -> bool:
    """Tell whether a first line holds nothing but the head of the format and the name of the key's kind."""
    return len(line) * 3 // 4 <= _COMMON + len(b"\0\0\0\x13ecdsa-sha2-nistp256")
