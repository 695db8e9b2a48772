from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.cli.conftest import Run, Write

LEAK = "FROM x\nARG NPM_TOKEN\n"
FILES = {"a/Dockerfile": LEAK, "b/Dockerfile": LEAK, "é\n/Dockerfile": LEAK}


@pytest.fixture(autouse=True)
def plain_git(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")


def git(root: Path, *words: str) -> str:
    who = ("-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "init.defaultBranch=main")
    done = subprocess.run(["git", *who, *words], cwd=root, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture
def root(write: Write) -> Path:
    top = write(FILES)
    git(top, "init", "-q")
    git(top, "add", "-A")
    git(top, "commit", "-qm", "first")
    return top


def paths(run: Run, *words: str) -> list[str]:
    ran = run("scan", "--format", "json", *words)
    assert ran.err == ""
    return sorted({entry["path"] for entry in json.loads(ran.out)["findings"]})


def test_nothing_changed_is_nothing_found(run: Run, root: Path) -> None:
    assert len(paths(run)) == 3
    assert run("scan", "--since", "HEAD").status == 0


def test_files_changed_and_new_ones_count_committed_or_not(run: Run, root: Path) -> None:
    git(root, "checkout", "-qb", "work")
    (root / "a/Dockerfile").write_text(LEAK + "# more\n", encoding="utf-8")
    git(root, "commit", "-qam", "second")
    (root / "c").mkdir()
    (root / "c/Dockerfile").write_text(LEAK, encoding="utf-8")
    assert paths(run, "--since", "main") == ["a/Dockerfile", "c/Dockerfile"]
    assert paths(run, "--since", "HEAD") == ["c/Dockerfile"]
    assert paths(run, "--since", "HEAD~1") == ["a/Dockerfile", "c/Dockerfile"]


def test_what_the_other_branch_changed_does_not_count(run: Run, root: Path) -> None:
    git(root, "checkout", "-qb", "work")
    git(root, "checkout", "-q", "main")
    (root / "b/Dockerfile").write_text("FROM scratch\n", encoding="utf-8")
    git(root, "commit", "-qam", "theirs")
    git(root, "checkout", "-q", "work")
    assert paths(run, "--since", "main") == []


def test_a_folder_below_the_top_and_one_file(run: Run, root: Path) -> None:
    (root / "a/Dockerfile").write_text(LEAK + "# more\n", encoding="utf-8")
    assert paths(run, "a", "--since", "HEAD") == ["Dockerfile"]
    assert paths(run, "b", "--since", "HEAD") == []
    assert paths(run, "b/Dockerfile", "--since", "HEAD") == []


def test_names_that_git_would_quote(run: Run, root: Path) -> None:
    (root / "é\n/Dockerfile").write_text(LEAK + "# more\n", encoding="utf-8")
    assert len(paths(run, "--since", "HEAD")) == 1


@pytest.mark.parametrize(
    "revision",
    ["--output=x", "-h", "", " ", "no-such", "main..HEAD", "HEAD\n", "x" * 300, "HEAD:a/Dockerfile", "$(touch x)"],
)
def test_a_hostile_or_unknown_revision_is_a_fault_of_use(run: Run, root: Path, revision: str) -> None:
    before = sorted(root.iterdir())
    ran = run("scan", f"--since={revision}")
    assert (ran.status, ran.out) == (2, "")
    assert ran.err.startswith("unbake: --since")
    assert sorted(root.iterdir()) == before


def test_nothing_that_the_repository_configures_is_run(run: Run, root: Path) -> None:
    trap = root / "trap"
    script = root / ".git/trap.sh"
    script.write_text(f"#!/bin/sh\ntouch {trap}\ncat\n", encoding="utf-8")
    script.chmod(0o755)
    for name in ("core.fsmonitor", "core.pager", "filter.x.clean", "filter.x.smudge", "diff.x.textconv"):
        git(root, "config", name, str(script))
    (root / ".gitattributes").write_text("Dockerfile filter=x diff=x\n", encoding="utf-8")
    hooks = root / ".git/hooks"
    for name in ("post-index-change", "reference-transaction", "post-checkout"):
        (hooks / name).write_text(script.read_text("utf-8"), encoding="utf-8")
        (hooks / name).chmod(0o755)
    (root / "a/Dockerfile").write_text(LEAK + "# more\n", encoding="utf-8")
    assert paths(run, "--since", "HEAD") == ["a/Dockerfile"]
    assert not trap.exists()


def test_without_git_s_history_there_is_nothing_to_compare_with(run: Run, write: Write) -> None:
    write({"Dockerfile": LEAK})
    ran = run("scan", "--since", "HEAD")
    assert ran.status == 2
    assert "no such revision" in ran.err


def test_a_partial_baseline_is_not_written(run: Run, root: Path) -> None:
    assert run("scan", "--since", "HEAD", "--write-baseline", "x.json").status == 2
    assert not (root / "x.json").exists()
