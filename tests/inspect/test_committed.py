"""Lay out a commit byte for byte, and have nothing of the repository run on the way."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from rewriter.errors import InspectionError, UnbakeError
from rewriter.inspect.committed import Commit, commit_of, differing, lay_out
from rewriter.tree.repository import DirectoryRepository

ENVIRONMENT = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}


def git(root: Path, *words: str, text: str | None = None) -> str:
    who = ("-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "init.defaultBranch=main")
    done = subprocess.run(
        ["git", *who, *words], cwd=root, env=ENVIRONMENT, input=text, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    top = tmp_path / "repository"
    (top / "bin").mkdir(parents=True)
    (top / "Dockerfile").write_bytes(b"FROM a\r\nRUN b\n")
    (top / "bin/run").write_text("#!/bin/sh\n", encoding="utf-8")
    (top / "bin/run").chmod(0o755)
    (top / "link").symlink_to("bin/run")
    (top / ".gitignore").write_text(".npmrc\n/dist/\n", encoding="utf-8")
    git(top, "init", "-q")
    git(top, "add", "-A")
    git(top, "commit", "-qm", "first")
    return top


def laid(root: Path, target: Path) -> Path:
    commit = committed(root)
    lay_out(commit, DirectoryRepository(root), target)
    return target


def committed(root: Path) -> Commit:
    commit = commit_of(root, ENVIRONMENT)
    assert commit is not None
    return commit


def test_commit_is_laid_out_as_it_is(root: Path, tmp_path: Path) -> None:
    (root / "Dockerfile").write_text("FROM changed\n", encoding="utf-8")
    (root / "new").write_text("not committed", encoding="utf-8")
    (root / ".npmrc").write_text("ignored", encoding="utf-8")
    (root / "dist").mkdir()
    (root / "dist/a.js").write_text("made", encoding="utf-8")
    there = laid(root, tmp_path / "there")
    assert (there / "Dockerfile").read_bytes() == b"FROM a\r\nRUN b\n"
    assert (there / "bin/run").stat().st_mode & 0o777 == 0o755
    assert (there / "link").readlink() == Path("bin/run")
    assert not (there / "new").exists()
    assert (there / ".npmrc").read_text("utf-8") == "ignored"
    assert (there / "dist/a.js").read_text("utf-8") == "made"
    assert differing(committed(root), DirectoryRepository(root)) == ("Dockerfile",)


def test_folder_below_the_top(root: Path, tmp_path: Path) -> None:
    there = laid(root / "bin", tmp_path / "there")
    assert [path.name for path in there.iterdir()] == ["run"]


def test_no_commit(root: Path, tmp_path: Path) -> None:
    assert commit_of(tmp_path, ENVIRONMENT) is None
    (root / "more").mkdir()
    assert commit_of(root / "more", ENVIRONMENT) is None
    git(tmp_path, "init", "-q", "empty")
    assert commit_of(tmp_path / "empty", ENVIRONMENT) is None


def test_nothing_of_the_repository_runs(root: Path, tmp_path: Path) -> None:
    trap, sprung = tmp_path / "trap", tmp_path / "sprung"
    trap.write_text(f"#!/bin/sh\ntouch {sprung}\ncat\n", encoding="utf-8")
    trap.chmod(0o755)
    (root / ".gitattributes").write_text("* filter=trap diff=trap export-subst\n", encoding="utf-8")
    (root / "file").write_text("$Format:%H$\n", encoding="utf-8")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "second")
    for name in ("filter.trap.smudge", "filter.trap.process", "filter.trap.clean", "diff.trap.textconv"):
        git(root, "config", name, str(trap))
    for name in ("diff.external", "core.fsmonitor", "core.pager", "core.sshCommand", "core.hooksPath"):
        git(root, "config", name, str(trap))
    for name in ("post-checkout", "post-index-change", "reference-transaction"):
        hook = root / ".git/hooks" / name
        hook.parent.mkdir(exist_ok=True)
        hook.write_bytes(trap.read_bytes())
        hook.chmod(0o755)
    there = laid(root, tmp_path / "there")
    assert (there / "file").read_text("utf-8") == "$Format:%H$\n"
    assert not sprung.exists()


def test_hostile_trees_write_nothing_outside(root: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    blob = git(root, "hash-object", "-w", "--stdin", text="evil")
    link = git(root, "hash-object", "-w", "--stdin", text=str(outside))
    below = git(root, "mktree", text=f"100644 blob {blob}\tx\n")
    trees = (
        f"120000 blob {link}\ta\n040000 tree {below}\ta\n",
        f"040000 tree {below}\ta\n120000 blob {link}\ta\n",
        f"040000 tree {below}\t..\n",
        f"040000 tree {below}\t.git\n",
        f"100644 blob {blob}\t.GIT\n",
    )
    for number, entries in enumerate(trees):
        tree = git(root, "mktree", text=entries)
        commit = git(root, "commit-tree", "-m", "evil", tree)
        git(root, "update-ref", "HEAD", commit)
        with pytest.raises(UnbakeError):
            laid(root, tmp_path / f"there-{number}")
        assert list(outside.iterdir()) == []
        assert not (tmp_path / "x").exists()


def test_ignored_file_below_a_committed_link_stays_inside(root: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (root / "dist").symlink_to(outside)
    git(root, "add", "-Af", "dist")
    git(root, "commit", "-qm", "second")
    (root / "dist").unlink()
    (root / "dist").mkdir()
    (root / "dist/a.js").write_text("made", encoding="utf-8")
    there = laid(root, tmp_path / "there")
    assert (there / "dist").is_symlink()
    assert list(outside.iterdir()) == []


def test_object_that_is_not_there(root: Path, tmp_path: Path) -> None:
    blob = git(root, "rev-parse", "HEAD:Dockerfile")
    (root / ".git/objects" / blob[:2] / blob[2:]).unlink()
    with pytest.raises(InspectionError, match="--working-tree"):
        laid(root, tmp_path / "there")
