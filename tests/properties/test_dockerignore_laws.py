"""Compare the matcher with one that is written from the documentation alone, the slow and obvious way."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Sequence

from hypothesis import example, given
from hypothesis import strategies as st

from rewriter.documents.dockerignore import ignored, literal, matcher, parse
from rewriter.model.plan import FileEdit, NewFile
from rewriter.model.text import Source, apply, decode, encode
from rewriter.transforms.ignore_files import IgnoreChange, ignore_for_docker, ignore_for_git
from rewriter.tree.repository import MemoryRepository, OverlayRepository

NAMES = st.text("ab.", min_size=1, max_size=3).filter(lambda name: name.strip("."))
PATHS = st.lists(NAMES, min_size=1, max_size=4).map("/".join)
PIECES = st.sampled_from(("a", "b", "ab", ".", "*", "?", "**", "a*", "[ab]", "**.b"))
PATTERNS = st.tuples(st.sampled_from(("", "", "!")), st.lists(PIECES, min_size=1, max_size=4)).map(
    lambda both: both[0] + "/".join(both[1])
)
FILES = st.lists(PATTERNS, max_size=5)


def naive_expression(pattern: str) -> str:
    """Write what the documentation says: `*` and `?` within a name, `**` any folders."""
    out = ""
    while pattern:
        if pattern == "**":
            out, pattern = out + ".*", ""
        elif pattern.startswith("**"):
            out, pattern = out + "(.*/)?", pattern[2:].removeprefix("/")
        elif pattern.startswith("*"):
            out, pattern = out + "[^/]*", pattern[1:]
        elif pattern.startswith("?"):
            out, pattern = out + "[^/]", pattern[1:]
        elif pattern.startswith("["):
            out, pattern = out + pattern[:4], pattern[4:]
        else:
            out, pattern = out + re.escape(pattern[0]), pattern[1:]
    return out


def naive_matches(pattern: str, path: str) -> bool:
    if pattern.startswith("**") and not re.search(r"[*?\[]", pattern[2:]):
        rest = pattern[2:]
        return path.endswith(rest) or f"/{path}" == rest
    return re.fullmatch(naive_expression(pattern), path, re.DOTALL) is not None


def naive_ignored(lines: Sequence[str], path: str) -> bool:
    parents: list[bool] = [False] * len(lines)
    answer = False
    parts = path.split("/")
    for depth in range(1, len(parts) + 1):
        answer = False
        for number, line in enumerate(lines):
            negated = line.startswith("!")
            pattern = posixpath.normpath(line.removeprefix("!"))
            if not parents[number] and negated == answer:
                parents[number] = naive_matches(pattern, "/".join(parts[:depth]))
            if parents[number]:
                answer = not negated
    return answer


@given(FILES, PATHS)
def test_matcher_agrees_with_the_naive_one(lines: list[str], path: str) -> None:
    file = parse(Source("x", "\n".join(lines)))
    assert not file.errors
    assert ignored(file, path) == naive_ignored(lines, path)


@given(FILES, st.lists(PATHS, max_size=8))
def test_an_answer_does_not_depend_on_what_was_asked_before(lines: list[str], paths: list[str]) -> None:
    file = parse(Source("x", "\n".join(lines)))
    match = matcher(file)
    assert [match(path) for path in paths] == [ignored(file, path) for path in paths]


@given(st.binary(max_size=60), st.text("ab/.*[\\é\n", max_size=12))
def test_any_bytes_are_read(data: bytes, path: str) -> None:
    file = parse(Source("x", decode(data)))
    assert ignored(file, path) in (True, False)
    places = [(one.span, one.line) for one in file.patterns] + [(one.span, one.line) for one in file.errors]
    for span, line in places:
        assert file.source.line(span.start) == line


@given(st.text("ab./*?[]\\^|{}$#! \n\r\t1,é-", min_size=1, max_size=8).filter(lambda path: "//" not in f"/{path}/"))
def test_a_literal_matches_its_path(path: str) -> None:
    if any(part in (".", "..") for part in path.split("/")):
        return
    file = parse(Source("x", literal(path)))
    assert not file.errors
    assert ignored(file, path)


NEWLINES = st.sampled_from(("\n", "\r\n"))
TREES = st.dictionaries(
    st.sampled_from((".env", ".env.example", "a/.env", "a/b.key", "secrets/x", "secrets/y/z", "a/.env.sample", "b")),
    st.just(b""),
)
WANTED = st.lists(st.sampled_from(("**/.env*", "**/.env", "**/*.key", "secrets/", "a/b.key", "*")), max_size=4)
NEEDED = st.lists(st.sampled_from((".", "a/", "a/b.key", "a/*.key", ".env", "secrets", "$X", "b")), max_size=3)
USER_LINES = st.lists(
    st.one_of(PATTERNS, st.sampled_from(("# c", "", "secrets/", "!secrets/x", "**/.env", "!a/.env", "["))), max_size=5
)


def after(repository: MemoryRepository, change: IgnoreChange) -> dict[str, bytes | None]:
    result: dict[str, bytes | None] = {}
    for edit in change.edits:
        match edit:
            case FileEdit(path, inner):
                result[path] = encode(apply(decode(repository.read(path)), [inner]))
            case NewFile(path, text):
                result[path] = encode(text)
    return result


@st.composite
def repositories(draw: st.DrawFn, name: str) -> MemoryRepository:
    files = dict(draw(TREES))
    lines = draw(USER_LINES)
    if lines:
        newline = draw(NEWLINES)
        files[name] = encode(newline.join(lines) + draw(st.sampled_from(("", newline))))
    return MemoryRepository(files)


@given(repositories(".dockerignore"), WANTED, NEEDED)
@example(MemoryRepository({".env": b""}), ["**/.env*", "**/*.key"], ["$X"])
def test_docker_patterns_come_behind_the_users_lines_once(
    repository: MemoryRepository, wanted: list[str], needed: list[str]
) -> None:
    change = ignore_for_docker(repository, context="", dockerfile="Dockerfile", patterns=wanted, needed=needed)
    written = after(repository, change)
    overlay = OverlayRepository(repository, written)
    again = ignore_for_docker(overlay, context="", dockerfile="Dockerfile", patterns=wanted, needed=needed)
    assert again.edits == ()
    for path, data in written.items():
        old = repository.read(path) if path in repository.paths() else b""
        assert data is not None
        assert data.startswith(old)
        assert data.endswith(b"\n") or (old.strip() and not old.endswith(b"\n"))
        assert (b"\r\n" in data) == (b"\r\n" in old)


@given(repositories(".dockerignore"), WANTED, NEEDED)
def test_no_source_is_hidden_and_what_is_wanted_is(
    repository: MemoryRepository, wanted: list[str], needed: list[str]
) -> None:
    change = ignore_for_docker(repository, context="", dockerfile="Dockerfile", patterns=wanted, needed=needed)
    written = after(repository, change)
    if not written:
        return
    overlay = OverlayRepository(repository, written)
    old = repository.read(".dockerignore") if ".dockerignore" in repository.paths() else b""
    before = matcher(parse(Source("x", decode(old))))
    now = matcher(parse(Source("x", decode(overlay.read(".dockerignore")))))
    for name in {"a/b.key", ".env", "b"}.intersection(needed):
        assert before(name) or not now(name)
    left = {pattern for pattern, _ in change.left_out}
    for pattern in set(wanted) - left:
        alone = matcher(parse(Source("x", pattern)))
        for path in repository.paths():
            example = path.endswith((".example", ".sample")) and "*" in pattern
            assert now(path) or example or not alone(path)


@given(repositories(".gitignore"), WANTED)
def test_git_patterns_come_behind_the_users_lines_once(repository: MemoryRepository, wanted: list[str]) -> None:
    written = after(repository, ignore_for_git(repository, patterns=wanted))
    overlay = OverlayRepository(repository, written)
    assert ignore_for_git(overlay, patterns=wanted).edits == ()
    for path, data in written.items():
        old = repository.read(path) if path in repository.paths() else b""
        assert data is not None
        assert data.startswith(old)
