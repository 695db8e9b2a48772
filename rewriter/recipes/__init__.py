"""Load the recipes: data on how each tool takes a secret, one TOML file a tool.

A recipe says how the tool is called (`commands`: words with `*` wildcards, compared with the start of a
command line), which environment variables it reads by itself (`variables`, with `*`), which credential files
it reads (`[[files]]`: `names` in the working directory, `home` below the home directory, `paths` absolute)
and under which subcommands it runs code of the project (`runs_code`: that code may read any variable).
docs/recipes.md is the page for authors.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from importlib.resources import files
from typing import Final

from rewriter.errors import UnbakeError


class RecipeError(UnbakeError):
    """Report a recipe file that does not follow the schema."""


@dataclass(frozen=True, slots=True)
class CredentialFile:
    """Describe one credential file that a tool reads."""

    names: tuple[str, ...]
    home: tuple[str, ...]
    paths: tuple[str, ...]

    def matches(self, path: str) -> bool:
        """Tell whether an absolute path inside the image is this file."""
        base = path.rsplit("/", 1)[-1]
        return (
            base in self.names
            or path in self.paths
            or any(path.endswith("/" + place) for place in (*self.home, *self.paths))
            or any(fnmatchcase(path, pattern) for pattern in self.paths)
        )


@dataclass(frozen=True, slots=True)
class Recipe:
    """Say how one tool takes a secret."""

    name: str
    title: str
    commands: tuple[tuple[str, ...], ...]
    variables: tuple[str, ...]
    runs_code: tuple[str, ...]
    files: tuple[CredentialFile, ...]

    def called_by(self, words: Sequence[str]) -> bool:
        """Tell whether a command line (words without quotes, program first) calls this tool."""
        return any(_starts(words, command) for command in self.commands)

    def reads_variable(self, name: str) -> bool:
        """Tell whether the tool takes this environment variable by itself."""
        return any(fnmatchcase(name, pattern) for pattern in self.variables)

    def reads_file(self, path: str) -> bool:
        """Tell whether the tool takes credentials from this absolute path."""
        return any(file.matches(path) for file in self.files)

    def executes(self, words: Sequence[str]) -> bool:
        """Tell whether this call runs code of the project, which may read any variable."""
        if "*" in self.runs_code:
            return True
        rest = [word for word in words[1:] if not word.startswith("-")]
        return bool(rest) and any(fnmatchcase(rest[0], pattern) for pattern in self.runs_code)


def _starts(words: Sequence[str], command: tuple[str, ...]) -> bool:
    if len(words) < len(command):
        return False
    program = words[0].rsplit("/", 1)[-1]
    return all(fnmatchcase(word, want) for word, want in zip((program, *words[1:]), command, strict=False))


@cache
def recipes() -> tuple[Recipe, ...]:
    """Return every recipe, sorted by name; raises `RecipeError` when one is malformed."""
    found = [entry for entry in files(__name__).iterdir() if entry.name.endswith(".toml")]
    texts = {entry.name.removesuffix(".toml"): entry.read_text("utf-8") for entry in found}
    return tuple(load(name, texts[name]) for name in sorted(texts) if name != _INERT)


@cache
def inert_commands() -> frozenset[str]:
    """Return the programs that take no credential from the environment and run nobody else's code."""
    text = files(__name__).joinpath(f"{_INERT}.toml").read_text("utf-8")
    return frozenset(_strings(_INERT, tomllib.loads(text), "commands"))


_INERT: Final = "inert"
_KEYS: Final = {"title", "commands", "variables", "runs_code", "files"}
_FILE_KEYS: Final = {"names", "home", "paths"}


def load(name: str, text: str) -> Recipe:
    """Return the recipe that a TOML text describes; raises `RecipeError`."""
    try:
        data: dict[str, object] = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise RecipeError(f"recipe {name}: {error}") from error
    if unknown := sorted(data.keys() - _KEYS):
        raise RecipeError(f"recipe {name}: unknown key {unknown[0]!r}; known are {', '.join(sorted(_KEYS))}")
    title = data.get("title")
    if not isinstance(title, str):
        raise RecipeError(f"recipe {name}: 'title' has to be a string")
    tables = data.get("files", [])
    if not isinstance(tables, list):
        raise RecipeError(f"recipe {name}: 'files' has to be an array of tables")
    return Recipe(
        name=name,
        title=title,
        commands=tuple(tuple(line.split()) for line in _strings(name, data, "commands")),
        variables=_strings(name, data, "variables"),
        runs_code=_strings(name, data, "runs_code"),
        files=tuple(_file(name, table) for table in tables),
    )


def _file(name: str, table: object) -> CredentialFile:
    if not isinstance(table, dict):
        raise RecipeError(f"recipe {name}: 'files' has to be an array of tables")
    if unknown := sorted(table.keys() - _FILE_KEYS):
        raise RecipeError(f"recipe {name}: unknown key {unknown[0]!r} in 'files'")
    return CredentialFile(
        names=_strings(name, table, "names"),
        home=_strings(name, table, "home"),
        paths=_strings(name, table, "paths"),
    )


def _strings(name: str, table: dict[str, object], key: str) -> tuple[str, ...]:
    value = table.get(key, [])
    if not isinstance(value, list):
        raise RecipeError(f"recipe {name}: {key!r} has to be an array of strings")
    strings = [item for item in value if isinstance(item, str)]
    if len(strings) != len(value):
        raise RecipeError(f"recipe {name}: {key!r} has to be an array of strings")
    return tuple(strings)
