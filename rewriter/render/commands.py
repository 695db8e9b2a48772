"""Write the `docker build` commands that hand over the secrets a patch asks for."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from typing import Final

from rewriter.model.plan import BuildSecret
from rewriter.record import Record

_SSH: Final = "ssh"
_DEFAULT_NAME: Final = "Dockerfile"


class BuildCommand(Record):
    """Hold what one Dockerfile needs: the command, run from the root, and what has to be at hand."""

    dockerfile: str
    words: tuple[str, ...]
    variables: tuple[str, ...]
    files: tuple[str, ...]

    @property
    def line(self) -> str:
        """Return the command as a shell takes it."""
        return shlex.join(self.words)


def build_commands(secrets: Iterable[BuildSecret]) -> tuple[BuildCommand, ...]:
    """Return one command for each Dockerfile and context, in the order of their paths."""
    groups: dict[tuple[str, str], list[BuildSecret]] = {}
    for secret in secrets:
        groups.setdefault((secret.dockerfile, secret.context), []).append(secret)
    return tuple(_command(*key, groups[key]) for key in sorted(groups))


def build_flag(secret: BuildSecret) -> str:
    """Return the option for `docker build` as a shell takes it."""
    return shlex.join(_option(secret))


def _command(dockerfile: str, context: str, secrets: list[BuildSecret]) -> BuildCommand:
    unique = {_option(secret): secret for secret in sorted(secrets, key=lambda secret: (secret.id, secret.source))}
    options = tuple(word for option in unique for word in option)
    prefix = f"{context}/" if context else ""
    file = () if dockerfile == prefix + _DEFAULT_NAME else ("--file", _operand(dockerfile))
    return BuildCommand(
        dockerfile=dockerfile,
        words=("docker", "build", *options, *file, _operand(context or ".")),
        variables=_sources(unique.values(), "env="),
        files=_sources(unique.values(), "src="),
    )


def _option(secret: BuildSecret) -> tuple[str, str]:
    if secret.source == _SSH:
        return "--ssh", secret.id or "default"
    return "--secret", ",".join(_field(field) for field in (f"id={secret.id}", secret.source))


def _field(text: str) -> str:
    """Quote a field of Docker's comma-separated value, where it needs that (RFC 4180)."""
    return '"{}"'.format(text.replace('"', '""')) if any(char in text for char in ',"\r\n') else text


def _operand(path: str) -> str:
    return f"./{path}" if path.startswith("-") else path


def _sources(secrets: Iterable[BuildSecret], kind: str) -> tuple[str, ...]:
    found = (secret.source.removeprefix(kind) for secret in secrets if secret.source.startswith(kind))
    return tuple(dict.fromkeys(found))
