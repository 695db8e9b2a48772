from __future__ import annotations

import os
import shutil
import socket
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from rewriter.errors import RepositoryError
from rewriter.tree import repository as module
from rewriter.tree.repository import (
    READ_LIMIT,
    DirectoryRepository,
    Kind,
    MemoryRepository,
    OverlayRepository,
    Repository,
    shown,
)


def put(root: Path, *paths: str, data: bytes = b"x") -> None:
    for path in paths:
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)


def link(root: Path, path: str, target: str) -> None:
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).symlink_to(target)


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    put(tmp_path, "outside/secret", data=b"outside")
    return tmp_path / "outside"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "root").mkdir()
    return tmp_path / "root"


def refused(repository: Repository, path: str, limit: int = READ_LIMIT) -> str:
    with pytest.raises(RepositoryError) as error:
        repository.read(path, limit)
    return str(error.value)


def test_lists_files_sorted_without_git(root: Path) -> None:
    put(root, "b", "a/c", "a.b", "node_modules/x/y", ".git/config", "sub/.git/HEAD", "mod/.git", "Dockerfile", "A")
    (root / "empty").mkdir()
    repository = DirectoryRepository(root)
    assert repository.paths() == ("A", "Dockerfile", "a.b", "a/c", "b", "node_modules/x/y")
    assert repository.paths() is repository.paths()
    assert repository.unreadable() == ()


def test_reads_bytes_and_sizes(root: Path) -> None:
    put(root, "a/b", data=bytes(range(256)))
    repository = DirectoryRepository(root)
    assert repository.read("a/b") == bytes(range(256))
    assert repository.size("a/b") == 256
    assert repository.resolve("a/b") == "a/b"
    assert repository.resolve("a") == "a"


def test_names_may_hold_anything(root: Path) -> None:
    names = ["new\nline", "tab\t", "é", os.fsdecode(b"\xff\xfe"), "-x", "~", "a b", "\x1b[31m", "\\"]
    put(root, *names, *(f"dir\n/{name}" for name in names))
    repository = DirectoryRepository(root)
    assert set(repository.paths()) == {*names, *(f"dir\n/{name}" for name in names)}
    assert {repository.read(path) for path in repository.paths()} == {b"x"}


def test_case_makes_a_difference(root: Path) -> None:
    put(root, "Dockerfile", "dockerfile", "DOCKERFILE")
    assert DirectoryRepository(root).paths() == ("DOCKERFILE", "Dockerfile", "dockerfile")


def test_links_that_stay_inside(root: Path) -> None:
    put(root, "real/file", data=b"inside")
    link(root, "direct", "real/file")
    link(root, "folder", "real")
    link(root, "a/up", "../real/file")
    link(root, "chain", "a/up")
    link(root, "absolute", str(root / "real/file"))
    link(root, "around", "real/../a/../real/./file")
    link(root, "dangling", "nowhere")
    link(root, "top", ".")
    repository = DirectoryRepository(root)
    assert repository.paths() == ("a/up", "absolute", "around", "chain", "direct", "real/file")
    for path in ("direct", "a/up", "chain", "absolute", "around", "folder/file", "top/top/folder/file"):
        assert repository.read(path) == b"inside"
        assert repository.size(path) == 6
        assert repository.resolve(path) == "real/file"
    for path in ("direct", "a/up", "chain", "absolute", "folder", "dangling", "top"):
        assert repository.kind(path) is Kind.LINK
    assert repository.kind("folder/file") is Kind.FILE
    assert "no such file" in refused(repository, "dangling")
    assert "directory" in refused(repository, "folder")


def test_links_that_leave(root: Path, outside: Path) -> None:
    put(root, "a/file")
    link(root, "absolute", str(outside / "secret"))
    link(root, "relative", "../outside/secret")
    link(root, "folder", str(outside))
    link(root, "a/deep", "../../outside")
    link(root, "back", f"../{root.name}/a/file")
    link(root, "beside", f"{root}2/secret")
    link(root, "system", "/etc/passwd")
    link(root, "chain", "absolute")
    repository = DirectoryRepository(root)
    assert repository.paths() == ("a/file",)
    for path in ("absolute", "relative", "folder", "a/deep", "back", "beside", "system", "chain"):
        assert repository.kind(path) is Kind.OUTSIDE
        assert "leads out of the repository" in refused(repository, path)
    for path in ("folder/secret", "a/deep/secret"):
        assert repository.kind(path) is Kind.OUTSIDE
        assert "leads out of the repository" in refused(repository, path)


def test_links_that_go_round(root: Path) -> None:
    link(root, "self", "self")
    link(root, "a", "b")
    link(root, "b", "a")
    link(root, "deeper", "deeper/x")
    put(root, "dir/file")
    link(root, "dir/parent", "..")
    repository = DirectoryRepository(root)
    assert repository.paths() == ("dir/file",)
    for path in ("self", "a", "b", "deeper"):
        assert repository.kind(path) is Kind.UNREADABLE
        assert "circle" in refused(repository, path)
    assert repository.read("dir/parent/dir/parent/dir/file") == b"x"


def test_what_is_no_file(root: Path) -> None:
    os.mkfifo(root / "pipe")
    link(root, "to-pipe", "pipe")
    with socket.socket(socket.AF_UNIX) as server:
        here = Path.cwd()
        os.chdir(root)
        server.bind("socket")
        os.chdir(here)
    put(root, "folder/x")
    repository = DirectoryRepository(root)
    assert repository.paths() == ("folder/x",)
    assert repository.kind("pipe") is Kind.OTHER
    assert repository.kind("socket") is Kind.OTHER
    assert repository.kind("folder") is Kind.DIRECTORY
    assert "no regular file" in refused(repository, "pipe")
    assert "no regular file" in refused(repository, "to-pipe")
    assert "no regular file" in refused(repository, "socket")
    assert "directory" in refused(repository, "folder")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root makes device nodes")
def test_a_device_is_not_opened(root: Path) -> None:
    try:
        os.mknod(root / "zero", 0o666 | 0o020000, os.makedev(1, 5))
    except PermissionError:
        pytest.skip("device nodes are not allowed here")
    repository = DirectoryRepository(root)
    assert repository.paths() == ()
    assert repository.kind("zero") is Kind.OTHER
    assert "no regular file" in refused(repository, "zero")


def test_what_is_missing(root: Path) -> None:
    put(root, "file")
    repository = DirectoryRepository(root)
    for path in ("none", "none/x", "file/x", "file/../file".replace("..", "x"), "n" * 300, "a/" * 3000 + "b"):
        assert repository.kind(path) in (Kind.MISSING, Kind.UNREADABLE)
        assert refused(repository, path)
    with pytest.raises(RepositoryError, match="no such file"):
        repository.resolve("none")
    with pytest.raises(RepositoryError, match="no such file"):
        repository.size("none")


@pytest.mark.parametrize(
    "path", ["", ".", "..", "../outside/secret", "/etc/passwd", "a//b", "a/", "./a", "a/../b", "a\0b"]
)
def test_a_path_that_could_lead_out_is_refused(root: Path, path: str) -> None:
    put(root, "a")
    for repository in (DirectoryRepository(root), MemoryRepository({"a": b""})):
        assert "not a path inside" in refused(repository, path)
        with pytest.raises(RepositoryError):
            repository.kind(path)


def test_large_files_are_not_read(root: Path) -> None:
    with (root / "huge").open("wb") as file:
        file.truncate(100 * 1024 * 1024)
    put(root, "exact", data=b"12345")
    repository = DirectoryRepository(root)
    assert "larger than 5,242,880 bytes" in refused(repository, "huge")
    assert repository.size("huge") == 100 * 1024 * 1024
    assert repository.read("exact", 5) == b"12345"
    assert "larger than 4 bytes" in refused(repository, "exact", 4)


def test_a_file_that_vanishes_after_listing(root: Path) -> None:
    put(root, "a", "b/c")
    repository = DirectoryRepository(root)
    assert repository.paths() == ("a", "b/c")
    (root / "a").unlink()
    (root / "b/c").unlink()
    (root / "b").rmdir()
    assert "a: no such file" in refused(repository, "a")
    assert refused(repository, "b/c")


def test_a_swap_against_a_link_never_leads_out(root: Path, outside: Path) -> None:
    put(root, "a/secret", data=b"inside")
    (root / "link").symlink_to(outside)
    repository = DirectoryRepository(root)
    stop = threading.Event()

    def swap() -> None:
        while not stop.is_set():
            (root / "a").rename(root / "kept")
            (root / "link").rename(root / "a")
            (root / "a").rename(root / "link")
            (root / "kept").rename(root / "a")

    thread = threading.Thread(target=swap)
    thread.start()
    seen: set[bytes] = set()
    try:
        for _ in range(2000):
            try:
                seen.add(repository.read("a/secret"))
            except RepositoryError:
                seen.add(b"")
    finally:
        stop.set()
        thread.join()
    assert b"outside" not in seen


@pytest.fixture
def common_root() -> Iterator[Path]:
    """Offer a folder that a user without rights reaches, and be such a user meanwhile."""
    root = Path(tempfile.mkdtemp())
    root.chmod(0o755)
    put(root, "open/x", "open/private", "closed/y")
    (root / "open/private").chmod(0)
    (root / "closed").chmod(0)
    user = os.geteuid()
    if user == 0:
        os.seteuid(65534)
    yield root
    os.seteuid(user)
    (root / "closed").chmod(0o700)
    shutil.rmtree(root)


def test_what_may_not_be_read_is_reported(common_root: Path) -> None:
    repository = DirectoryRepository(common_root)
    assert repository.paths() == ("open/private", "open/x")
    assert repository.unreadable() == ("closed",)
    assert repository.kind("closed/y") is Kind.UNREADABLE
    assert "permissions" in refused(repository, "closed/y")
    assert "cannot be read (Permission denied)" in refused(repository, "open/private")


@pytest.fixture
def depth(root: Path) -> Iterator[int]:
    """Nest directories deeper than Python's own `rmtree` could remove."""
    here = Path.cwd()
    depth = 510
    os.chdir(root)
    for _ in range(depth):
        Path("d").mkdir()
        os.chdir("d")
    Path("file").touch()
    os.chdir(here)
    yield depth
    os.chdir(root / "/".join("d" * depth))
    Path("file").unlink()
    for _ in range(depth):
        os.chdir("..")
        Path("d").rmdir()
    os.chdir(here)


def test_a_tree_too_deep_to_follow_is_reported(root: Path, depth: int) -> None:
    put(root, "a")
    repository = DirectoryRepository(root)
    (closed,) = repository.unreadable()
    assert depth > closed.count("/") == 500
    assert repository.paths() == ("a",)
    assert refused(repository, "d/" * depth + "file")


def test_too_many_files_are_refused(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(root, *(f"{number}" for number in range(12)))
    monkeypatch.setattr(module, "FILE_LIMIT", 10)
    with pytest.raises(RepositoryError, match="more than 10 files"):
        DirectoryRepository(root).paths()


def test_the_root_may_be_a_link_and_has_to_be_a_directory(root: Path, tmp_path: Path) -> None:
    put(root, "a")
    link(tmp_path, "to-root", "root")
    assert DirectoryRepository(tmp_path / "to-root").paths() == ("a",)
    with pytest.raises(RepositoryError, match="not a directory"):
        DirectoryRepository(root / "a")
    with pytest.raises(RepositoryError, match="not a directory"):
        DirectoryRepository(root / "none")


def test_for_path_takes_a_folder_or_a_file(root: Path, tmp_path: Path) -> None:
    put(root, "app/Dockerfile")
    repository, only = DirectoryRepository.for_path(root, ("x",))
    assert (repository.root, only, repository.exclude) == (root.resolve(), None, ("x",))
    repository, only = DirectoryRepository.for_path(root / "app/Dockerfile")
    assert (repository.root, only) == ((root / "app").resolve(), "Dockerfile")
    link(tmp_path, "link", "root/app/Dockerfile")
    repository, only = DirectoryRepository.for_path(tmp_path / "link")
    assert (repository.root, only) == ((root / "app").resolve(), "Dockerfile")
    link(tmp_path, "loop", "loop")
    for name in ("none", "none/none", "loop", "root/app/Dockerfile/x"):
        with pytest.raises(RepositoryError, match="cannot be found"):
            DirectoryRepository.for_path(tmp_path / name)


def test_messages_show_no_control_characters(root: Path) -> None:
    message = refused(DirectoryRepository(root), "a\x1b[31m\nb\udcff\u202e")
    assert message.isprintable()
    assert message.startswith("a\\x1b[31m\\nb\\udcff\\u202e: ")
    assert shown("é b") == "é b"


def test_documents_are_neither_vendored_nor_ignored(root: Path) -> None:
    put(root, "Dockerfile", "node_modules/x/Dockerfile", "a/vendor/Dockerfile", "vendor", "b/out/Dockerfile")
    put(root, "gen/Dockerfile", "gen/keep/Dockerfile", "x.log", "docs/Dockerfile", "b/in/Dockerfile")
    put(root, ".gitignore", data=b"*.log\n/gen/*\n!/gen/keep\n")
    put(root, "b/.gitignore", data=b"out/\n")
    put(root, "node_modules/.gitignore", data=b"*\n")
    repository = DirectoryRepository(root, exclude=("docs/",))
    assert repository.documents() == (
        ".gitignore",
        "Dockerfile",
        "b/.gitignore",
        "b/in/Dockerfile",
        "gen/keep/Dockerfile",
        "vendor",
    )
    assert "docs/Dockerfile" in repository.paths()


def test_a_gitignore_that_is_a_link_or_too_large_hides_nothing(root: Path) -> None:
    put(root, "rules", data=b"*\n")
    link(root, ".gitignore", "rules")
    put(root, "a/.gitignore", data=b"*\n" * 600_000)
    put(root, "a/Dockerfile")
    assert "a/Dockerfile" in DirectoryRepository(root).documents()


def test_memory_repository() -> None:
    repository = MemoryRepository({"b/c": b"1", "a": b"22", ".git/x": b"", "vendor/d": b""}, exclude=("a",))
    assert repository.paths() == ("a", "b/c", "vendor/d")
    assert repository.documents() == ("b/c",)
    assert repository.unreadable() == ()
    assert [repository.kind(path) for path in ("a", "b", "b/c", "x")] == [
        Kind.FILE,
        Kind.DIRECTORY,
        Kind.FILE,
        Kind.MISSING,
    ]
    assert repository.size("a") == 2
    assert repository.read("a") == b"22"
    assert repository.resolve("b") == "b"
    assert "larger than 1 bytes" in refused(repository, "a", 1)
    assert "no such file" in refused(repository, "x")
    assert "directory" in refused(repository, "b")
    with pytest.raises(RepositoryError):
        repository.resolve("x")
    with pytest.raises(RepositoryError):
        MemoryRepository({"../x": b""})


def test_overlay_shows_the_tree_after_the_changes() -> None:
    base = MemoryRepository({"a": b"1", "b/c": b"2", "d": b"3"}, exclude=("x/",))
    overlay = OverlayRepository(base, {"a": b"new", "d": None, "e/f/g": b"4", "x/y": b""})
    assert overlay.paths() == ("a", "b/c", "e/f/g", "x/y")
    assert overlay.documents() == ("a", "b/c", "e/f/g")
    assert overlay.read("a") == b"new"
    assert overlay.size("a") == 3
    assert overlay.read("b/c") == b"2"
    assert overlay.kind("e/f") is Kind.DIRECTORY
    assert overlay.kind("d") is Kind.MISSING
    assert overlay.kind("b") is Kind.DIRECTORY
    assert overlay.resolve("e/f/g") == "e/f/g"
    assert overlay.resolve("b/c") == "b/c"
    assert "no such file" in refused(overlay, "d")
    with pytest.raises(RepositoryError):
        overlay.resolve("d")
    assert OverlayRepository(overlay, {"d": b"back"}).read("d") == b"back"
    assert overlay.unreadable() == ()


def test_overlay_honours_a_changed_gitignore() -> None:
    base = MemoryRepository({"Dockerfile": b"", "out/Dockerfile": b""})
    assert OverlayRepository(base, {".gitignore": b"out/\n"}).documents() == (".gitignore", "Dockerfile")


def test_overlay_writes_through_links(root: Path) -> None:
    put(root, "real", data=b"old")
    link(root, "link", "real")
    link(root, "other", "real")
    base = DirectoryRepository(root)
    overlay = OverlayRepository(base, {"link": b"new"})
    assert {path: overlay.read(path) for path in overlay.paths()} == dict.fromkeys(("link", "other", "real"), b"new")
    assert overlay.kind("link") is Kind.LINK
    assert overlay.size("other") == 3
    gone = OverlayRepository(base, {"link": None, "real": None})
    assert gone.kind("link") is Kind.MISSING
    assert "no such file" in refused(gone, "other")
    assert (root / "real").read_bytes() == b"old"
