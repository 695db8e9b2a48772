"""Show who is asked to review, by the examples of GitHub's own documentation and by hostile ones."""

from __future__ import annotations

import time

import pytest

from rewriter.bot.codeowners import owners, parse

DOCUMENTED = """\
# a comment
*       @global-owner1 @global-owner2
*.js    @js-owner #This is an inline comment.
*.go docs@example.com
*.txt @octo-org/octocats
/build/logs/ @doctocat
docs/* docs@example.com @direct
apps/ @octocat
/docs/ @doctocat
/scripts/ @doctocat @octocat
**/logs @logger
/apps/ @octocat
/apps/github
"""


@pytest.mark.parametrize(
    ("path", "who"),
    [
        ("README.md", ("global-owner1", "global-owner2")),
        ("deep/in/the/tree.js", ("js-owner",)),
        ("main.go", ()),
        ("notes.txt", ("octo-org/octocats",)),
        ("docs/a.md", ("doctocat",)),
        ("docs/deep/a.md", ("doctocat",)),
        ("scripts/run", ("doctocat", "octocat")),
        ("build/logs/x", ("logger",)),
        ("deeply/nested/logs/x.js", ("logger",)),
        ("web/apps/x", ("octocat",)),
        ("apps/x", ("octocat",)),
        ("apps/github/x", ()),
    ],
)
def test_the_documented_examples(path: str, who: tuple[str, ...]) -> None:
    assert owners(parse(DOCUMENTED), [path]) == who


@pytest.mark.parametrize(
    ("line", "path", "owned"),
    [
        ("docs/* @a", "docs/x", True),
        ("docs/* @a", "docs/deep/x", False),
        ("docs/* @a", "web/docs/x", False),
        ("Docs/ @a", "docs/x", False),
        ("a\\ b @a", "a b", True),
        ("x.js @a", "x.js/inside", True),
        ("/x @a", "y/x", False),
        ("!x @a", "x", False),
        ("[ab] @a", "a", False),
        ("x @a @not!valid", "x", False),
        ("docs/**/x @a", "docs/x", True),
        ("docs/**/x @a", "docs/1/2/x", True),
        ("docs/** @a", "docs/1/2/x", True),
        ("?.md @a", "a.md", True),
        ("?.md @a", "ab.md", False),
        ("x\r @a", "x", True),
    ],
)
def test_the_patterns(line: str, path: str, owned: bool) -> None:  # noqa: FBT001 (a row of a table)
    assert owners(parse(line + "\n"), [path]) == (("a",) if owned else ())


def test_owners_are_named_once() -> None:
    assert owners(parse("*.js @a @o/t\n*.py @o/t @b\n"), ["x.js", "x.py", "y.js"]) == ("a", "o/t", "b")


def test_hostile_files_take_no_time() -> None:
    began = time.process_time()
    stars = "*a" * 200 + " @a\n"
    assert owners(parse(stars * 20), ["a" * 4_000 + "b"]) == ()
    assert parse("x @a\n" * 6_000) == ()
    assert time.process_time() - began < 5
