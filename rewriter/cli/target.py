"""Find what a command works on: the repository that PATH names, and the settings that hold there."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Final

from rewriter.cli.baseline import fingerprints, read_baseline
from rewriter.cli.options import Arguments
from rewriter.cli.stdin import STDIN, standard_input
from rewriter.errors import UsageError
from rewriter.model.text import decode
from rewriter.record import Record, replace
from rewriter.settings import (
    CONFIG_FILE,
    CONFIG_LIMIT,
    PYPROJECT,
    Display,
    Layer,
    Settings,
    from_config_file,
    from_environment,
    from_pyproject,
    merged,
    near,
)
from rewriter.tree.repository import DirectoryRepository, Kind, Repository, shown

_SIBLINGS: Final = 2_000


class Target(Record):
    """Hold a repository and the settings for it.

    `folder` is where it lies on disk. `only` is the file that PATH names, `None` where it names a folder; `argument`
    is PATH as given. `baseline` is the name of the baseline's file, empty where there is none.
    """

    repository: Repository
    folder: Path
    only: str | None
    settings: Settings
    display: Display
    argument: str
    baseline: str = ""

    @property
    def root(self) -> str:
        """Return the repository's folder as seen from the working directory, empty where it is that."""
        relative = os.path.relpath(self.folder)
        if relative == ".":
            return ""
        return str(self.folder) if relative.startswith("..") else relative


def target(arguments: Arguments, environment: Mapping[str, str]) -> Target:
    """Return what the arguments name; raises `UsageError` or `RepositoryError`."""
    piped = arguments.path == STDIN
    if arguments.stdin_filename is not None and not piped:
        raise UsageError(f"--stdin-filename names what comes from standard input; give {STDIN} as PATH")
    path = Path() if piped else _existing(arguments.path)
    strong = (arguments.layer(), from_environment(environment))
    plain, only = DirectoryRepository.for_path(path)
    configured = _configured(plain)
    settings, display = merged((*strong, *([configured] if configured else ())))
    settings = replace(settings, rules=_known(settings.rules), only=tuple(arguments.only or ()))
    name, known = _baseline(strong, configured, plain)
    settings = replace(settings, baseline=known)
    folder = plain.excluding(settings.exclude)
    repository: Repository = folder
    if piped:
        repository, only = standard_input(folder, arguments.stdin_filename)
    return Target(repository, folder.root, only, settings, display, arguments.path, name)


def _baseline(
    strong: Sequence[Layer], configured: Layer | None, repository: DirectoryRepository
) -> tuple[str, frozenset[str]]:
    """Read the baseline: a flag's or variable's path counts from here, a configuration file's from its folder."""
    named = next((layer.baseline for layer in strong if layer.baseline is not None), None)
    if named is not None:
        return named, read_baseline(named)
    if configured is None or configured.baseline is None:
        return "", frozenset()
    data = repository.read(configured.baseline)
    return configured.baseline, fingerprints(configured.baseline, decode(data))


def _existing(argument: str) -> Path:
    if not argument:
        raise UsageError("PATH is empty; name a folder or a Dockerfile, `.` for this folder")
    path = Path(argument)
    if "\0" in argument or not os.path.lexists(path):
        raise UsageError(f"{shown(argument)}: no such file or folder{_meant(path)}")
    return path


def _meant(path: Path) -> str:
    """Return the end of a message that names what lies beside `path` under a like name."""
    try:
        with os.scandir(path.parent) as entries:
            names = [entry.name for entry in islice(entries, _SIBLINGS)]
    except (OSError, ValueError):
        return "; check the path"
    found = near(path.name, names)
    return f"; did you mean {shown(str(path.parent / found))}?" if found else "; check the path"


def _configured(repository: DirectoryRepository) -> Layer | None:
    """Return what the repository's own configuration sets; two files that both do are a fault."""
    own = _text(repository, CONFIG_FILE)
    project = _text(repository, PYPROJECT)
    table = None if project is None else from_pyproject(project)
    if own is None:
        return table
    if table is not None:
        raise UsageError(f"{CONFIG_FILE} and [tool.unbake] in {PYPROJECT} both hold settings; keep one")
    return from_config_file(own)


def _text(repository: DirectoryRepository, name: str) -> str | None:
    if repository.kind(name) in (Kind.MISSING, Kind.DIRECTORY):
        return None
    return decode(repository.read(name, CONFIG_LIMIT))


def _known(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names of the rules that are named, by name or code; raises `UsageError`."""
    if not names:
        return ()
    from rewriter.rules import names as all_names  # noqa: PLC0415 (start-up time)
    from rewriter.rules import rules  # noqa: PLC0415

    by_word = all_names()
    for name in names:
        if name not in by_word:
            meant = near(name, by_word)
            known = ", ".join(rule.name for rule in rules())
            rest = f"did you mean {meant}?" if meant else f"known are {known}"
            raise UsageError(f"unknown rule {name!r}; {rest}")
    return tuple(dict.fromkeys(by_word[name] for name in names))
