"""Read what an organisation settles for all its repositories: `unbake.toml` in its repository `.github`.

The command line stands above it, a repository's own file (`.unbake.toml`) above its table `[settings]`. A key that is
not known is an error, since a word that is misspelt would otherwise settle nothing in silence.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Final, TypeVar

from rewriter.bot.options import Options, Reminders
from rewriter.bot.report import Show
from rewriter.errors import UsageError
from rewriter.record import Record, field, replace
from rewriter.scm.forge import Forge, MovedError
from rewriter.settings import CONFIG_LIMIT, Layer, choice, from_table, near

REPOSITORY: Final = ".github"
FILE: Final = "unbake.toml"
_LISTS: Final[tuple[str, ...]] = ("include", "exclude", "topics", "labels", "reviewers")
_FLAGS: Final[tuple[str, ...]] = ("forks", "templates", "opt-in", "draft", "hold-public")
_TABLE: Final = "settings"
_KEYS: Final = frozenset({*_LISTS, *_FLAGS, "tracker", "reminders", "max-open", "show", _TABLE})
_MOST: Final = 1_000
_WORD: Final = 200
_LABEL: Final = re.compile(r"[^\x00-\x1f,]{1,50}")
_REVIEWER: Final = re.compile(r"@?[A-Za-z0-9][A-Za-z0-9_-]{0,99}(?:/[A-Za-z0-9][A-Za-z0-9._-]{0,99})?")
_Word = TypeVar("_Word", bound=StrEnum)
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}/[A-Za-z0-9_.-]{1,100}")


class Organisation(Record):
    """Hold what the file says; what it says nothing about is missing in the mappings."""

    lists: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    flags: Mapping[str, bool] = field(default_factory=dict)
    tracker: str = ""
    reminders: Reminders = Reminders.IN_PLACE
    open_limit: int = 0
    show: Show = Show.NOTHING
    layer: Layer | None = None


def settled(forge: Forge, options: Options) -> Options:
    """Return the options of a run with what the organisation settles below them; raises `UsageError`."""
    text = _told(forge, options.owner) if options.owner else None
    found = options if text is None else under(options, parse(text))
    if not found.tracker:
        return found
    home = forge.repository(tracker(found.tracker))
    if not home.private:
        raise UsageError(f"{found.tracker} is public: a reminder there would point at a secret that is alive")
    return replace(found, tracker=home.full_name)  # by the name that it has now


def settles(owner: str, name: str) -> bool:
    """Tell whether a repository is the one in which an organisation settles things."""
    return name.lower() == f"{owner}/{REPOSITORY}".lower()


def _told(forge: Forge, owner: str) -> bytes | None:
    try:
        return forge.file(f"{owner}/{REPOSITORY}", FILE)
    except MovedError:
        return None  # what has another name now settles nothing


def parse(data: bytes) -> Organisation:
    """Read the file; raises `UsageError`."""
    if len(data) > CONFIG_LIMIT:
        raise UsageError(f"{FILE}: larger than {CONFIG_LIMIT:,} bytes")
    try:
        found = tomllib.loads(data.decode("utf-8"))
    except (ValueError, RecursionError):
        raise UsageError(f"{REPOSITORY}/{FILE}: not readable as TOML") from None
    for key in found:
        if key not in _KEYS:
            close = near(key, _KEYS)
            raise UsageError(f"{_where(key)} is not known{f'; did you mean {close}?' if close else ''}")
    lists = {key: _list(found[key], key) for key in _LISTS if key in found}
    for key, pattern in (("labels", _LABEL), ("reviewers", _REVIEWER)):
        _fits(lists.get(key, ()), key, pattern)
    return Organisation(
        lists=lists,
        flags={key: _flag(found[key], key) for key in _FLAGS if key in found},
        tracker=_text(found["tracker"], "tracker") if "tracker" in found else "",
        reminders=_choice(found, "reminders", Reminders.IN_PLACE),
        open_limit=_number(found["max-open"], "max-open") if "max-open" in found else 0,
        show=_choice(found, "show", Show.NOTHING),
        layer=from_table(f"{REPOSITORY}/{FILE}: [{_TABLE}]", found[_TABLE]) if _TABLE in found else None,
    )


def under(options: Options, file: Organisation) -> Options:
    """Return options in which what nobody gave on the command line is as the organisation settles it."""
    plain = Options(options.owner)
    lists, flags = file.lists, file.flags
    return replace(
        options,
        include=options.include or _lower(lists.get("include", ())),
        exclude=options.exclude or _lower(lists.get("exclude", ())),
        topics=options.topics or lists.get("topics", ()),
        labels=options.labels or lists.get("labels", ()),
        reviewers=options.reviewers
        if options.reviewers != plain.reviewers
        else lists.get("reviewers", plain.reviewers),
        forks=options.forks or flags.get("forks", plain.forks),
        templates=options.templates and flags.get("templates", plain.templates),
        opt_in=options.opt_in or flags.get("opt-in", plain.opt_in),
        draft=options.draft or flags.get("draft", plain.draft),
        hold_public=flags.get("hold-public") if options.hold_public is None else options.hold_public,
        tracker=options.tracker or file.tracker,
        reminders=options.reminders if options.reminders is not plain.reminders else file.reminders,
        open_limit=options.open_limit
        if options.open_limit != plain.open_limit or not file.open_limit
        else file.open_limit,
        show=options.show if options.show is not plain.show else file.show,
        layer=file.layer,
    )


def tracker(name: str) -> str:
    """Return the name of a tracker; raises `UsageError` where it is none."""
    if not _NAME.fullmatch(name):
        raise UsageError(f"{name!r} names no repository; write OWNER/NAME")
    return name


def names(words: Iterable[str]) -> tuple[str, ...]:
    """Return the repositories that a list names, one a line, `#` begins a comment; raises `UsageError`."""
    found = (word.partition("#")[0].strip() for word in words)
    return tuple(dict.fromkeys(tracker(name) for name in found if name))


def fitting_labels(words: Iterable[str]) -> tuple[str, ...]:
    """Return labels; raises `UsageError` where GitHub takes no such label."""
    return _fits(tuple(words), "labels", _LABEL)


def fitting_reviewers(words: Iterable[str]) -> tuple[str, ...]:
    """Return people, teams and `codeowners`; raises `UsageError` where a word is none of them."""
    return _fits(tuple(words), "reviewers", _REVIEWER)


def _fits(words: tuple[str, ...], key: str, pattern: re.Pattern[str]) -> tuple[str, ...]:
    if wrong := [word for word in words if not pattern.fullmatch(word)]:
        raise UsageError(f"{key}: {wrong[0]!r} is none")
    return words


def _where(key: str) -> str:
    return f"{REPOSITORY}/{FILE}: {key[:_WORD]!r}"


def _lower(words: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(word.lower() for word in words)


def _list(value: object, key: str) -> tuple[str, ...]:
    words = [word for word in value if isinstance(word, str)] if isinstance(value, list) else []
    if not isinstance(value, list) or len(words) != len(value):
        raise UsageError(f"{_where(key)} has to be an array of strings")
    if len(words) > _MOST or any(len(word) > _WORD for word in words):
        raise UsageError(f"{_where(key)} is too long; at most {_MOST:,} entries of {_WORD} characters")
    return tuple(words)


def _flag(value: object, key: str) -> bool:
    if not isinstance(value, bool):
        raise UsageError(f"{_where(key)} has to be true or false")
    return value


def _text(value: object, key: str) -> str:
    if not isinstance(value, str):
        raise UsageError(f"{_where(key)} has to be a string")
    return value


def _choice(found: Mapping[str, object], key: str, plain: _Word) -> _Word:
    return choice(_text(found[key], key), type(plain), _where(key)) if key in found else plain


def _number(value: object, key: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise UsageError(f"{_where(key)} has to be a number above zero")
    return value
