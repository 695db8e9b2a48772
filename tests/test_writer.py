from __future__ import annotations

import os
import resource
import shutil
import signal
import stat
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from rewriter.errors import RepositoryError
from rewriter.model.masked import Masked
from rewriter.model.patch import Change, FileChange
from rewriter.model.plan import LocalValue
from rewriter.model.text import decode
from rewriter.writer import PREFIX, write

Tree = dict[str, tuple[int, int, int, int, bytes]]


def tree(root: Path) -> Tree:
    """Take down everything about a tree that a user could notice, links as links."""
    found: Tree = {}
    for folder, folders, files in os.walk(root):
        for name in (*folders, *files):
            path = Path(folder, name)
            status = path.lstat()
            data = b""
            if path.is_symlink():
                data = os.fsencode(path.readlink())
            elif path.is_file():
                data = path.read_bytes()
            changed = 0 if path.is_dir() else status.st_mtime_ns
            found[str(path.relative_to(root))] = (status.st_mode, status.st_uid, status.st_gid, changed, data)
    return found


def modified(path: str, before: str, after: str) -> FileChange:
    return FileChange(path, Change.MODIFIED, before, after)


def created(path: str, after: str) -> FileChange:
    return FileChange(path, Change.CREATED, "", after)


def value(path: str, text: str) -> LocalValue:
    return LocalValue(path, Masked(text))


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "root"
    (root / "a").mkdir(parents=True)
    (root / "Dockerfile").write_bytes(b"FROM x\r\n")
    (root / "a/b").write_bytes(b"old b")
    (root / "run.sh").write_bytes(b"#!/bin/sh\n")
    (root / "run.sh").chmod(0o755)
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/file").write_bytes(b"outside")
    return root


@pytest.fixture(autouse=True)
def mask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


def refused(root: Path, *changes: FileChange, values: tuple[LocalValue, ...] = ()) -> str:
    """Check that a write fails and leaves the tree as it was; return the message."""
    before = tree(root)
    with pytest.raises(RepositoryError) as error:
        write(root, changes, values)
    assert tree(root) == before
    return str(error.value)


def test_writes_everything(root: Path) -> None:
    write(
        root,
        [modified("Dockerfile", "FROM x\r\n", "FROM y\r\n"), modified("a/b", "old b", ""), created("n/e/w", "new")],
        [value("secrets/npm_token", "tok\udcffen\r\n")],
    )
    assert (root / "Dockerfile").read_bytes() == b"FROM y\r\n"
    assert (root / "a/b").read_bytes() == b""
    assert (root / "n/e/w").read_bytes() == b"new"
    assert (root / "secrets/npm_token").read_bytes() == b"tok\xffen\r\n"
    assert not [path for path in tree(root) if PREFIX in path]


def test_nothing_to_write(root: Path) -> None:
    before = tree(root)
    write(root, [], [])
    assert tree(root) == before


def test_modes_and_owners(root: Path) -> None:
    (root / "a/b").chmod(0o4640)
    if os.geteuid() == 0:
        os.chown(root / "run.sh", 1234, 2345)
        (root / "run.sh").chmod(0o755)
    before = (root / "run.sh").stat()
    write(
        root,
        [modified("run.sh", "#!/bin/sh\n", "#!/bin/sh\nx\n"), modified("a/b", "old b", "b"), created("new/f", "x")],
        [value("secrets/v", "x")],
    )
    after = (root / "run.sh").stat()
    assert (after.st_mode, after.st_uid, after.st_gid) == (before.st_mode, before.st_uid, before.st_gid)
    assert mode(root / "a/b") == 0o4640
    assert mode(root / "new/f") == 0o644
    assert mode(root / "new") == 0o755
    assert mode(root / "secrets/v") == 0o600
    assert mode(root / "secrets") == 0o700


def test_a_private_folder_stays_private_beside_a_new_file(root: Path) -> None:
    write(root, [created("secrets/README", "x")], [value("secrets/v", "x")])
    assert mode(root / "secrets") == 0o700


def test_a_value_that_is_there_is_kept(root: Path) -> None:
    (root / "v").write_bytes(b"x")
    before = tree(root)
    write(root, [], [value("v", "x"), value("v", "x")])
    assert tree(root) == before


@pytest.mark.parametrize("text", ["y", "", "xx"])
def test_a_value_never_replaces_another(root: Path, text: str) -> None:
    (root / "v").write_bytes(b"x")
    message = refused(root, modified("a/b", "old b", "new"), values=(value("v", text),))
    assert message.startswith("v: exists and holds something else")


def test_two_values_for_one_file(root: Path) -> None:
    message = refused(root, values=(value("v", "topsecret"), value("v", "hidden")))
    assert "twice" in message
    assert "topsecret" not in message


def test_a_file_that_changed_meanwhile(root: Path) -> None:
    assert "changed while" in refused(root, created("new", "x"), modified("a/b", "other", "new"))


def test_a_file_that_vanished_meanwhile(root: Path) -> None:
    message = refused(root, modified("Dockerfile", "FROM x\r\n", "FROM y\r\n"), modified("a/gone", "x", "y"))
    assert message.startswith("a/gone: missing")


def test_a_file_that_came_meanwhile(root: Path) -> None:
    assert "exists already" in refused(root, modified("a/b", "old b", "new"), created("Dockerfile", "x"))


def test_a_directory_in_place_of_a_file(root: Path) -> None:
    assert "directory" in refused(root, modified("run.sh", "#!/bin/sh\n", ""), modified("a", "", "x"))
    assert "exists already" in refused(root, created("a", "x"))
    assert "where a folder is needed" in refused(root, created("new", "x"), created("Dockerfile/x", "x"))


def test_a_file_written_twice(root: Path) -> None:
    (root / "link").symlink_to("a/b")
    changes = [modified("a/b", "old b", "1"), modified("link", "old b", "2")]
    assert "twice" in refused(root, *changes)
    assert "twice" in refused(root, created("n", "1"), created("n", "1"))


def test_a_name_too_long_at_the_last_moment(root: Path) -> None:
    changes = [
        modified("Dockerfile", "FROM x\r\n", "FROM y\r\n"),
        created("new/deep/file", "x"),
        modified("a/b", "old b", "new"),
        created("n" * 256, "x"),
    ]
    message = refused(root, *changes, values=(value("secrets/v", "topsecret"),))
    assert "nothing was changed" in message


@contextmanager
def full_disk() -> Iterator[None]:
    """Let every write beyond 4,096 bytes fail, as a full disk does; only for as long as nobody else writes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, handler)


def test_a_full_disk(root: Path) -> None:
    changes = [modified("Dockerfile", "FROM x\r\n", "y"), created("n/x", "x"), modified("a/b", "old b", "z" * 9000)]
    with full_disk():
        message = refused(root, *changes, values=(value("s/v", "x"),))
    assert "nothing was changed" in message


def test_links_inside_are_written_through(root: Path) -> None:
    (root / "link").symlink_to("a/b")
    (root / "folder").symlink_to("a")
    write(root, [modified("link", "old b", "new b"), created("folder/n/c", "c")], [value("folder/v", "v")])
    assert (root / "link").is_symlink()
    assert (root / "a/b").read_bytes() == b"new b"
    assert (root / "a/n/c").read_bytes() == b"c"
    assert (root / "a/v").read_bytes() == b"v"


def test_nothing_is_written_outside(root: Path, tmp_path: Path) -> None:
    (root / "file").symlink_to("../outside/file")
    (root / "folder").symlink_to(tmp_path / "outside")
    (root / "dangling").symlink_to("../outside/new")
    (root / "nowhere").symlink_to("missing")
    (root / "loop").symlink_to("loop")
    before = tree(tmp_path)
    for change in (
        modified("file", "outside", "x"),
        modified("folder/file", "outside", "x"),
        created("folder/new", "x"),
        created("folder/new/deep", "x"),
        created("dangling", "x"),
        created("nowhere", "x"),
        created("nowhere/x", "x"),
        created("loop/x", "x"),
        modified("../outside/file", "outside", "x"),
        created("../new", "x"),
        created("/tmp/new", "x"),
        created("a/../../new", "x"),
        created("", "x"),
        created("a/", "x"),
    ):
        refused(root, modified("Dockerfile", "FROM x\r\n", "y"), change)
    for path in ("folder/v", "dangling", "../v", "file", "nowhere", "loop"):
        refused(root, values=(value(path, "x"),))
    assert tree(tmp_path) == before


def test_a_pipe_does_not_hang(root: Path) -> None:
    os.mkfifo(root / "pipe")
    assert "other" in refused(root, modified("pipe", "", "x"))
    assert "exists" in refused(root, values=(value("pipe", "x"),))


def test_names_may_hold_anything(root: Path) -> None:
    write(root, [created("new\nline/\udcff\x1b", "x")], [])
    assert (root / os.fsdecode(b"new\nline/\xff\x1b")).read_bytes() == b"x"
    message = refused(root, created("new\nline/\udcff\x1b", "x"))
    assert message.isprintable()


def test_bytes_are_kept_as_they_are(root: Path) -> None:
    data = bytes(range(256)) * 20
    (root / "any").write_bytes(data)
    write(root, [modified("any", decode(data), decode(data + b"\xfe"))], [])
    assert (root / "any").read_bytes() == data + b"\xfe"


def test_the_root_may_be_a_link(root: Path, tmp_path: Path) -> None:
    (tmp_path / "to-root").symlink_to("root")
    write(tmp_path / "to-root", [created("new", "x")], [])
    assert (root / "new").read_bytes() == b"x"


def test_a_root_that_is_not_there(tmp_path: Path) -> None:
    for change in (modified("a", "", "x"), created("a", "x")):
        with pytest.raises(RepositoryError):
            write(tmp_path / "none", [change], [])
    assert not (tmp_path / "none").exists()


def test_names_of_one_file_part_ways(root: Path) -> None:
    os.link(root / "a/b", root / "a/c")
    write(root, [modified("a/b", "old b", "new")], [])
    assert (root / "a/c").read_bytes() == b"old b"


# An interrupt between the opening of a file and its `with` leaves the file to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("delay", [0.0005, 0.002, 0.004, 0.008, 0.012, 0.016, 0.02, 0.03])
def test_an_interrupt_leaves_all_or_nothing(root: Path, delay: float) -> None:
    for number in range(60):
        (root / f"f{number}").write_bytes(b"old")
    changes = [modified(f"f{number}", "old", "new") for number in range(60)]
    changes += [created(f"new{number}/x", "new") for number in range(20)]
    before = tree(root)

    def interrupt(_: int, __: object) -> None:
        signal.raise_signal(signal.SIGINT)

    handler = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, delay)
    try:
        write(root, changes, [value("secrets/v", "x")])
        done = True
    except KeyboardInterrupt:
        done = False
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, handler)
    if done:
        assert (root / "f59").read_bytes() == b"new"
        assert (root / "secrets/v").read_bytes() == b"x"
        assert not [path for path in tree(root) if PREFIX in path]
    else:
        assert tree(root) == before


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_an_interrupt_while_putting_back_waits(root: Path) -> None:
    for number in range(200):
        (root / f"f{number}").write_bytes(b"old")
    changes = [modified(f"f{number}", "old", "new") for number in range(200)]
    changes.append(created("n" * 256, "x"))
    before = tree(root)
    main = threading.get_ident()
    stop = threading.Event()

    def press() -> None:
        while not stop.wait(0.001):
            if any(path.name.startswith(PREFIX) and b"old" in read(path) for path in root.iterdir()):
                signal.pthread_kill(main, signal.SIGINT)
                return

    def read(path: Path) -> bytes:
        try:
            return path.read_bytes()
        except OSError:
            return b""

    thread = threading.Thread(target=press)
    thread.start()
    try:
        with pytest.raises((KeyboardInterrupt, RepositoryError)):
            write(root, changes, [])
    finally:
        stop.set()
        thread.join()
    assert tree(root) == before


def test_works_beside_the_main_thread(root: Path) -> None:
    thread = threading.Thread(target=write, args=(root, [created("new", "x")], []))
    thread.start()
    thread.join()
    assert (root / "new").read_bytes() == b"x"


@pytest.fixture
def shared() -> Iterator[Path]:
    """Offer a folder with files of this user and of another, and be this user, who has no rights, meanwhile."""
    if os.geteuid() != 0:
        pytest.skip("only root can become another user")
    root = Path(tempfile.mkdtemp())
    root.chmod(0o755)
    for folder in ("mine", "theirs"):
        (root / folder).mkdir()
        (root / folder / "a").write_bytes(b"a")
    (root / "mine/their-file").write_bytes(b"a")
    for path in (root / "mine", root / "mine/a"):
        os.chown(path, 65534, 65534)
    os.setegid(65534)
    os.seteuid(65534)
    yield root
    os.seteuid(0)
    os.setegid(0)
    shutil.rmtree(root)


def test_a_folder_that_may_not_be_written(shared: Path) -> None:
    message = refused(shared, modified("mine/a", "a", "A"), created("mine/new", "x"), modified("theirs/a", "a", "B"))
    assert "Permission denied" in message


def test_a_file_of_another_user_keeps_its_owner(shared: Path) -> None:
    message = refused(shared, modified("mine/a", "a", "A"), modified("mine/their-file", "a", "B"))
    assert "belongs to another user" in message
