"""Load the recipes: data on how each tool takes a secret, one TOML file a tool.

A recipe says how the tool is called (`commands`: words with `*` wildcards, compared with the start of a
command line), which environment variables it reads by itself (`variables`, with `*`), which credential files
it reads (`[[files]]`: `names` in the working directory, `home` below the home directory, `paths` absolute),
under which subcommands it runs code of the project (`runs_code`: that code may read any variable), which of its
commands go to the network with the credential (`fetches`, written like `commands`), which files of the project it
runs or fills with variables (`scripts`, patterns of ends of paths), which of its commands store a credential and how
the tool forgets it (`[[stores]]`), and which leave one behind that they only use (`[[leaves]]`).
docs/recipes.md is the page for authors.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.resources import files
from typing import Final

from rewriter.errors import UnbakeError
from rewriter.record import Record
from rewriter.tree.wildcards import fits


class RecipeError(UnbakeError):
    """Report a recipe file that does not follow the schema."""


class CredentialFile(Record):
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
            or any(fits(path, pattern) for pattern in self.paths)
        )


class Store(Record):
    """Describe a command by which a tool stores a credential, and the command by which it forgets it.

    `call` are its words without options, `keys` patterns that its first argument has to match, `options` such that
    one has to be there, `valued` those whose value is the next word. `forget` is a template, empty where the tool has
    no way to forget: `{program}` is the tool as it was called, `{key}` the first argument, `{value}` the second,
    `{name}` the value of the option `named`. `runtime` tells that a running container may want what is stored, so that
    a build must be seen to use it.
    """

    call: tuple[str, ...]
    keys: tuple[str, ...]
    options: tuple[str, ...]
    valued: tuple[str, ...]
    named: tuple[str, ...]
    forget: str
    runtime: bool

    def matches(self, words: Sequence[str]) -> bool:
        """Tell whether a command line is this one."""
        given = self._arguments(words)
        if not _starts(given, self.call) or (self.options and not {*self.options} & set(_option_names(words))):
            return False
        key = given[len(self.call)] if len(given) > len(self.call) else ""
        return not self.keys or any(fits(key, pattern) for pattern in self.keys)

    def forgetting(self, words: Sequence[str]) -> str | None:
        """Return the command that takes back what a command line stored, or None."""
        arguments = self._arguments(words)[len(self.call) :]
        filled = {
            "program": words[0],
            "key": arguments[0].partition("=")[0] if arguments else "",
            "value": arguments[1] if len(arguments) > 1 else "",
            "name": next(_option_values(words, self.named), ""),
        }
        wanted = [name for name in filled if f"{{{name}}}" in self.forget]
        if not self.forget or not all(_PLAIN.fullmatch(filled[name]) for name in wanted):
            return None
        return _PLACEHOLDER.sub(lambda found: filled.get(found[1], found[0]), self.forget)

    def _arguments(self, words: Sequence[str]) -> list[str]:
        """Return the words without options and their values."""
        behind = ("", *words)
        return [
            word
            for word, before in zip(words, behind, strict=False)
            if not word.startswith("-") and before not in self.valued
        ]


class Leaving(Record):
    """Describe a command that leaves a credential behind which it was given or took by itself.

    `call` are its words without options, `options` such that one has to be there, `arguments` patterns of which one
    has to fit an option or an argument, `unless` options with which it does not; `filled_in`: only where the tool
    takes the credential from a file of the project that names it. `path` is what a shell removes to
    take it back, empty where others need what else the file holds; `place` says in words where the credential stays.
    """

    call: tuple[str, ...]
    options: tuple[str, ...]
    arguments: tuple[str, ...]
    unless: tuple[str, ...]
    filled_in: bool
    path: str
    place: str

    def matches(self, words: Sequence[str]) -> bool:
        """Tell whether a command line is this one."""
        given = [word for word in words if not word.startswith("-")]
        options = set(_option_names(words))
        if (
            not _starts(given, self.call)
            or {*self.unless} & options
            or (self.options and not {*self.options} & options)
        ):
            return False
        return not self.arguments or any(fits(word, want) for word in words[1:] for want in self.arguments)


_PLAIN: Final = re.compile(r"[\w./:@-]+")
_PLACEHOLDER: Final = re.compile(r"(?<!\$)\{(\w+)\}")
_PLACEHOLDERS: Final = frozenset({"program", "key", "value", "name"})


def _option_names(words: Sequence[str]) -> Iterator[str]:
    return (word.partition("=")[0] for word in words if word.startswith("-"))


def _option_values(words: Sequence[str], names: Sequence[str]) -> Iterator[str]:
    for position, word in enumerate(words):
        option, equals, value = word.partition("=")
        if option in names:
            yield value if equals else "".join(words[position + 1 : position + 2])


class Recipe(Record):
    """Say how one tool takes a secret."""

    name: str
    title: str
    commands: tuple[tuple[str, ...], ...]
    variables: tuple[str, ...]
    runs_code: tuple[str, ...]
    fetches: tuple[tuple[str, ...], ...]
    scripts: tuple[str, ...]
    files: tuple[CredentialFile, ...]
    stores: tuple[Store, ...]
    leaves: tuple[Leaving, ...]

    def called_by(self, words: Sequence[str]) -> bool:
        """Tell whether a command line (words without quotes, program first) calls this tool."""
        return any(_starts(words, command) for command in self.commands)

    def fetches_with(self, words: Sequence[str]) -> bool:
        """Tell whether a command line goes to the network, and so needs the credential that the tool reads."""
        return any(_starts(words, command) for command in self.fetches)

    def reads_variable(self, name: str) -> bool:
        """Tell whether the tool takes this environment variable by itself."""
        return any(fits(name, pattern) for pattern in self.variables)

    def reads_file(self, path: str) -> bool:
        """Tell whether the tool takes credentials from this absolute path."""
        return any(file.matches(path) for file in self.files)

    def runs_file(self, path: str) -> bool:
        """Tell whether a file of the project is one that the tool runs or fills with variables."""
        return any(fits(f"/{path}", f"*/{pattern}") for pattern in self.scripts)

    def store(self, words: Sequence[str]) -> Store | None:
        """Return the first of the storing commands that a command line is."""
        return next((store for store in self.stores if store.matches(words)), None)

    def forgetting(self, words: Sequence[str]) -> str | None:
        """Return the command that takes back what a command line stored, or None."""
        store = self.store(words)
        return store.forgetting(words) if store is not None else None

    def leaving(self, words: Sequence[str]) -> Leaving | None:
        """Return what a command line leaves behind by itself, or None."""
        return next((one for one in self.leaves if one.matches(words)), None)

    def executes(self, words: Sequence[str]) -> bool:
        """Tell whether this call runs code of the project, which may read any variable."""
        if "*" in self.runs_code:
            return True
        rest = [word for word in words[1:] if not word.startswith("-")]
        return bool(rest) and any(fits(rest[0], pattern) for pattern in self.runs_code)


def _starts(words: Sequence[str], command: tuple[str, ...]) -> bool:
    if len(words) < len(command):
        return False
    program = words[0].rsplit("/", 1)[-1]
    return all(fits(word, want) for word, want in zip((program, *words[1:]), command, strict=False))


@cache
def recipes() -> tuple[Recipe, ...]:
    """Return every recipe, sorted by name; raises `RecipeError` when one is malformed."""
    found = [entry for entry in files(__name__).iterdir() if entry.name.endswith(".toml")]
    texts = {entry.name.removesuffix(".toml"): entry.read_text("utf-8") for entry in found}
    return tuple(load(name, texts[name]) for name in sorted(texts) if name != _INERT)


def forgetting_commands(words: Sequence[str]) -> frozenset[str]:
    """Return the commands that together take back what a command line stored, as the recipes would have them."""
    found = [recipe.forgetting(words) for recipe in recipes()]
    return frozenset(part for text in found if text is not None for part in text.split(" && "))


@cache
def inert_commands() -> frozenset[str]:
    """Return the programs that take no credential from the environment and run nobody else's code."""
    text = files(__name__).joinpath(f"{_INERT}.toml").read_text("utf-8")
    return frozenset(_strings(_INERT, tomllib.loads(text), "commands"))


_INERT: Final = "inert"
_KEYS: Final = {"title", "commands", "variables", "runs_code", "fetches", "scripts", "files", "stores", "leaves"}
_FILE_KEYS: Final = {"names", "home", "paths"}
_STORE_KEYS: Final = {"call", "keys", "options", "valued", "named", "forget", "runtime"}

_LEAVING_KEYS: Final = {"call", "options", "arguments", "unless", "filled_in", "path", "place"}


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
    return Recipe(
        name=name,
        title=title,
        commands=tuple(tuple(line.split()) for line in _strings(name, data, "commands")),
        variables=_strings(name, data, "variables"),
        runs_code=_strings(name, data, "runs_code"),
        fetches=tuple(tuple(line.split()) for line in _strings(name, data, "fetches")),
        scripts=_strings(name, data, "scripts"),
        files=tuple(_file(name, table) for table in _tables(name, data, "files", _FILE_KEYS)),
        stores=tuple(_store(name, table) for table in _tables(name, data, "stores", _STORE_KEYS)),
        leaves=tuple(_leaving(name, table) for table in _tables(name, data, "leaves", _LEAVING_KEYS)),
    )


def _tables(name: str, data: dict[str, object], key: str, known: set[str]) -> Iterator[dict[str, object]]:
    tables = data.get(key, [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise RecipeError(f"recipe {name}: {key!r} has to be an array of tables")
    for table in tables:
        if unknown := sorted(table.keys() - known):
            raise RecipeError(f"recipe {name}: unknown key {unknown[0]!r} in {key!r}")
        yield table


def _store(name: str, table: dict[str, object]) -> Store:
    call, forget, runtime = table.get("call"), table.get("forget", ""), table.get("runtime", False)
    if not isinstance(call, str) or not call or not isinstance(forget, str) or not isinstance(runtime, bool):
        raise RecipeError(f"recipe {name}: in 'stores' call and forget have to be strings, runtime true or false")
    if unknown := sorted(set(_PLACEHOLDER.findall(forget)) - _PLACEHOLDERS):
        raise RecipeError(f"recipe {name}: 'forget' has the unknown placeholder {unknown[0]!r}")
    return Store(
        call=tuple(call.split()),
        keys=_strings(name, table, "keys"),
        options=_strings(name, table, "options"),
        valued=_strings(name, table, "valued"),
        named=_strings(name, table, "named"),
        forget=forget,
        runtime=runtime,
    )


def _leaving(name: str, table: dict[str, object]) -> Leaving:
    call, path, place = table.get("call"), table.get("path", ""), table.get("place")
    filled_in = table.get("filled_in", False)
    if not isinstance(call, str) or not call or not isinstance(path, str) or not isinstance(place, str):
        raise RecipeError(f"recipe {name}: in 'leaves' call, path and place have to be strings")
    if not isinstance(filled_in, bool):
        raise RecipeError(f"recipe {name}: in 'leaves' filled_in has to be true or false")
    return Leaving(
        call=tuple(call.split()),
        options=_strings(name, table, "options"),
        arguments=_strings(name, table, "arguments"),
        unless=_strings(name, table, "unless"),
        filled_in=filled_in,
        path=path,
        place=place,
    )


def _file(name: str, table: dict[str, object]) -> CredentialFile:
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
