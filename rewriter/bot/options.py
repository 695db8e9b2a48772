"""Settle what a run of the bot may do, and read what a repository says about being visited."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Final

from rewriter.bot.branching import Forks
from rewriter.bot.dress import CODE_OWNERS
from rewriter.bot.report import Show
from rewriter.errors import UsageError
from rewriter.model.text import decode
from rewriter.record import Record
from rewriter.scm.forge import RemoteRepository
from rewriter.settings import CONFIG_FILE, CONFIG_LIMIT, PYPROJECT, Layer, from_config_file, from_pyproject
from rewriter.tree.repository import Kind, Repository

OPT_FILE: Final = ".github/unbake.toml"
_KEYS: Final = frozenset({"enabled", "draft"})


class Reminders(StrEnum):
    """Say where reminders lie: in the repository where that is private, else in the tracker, or always there."""

    IN_PLACE = "in-place"
    TRACKER = "tracker"


class Options(Record):
    """Hold what the command line and the organisation settle.

    `names` are repositories that were named; those of the owner are visited besides them with `all_of_owner`.
    `hold_public` is None where nobody settled it, which holds: a pull request there shows where a living secret is.
    """

    owner: str
    names: tuple[str, ...] = ()
    all_of_owner: bool = False
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    forks: bool = False
    forks_in: Forks | None = None
    templates: bool = True
    opt_in: bool = False
    draft: bool = False
    dry_run: bool = False
    tracker: str = ""
    reminders: Reminders = Reminders.IN_PLACE
    hold_public: bool | None = None
    open_limit: int = 1_000
    labels: tuple[str, ...] = ()
    reviewers: tuple[str, ...] = (CODE_OWNERS,)
    show: Show = Show.NOTHING
    layer: Layer | None = None


class Wish(Record):
    """Hold what a repository says of itself: `None` where it says nothing."""

    enabled: bool | None = None
    draft: bool | None = None


def skipped(one: RemoteRepository, options: Options) -> str:
    """Return why a repository is not visited, empty where it is."""
    name = one.full_name.lower()
    reasons = (
        (bool(options.include) and not any(fnmatchcase(name, pattern) for pattern in options.include), "not-included"),
        (any(fnmatchcase(name, pattern) for pattern in options.exclude), "excluded"),
        (bool(options.topics) and not set(options.topics) & set(one.topics), "no-such-topic"),
        (one.archived, "archived"),
        (one.disabled, "disabled"),
        (one.mirror, "mirror"),
        (one.fork and not options.forks, "fork"),
        (one.template and not options.templates, "template"),
        (not one.pulls, "no-pull-requests"),
        (not one.push and (options.forks_in is None or (one.private and not one.forkable)), "no-permission"),
        (not one.default_branch, "empty"),
    )
    return next((reason for holds, reason in reasons if holds), "")


def wish(repository: Repository) -> Wish:
    """Return what the repository's own file says; raises `UsageError`."""
    if repository.kind(OPT_FILE) is not Kind.FILE:
        return Wish()
    try:
        found = tomllib.loads(decode(repository.read(OPT_FILE, CONFIG_LIMIT)))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise UsageError(f"{OPT_FILE}: not readable as TOML") from error
    if unknown := sorted(set(found) - _KEYS):
        raise UsageError(f"{OPT_FILE}: unknown key {unknown[0]!r}; known are {', '.join(sorted(_KEYS))}")
    return Wish(_flag(found, "enabled"), _flag(found, "draft"))


def configured(repository: Repository) -> tuple[Layer, ...]:
    """Return the settings that a repository brings along for `unbake fix`."""
    texts = {
        name: decode(repository.read(name, CONFIG_LIMIT))
        for name in (CONFIG_FILE, PYPROJECT)
        if repository.kind(name) is Kind.FILE
    }
    if CONFIG_FILE in texts:
        return (from_config_file(texts[CONFIG_FILE]),)
    layer = from_pyproject(texts[PYPROJECT]) if PYPROJECT in texts else None
    return () if layer is None else (layer,)


def _flag(found: Mapping[str, object], key: str) -> bool | None:
    value = found.get(key)
    if value is None or isinstance(value, bool):
        return value
    raise UsageError(f"{OPT_FILE}: {key!r} has to be true or false")
