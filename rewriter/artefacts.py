"""Tell what a command leaves that an image needs and that holds no credential (`data/artefacts.toml`)."""

from __future__ import annotations

import posixpath
import re
import tomllib
from collections.abc import Collection, Iterable, Sequence
from functools import cache
from importlib.resources import files
from typing import Final

from rewriter.errors import UnbakeError
from rewriter.record import Record
from rewriter.tree.wildcards import fits

_DATA: Final = "data/artefacts.toml"
_LISTS: Final = ("commands", "paths", "options", "images", "not", "unless", "needs")
_SYSTEM: Final = frozenset({"", "/bin", "/usr/bin", "/usr/local/bin"})
_KEYS: Final = frozenset({*_LISTS, "environment", "alone"})
_VERSION: Final = re.compile(r"\d+\.\d+")


class ArtefactError(UnbakeError):
    """Report a row of the data that does not follow the schema."""


class Artefact(Record):
    """Describe what one command leaves; `environment`: the virtual environment that the program lies in.

    `alone`: no word follows the command. `needs`: options one of which has to be there.
    """

    commands: tuple[tuple[str, ...], ...]
    paths: tuple[str, ...]
    options: tuple[str, ...]
    images: tuple[str, ...]
    others: tuple[str, ...]
    unless: tuple[str, ...]
    needs: tuple[str, ...]
    environment: bool
    alone: bool

    def left_by(self, words: Sequence[str], image: str, environment: Collection[str]) -> tuple[str, ...]:
        """Return the paths that a command line leaves in an image made from `image`; nothing where that is unknown.

        `environment` names the variables that are set for it.
        """
        if set(self.unless) & set(environment):
            return ()
        command = next((command for command in self.commands if _starts(words, command)), None)
        if command is None or (self.needs and not set(self.needs) & set(words)):
            return ()
        if self.alone and sum(not word.startswith("-") for word in words) > len(command):
            return ()
        if any(word.partition("=")[0] in self.others or word in self.others for word in words[1:]):
            return ()
        if self.environment:
            return (posixpath.dirname(posixpath.dirname(words[0])),)
        if self.options:
            return tuple(value for value in (_option(words, self.options),) if value)
        found = tuple(self._filled(path, image) for path in self.paths)
        return found if all(found) else ()

    def _filled(self, path: str, image: str) -> str:
        if not self.images:
            return path
        name, _, tag = image.partition("@")[0].partition(":")
        version = _VERSION.match(tag)
        if name.rsplit("/", 1)[-1] not in self.images or ("@" in path and version is None):
            return ""
        return path.replace("@", version[0]) if version is not None else path


def _starts(words: Sequence[str], command: tuple[str, ...]) -> bool:
    """Tell whether a command line is the command: the program, then its words as the first that are no options."""
    folder, program = posixpath.split(words[0])
    if "/" in command[0]:
        program = words[0]
    elif folder not in _SYSTEM:
        return False
    plain = [word for word in words[1:] if not word.startswith("-")]
    if command == ("yarn",):
        return program == "yarn" and not plain
    pairs = zip(plain, command[1:], strict=False)
    return (
        fits(program, command[0]) and len(plain) >= len(command) - 1 and all(fits(word, want) for word, want in pairs)
    )


def _option(words: Sequence[str], names: tuple[str, ...]) -> str:
    """Return the value of the last of some options, empty where there is none."""
    found = ""
    for index, word in enumerate(words[1:], start=1):
        name, equals, value = word.partition("=")
        if word in names and index + 1 < len(words):
            found = words[index + 1]
        elif equals and name in names:
            found = value
        elif re.match(r"-[a-zA-Z]+$", word) and f"-{word[-1]}" in names and index + 1 < len(words):
            found = words[index + 1]
    return found


def left_behind(words: Sequence[str], image: str, environment: Collection[str]) -> tuple[str, ...]:
    """Return the clean artefacts of a command line; nothing where they are not known."""
    return next((left for row in _artefacts() if (left := row.left_by(words, image, environment))), ())


@cache
def _artefacts() -> tuple[Artefact, ...]:
    text = files(__name__.partition(".")[0]).joinpath(_DATA).read_text("utf-8")
    return load(text)


def load(text: str) -> tuple[Artefact, ...]:
    """Return the rows of a TOML text; raises `ArtefactError`."""
    try:
        rows = tomllib.loads(text).get("artefact", [])
    except tomllib.TOMLDecodeError as error:
        raise ArtefactError(f"artefacts: {error}") from error
    if not isinstance(rows, list):
        raise ArtefactError("artefacts: 'artefact' has to be an array of tables")
    return tuple(_row(row) for row in rows)


def _row(row: object) -> Artefact:
    if not isinstance(row, dict):
        raise ArtefactError("artefacts: 'artefact' has to be an array of tables")
    if unknown := sorted(row.keys() - _KEYS):
        raise ArtefactError(f"artefacts: unknown key {unknown[0]!r}; known are {', '.join(sorted(_KEYS))}")
    lists = {key: tuple(_strings(key, row.get(key, []))) for key in _LISTS}
    environment, alone = row.get("environment", False), row.get("alone", False)
    if not isinstance(environment, bool) or not isinstance(alone, bool):
        raise ArtefactError("artefacts: 'environment' and 'alone' have to be true or false")
    if not lists["commands"] or [bool(lists["paths"]), bool(lists["options"]), environment].count(True) != 1:
        raise ArtefactError("artefacts: a row has commands, and either paths, options or environment")
    return Artefact(
        commands=tuple(tuple(line.split()) for line in lists["commands"]),
        paths=lists["paths"],
        options=lists["options"],
        images=lists["images"],
        others=lists["not"],
        unless=lists["unless"],
        needs=lists["needs"],
        environment=environment,
        alone=alone,
    )


def _strings(key: str, value: object) -> Iterable[str]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ArtefactError(f"artefacts: {key!r} has to be an array of strings")
    return (item for item in value if isinstance(item, str))
