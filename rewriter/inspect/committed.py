"""Lay out what is committed, so that a proof speaks of the version that others have, not of half-done work.

The files come out of git's objects byte for byte: nothing is checked out, so no hook, filter, attribute or module of
the repository acts. What git ignores (`.npmrc`, `.env`, generated sources) lies beside, as a checkout would leave it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from hashlib import sha1, sha256
from pathlib import Path
from typing import Final

from rewriter.errors import InspectionError, RepositoryError
from rewriter.inspect.canaries import link_or_copy
from rewriter.model.text import decode
from rewriter.record import Record
from rewriter.scm.local import Entry, LocalGit, Objects
from rewriter.tree.gitignore import GitIgnore
from rewriter.tree.repository import DirectoryRepository, git_rules, parts_of, shown

SIZE_LIMIT: Final = 10 << 30
_LINK: Final = "120000"
_PROGRAM: Final = "100755"
_LINK_LIMIT: Final = 4096
_SHORT: Final = 10


class Commit(Record):
    """Hold the commit that is checked out, and what it has in the folder that is looked at."""

    _hidden = ("git",)

    sha: str
    entries: Mapping[str, Entry]
    git: LocalGit

    @property
    def short(self) -> str:
        """Return the beginning of its name."""
        return self.sha[:_SHORT]


def commit_of(folder: Path, environment: Mapping[str, str]) -> Commit | None:
    """Return the commit on which a folder stands; None where it is in no work tree, or nothing of it is committed."""
    git = LocalGit(folder, environment)
    sha = git.ask("rev-parse", "--verify", "--quiet", "--end-of-options", "HEAD^{commit}")
    if sha is None:
        return None
    entries = git.entries(sha.strip())
    return Commit(sha.strip(), entries, git) if entries else None


def lay_out(commit: Commit, repository: DirectoryRepository, target: Path) -> None:
    """Write the files of a commit into a new folder, and beside them what git ignores in the folder on disk."""
    target.mkdir(mode=0o700)
    links = {path: entry for path, entry in commit.entries.items() if entry.mode == _LINK}
    room = SIZE_LIMIT
    with commit.git.objects() as objects:
        for path, entry in commit.entries.items():
            place = target.joinpath(*_parts(path))
            if entry.kind != "blob":
                place.mkdir(parents=True, exist_ok=True)  # a module of its own, which a checkout leaves empty, too
            elif path not in links:
                room -= _write(place, entry, objects, room)
        _lay_beside(commit, repository, target)
        for path, entry in links.items():  # last, so that nothing is ever written through one
            _link(target.joinpath(*_parts(path)), _bytes(objects, entry, _LINK_LIMIT))


def _lay_beside(commit: Commit, repository: DirectoryRepository, target: Path) -> None:
    """Lay the files that git ignores beside the others, where nothing of the commit stands in their way."""
    laid = DirectoryRepository(target)
    ignored = GitIgnore(git_rules(laid, laid.paths()))
    for path in repository.paths():
        parts = _parts(path)
        above = ("/".join(parts[:end]) for end in range(1, len(parts) + 1))
        if ignored.ignored(path) and commit.entries.keys().isdisjoint(above):
            place = target.joinpath(*parts)
            with suppress(OSError):
                place.parent.mkdir(parents=True, exist_ok=True)
                link_or_copy(repository.root / path, place)


def differing(commit: Commit, repository: DirectoryRepository) -> tuple[str, ...]:
    """Return the committed files that are other ones, or gone, on disk; one that git converts counts, too."""
    return tuple(sorted(_differing(commit, repository)))


def _differing(commit: Commit, repository: DirectoryRepository) -> Iterator[str]:
    for path, entry in commit.entries.items():
        if entry.kind != "blob" or entry.mode == _LINK:
            continue
        kind = sha1 if len(entry.sha) == 40 else sha256
        try:
            size = repository.size(path)
            digest = kind(b"blob %d\0" % size, usedforsecurity=False)
            with (repository.root / repository.resolve(path)).open("rb") as stream:
                while piece := stream.read(1 << 20):
                    digest.update(piece)
        except (RepositoryError, OSError):
            yield path
            continue
        if digest.hexdigest() != entry.sha:
            yield path


def _parts(path: str) -> tuple[str, ...]:
    parts = parts_of(path)
    if any(part.lower() == ".git" for part in parts):
        raise InspectionError(f"{shown(path)}: no commit can have a file of that name; prove it with --working-tree")
    return parts


def _write(place: Path, entry: Entry, objects: Objects, room: int) -> int:
    """Write a file and return its size."""
    size = 0
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with place.open("xb") as stream:
            for piece in _pieces(objects, entry):
                size += len(piece)
                if size > room:
                    raise InspectionError(f"the commit has more than {SIZE_LIMIT:,} bytes; use --working-tree")
                stream.write(piece)
    except OSError as error:
        raise InspectionError(f"{shown(place.name)}: cannot be laid out ({error.strerror})") from error
    place.chmod(0o755 if entry.mode == _PROGRAM else 0o644)
    return size


def _link(place: Path, aim: bytes) -> None:
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        place.symlink_to(decode(aim))
    except (OSError, ValueError) as error:
        raise InspectionError(f"{shown(place.name)}: the link cannot be laid out") from error


def _bytes(objects: Objects, entry: Entry, limit: int) -> bytes:
    data = b"".join(_pieces(objects, entry))
    if len(data) > limit:
        raise InspectionError("a link of the commit is longer than any path; use --working-tree")
    return data


def _pieces(objects: Objects, entry: Entry) -> Iterator[bytes]:
    try:
        yield from objects.pieces(entry.sha)
    except OSError as error:
        raise InspectionError(
            f"{error}, since the clone is a partial one; fetch it, or prove the files on disk by --working-tree"
        ) from error
