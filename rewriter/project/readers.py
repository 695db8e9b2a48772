"""Tell which RUN instructions read a variable or a credential file, and how that is known."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum
from functools import lru_cache
from typing import Final

from rewriter.documents.run import RunBody, bare_words
from rewriter.documents.shell import Command
from rewriter.judgement import key_file, ssh_key_file
from rewriter.recipes import Recipe, inert_commands, recipes
from rewriter.record import Record


class Reach(StrEnum):
    """Say how a RUN comes to read something, surest first."""

    TEXT = "text"
    """The instruction names it, or has `envsubst` write it into a text."""
    TOOL = "tool"
    """A tool that it calls reads it by itself (a recipe says so)."""
    CONFIG = "config"
    """A configuration file that the tool reads refers to it."""
    SCRIPT = "script"
    """A script of the context that it runs names it."""
    OPAQUE = "opaque"
    """It runs code that cannot be looked into."""
    NONE = "none"
    """Nothing in it can read it."""


_INTERPRETERS: Final = frozenset(
    {
        "sh",
        "bash",
        "dash",
        "ash",
        "zsh",
        "python",
        "python3",
        "node",
        "ruby",
        "perl",
        "php",
        "deno",
        "bun",
        "source",
        ".",
    }
)
_SCRIPT: Final = re.compile(r"[A-Za-z0-9_./-]{1,200}")


@lru_cache(maxsize=8192)
def recipes_called(words: tuple[str, ...]) -> tuple[Recipe, ...]:
    """Return the recipes of the tools that a command line calls."""
    return tuple(recipe for recipe in recipes() if recipe.called_by(words))


def scripts_called(words: Sequence[str]) -> tuple[str, ...]:
    """Return the paths among the words of a command that may be scripts it runs."""
    program = words[0]
    if "/" in program and _SCRIPT.fullmatch(program):
        return (program,)
    if program.rsplit("/", 1)[-1] in _INTERPRETERS:
        return tuple(word for word in words[1:] if not word.startswith("-") and _SCRIPT.fullmatch(word))[:1]
    return ()


def variable_reach(
    body: RunBody,
    name: str,
    *,
    configured: Callable[[Recipe, str], bool],
    script: Callable[[str], str | None],
) -> Reach:
    """Return how a RUN reaches the environment variable `name`.

    `configured` tells whether a tool's configuration file in the context refers to the variable, `script`
    gives the text of a script of the context, or None.
    """
    if body.mentions(name) and not body.only_spells(name) and not _only_spelt(body, name):
        return Reach.TEXT
    if _substituted(body, name, script):
        return Reach.TEXT
    best = Reach.OPAQUE if body.problem else Reach.NONE
    for words in body.command_lines:
        reach = _command_reach(words, name, configured=configured, script=script)
        if _ORDER[reach] < _ORDER[best]:
            best = reach
    return best


class Taker(Record):
    """Hold a command line that takes a variable itself; `filled_in`: from a file of the project that names it."""

    words: tuple[str, ...]
    filled_in: bool


def takers(body: RunBody, name: str, *, configured: Callable[[Recipe, str], bool]) -> frozenset[Taker]:
    """Return the command lines of a RUN whose tool takes the variable itself, or is given it."""
    found: set[Taker] = set()
    for words in body.command_lines:
        called = recipes_called(words)
        filled_in = any(configured(recipe, name) for recipe in called)
        given = any(f"${name}" in word or f"${{{name}" in word for word in words[1:])
        if filled_in or given or any(recipe.reads_variable(name) for recipe in called):
            found.add(Taker(words, filled_in))
    return frozenset(found)


def _only_spelt(body: RunBody, name: str) -> bool:
    """Tell whether the name stands only as a bare word of a tool that is known, its dollar sign forgotten."""
    if body.problem is not None or f"${name}" in body.text or f"{{{name}" in body.text:
        return False
    bare = sum(words.count(name) for words in body.command_lines if recipes_called(words) and words[0] != name)
    return bare > 0 and bare == len(re.findall(rf"(?<![A-Za-z0-9_]){re.escape(name)}(?![A-Za-z0-9_])", body.text))


def _substituted(body: RunBody, name: str, script: Callable[[str], str | None]) -> bool:
    """Tell whether `envsubst` puts the variable into a text; one that the context lacks may ask for any."""
    if "envsubst" not in body.text:
        return False
    for _, visit in body.commands():
        if substitutes(visit.command, (name,)):
            given = [redirect.target.value for redirect in visit.command.redirects if redirect.operator == "<"]
            known = [text for path in given if path and (text := script(path)) is not None]
            if not known or any(name in text for text in known):
                return True
    return False


def substitutes(command: Command, names: Iterable[str]) -> bool:
    """Tell whether a command is an `envsubst` that replaces one of the variables (its manual: SHELL-FORMAT)."""
    words = bare_words(command)
    if not words or (words[0].value or "").rsplit("/", 1)[-1] != "envsubst":
        return False
    wanted = [word.text for word in words[1:] if not word.text.startswith("-")]
    return not wanted or any(re.search(rf"\$\{{?{re.escape(name)}(?![A-Za-z0-9_])", wanted[0]) for name in names)


_ORDER: Final = {reach: rank for rank, reach in enumerate(Reach)}


def _command_reach(
    words: tuple[str, ...],
    name: str,
    *,
    configured: Callable[[Recipe, str], bool],
    script: Callable[[str], str | None],
) -> Reach:
    called = recipes_called(words)
    if any(recipe.reads_variable(name) for recipe in called):
        return Reach.TOOL
    if any(configured(recipe, name) for recipe in called):
        return Reach.CONFIG
    texts = [script(path) for path in scripts_called(words)]
    known = [text for text in texts if text is not None]
    pattern = re.compile(rf"(?<![A-Za-z0-9_]){re.escape(name)}(?![A-Za-z0-9_])")
    if any(pattern.search(text) for text in known):
        return Reach.SCRIPT
    if called:
        return Reach.OPAQUE if any(recipe.executes(words) for recipe in called) else Reach.NONE
    program = words[0].rsplit("/", 1)[-1]
    return Reach.NONE if program in inert_commands() and not known else Reach.OPAQUE


def key_files(body: RunBody) -> tuple[str, ...]:
    """Return the key files that a RUN tells its tools to log in with."""
    found = [key_file(words) for words in body.command_lines]
    found.append(ssh_key_file(body.text))
    return tuple(dict.fromkeys(name for name in found if name is not None))


def fetching(body: RunBody) -> tuple[Recipe, ...]:
    """Return the recipes of the tools that the commands go to the network with."""
    lines = body.command_lines
    return tuple(recipe for words in lines for recipe in recipes_called(words) if recipe.fetches_with(words))


def file_reach(body: RunBody, path: str) -> Reach:
    """Return how a RUN reaches the credential file at an absolute path inside the image."""
    base = path.rsplit("/", 1)[-1]
    if body.mentions_path(path) or (base not in _COMMON and body.mentions_path(base)):
        return Reach.TEXT
    return tool_file_reach(body, path)


def tool_file_reach(body: RunBody, path: str) -> Reach:
    """Return how a RUN reaches the file without naming it: a tool reads it, or code that cannot be looked into."""
    best = Reach.OPAQUE if body.problem else Reach.NONE
    for words in body.command_lines:
        called = recipes_called(words)
        if any(recipe.reads_file(path) for recipe in called) or ("/.ssh/" in path and _runs_git(words, called)):
            return Reach.TOOL
        program = words[0].rsplit("/", 1)[-1]
        runs_code = any(recipe.executes(words) for recipe in called)
        if runs_code or (not called and program not in inert_commands()):
            best = Reach.OPAQUE
    return best


_FETCHING: Final = frozenset(
    {"add", "ci", "clean-install", "create-project", "deps.get", "download", "fetch", "get", "i", "init", "install",
     "lock", "mod", "require", "sync", "update", "upgrade", "vendor"}
)  # fmt: skip
_BUILDING: Final = frozenset({"build", "check", "run", "test"})
_GETS_BY_GIT: Final = frozenset(
    {"ansible-galaxy", "bun", "bundler", "cargo", "composer", "go", "hex", "npm", "pip", "pipenv", "pnpm", "poetry",
     "terraform", "uv", "yarn"}
)  # fmt: skip
"""Tools that get a package by git, and so by ssh, where the project says so."""


def _runs_git(words: tuple[str, ...], called: tuple[Recipe, ...]) -> bool:
    names = {recipe.name for recipe in called} & _GETS_BY_GIT
    given = [word for word in words[1:] if not word.startswith("-")]
    if not names:
        return False
    wanted = _FETCHING | _BUILDING if names & {"cargo", "go"} else _FETCHING
    return not given or not wanted.isdisjoint(given[:2])


_COMMON: Final = frozenset({"config", "credentials", "key", "token"})
