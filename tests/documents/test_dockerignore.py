from __future__ import annotations

import time

import pytest

from rewriter.documents.dockerignore import LINE_LIMIT, ignore_file_for, ignored, literal, matcher, parse
from rewriter.model.text import Source, decode
from rewriter.tree.repository import MemoryRepository


def hidden(text: str, *paths: str) -> tuple[str, ...]:
    file = parse(Source(".dockerignore", text))
    assert not file.errors
    return tuple(path for path in paths if ignored(file, path))


# Every answer here was given by github.com/moby/patternmatcher too, asked directory by directory as fsutil does.
CASES = (
    (".env", (".env",), ("a/.env", ".env2", "x.env")),
    (".env", (".env/inside", ".env/deep/inside"), ()),
    ("*.pem", ("a.pem", ".pem"), ("a/b.pem", "a.pem2")),
    ("**/.env", (".env", "a/.env", "a/b/.env", "a/.env/x"), ("a.env", "a/b.env")),
    ("**/*.pem", ("a.pem", "a/b.pem", "a/b/c.pem"), ("a.pemx",)),
    ("**/secrets/*", ("secrets/a", "x/secrets/a", "x/secrets/a/b"), ("secrets",)),
    ("a/**", ("a/b", "a/b/c"), ("a", "ab/c")),
    ("a**", ("a", "ab", "ab/c/d"), ("b/a",)),
    ("**", ("a", "a/b"), ()),
    ("**a", ("a", "xa", "x/ya", "xa/b"), ("ab",)),
    ("a/**/b", ("a/b", "a/x/b", "a/x/y/b"), ("a/xb", "ab")),
    ("a**/b", ("ab", "a/b", "ax/b", "ax/y/b"), ("axb",)),
    ("***", ("a", "a/b"), ()),
    ("/secrets/", ("secrets", "secrets/x"), ("a/secrets",)),
    ("./a/../b//c/", ("b/c", "b/c/d"), ("a",)),
    ("../a", (), ("a",)),
    ("/../a", ("a",), ()),
    ("  spaced  ", ("spaced",), ("  spaced  ",)),
    ("\tx\t", ("x",), ()),
    ("\u3000x\xa0", ("x",), ()),
    ("x\x1c", ("x\x1c",), ("x",)),
    (".npmrc # note", (), (".npmrc",)),
    (" # not a comment", ("# not a comment",), ()),
    ("# comment\n#a", (), ("a", "#a", "# comment")),
    ("\\#a", ("#a",), ()),
    ("a\r\nb\r\n", ("a", "b"), ("a\r",)),
    ("\ufeffa\nb", ("a", "b"), ()),
    ("a\n\ufeff*b", ("a", "xb"), ()),
    ("a\n\ufeff**b", ("a",), ("xb", "b")),
    ("?", ("a", "é", "\udcff", "\n"), ("ab", "/")),
    ("a?b", ("axb",), ("a/b", "ab")),
    ("[a-c]x", ("ax", "cx"), ("dx", "x")),
    ("[^a]x", ("bx", "\nx"), ("ax",)),
    ("[!a]x", ("!x", "ax"), ("bx",)),
    ("[[:upper:]]x", ("Ax",), ("ax",)),
    ("[\\]]x", ("]x",), ("\\x",)),
    ("\\*", ("*",), ("a",)),
    ("\\d", ("7",), ("d",)),
    ("\\pL", ("é",), ("1",)),
    ("\\x41*", ("A", "Ab"), ("x41",)),
    ("build\\bin", (), ("build/bin", "buildbin", "build\\bin")),
    ("a^b", ("a^b",), ("ab",)),
    ("a^b*", (), ("a^b", "a^bc")),
    ("^a*", ("a", "ab"), ("^a",)),
    ("a.b*", ("a.b",), ("axb",)),
    ("a$*", ("a$", "a$b"), ("a",)),
    ("a(b)+*", ("a(b)+",), ("ab",)),
    ("{a,b}", ("{a,b}",), ("a",)),
    ("*.{js,ts}", ("x.{js,ts}",), ("x.js",)),
    ("ab{2}*", ("abb", "abbc"), ("ab", "ab{2}")),
    ("ab{1,2}c?", ("abcx", "abbcx"), ("acx", "abbbcx")),
    ("ab{2,}[c]", ("abbc", "abbbbc"), ("abc",)),
    ("a|b*", ("a", "axyz", "b", "xb", "xbyz"), ("c", "xa")),
    ("*|b", ("anything", "b"), ()),
    ("\\Qa|b\\E*", ("a|bc",), ("a", "b")),
    ("[*]", ("]", "[]", "//]"), ("*",)),
    ("Foo", ("Foo",), ("foo",)),
    ("\udcff", ("\udcff",), ("\udcfe",)),
    ("\udcff*", ("\udcff", "\udcfe", "\ufffd"), ("a",)),
    ("a b", ("a b",), ("a",)),
    ("!a", (), ("a",)),
    ("a\n!a", (), ("a", "a/b")),
    ("a\n!a\na", ("a", "a/b"), ()),
    ("**/.env*\n!**/.env.example", (".env", "a/.env.local"), (".env.example", "a/.env.example")),
    ("!**/.env.example\n**/.env*", (".env.example",), ()),
    ("node_modules\n!node_modules/keep", ("node_modules/a",), ("node_modules/keep", "node_modules/keep/b")),
    ("*\n!src", ("a", "a/b"), ("src", "src/a", "src/a/b")),
    ("*\n!src/**", ("a", "src"), ("src/a", "src/b/c")),
    ("*\n! /src", ("a",), ("src/a",)),
    ("./!a\nb", ("b",), ("a", "!a")),
    ("!!a", (), ("!a", "a")),
    # A pattern that Docker skipped for a folder is not remembered for the files in it.
    ("a/x\n!a", ("a/x",), ("a", "a/y")),
    ("*\n!a/x\na", ("a", "a/y"), ("a/x",)),
    (".", (), ("a", ".a")),
    ("/", (), ("a",)),
    ("", (), ("a",)),
    ("\n \n\t\n", (), ("a",)),
)


@pytest.mark.parametrize(("text", "inside", "outside"), CASES)
def test_agrees_with_docker(text: str, inside: tuple[str, ...], outside: tuple[str, ...]) -> None:
    assert hidden(text, *inside, *outside) == inside


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("[", 1),
        ("a\n[a", 2),
        ("[]", 1),
        ("[]a]", 1),
        ("[a-]", 1),
        ("[-a]", 1),
        ("a\\", 1),
        ("!", 1),
        ("a\n! ", 2),
        ("!/", 1),
        ("![", 1),
        ("[b-a]", 1),
        ("\\y", 1),
        ("\\1", 1),
        ("\\pX", 1),
        ("[[:nothing:]]", 1),
        ("*{2}", 1),
        ("[a]{3,2}", 1),
        ("[a]{1001}", 1),
        ("[a]{99999999999999999999}", 1),
        ("|{2}*", 1),
        ("[\udcff]", 1),
    ],
)
def test_names_a_pattern_on_which_docker_stops(text: str, line: int) -> None:
    (error,) = parse(Source("x", text)).errors
    assert error.line == line
    assert error.what
    assert error.span.of(text) == error.text


def test_a_bad_line_leaves_the_others_in_force() -> None:
    file = parse(Source("x", "[\n.env\n"))
    assert matcher(file)(".env")


def test_a_line_that_is_too_long_for_docker() -> None:
    short = parse(Source("x", "#" * (LINE_LIMIT - 1) + "\na"))
    assert not short.errors
    long = parse(Source("x", "a\n" + "#" * LINE_LIMIT))
    assert [error.line for error in long.errors] == [2]
    wide = parse(Source("x", "é" * (LINE_LIMIT // 2)))
    assert [error.line for error in wide.errors] == [1]


def test_pattern_knows_where_it_stands() -> None:
    text = "\ufeff# c\r\n  /a/b/  \r\n\r\n! ./c \r\n"
    file = parse(Source("x", text))
    assert [(one.negated, one.text, one.line, one.span.of(text)) for one in file.patterns] == [
        (False, "a/b", 2, "/a/b/"),
        (True, "c", 4, "! ./c"),
    ]


def test_the_context_itself_is_never_hidden() -> None:
    assert hidden("**\n*\n.", "", ".") == ()


def test_hostile_patterns_cost_linear_time() -> None:
    lines = ["*a*a*a*a*a*a*a*a*a*a*b", "**a**a**a**a**a**b", "(a?){9}" + "a?" * 30, "[a]{500}[a]{0,500}b"]
    match = matcher(parse(Source("x", "\n".join(lines))))
    start = time.monotonic()
    assert not match("a" * 1000)
    assert time.monotonic() - start < 10


def test_a_file_too_large_to_follow_is_reported() -> None:
    file = parse(Source("x", "\n".join(f"*{number}[x]{{1000}}" for number in range(400))))
    assert file.errors
    assert all("too large" in error.what for error in file.errors)


def test_a_deep_path_needs_no_recursion() -> None:
    match = matcher(parse(Source("x", "**/b\n")))
    assert match("a/" * 5000 + "b")
    assert not match("a/" * 5000 + "c")


@pytest.mark.parametrize(
    "path",
    [
        ".env",
        "a/b c/d",
        "a*b",
        "a[b]?",
        "back\\slash",
        "#x",
        "!x",
        " x",
        "x ",
        "new\nline",
        "a{1}|b^$*",
        "\\d",
        "é",
        "\udcff",
        "\udcff*",
        "-",
        "a//".strip("/"),
    ],
)
def test_a_literal_matches_its_path(path: str) -> None:
    assert hidden(literal(path), path, f"{path}.other", f"other/{path}") == (path,)


def repository(*paths: str) -> MemoryRepository:
    return MemoryRepository(dict.fromkeys(paths, b""))


def test_the_ignore_file_of_the_dockerfile_replaces_that_of_the_context() -> None:
    both = repository("Dockerfile", "Dockerfile.dockerignore", ".dockerignore")
    assert ignore_file_for(both, ".", "Dockerfile") == "Dockerfile.dockerignore"
    assert ignore_file_for(both, "", "Dockerfile") == "Dockerfile.dockerignore"
    assert ignore_file_for(both, "", "Other.Dockerfile") == ".dockerignore"


def test_the_ignore_file_is_looked_for_beside_the_dockerfile_and_in_the_context() -> None:
    tree = repository("app/.dockerignore", "docker/Dockerfile", "docker/Dockerfile.dockerignore")
    assert ignore_file_for(tree, "app", "docker/Dockerfile") == "docker/Dockerfile.dockerignore"
    assert ignore_file_for(tree, "./app/", "docker/Dockerfile.dev") == "app/.dockerignore"
    assert ignore_file_for(tree, "", "docker/Dockerfile.dev") is None


def test_any_bytes_are_read() -> None:
    file = parse(Source("x", decode(bytes(range(256)))))
    assert matcher(file)("a") in (True, False)
