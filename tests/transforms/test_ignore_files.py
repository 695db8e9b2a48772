from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from rewriter.documents.dockerignore import matcher, parse
from rewriter.model.plan import FileEdit, NewFile
from rewriter.model.text import Source, apply, decode
from rewriter.transforms.ignore_files import IgnoreChange, ignore_for_docker, ignore_for_git
from rewriter.tree.repository import MemoryRepository

HEADER = "# Secrets stay out of the build context, and so out of every image.\n"


def tree(files: Mapping[str, str] | Sequence[str]) -> MemoryRepository:
    texts = files if isinstance(files, Mapping) else dict.fromkeys(files, "")
    return MemoryRepository({path: text.encode() for path, text in texts.items()})


def docker(
    files: Mapping[str, str] | Sequence[str],
    *patterns: str,
    needed: Sequence[str] = (),
    context: str = "",
    dockerfile: str = "Dockerfile",
) -> tuple[str, str, tuple[tuple[str, str], ...]]:
    """Return the path and text of the ignore file afterwards (empty: untouched), and what was left out."""
    repository = tree(files)
    change = ignore_for_docker(repository, context=context, dockerfile=dockerfile, patterns=patterns, needed=needed)
    return (*_written(repository, change), change.left_out)


def git(files: Mapping[str, str] | Sequence[str], *patterns: str) -> tuple[str, str]:
    repository = tree(files)
    return _written(repository, ignore_for_git(repository, patterns=patterns))


def _written(repository: MemoryRepository, change: IgnoreChange) -> tuple[str, str]:
    match change.edits:
        case ():
            return "", ""
        case (NewFile(path, text),):
            return path, text
        case (FileEdit(path, edit),):
            return path, apply(decode(repository.read(path)), [edit])
        case _:
            raise AssertionError(change.edits)


def hides(text: str, path: str) -> bool:
    return matcher(parse(Source("x", text)))(path)


def test_a_new_file_groups_its_lines() -> None:
    path, text, left = docker(["Dockerfile"], "**/.npmrc", "**/*.key", "**/.env", "**/id_rsa", ".env.local")
    assert path == ".dockerignore"
    assert text == (
        HEADER
        + "# Environment files\n**/.env\n.env.local\n"
        + "\n# Keys and certificates\n**/*.key\n**/id_rsa\n"
        + "\n# Other secrets\n**/.npmrc\n"
    )
    assert left == ()


def test_the_file_belongs_to_the_context() -> None:
    path, text, _ = docker(["app/Dockerfile", "app/.env"], "**/.env", context="app", dockerfile="app/Dockerfile")
    assert path == "app/.dockerignore"
    assert hides(text, ".env")


def test_the_file_of_the_dockerfile_comes_first() -> None:
    files = {"a/Dockerfile": "", "a/Dockerfile.dockerignore": "x\n", ".dockerignore": "y\n"}
    path, text, _ = docker(files, ".env", dockerfile="a/Dockerfile")
    assert path == "a/Dockerfile.dockerignore"
    assert text.startswith("x\n\n# ")


@pytest.mark.parametrize(
    ("before", "start", "end"),
    [
        ("x\n", f"x\n\n{HEADER}", "\n"),
        ("x\r\ny\r\n", "x\r\ny\r\n\r\n# Secrets", ".env\r\n"),
        ("x\r\ny", "x\r\ny\r\n\r\n# Secrets", ".env"),
        ("x", f"x\n\n{HEADER}", ".env"),
        ("", HEADER, ".env\n"),
        ("\n", f"\n{HEADER}", ".env\n"),
        ("# only a comment", f"# only a comment\n\n{HEADER}", ".env"),
    ],
)
def test_lines_are_appended_as_the_file_is_written(before: str, start: str, end: str) -> None:
    _, text, _ = docker({".dockerignore": before}, ".env")
    assert text.startswith(start)
    assert text.endswith(end)
    assert ("\r\n" in text) == ("\r\n" in before)
    assert text.replace("\r\n", "").count("\r") == 0


@pytest.mark.parametrize(
    ("before", "pattern"),
    [
        ("**/.env*\n", "**/.env"),
        (".env\n", ".env"),
        ("/.env/\n", ".env"),
        ("*\n!src\n", "**/.env"),
        ("secrets\n", "secrets/"),
        ("secrets/**\n", "secrets/"),
        ("**\n", "**/*.key"),
        ("**/*.key\n", "**/*.key"),
    ],
)
def test_what_is_in_effect_is_not_added(before: str, pattern: str) -> None:
    assert docker({".dockerignore": before, "secrets/a": "", ".env": ""}, pattern) == ("", "", ())


@pytest.mark.parametrize(
    ("before", "pattern", "secret"),
    [
        (".env\n", "**/.env", "a/.env"),
        ("**/.env\n!**/.env\n", "**/.env", ".env"),
        ("**/.env*\n!.env.production\n", ".env.production", ".env.production"),
        ("*\n!src\n", "**/.env", "src/.env"),
        ("*\n!secrets/x\n", "secrets/", "secrets/x"),
        ("# .env\n", ".env", ".env"),
        (".env # the secrets\n", ".env", ".env"),
        ("[\n", ".env", ".env"),
    ],
)
def test_what_is_not_in_effect_is_added_and_then_is(before: str, pattern: str, secret: str) -> None:
    _, text, left = docker({".dockerignore": before, secret: ""}, pattern)
    assert text.startswith(before)
    assert hides(text, secret)
    assert left == ()
    assert docker({".dockerignore": text, secret: ""}, pattern) == ("", "", ())


@pytest.mark.parametrize(
    ("needed", "pattern", "files"),
    [
        (".env", "**/.env", ["a"]),
        (".env", "**/.env", [".env"]),
        ("./config/../.env", "**/.env", [".env"]),
        ("/.env", "**/.env", [".env"]),
        ("certs/*.key", "**/*.key", ["certs/a.key", "certs/b.key"]),
        ("certs/?.key", "**/*.key", ["certs/a.key"]),
        ("certs/[a-b].key", "**/*.key", ["certs/a.key"]),
        ("certs/[^b].key", "**/*.key", ["certs/a.key", "certs/b.pem"]),
        ("certs/\\*.key", "**/*.key", ["certs/*.key"]),
        ("**/*.key", "**/*.key", ["certs/a.key", "b"]),
        ("secrets", "secrets/", ["secrets/a"]),
        ("secrets/", "secrets", ["secrets/a"]),
        ("secrets/token", "secrets/", ["secrets/token"]),
        ("secrets/*", "secrets/", ["secrets/token"]),
        ("config.$STAGE", "config.*", ["config.dev", "config.prod"]),
        ("config.${STAGE:-dev}", "config.*", ["config.dev"]),
    ],
)
def test_a_pattern_that_hides_what_a_build_names_is_left_out(needed: str, pattern: str, files: list[str]) -> None:
    assert docker(files, pattern, "other", needed=["src", needed])[1].splitlines()[-1] == "other"
    assert docker(files, pattern, needed=["src", needed]) == ("", "", ((pattern, needed),))


@pytest.mark.parametrize(
    ("needed", "pattern", "files"),
    [
        (".", "**/.env", [".env"]),
        ("./", "**/.env", [".env"]),
        ("/", "**/.env", [".env"]),
        ("config", "**/*.key", ["config/a.key"]),
        ("config/", "**/*.key", ["config/a.key", "config/b"]),
        ("config/*", "**/*.key", ["config/a.key", "config/b"]),
        ("*.json", "**/.env", ["a.json", ".env"]),
        ("*.none", "**/.env", [".env"]),
        ("a.key", "**/.env", [".env"]),
        ("$ANY", "**/.env", [".env", "b"]),
        ("[", "**/.env", [".env"]),
        ("<<EOF", "**/.env", [".env"]),
        ("secrets/*", "secrets/token", ["secrets/token", "secrets/readme"]),
    ],
)
def test_a_folder_or_what_stays_otherwise_is_no_reason(needed: str, pattern: str, files: list[str]) -> None:
    _, text, left = docker(files, pattern, needed=[needed])
    assert left == ()
    assert pattern in text.splitlines()


def test_a_source_that_was_hidden_before_is_no_reason() -> None:
    _, text, left = docker({".dockerignore": "a.key\n", "a.key": "", "b.key": ""}, "*.key", needed=["a.key"])
    assert "*.key" in text.splitlines()
    assert left == ()


def test_a_source_of_one_pattern_does_not_stop_another() -> None:
    _, text, left = docker(["a.key", ".env"], "**/*.key", "**/.env", needed=["a.key", ".env2"])
    assert left == (("**/*.key", "a.key"),)
    assert "**/.env" in text.splitlines()


def test_example_files_are_taken_back_in_a_new_file() -> None:
    files = [".env", "a/.env.sample", "a/.env.local", ".env.example"]
    _, text, _ = docker(files, "**/.env*", needed=[".env.example"])
    assert text == f"{HEADER}# Environment files\n**/.env*\n!**/.env.example\n!**/.env.sample\n"
    assert docker({**dict.fromkeys(files, ""), ".dockerignore": text}, "**/.env*") == ("", "", ())


def test_example_files_are_taken_back_by_path_where_the_user_hides_others() -> None:
    files = {"node_modules/x/.env.example": "", "a/.env.example": "", ".dockerignore": "node_modules\n"}
    _, text, _ = docker(files, "**/.env*")
    assert text.splitlines()[-2:] == ["**/.env*", "!/a/.env.example"]
    assert hides(text, "node_modules/x/.env.example")
    assert not hides(text, "a/.env.example")


def test_an_example_file_that_the_user_hides_stays_hidden() -> None:
    _, text, _ = docker({".dockerignore": ".env.example\n", ".env.example": "", ".env": ""}, ".env*")
    assert text.splitlines()[-1] == ".env*"


def test_an_exact_pattern_hides_even_an_example_file() -> None:
    _, text, _ = docker([".env.example"], "**/.env.example")
    assert text.splitlines()[-1] == "**/.env.example"


def test_examples_come_behind_every_pattern_that_hides_them() -> None:
    _, text, _ = docker([".env.example", ".env.key.example"], "**/.env*", "**/.env.*")
    assert not hides(text, ".env.example")
    assert not hides(text, ".env.key.example")
    assert hides(text, ".env.key")
    assert len(set(text.splitlines())) == len(text.splitlines())


def test_an_ignore_file_that_is_none_is_left_alone() -> None:
    assert docker({".dockerignore/x": ""}, ".env") == ("", "", ((".env", ".dockerignore"),))


def test_nothing_is_asked_for() -> None:
    assert docker([".env"]) == ("", "", ())
    assert git([".env"]) == ("", "")


def test_a_new_gitignore() -> None:
    path, text = git([".env", "a/.env.example"], "secrets/", ".env*", "/.unbake/")
    assert path == ".gitignore"
    assert text == (
        "# Secrets stay on this machine, out of the repository and its history.\n"
        "# Environment files\n.env*\n!.env.example\n"
        "\n# Other secrets\nsecrets/\n/.unbake/\n"
    )


@pytest.mark.parametrize(
    ("files", "pattern"),
    [
        ({".gitignore": "secrets\n"}, "secrets/"),
        ({".gitignore": "/secrets/*\n"}, "/secrets/"),
        ({".gitignore": ".env*\n!.env.example\n", ".env.example": ""}, ".env"),
        ({".gitignore": "*\n"}, "/.unbake/"),
        ({".gitignore": "*.key\r\n"}, "a.key"),
        ({".gitignore": "# a\n.env\n"}, "**/.env"),
    ],
)
def test_git_knows_it_already(files: Mapping[str, str], pattern: str) -> None:
    assert git(files, pattern) == ("", "")


@pytest.mark.parametrize(
    ("files", "pattern"),
    [
        ({".gitignore": "secrets/\n!secrets/\n"}, "secrets/"),
        ({".gitignore": "/.env\r\n"}, ".env"),
        ({".gitignore": ".env\n!.env\n", ".env": ""}, ".env"),
        ({".gitignore": "a\n", "b/.gitignore": ".env\n"}, ".env"),
    ],
)
def test_git_learns_it_once(files: Mapping[str, str], pattern: str) -> None:
    path, text = git(files, pattern)
    assert path == ".gitignore"
    assert text.startswith(files[".gitignore"])
    assert pattern in text.splitlines()
    assert git({**files, ".gitignore": text}, pattern) == ("", "")


def test_a_gitignore_nearer_to_the_file_cannot_be_overruled_and_is_not_repeated() -> None:
    files = {".gitignore": "a\n", "b/.gitignore": "!.env\n", "b/.env": ""}
    _, text = git(files, ".env")
    assert git({**files, ".gitignore": text}, ".env") == ("", "")


def test_a_heading_is_written_once() -> None:
    _, first, _ = docker(["Dockerfile"], "secrets/")
    _, second, _ = docker({"Dockerfile": "", ".dockerignore": first}, "**/.env")
    assert second == f"{first}\n# Environment files\n**/.env\n"
