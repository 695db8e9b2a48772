from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rewriter.model.text import encode
from rewriter.tree.gitignore import GitIgnore

CASES: tuple[tuple[Mapping[str, str], tuple[str, ...], tuple[str, ...]], ...] = (
    ({"": "a"}, ("a", "x/a", "a/x"), ("b", "ab")),
    ({"": "/a"}, ("a", "a/x"), ("x/a",)),
    ({"": "a/"}, ("a/x", "y/a/x"), ("a", "x/a")),
    ({"": "a/b"}, ("a/b",), ("x/a/b",)),
    ({"": "*.log\n!keep.log"}, ("x.log", "a/x.log"), ("keep.log", "a/keep.log")),
    ({"": "dir/\n!dir/keep"}, ("dir/keep", "dir/x"), ()),
    ({"": "dir/*\n!dir/keep"}, ("dir/x",), ("dir/keep",)),
    ({"": "**/a"}, ("a", "x/a", "x/y/a"), ()),
    ({"": "a/**/b"}, ("a/b", "a/x/b", "a/x/y/b"), ("x/a/b",)),
    ({"": "a/**"}, ("a/b", "a/b/c"), ("a",)),
    ({"": "a**b"}, ("ab", "axb", "x/axb"), ()),
    ({"": "x/a**b"}, ("x/ab", "x/axb"), ("x/a/b", "ab")),
    ({"": "[a-c]\n[!x]y\n[[:digit:]]z\n[]]"}, ("b", "ay", "1z", "]"), ("d", "xy", "az")),
    ({"": "[a"}, (), ("a", "[a")),
    ({"": "\\#a\n\\!b\n#c"}, ("#a", "!b"), ("c", "#c")),
    ({"": "a \nb\\ \n c"}, ("a", "b ", " c"), ("a ", "b", "c")),
    ({"": "a\r\nb\r\n"}, ("a", "b"), ()),
    ({"": "\ufeffa"}, ("a",), ()),
    ({"": "?"}, ("a", "\udcff"), ("é", "ab")),
    ({"": "??x"}, ("éx", "abx"), ("ax",)),
    ({"": "\n\n/\n//\n!\n"}, (), ("a", "a/b")),
    ({"": "*", "a": "!x"}, ("a/x", "b"), ()),
    ({"": "*.x", "a": "!b.x"}, ("b.x", "a/c.x"), ("a/b.x",)),
    ({"": "!a", "b": "a"}, ("b/a", "b/c/a"), ("a",)),
    ({"b": "/a"}, ("b/a",), ("a", "b/c/a")),
    ({"b": "c/a"}, ("b/c/a",), ("c/a", "b/x/c/a")),
    ({"": "é"}, ("é",), ("e",)),
    ({"": "a\0b"}, ("a",), ()),
)


@pytest.mark.parametrize(("rules", "inside", "outside"), CASES)
def test_agrees_with_the_manual(rules: Mapping[str, str], inside: tuple[str, ...], outside: tuple[str, ...]) -> None:
    ignore = GitIgnore(rules)
    assert tuple(path for path in (*inside, *outside) if ignore.ignored(path)) == inside


def test_a_directory_is_asked_for_as_such() -> None:
    ignore = GitIgnore({"": "a/\n"})
    assert ignore.ignored("a", directory=True)
    assert not ignore.ignored("a")


def test_a_deep_path_needs_no_recursion() -> None:
    ignore = GitIgnore({"": "b\n"})
    assert ignore.ignored("a/" * 5000 + "b")
    assert not ignore.ignored("a/" * 5000 + "c")


NAMES = st.sampled_from(("a", "b", "ab", "a b", "é", "\udcff", "]", "-", "\\", "#", "!", " ", "x\n"))
PIECES = st.sampled_from(
    ("a", "b", "*", "**", "?", "/", "/", "**/", "[ab]", "[!a]", "[^-b]", "[[:alpha:]]", "[", "]", "\\", " ", "é", ".")
)
LINES = st.tuples(st.sampled_from(("", "", "!", "/", "#")), st.lists(PIECES, min_size=1, max_size=5)).map(
    lambda both: both[0] + "".join(both[1])
)
RULES = st.tuples(st.lists(LINES, max_size=5), st.sampled_from(("\n", "\r\n"))).map(lambda both: both[1].join(both[0]))


@pytest.fixture(scope="module")
def git(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("git")
    subprocess.run(["git", "init", "-q", root], check=True)
    return root


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    trees=st.lists(st.lists(NAMES, min_size=1, max_size=3).map("/".join), min_size=1, max_size=10),
    top=RULES,
    nested=st.dictionaries(st.sampled_from(("a", "b", "a/b")), RULES, max_size=2),
)
def test_agrees_with_git(
    git: Path, tmp_path_factory: pytest.TempPathFactory, trees: list[str], top: str, nested: dict[str, str]
) -> None:
    tree = tmp_path_factory.mktemp("tree")
    files: list[str] = []
    for path in trees:
        try:
            (tree / path).parent.mkdir(parents=True, exist_ok=True)
            (tree / path).touch()
        except OSError:
            continue
        files.append(path)
    rules = {"": top} | {folder: text for folder, text in nested.items() if (tree / folder).is_dir()}
    for folder, text in rules.items():
        (tree / folder / ".gitignore").write_bytes(encode(text))
    asked = [
        "git",
        f"--git-dir={git}/.git",
        f"--work-tree={tree}",
        "ls-files",
        "-zo",
        "--exclude-per-directory=.gitignore",
    ]
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    answer = subprocess.run(asked, cwd=tree, env=environment, capture_output=True, check=True).stdout
    seen = {os.fsdecode(path) for path in answer.split(b"\0")}
    ignore = GitIgnore(rules)
    regular = [path for path in files if (tree / path).is_file()]
    assert {path for path in regular if not ignore.ignored(path)} == seen.intersection(regular)
