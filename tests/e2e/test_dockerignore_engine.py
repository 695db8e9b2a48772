"""Ask a real engine what a `.dockerignore` keeps out, and compare: one build with a context for each file."""

from __future__ import annotations

import tarfile
from pathlib import Path
from typing import Final

import pytest

from rewriter.documents.dockerignore import ignore_file_for, matcher, parse
from rewriter.model.text import Source, encode
from rewriter.tree.repository import DirectoryRepository
from tests.e2e.engine import Engine

FILES: Final = (
    ".env",
    ".env.example",
    ".env.local",
    "a.pem",
    "a/.env",
    "a/.env.example",
    "a/b/.env",
    "a/b/c.pem",
    "a/x",
    "a/y",
    "abb",
    "ab{2}",
    "axb",
    "a b",
    "a^b",
    "bin/x",
    "build/bin/x",
    "buildbin",
    "café",
    "Foo",
    "foo",
    "7",
    "#x",
    "!x",
    "[x]",
    "{a,b}",
    "a|b",
    "back\\slash",
    "new\nline",
    "secrets/token",
    "secrets/sub/token",
    "secrets/keep/me",
    "sub/secrets/token",
    "node_modules/p/q",
    "node_modules/keep/q",
    " spaced ",
)
IGNORED: Final = (
    ".env\n*.pem\n",
    "**/.env\n**/*.pem\n",
    "**/.env*\n!**/.env.example\n",
    "!**/.env.example\n**/.env*\n",
    "/secrets/\n",
    "./secrets/../a//b/\n",
    "secrets\n!secrets/keep\n",
    "secrets\n!secrets/keep/**\n",
    "secrets/**\n!secrets/keep\n",
    "node_modules\n!node_modules/keep/q\n",
    "*\n!a\n",
    "*\n!a/x\n!secrets/**\n",
    "*\n!a/**\na/b\n",
    "**\n!a/b/.env\n",
    "**/secrets/*\n!**/keep\n",
    "a/**/c.pem\n",
    "a**\n",
    "**b\n",
    "***\n!foo\n",
    "?\nfo?\n",
    "caf?\n",
    "[a-c]*\n",
    "[^a]*\n",
    "[!a]*\n",
    "\\#x\n\\!x\n\\[x\\]\n",
    "#x\n !x\n [x]\n",
    "\\d\n",
    "build\\bin\n",
    "a^b\n",
    "a^b*\n",
    "ab{2}*\n",
    "{a,b}\n",
    "a|b*\n",
    "back\\\\slash\n",
    "new?line\n",
    "  spaced  \n",
    ".env # note\n",
    "FOO\n",
    "\ufeff.env\r\nfoo\r\n",
    "foo\n\ufeff*.pem\n",
    "a\n\n\t\n# c\n! a/x \n",
    "a/x\n!a\n",
    "!!x\n./!x\n",
    ".dockerignore\n.\n/\n",
    "",
)


@pytest.fixture
def contexts(tmp_path: Path) -> Path:
    for number, text in enumerate(IGNORED):
        context = tmp_path / f"c{number}"
        for file in FILES:
            (context / file).parent.mkdir(parents=True, exist_ok=True)
            (context / file).write_text(file, encoding="utf-8")
        (context / ".dockerignore").write_bytes(encode(text))
    return tmp_path


def build(engine: Engine, folder: Path, dockerfile: str, *flags: str) -> dict[str, dict[str, str]]:
    """Build, and return the text of each file of the result by its first folder and the path below that."""
    (folder / "main").mkdir()
    (folder / "main/Dockerfile").write_text(dockerfile, encoding="utf-8")
    archive = folder / "out.tar"
    ran = engine.client("buildx", "build", f"--output=type=tar,dest={archive}", *flags, str(folder / "main"))
    assert ran.ok, ran.errors
    found: dict[str, dict[str, str]] = {}
    with tarfile.open(archive) as packed:
        for member in packed.getmembers():
            if member.isfile():
                top, _, path = member.name.partition("/")
                stream = packed.extractfile(member)
                assert stream is not None
                found.setdefault(top, {})[path] = stream.read().decode("utf-8")
    return found


def test_agrees_with_the_engine(engine: Engine, contexts: Path) -> None:
    numbers = range(len(IGNORED))
    lines = "".join(f"COPY --from=c{number} . /{number}/\n" for number in numbers)
    found = build(
        engine,
        contexts,
        f"FROM scratch\n{lines}",
        *(f"--build-context=c{number}={contexts / f'c{number}'}" for number in numbers),
    )
    for number, text in enumerate(IGNORED):
        match = matcher(parse(Source(".dockerignore", text)))
        copied = found.get(str(number), {})
        copied.pop(".dockerignore", None)
        assert (text, sorted(copied)) == (text, sorted(file for file in FILES if not match(file)))
        assert all(content == file for file, content in copied.items())


def test_the_file_of_the_dockerfile_replaces_that_of_the_context(engine: Engine, tmp_path: Path) -> None:
    context = tmp_path / "context"
    context.mkdir()
    for file in ("a", "b"):
        (context / file).touch()
    (context / ".dockerignore").write_text("a\n", encoding="utf-8")
    (context / "Dockerfile").write_text("FROM scratch\nCOPY . /x/\n", encoding="utf-8")
    (context / "Dockerfile.dockerignore").write_text("b\n", encoding="utf-8")
    archive = tmp_path / "out.tar"
    ran = engine.client("buildx", "build", f"--output=type=tar,dest={archive}", str(context))
    assert ran.ok, ran.errors
    with tarfile.open(archive) as packed:
        names = packed.getnames()
    assert "x/a" in names
    assert "x/b" not in names
    assert ignore_file_for(DirectoryRepository(context), "", "Dockerfile") == "Dockerfile.dockerignore"


@pytest.mark.parametrize("text", ["[", "!", "a\\", "[b-a]", "*{2}"])
def test_the_engine_stops_on_a_pattern_that_is_bad(engine: Engine, tmp_path: Path, text: str) -> None:
    (tmp_path / ".dockerignore").write_text(f"{text}\n", encoding="utf-8")
    (tmp_path / "Dockerfile").write_text("FROM scratch\nCOPY . /x/\n", encoding="utf-8")
    ran = engine.client("buildx", "build", "--output=type=cacheonly", str(tmp_path))
    assert not ran.ok
    assert parse(Source(".dockerignore", text)).errors
