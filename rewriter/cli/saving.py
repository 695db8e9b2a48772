"""Write a file that the command line names."""

from __future__ import annotations

import secrets
from contextlib import suppress
from pathlib import Path

from rewriter.errors import UsageError


def write_page(path: Path, text: str) -> None:
    """Write a file that the user named, whole or not at all."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with temporary.open("x", encoding="utf-8", errors="backslashreplace") as stream:
            stream.write(text)
        temporary.replace(path)
    except (OSError, ValueError) as error:
        with suppress(OSError):
            temporary.unlink()
        what = error.strerror if isinstance(error, OSError) else "not a name for a file"
        raise UsageError(f"{path}: cannot be written ({what})") from error
