"""Load what is known of images that read a variable from a file: `POSTGRES_PASSWORD_FILE=/run/secrets/...`.

One TOML file an image. `images` are its names without tag; `reader` says who opens the file: `root` (an entry point
that drops its rights later), `user` (somebody else, so the file has to be readable for all) or `owner` (user `uid`
alone, and the image refuses a file that others can read). `both` says what the image does where the plain variable
stays beside the file form: `refused` or `file-wins`. `[[variables]]` name the variables, with `*`; `suffix` makes the
file form (`_FILE`), or `form` is its whole name; `since` and `until` bound the image's version; of a `group` all have
to come as files or none. An image without `[[variables]]` is known to read none; `note` says what to do instead.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Final

from rewriter.errors import UnbakeError
from rewriter.record import Record
from rewriter.tree.wildcards import fits

_NEWEST: Final = 10**9


class ImageTableError(UnbakeError):
    """Report a table of an image that does not follow the schema."""


class Opener(StrEnum):
    """Say who opens the file in the container."""

    ROOT = "root"
    USER = "user"
    OWNER = "owner"


class Both(StrEnum):
    """Say what an image does where the plain variable and the file form are both set."""

    REFUSED = "refused"
    FILE_WINS = "file-wins"


class FileForm(Record):
    """Describe some variables of an image that have a file form."""

    names: tuple[str, ...]
    suffix: str
    form: str
    since: tuple[int, ...]
    until: tuple[int, ...]
    group: tuple[str, ...]

    def serves(self, name: str) -> bool:
        """Tell whether the variable is one of these."""
        return any(fits(name, pattern) for pattern in self.names)

    def of(self, name: str) -> str:
        """Return the variable that names the file."""
        return self.form or name + self.suffix

    def covers(self, version: tuple[int, ...]) -> bool:
        """Tell whether a version of the image reads them; `3` and `latest` mean the newest."""
        newest = (*version, *(_NEWEST,) * 4)
        return newest >= self.since and (not self.until or newest[: len(self.until)] <= self.until)


class ImageTable(Record):
    """Hold what is known of one image."""

    name: str
    title: str
    images: tuple[str, ...]
    opener: Opener
    both: Both
    uid: int | None
    note: str
    forms: tuple[FileForm, ...]

    def form(self, name: str, version: tuple[int, ...]) -> FileForm | None:
        """Return the file form of a variable in a version of the image."""
        return next((form for form in self.forms if form.serves(name) and form.covers(version)), None)

    def knows(self, name: str) -> bool:
        """Tell whether any version of the image reads the variable from a file."""
        return any(form.serves(name) for form in self.forms)


_HUB: Final = re.compile(r"(?:index\.)?docker\.io/")
_NUMBER: Final = re.compile(r"v?(\d{1,9}(?:\.\d{1,9}){0,3})(?![0-9.])|RELEASE\.(\d{4})")


def image_name(reference: str) -> str:
    """Return an image's name without registry default, tag and digest (`docker.io/library/x:1` is `x`)."""
    name = reference.partition("@")[0]
    head, slash, last = name.rpartition("/")
    name = head + slash + last.partition(":")[0]
    name = _HUB.sub("", name, count=1) if _HUB.match(name) else name
    return name.removeprefix("library/")


def image_version(reference: str) -> tuple[int, ...]:
    """Return the numbers at the start of an image's tag; none for `latest`, a name, or no tag."""
    last = reference.partition("@")[0].rpartition("/")[2]
    match = _NUMBER.match(last.partition(":")[2])
    if match is None:
        return ()
    return tuple(int(part) for part in (match[1] or match[2]).split("."))


def table_of(reference: str) -> ImageTable | None:
    """Return the table of the image that a reference names."""
    return _by_image().get(image_name(reference))


@cache
def tables() -> tuple[ImageTable, ...]:
    """Return every table, sorted by name; raises `ImageTableError` when one is malformed."""
    found = {
        entry.name.removesuffix(".toml"): entry.read_text("utf-8")
        for entry in files(__name__).iterdir()
        if entry.name.endswith(".toml")
    }
    return tuple(load(name, found[name]) for name in sorted(found))


@cache
def _by_image() -> dict[str, ImageTable]:
    return {image: table for table in tables() for image in table.images}


_KEYS: Final = {"title", "images", "reader", "both", "uid", "note", "variables"}
_VARIABLE_KEYS: Final = {"names", "suffix", "form", "since", "until", "group"}
_VERSION: Final = re.compile(r"\d{1,9}(?:\.\d{1,9}){0,3}")


def load(name: str, text: str) -> ImageTable:
    """Return the table that a TOML text describes; raises `ImageTableError`."""
    try:
        data: dict[str, object] = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ImageTableError(f"image {name}: {error}") from error
    _check(name, data, _KEYS)
    try:
        opener, both = Opener(_text(name, data, "reader")), Both(_text(name, data, "both"))
    except ValueError as error:
        raise ImageTableError(f"image {name}: {error}") from error
    uid, variables = data.get("uid"), data.get("variables", [])
    if uid is not None and not isinstance(uid, int):
        raise ImageTableError(f"image {name}: 'uid' has to be a number")
    if not isinstance(variables, list):
        raise ImageTableError(f"image {name}: 'variables' has to be an array of tables")
    return ImageTable(
        name=name,
        title=_text(name, data, "title"),
        images=_strings(name, data, "images"),
        opener=opener,
        both=both,
        uid=uid,
        note=_text(name, data, "note", default=""),
        forms=tuple(_form(name, one) for one in variables),
    )


def _form(name: str, table: object) -> FileForm:
    if not isinstance(table, dict):
        raise ImageTableError(f"image {name}: 'variables' has to be an array of tables")
    data: dict[str, object] = {str(key): value for key, value in table.items()}
    _check(name, data, _VARIABLE_KEYS)
    names = _strings(name, data, "names")
    if not names:
        raise ImageTableError(f"image {name}: 'names' has to name a variable")
    return FileForm(
        names=names,
        suffix=_text(name, data, "suffix", default="_FILE"),
        form=_text(name, data, "form", default=""),
        since=_version(name, data, "since"),
        until=_version(name, data, "until"),
        group=_strings(name, data, "group"),
    )


def _check(name: str, data: Mapping[str, object], known: set[str]) -> None:
    if unknown := sorted(data.keys() - known):
        raise ImageTableError(f"image {name}: unknown key {unknown[0]!r}; known are {', '.join(sorted(known))}")


def _text(name: str, data: Mapping[str, object], key: str, *, default: str | None = None) -> str:
    value = data.get(key, default)
    if not isinstance(value, str):
        raise ImageTableError(f"image {name}: {key!r} has to be a string")
    return value


def _version(name: str, data: Mapping[str, object], key: str) -> tuple[int, ...]:
    value = _text(name, data, key, default="")
    if not value:
        return ()
    if not _VERSION.fullmatch(value):
        raise ImageTableError(f"image {name}: {key!r} has to be a version such as 10.2")
    return tuple(int(part) for part in value.split("."))


def _strings(name: str, data: Mapping[str, object], key: str) -> tuple[str, ...]:
    value = data.get(key, [])
    strings = [item for item in value if isinstance(item, str)] if isinstance(value, list) else []
    if not isinstance(value, list) or len(strings) != len(value):
        raise ImageTableError(f"image {name}: {key!r} has to be an array of strings")
    return tuple(strings)
