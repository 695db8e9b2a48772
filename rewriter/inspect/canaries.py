"""Put invented values in the place of secrets, so that a build can be searched for them without exposing a real one."""

from __future__ import annotations

import os
import re
import secrets as random
import shutil
import stat
import string
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

from rewriter.errors import RepositoryError
from rewriter.inspect.needles import SHORTEST
from rewriter.judgement import provider_token, url_credentials
from rewriter.model.masked import Masked
from rewriter.model.secret import Channel, Finding
from rewriter.model.text import decode, encode
from rewriter.record import Record
from rewriter.tree.repository import DirectoryRepository

PREFIX: Final = "cnry"
_KEPT: Final = 4
_REPLACED: Final = 6
"""A shorter literal stays as it is: it could stand elsewhere in the file by chance."""


class Planted(Record):
    """Hold the files in which literals were replaced, and what was replaced by what."""

    _hidden = ("files",)

    files: Mapping[str, bytes]
    values: Mapping[Masked, Masked]

    def of(self, value: Masked) -> Masked:
        """Return what stands for a value now: itself where it was left."""
        return self.values.get(value, value)


def invented(value: str = "") -> str:
    """Return a value that stands nowhere else; one in a provider's shape for a value that has one."""
    matches = provider_token(value)
    if not matches or matches[0].start != 0 or matches[0].end != len(value) or len(value) < 16 or "\n" in value:
        return PREFIX + random.token_hex(12)
    head = max(_KEPT, _prefix(value))
    hexadecimal = all(char in string.hexdigits for char in value[head:])
    return value[:head] + "".join(_like(char, hexadecimal=hexadecimal) for char in value[head:])


def _prefix(value: str) -> int:
    """Return how long the fixed beginning of a token is: up to its last `_` or `-` among the first letters."""
    found = re.match(r"[A-Za-z]{1,12}[_\-.](?:[a-z]{1,5}[0-9]{0,2}[_\-])?", value)
    return found.end() if found else 0


def _like(char: str, *, hexadecimal: bool) -> str:
    if hexadecimal:
        return random.choice("0123456789abcdef" if not char.isupper() else "0123456789ABCDEF")
    for kind in (string.digits, string.ascii_lowercase, string.ascii_uppercase):
        if char in kind:
            return random.choice(kind)
    return char


def planted(repository: DirectoryRepository, findings: Iterable[Finding]) -> Planted:
    """Return the files as they are with an invented value for every literal of some length on a single line."""
    texts: dict[str, str] = {}
    values: dict[Masked, Masked] = {}
    for finding in findings:
        for value in finding.values:
            written = value.reveal()
            if len(written) < _REPLACED or "\n" in written or "\r" in written or " " in written:
                continue
            new = values.setdefault(value, Masked(invented(written)))
            for path in _paths(repository, finding):
                text = texts.get(path)
                if text is None:
                    try:
                        text = decode(repository.read(path))
                    except RepositoryError:
                        continue
                texts[path] = text.replace(written, new.reveal())
    changed = {path: encode(text) for path, text in texts.items() if encode(text) != repository.read(path)}
    return Planted(changed, values)


def _paths(repository: DirectoryRepository, finding: Finding) -> Iterator[str]:
    """Yield the files in which a finding's value stands: where it was found, and the file that is copied."""
    yield finding.place.path
    if finding.channel in (Channel.LAYER, Channel.CONTEXT):
        yield from (path for path in repository.paths() if path == finding.name or path.endswith(f"/{finding.name}"))


def copy_tree(source: Path, target: Path) -> None:
    """Copy a tree: files by hard link where that works, links as links, nothing that is no file."""
    waiting = [(source, target)]
    while waiting:
        here, there = waiting.pop()
        there.mkdir(mode=0o700, exist_ok=True)
        with os.scandir(here) as entries:
            for entry in entries:
                new = there / entry.name
                mode = entry.stat(follow_symlinks=False).st_mode
                if stat.S_ISLNK(mode):
                    new.symlink_to(Path(entry.path).readlink())
                elif stat.S_ISDIR(mode):
                    waiting.append((Path(entry.path), new))
                elif stat.S_ISREG(mode):
                    link_or_copy(Path(entry.path), new)
        shutil.copymode(here, there)


def link_or_copy(source: Path, target: Path) -> None:
    """Make a file be at another place, too: by a hard link where it is ours, so that it can be replaced there."""
    status = source.lstat()
    if (status.st_uid, status.st_gid) == (os.geteuid(), os.getegid()):
        with suppress(OSError):
            os.link(source, target, follow_symlinks=False)
            return
    shutil.copy2(source, target, follow_symlinks=False)


def put(root: Path, files: Mapping[str, bytes]) -> None:
    """Replace files of a copied tree; what they were linked to stays as it is."""
    for path, data in files.items():
        target = root / path
        mode = stat.S_IMODE(target.stat().st_mode)
        target.unlink()
        target.write_bytes(data)
        target.chmod(mode)


def needles(values: Mapping[str, Iterable[Masked]]) -> dict[str, bytes]:
    """Return what to search for, under ids: each value of some length, of a URL the credential in it as well."""
    found: dict[str, bytes] = {}
    for secret, mine in values.items():
        for value in mine:
            written = value.reveal().strip()
            pieces = [written, *(url.secret.of(written) for url in url_credentials(written) if url.literal)]
            for piece in pieces:
                data = encode(piece)
                if len(data) >= SHORTEST and data not in found.values():
                    found[_free(secret, found)] = data
    return found


def _free(secret: str, taken: Mapping[str, bytes]) -> str:
    number = 1
    name = secret
    while name in taken:
        number += 1
        name = f"{secret} ({number})"
    return name
