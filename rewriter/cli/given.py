"""Take what is secret from a file that a variable names, or from the variable itself.

A file is for its reader alone, is in no listing of processes, and is inherited by no child: `NAME_FILE` comes first.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from rewriter.errors import UsageError

_LIMIT: Final = 64 * 1024


def given(environment: Mapping[str, str], name: str) -> str:
    """Return a secret, empty where none is given; raises `UsageError`, which never tells what a file holds."""
    file = environment.get(f"{name}_FILE", "")
    if not file:
        return environment.get(name, "")
    if environment.get(name):
        raise UsageError(f"{name} and {name}_FILE are both set: one of them is enough")
    try:
        with Path(file).open("rb") as stream:
            data = stream.read(_LIMIT + 1)
        text = data.decode("utf-8")
    except (OSError, UnicodeDecodeError):
        raise UsageError(f"{name}_FILE names a file that cannot be read as text") from None
    if len(data) > _LIMIT or not text.strip():
        raise UsageError(f"{name}_FILE names a file that is empty or larger than {_LIMIT:,} bytes")
    return text.strip("\r\n")
