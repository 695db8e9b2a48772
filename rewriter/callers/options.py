"""Read the words of a command as a build or a run of a container."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from rewriter.callers.model import Builder
from rewriter.record import Record

_ENGINES: Final = {
    "docker": Builder.DOCKER, "podman": Builder.PODMAN, "buildah": Builder.BUILDAH, "nerdctl": Builder.OTHER,
    "docker-compose": Builder.COMPOSE, "podman-compose": Builder.COMPOSE, "img": Builder.OTHER,
    "depot": Builder.OTHER, "buildx": Builder.BUILDX,
    "fly": Builder.OTHER, "flyctl": Builder.OTHER, "docker-buildx": Builder.BUILDX,
}  # fmt: skip
_ENGINE_VARIABLE: Final = re.compile(r"(?i)docker|podman|container|oci|buildah|builder|buildx")
_BUILD_VARIABLE: Final = re.compile(
    r"(?i)(?:docker|podman|container|oci|buildah|image)_?(?:x_?)?build(?:_?c(?:om)?m(?:an)?d)?\W*$"
)
_SPEAKING: Final = frozenset({"echo", "printf", "which", "type", "man", "alias", "log", "info", "warn", "error"})
_GLOBAL_VALUED: Final = frozenset(
    {"-H", "--host", "-c", "--context", "--config", "-l", "--log-level", "--tlscacert", "--tlscert",
     "--tlskey", "-f", "--file", "-p", "--project-name", "--project-directory", "--profile",
     "--env-file", "--ansi", "--progress", "--parallel", "--builder", "--url", "--connection",
     "--identity", "--storage-driver", "--root", "--runroot", "--storage-opt", "--namespace", "-n"}
)  # fmt: skip
_BUILD_FLAGS: Final = frozenset(
    {"--pull", "--no-cache", "--rm", "--force-rm", "-q", "--quiet", "--push", "--load",
     "--compress", "--squash", "--check", "-D", "--debug", "--disable-content-trust", "--layers",
     "--squash-all", "--tls-verify", "--stdin", "--sbom", "--provenance", "--pull-always",
     "--pull-never", "--no-hosts", "--timestamp-none", "--lint", "--all-platforms", "--save",
     "--with-dependencies", "--print", "--stream", "-d", "--help", "--omit-history"}
)  # fmt: skip
_RUN_FLAGS: Final = frozenset(
    {"-d", "--detach", "-i", "--interactive", "-t", "--tty", "--rm", "--privileged", "--init", "-P",
     "-T", "--publish-all", "--read-only", "--no-healthcheck", "--oom-kill-disable", "-q",
     "--quiet", "--build", "--sig-proxy", "--replace", "--no-deps", "--service-ports",
     "--use-aliases", "--tls-verify", "--no-TTY"}
)  # fmt: skip


class Token(Record):
    """Show one word: `value` without quotes if nothing in it is expanded, `text` as written, its variable."""

    value: str | None
    text: str
    variable: str | None = None


class Option(Record):
    """Hold an option: the word of its name, the word of its value (the same in `--name=value`)."""

    name: str
    word: int
    value_word: int
    joined: int

    @property
    def separate(self) -> bool:
        """Tell whether the value is a word of its own."""
        return self.word != self.value_word


class Invocation(Record):
    """Hold the command line of a build or run, as numbers of words."""

    builder: Builder
    verb: str
    engine: int
    subcommand: int
    options: tuple[Option, ...]
    operands: tuple[int, ...]
    unread: tuple[int, ...]


def read(words: Sequence[Token]) -> Invocation | None:
    """Return what the words call, or `None` if that is neither a build nor a run."""
    for number, word in enumerate(words[:10]):
        if number == 0 and word.value is not None and word.value.rsplit("/", 1)[-1] in _SPEAKING:
            return None
        found = _engine(word)
        if found is not None:
            invocation = _invocation(words, number, found)
            if invocation is not None:
                return invocation
    return None


def _engine(word: Token) -> Builder | None:
    if word.value is not None:
        name = word.value.rsplit("/", 1)[-1].removesuffix(".exe")
        if name == "executor" and "kaniko" in word.value:
            return Builder.KANIKO
        return _ENGINES.get(name)
    if word.variable is not None and _ENGINE_VARIABLE.search(word.variable):
        return Builder.COMPOSE if "compose" in word.variable.lower() else Builder.DOCKER
    return None


def _invocation(words: Sequence[Token], engine: int, builder: Builder) -> Invocation | None:
    variable = words[engine].variable
    if builder is Builder.KANIKO or (variable is not None and _BUILD_VARIABLE.search(variable)):
        return _collect(words, engine, builder, "build", engine)
    position = engine + 1
    verbs: list[str] = []
    while position < len(words):
        value = words[position].value
        if value is None:
            return None
        if value.startswith("-"):
            position += 2 if value in _GLOBAL_VALUED else 1
            continue
        verbs.append(value)
        match verbs:
            case ["image" | "builder" | "container" | "service"] | ["buildx"] if builder is not Builder.COMPOSE:
                builder = Builder.BUILDX if value == "buildx" else builder
            case ["compose"]:
                builder = Builder.COMPOSE
            case [*_, "build" | "bud" | "b" | "build-using-dockerfile"] if value != "b" or len(verbs) > 1:
                return _collect(words, engine, builder, "build", position)
            case ["deploy"] if words[engine].value in {"fly", "flyctl"}:
                return _collect(words, engine, builder, "build", position)
            case [*_, "bake"] if builder in {Builder.BUILDX, Builder.OTHER}:
                return _collect(words, engine, Builder.BAKE, "build", position)
            case [*_, "run" | "create" | "exec" as verb]:
                return _collect(words, engine, builder, verb, position)
            case _:
                return None
        position += 1
    return None


def _collect(words: Sequence[Token], engine: int, builder: Builder, verb: str, subcommand: int) -> Invocation:
    flags = _BUILD_FLAGS if verb == "build" else _RUN_FLAGS
    options: list[Option] = []
    operands: list[int] = []
    unread: list[int] = []
    position = subcommand + 1
    while position < len(words):
        word = words[position]
        shown = word.value if word.value is not None else word.text.lstrip("\"'")
        if not shown.startswith("-") or shown == "-":
            if word.value is None and verb == "build" and _may_hold_options(word):
                unread.append(position)
            operands.append(position)
            if verb != "build":
                break
        elif shown == "--":
            operands += range(position + 1, len(words))
            break
        else:
            option = _option(shown, position, flags, len(words))
            options.append(option)
            position = option.value_word
        position += 1
    return Invocation(builder, verb, engine, subcommand, tuple(options), tuple(operands), tuple(unread))


def _may_hold_options(word: Token) -> bool:
    return not word.text.startswith('"') or "[@]" in word.text or "$@" in word.text


def _option(shown: str, position: int, flags: frozenset[str], count: int) -> Option:
    if shown.startswith("--"):
        name, equals, _ = shown.partition("=")
        if equals:
            return Option(name, position, position, len(name) + 1)
        value = position + 1 if name not in flags and position + 1 < count else position
        return Option(name, position, value, 0)
    cluster = 1
    while cluster < len(shown) and "-" + shown[cluster] in flags:
        cluster += 1
    if cluster >= len(shown):
        return Option(shown[:2], position, position, 0)
    name = "-" + shown[cluster]
    if cluster + 1 < len(shown):
        joined = cluster + 2 if shown[cluster + 1] == "=" else cluster + 1
        return Option(name, position, position, joined)
    return Option(name, position, position + 1 if position + 1 < count else position, 0)
