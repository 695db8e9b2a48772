"""Write a patch to the user's tree: all of it, or nothing.

The only module that changes files there. All bytes first go to temporary files beside their targets, then each
takes its place in one step. What undoes a step is noted before the step is taken, so that a fault or an
interrupt at any moment puts everything back. Nothing is written outside the root, whatever links stand in it.
"""

from __future__ import annotations

import errno
import os
import secrets
import signal
import stat
import threading
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from types import FrameType
from typing import Final, Self

from rewriter.errors import RepositoryError
from rewriter.model.patch import Change, FileChange
from rewriter.model.plan import LocalValue
from rewriter.model.text import encode
from rewriter.record import Record
from rewriter.tree.beneath import Kind, directory, follow, kind_of, open_file
from rewriter.tree.repository import parts_of, shown

PREFIX: Final = ".unbake-"
"""Begin the names of temporary files so."""

_NEW: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_NO_LINKS: Final = frozenset({errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK, errno.EXDEV})


class _Target(Record):
    """Hold one file to write: the path as given, the real way to it, its bytes, and the file it replaces."""

    path: str
    parts: tuple[str, ...]
    data: bytes
    private: bool = False
    shared: bool = False
    old: os.stat_result | None = None


class _Staged(Record):
    """Hold a target whose bytes lie ready under a temporary name, and the identity of that file."""

    target: _Target
    name: str
    file: os.stat_result


def write(root: Path, changes: Sequence[FileChange], values: Sequence[LocalValue]) -> None:
    """Write all changes and values below `root`, or raise `RepositoryError` and leave everything as it was."""
    top = root.resolve()
    undo = ExitStack()
    tidy = ExitStack()
    with _Interrupts() as interrupts:
        try:
            for item in [_stage(top, target, undo) for target in _targets(top, changes, values)]:
                _place(top, item, undo, tidy)
            interrupts.wait()
            undo.pop_all()
            tidy.close()
        except OSError as error:
            raise RepositoryError(
                f"{shown(str(top))}: cannot be written ({error.strerror}); nothing was changed"
            ) from error
        finally:
            interrupts.wait()
            undo.close()


class _Interrupts:
    """Let one interrupt from the keyboard through, and none once it is to wait; what waited comes in the end.

    Where someone else handles interrupts, or in another thread, which gets none, this does nothing.
    """

    def __init__(self) -> None:
        self._let_through = True
        self._waiting = False
        self._active = False

    def __enter__(self) -> Self:
        main = threading.current_thread() is threading.main_thread()
        self._active = main and signal.getsignal(signal.SIGINT) is signal.default_int_handler
        if self._active:
            signal.signal(signal.SIGINT, self._come)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if self._active:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        if self._waiting and not isinstance(error, KeyboardInterrupt):
            raise KeyboardInterrupt

    def wait(self) -> None:
        """Hold back every interrupt from now on."""
        self._let_through = False

    def _come(self, _: int, __: FrameType | None) -> None:
        if self._let_through:
            self._let_through = False
            raise KeyboardInterrupt
        self._waiting = True


def _targets(top: Path, changes: Sequence[FileChange], values: Sequence[LocalValue]) -> tuple[_Target, ...]:
    """Check every file before the first one is touched."""
    targets: dict[tuple[str, ...], _Target] = {}
    for value in dict.fromkeys(values):
        private = _value_target(top, value)
        if private is not None:
            _add(targets, private)
    for change in changes:
        _add(targets, _modified(top, change) if change.change is Change.MODIFIED else _created(top, change))
    return tuple(targets.values())


def _add(targets: dict[tuple[str, ...], _Target], target: _Target) -> None:
    if target.parts in targets:
        raise RepositoryError(f"{shown(target.path)}: would be written twice; nothing was changed")
    targets[target.parts] = target


def _modified(top: Path, change: FileChange) -> _Target:
    found = follow(top, parts_of(change.path))
    if found.kind is not Kind.FILE:
        raise RepositoryError(f"{shown(change.path)}: {found.kind}, where a file was before; run again")
    data, status = _contents(top, found.parts)
    if data != encode(change.before):
        raise RepositoryError(f"{shown(change.path)}: changed while unbake was at work; run again")
    return _Target(change.path, found.parts, encode(change.after), old=status)


def _created(top: Path, change: FileChange) -> _Target:
    parts = parts_of(change.path)
    if kind_of(top, parts) is not Kind.MISSING:
        raise RepositoryError(f"{shown(change.path)}: exists already; move it away and run again")
    return _Target(change.path, _new_way(top, change.path), encode(change.after))


def _value_target(top: Path, value: LocalValue) -> _Target | None:
    """Return the file for a value; None where it is there already, byte for byte."""
    data = encode(value.value.reveal())
    found = follow(top, parts_of(value.path))
    if found.kind is Kind.FILE and _contents(top, found.parts)[0] == data:
        return None
    if kind_of(top, parts_of(value.path)) is not Kind.MISSING:
        raise RepositoryError(f"{shown(value.path)}: exists and holds something else; move it away and run again")
    return _Target(value.path, _new_way(top, value.path), data, private=True, shared=value.shared)


def _new_way(top: Path, path: str) -> tuple[str, ...]:
    """Return the real way to a file that is not there: links among its folders are followed if they stay inside."""
    parts = parts_of(path)
    there = len(parts) - 1
    while (found := follow(top, parts[:there])).kind is Kind.MISSING:
        there -= 1
    if found.kind is not Kind.DIRECTORY:
        raise RepositoryError(f"{shown('/'.join(parts[:there]))}: {found.kind}, where a folder is needed")
    if kind_of(top, parts[: there + 1]) is not Kind.MISSING:
        raise RepositoryError(f"{shown('/'.join(parts[: there + 1]))}: a link that leads nowhere; remove it")
    return (*found.parts, *parts[there:])


def _contents(top: Path, parts: tuple[str, ...]) -> tuple[bytes, os.stat_result]:
    with os.fdopen(open_file(top, parts), "rb") as stream:
        return stream.read(), os.fstat(stream.fileno())


def _stage(top: Path, target: _Target, undo: ExitStack) -> _Staged:
    """Write a target's bytes to a temporary file beside it, in folders that are made where they are missing."""
    parents = target.parts[:-1]
    for depth in range(len(parents)):
        _make_folder(top, parents[: depth + 1], undo, private=target.private)
    name = PREFIX + secrets.token_hex(8)
    with directory(top, parents) as folder:
        undo.callback(_remove, top, (*parents, name))
        descriptor = os.open(name, _NEW, _mode(target), dir_fd=folder)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(target.data)
        stream.flush()
        _take_over(descriptor, target)
        os.fsync(descriptor)
        return _Staged(target, name, os.fstat(descriptor))


def _mode(target: _Target) -> int:
    return 0o600 if target.private or target.old else 0o666


def _take_over(descriptor: int, target: _Target) -> None:
    """Give a new file the owner, group and permissions of the one it replaces, a private one to its owner alone."""
    old = target.old
    if target.private:
        os.fchmod(descriptor, 0o644 if target.shared else 0o600)
    if old is None:
        return
    new = os.fstat(descriptor)
    if (new.st_uid, new.st_gid) != (old.st_uid, old.st_gid):
        try:
            os.fchown(descriptor, old.st_uid, old.st_gid)
        except PermissionError as error:
            raise RepositoryError(
                f"{shown(target.path)}: belongs to another user or group; run as its owner, nothing was changed"
            ) from error
    os.fchmod(descriptor, stat.S_IMODE(old.st_mode))


def _make_folder(top: Path, parts: tuple[str, ...], undo: ExitStack, *, private: bool) -> None:
    with directory(top, parts[:-1]) as folder:
        try:
            os.stat(parts[-1], dir_fd=folder, follow_symlinks=False)
        except FileNotFoundError:
            undo.callback(_remove_folder, top, parts)
            os.mkdir(parts[-1], 0o700 if private else 0o777, dir_fd=folder)


def _place(top: Path, item: _Staged, undo: ExitStack, tidy: ExitStack) -> None:
    """Let the temporary file take its place."""
    parents, last = item.target.parts[:-1], item.target.parts[-1]
    with directory(top, parents) as folder:
        if item.target.old is None:
            undo.callback(_remove_own, top, item)
            _place_new(folder, item.name, last, path=item.target.path)
            tidy.callback(_remove, top, (*parents, item.name))
        else:
            backup = PREFIX + secrets.token_hex(8)
            _check_unchanged(folder, last, item.target)
            tidy.callback(_remove, top, (*parents, backup))
            undo.callback(_restore, top, item.target, backup)
            _keep(folder, last, backup)
            os.rename(item.name, last, src_dir_fd=folder, dst_dir_fd=folder)
        os.fsync(folder)


def _check_unchanged(folder: int, name: str, target: _Target) -> None:
    now = os.stat(name, dir_fd=folder, follow_symlinks=False)
    if target.old is None or _identity(now) != _identity(target.old):
        raise RepositoryError(f"{shown(target.path)}: changed while unbake was at work; run again")


def _identity(status: os.stat_result) -> tuple[int, int, int, int]:
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def _place_new(folder: int, name: str, last: str, *, path: str) -> None:
    """Give a new file its name without ever replacing one that has come meanwhile."""
    try:
        os.link(name, last, src_dir_fd=folder, dst_dir_fd=folder, follow_symlinks=False)
    except FileExistsError as error:
        raise RepositoryError(f"{shown(path)}: exists already; move it away and run again") from error
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        os.rename(name, last, src_dir_fd=folder, dst_dir_fd=folder)


def _keep(folder: int, name: str, backup: str) -> None:
    """Keep the old file under another name, the very file where the file system has links, else a copy."""
    try:
        os.link(name, backup, src_dir_fd=folder, dst_dir_fd=folder, follow_symlinks=False)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        _copy(folder, name, backup)


def _copy(folder: int, name: str, backup: str) -> None:
    unfinished = f"{backup}-"
    source = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
    try:
        with os.fdopen(source, "rb") as old, os.fdopen(os.open(unfinished, _NEW, 0o600, dir_fd=folder), "wb") as new:
            status = os.fstat(old.fileno())
            new.write(old.read())
            new.flush()
            os.fchown(new.fileno(), status.st_uid, status.st_gid)
            os.fchmod(new.fileno(), stat.S_IMODE(status.st_mode))
            os.utime(new.fileno(), ns=(status.st_atime_ns, status.st_mtime_ns))
        os.rename(unfinished, backup, src_dir_fd=folder, dst_dir_fd=folder)
    except BaseException:
        with suppress(OSError):
            os.unlink(unfinished, dir_fd=folder)
        raise


def _restore(top: Path, target: _Target, backup: str) -> None:
    """Put the old file back; a step that was noted but not taken needs nothing."""
    try:
        with directory(top, target.parts[:-1]) as folder:
            os.rename(backup, target.parts[-1], src_dir_fd=folder, dst_dir_fd=folder)
            # Where both are names of one file, a rename leaves both.
            with suppress(FileNotFoundError):
                os.unlink(backup, dir_fd=folder)
    except FileNotFoundError:
        return
    except OSError as error:
        raise RepositoryError(
            f"{shown(target.path)}: could not be put back ({error.strerror}); its former content is {backup} there"
        ) from error


def _remove_own(top: Path, item: _Staged) -> None:
    """Remove a file that was placed, if it is ours."""
    last = item.target.parts[-1]
    with suppress(OSError), directory(top, item.target.parts[:-1]) as folder:
        there = os.stat(last, dir_fd=folder, follow_symlinks=False)
        if (there.st_dev, there.st_ino) == (item.file.st_dev, item.file.st_ino):
            os.unlink(last, dir_fd=folder)


def _remove(top: Path, parts: tuple[str, ...]) -> None:
    with suppress(OSError), directory(top, parts[:-1]) as folder:
        os.unlink(parts[-1], dir_fd=folder)


def _remove_folder(top: Path, parts: tuple[str, ...]) -> None:
    with suppress(OSError), directory(top, parts[:-1]) as folder:
        os.rmdir(parts[-1], dir_fd=folder)
