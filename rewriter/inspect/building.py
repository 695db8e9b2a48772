"""Prepare one build: its secrets, and a Dockerfile that needs no frontend image."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import takewhile
from pathlib import Path
from types import MappingProxyType
from typing import Final

from rewriter.inspect.agent import Agent
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
def handed_over(
    secrets: Mapping[str, bytes | str], home: Path, agents: Mapping[str, Agent] = MappingProxyType({})
) -> Iterator[Handed]:
    """Hand secrets over: bytes and keys in files, which go away afterwards, text in environment variables."""
    flags: list[str] = []
    variables: dict[str, str] = {}
    files: list[Path] = []

    def put(name: str, value: bytes) -> Path:
        files.append(home / name)
        files[-1].touch(mode=0o600)
        files[-1].write_bytes(value)
        return files[-1]

    try:
        for number, (name, value) in enumerate(secrets.items()):
            if isinstance(value, bytes):
                flags.append(f"--secret=id={name},src={put(f'secret-{number}', value)}")
            else:
                variables[f"UNBAKE_SECRET_{number}"] = value
                flags.append(f"--secret=id={name},env=UNBAKE_SECRET_{number}")
        for name, agent in agents.items():
            keys = () if agent.said is not None else agent.keys
            paths = ",".join(str(put(f"key-{len(files)}", key)) for key in keys) or agent.said
            flags.append(f"--ssh={name}={paths}" if paths else f"--ssh={name}")
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
