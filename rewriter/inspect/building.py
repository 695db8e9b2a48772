"""Prepare one build: its secrets, and a Dockerfile that needs no frontend image."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import takewhile
from pathlib import Path
from typing import Final

from rewriter.record import Record

_DIRECTIVE: Final = re.compile(rb"(?:\xef\xbb\xbf)?[ \t]*#[ \t]*(\w+)[ \t]*=")


class BuildResult(Record):
    """Hold what one build did.

    `provenance` is BuildKit's own record (mode=max) as JSON; a build that failed has none. `cache` is the
    folder of the exported cache, if one was asked for.
    """

    ok: bool
    log: str
    image: str
    provenance: str = ""
    cache: Path | None = None


class Handed(Record):
    """Hold the flags that name the secrets, and the variables that hold some of them."""

    _hidden = ("variables",)

    flags: tuple[str, ...]
    variables: Mapping[str, str]


@contextmanager
def handed_over(secrets: Mapping[str, bytes | str], home: Path) -> Iterator[Handed]:
    """Hand secrets over: bytes in files, which go away afterwards, text in environment variables."""
    flags, variables, files = [], {}, []
    try:
        for number, (name, value) in enumerate(secrets.items()):
            if isinstance(value, bytes):
                files.append(home / f"secret-{number}")
                files[-1].touch(mode=0o600)
                files[-1].write_bytes(value)
                flags.append(f"--secret=id={name},src={files[-1]}")
            else:
                variables[f"UNBAKE_SECRET_{number}"] = value
                flags.append(f"--secret=id={name},env=UNBAKE_SECRET_{number}")
        yield Handed(tuple(flags), variables)
    finally:
        for file in files:
            file.unlink(missing_ok=True)


def without_syntax(dockerfile: Path, home: Path) -> Path:
    """Return a copy without the `# syntax=` directive; the Dockerfile itself when it has none.

    The Dockerfile's own .dockerignore is looked for beside it, so it is copied too.
    """
    lines = dockerfile.read_bytes().splitlines(keepends=True)
    directives = [match[1].lower() for match in takewhile(bool, map(_DIRECTIVE.match, lines)) if match]
    if b"syntax" not in directives:
        return dockerfile
    del lines[directives.index(b"syntax")]
    copy = home / dockerfile.name
    copy.write_bytes(b"".join(lines))
    ignore = dockerfile.with_name(f"{dockerfile.name}.dockerignore")
    if ignore.is_file():
        copy.with_name(ignore.name).write_bytes(ignore.read_bytes())
    return copy
