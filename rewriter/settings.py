"""Hold the settings of one run: flag over environment over file over default, merged once, then frozen.

Each source is read into a `Layer` of its own, in which `None` says "not set here"; `merged` lays them over
each other. A setting is replaced as a whole, lists are not joined. A configuration file is untrusted text:
its types are checked, and a key that is not known is an error.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Final, TypeVar

from rewriter.errors import UsageError
from rewriter.model.plan import SecretSource
from rewriter.model.secret import Severity
from rewriter.record import Record, fields

CONFIG_FILE: Final = ".unbake.toml"
PYPROJECT: Final = "pyproject.toml"
CONFIG_LIMIT: Final = 1024 * 1024
ENVIRONMENT_PREFIX: Final = "UNBAKE_"

_LIST_LIMIT: Final = 1_000
_WORD_LIMIT: Final = 1_000
_TABLE: Final = re.compile(r"\btool\s*\.\s*[\"']?unbake\b|\bunbake[\"']?\s*=")


class FixLevel(StrEnum):
    """Choose which fixes are made: `safe` alone, `review` too, or `all`."""

    SAFE = "safe"
    REVIEW = "review"
    ALL = "all"


class Format(StrEnum):
    """Choose how a result is printed."""

    TEXT = "text"
    JSON = "json"
    SARIF = "sarif"
    GITHUB = "github"
    JUNIT = "junit"


class Color(StrEnum):
    """Choose when the output is coloured; `auto` asks the terminal."""

    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"


class Runtime(StrEnum):
    """Choose what runs the containers, for what is proposed where nothing in the repository says so."""

    COMPOSE = "compose"
    DOCKER = "docker"
    SWARM = "swarm"
    KUBERNETES = "kubernetes"


class SecretStyle(StrEnum):
    """Choose how a RUN gets a build secret: as a variable, or as a file that the command reads into one.

    `auto` takes the variable, and the file where the frontend is pinned to one that knows no variables.
    """

    AUTO = "auto"
    ENV = "env"
    FILE = "file"


class MultiStage(StrEnum):
    """Choose whether a Dockerfile of one stage is split on top of a fix.

    `auto` leaves it whole, since a fix keeps every step clean by itself; `always` splits where the artefacts are known.
    """

    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"


SYNTAX_AUTO: Final = "auto"
SYNTAX_KEEP: Final = "keep"


class Settings(Record):
    """Settle how a run behaves; `baseline` are the fingerprints of findings that are left out."""

    fix: FixLevel = FixLevel.REVIEW
    rules: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    min_severity: Severity = Severity.LOW
    only: tuple[str, ...] = ()
    secret_source: SecretSource = SecretSource.FILE
    runtime: Runtime = Runtime.COMPOSE
    secret_style: SecretStyle = SecretStyle.AUTO
    syntax: str = SYNTAX_AUTO
    ids: tuple[tuple[str, str], ...] = ()
    baseline: frozenset[str] = frozenset()

    @property
    def complete(self) -> bool:
        """Tell whether every finding is looked for: no rule and no severity is left out."""
        return not self.rules and self.min_severity is Severity.LOW

    multi_stage: MultiStage = MultiStage.AUTO

    def secret_id(self, name: str, default: str) -> str:
        """Return the id of the build secret for a variable, or for what is known by the id `default`."""
        chosen = dict(self.ids)
        return chosen.get(name) or chosen.get(default) or default


class Display(Record):
    """Settle how its result is shown."""

    format: Format = Format.TEXT
    color: Color = Color.AUTO
    quiet: bool = False


class Layer(Record):
    """Hold what one source sets; `None` where it says nothing."""

    fix: FixLevel | None = None
    rules: tuple[str, ...] | None = None
    exclude: tuple[str, ...] | None = None
    min_severity: Severity | None = None
    secret_source: SecretSource | None = None
    runtime: Runtime | None = None
    secret_style: SecretStyle | None = None
    syntax: str | None = None
    ids: tuple[tuple[str, str], ...] | None = None
    baseline: str | None = None
    multi_stage: MultiStage | None = None
    format: Format | None = None
    color: Color | None = None
    quiet: bool | None = None


FILE_KEYS: Final = (
    "fix",
    "rules",
    "exclude",
    "min-severity",
    "secret-source",
    "runtime",
    "secret-style",
    "syntax",
    "ids",
    "baseline",
    "multi-stage",
)
_VARIABLES: Final = tuple(map(str.upper, fields(Layer)))
_SHOWN: Final = 100
_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
_FRONTEND: Final = re.compile(
    r"[a-z0-9][a-z0-9._-]*(?::\d{1,5})?(?:/[a-z0-9][a-z0-9._-]*)*(?::\w[\w.-]{0,127})?(?:@sha256:[0-9a-f]{64})?",
    re.ASCII,
)
_Value = TypeVar("_Value")


def merged(layers: Iterable[Layer]) -> tuple[Settings, Display]:
    """Return what the layers, the strongest first, say together; the defaults stand below them."""
    ordered = tuple(layers)
    settings = Settings()
    display = Display()
    return (
        Settings(
            fix=_first((layer.fix for layer in ordered), settings.fix),
            rules=_first((layer.rules for layer in ordered), settings.rules),
            exclude=_first((layer.exclude for layer in ordered), settings.exclude),
            min_severity=_first((layer.min_severity for layer in ordered), settings.min_severity),
            secret_source=_first((layer.secret_source for layer in ordered), settings.secret_source),
            runtime=_first((layer.runtime for layer in ordered), settings.runtime),
            secret_style=_first((layer.secret_style for layer in ordered), settings.secret_style),
            syntax=_first((layer.syntax for layer in ordered), settings.syntax),
            ids=_first((layer.ids for layer in ordered), settings.ids),
            multi_stage=_first((layer.multi_stage for layer in ordered), settings.multi_stage),
        ),
        Display(
            format=_first((layer.format for layer in ordered), display.format),
            color=_first((layer.color for layer in ordered), display.color),
            quiet=_first((layer.quiet for layer in ordered), display.quiet),
        ),
    )


def _first(values: Iterable[_Value | None], default: _Value) -> _Value:
    return next((value for value in values if value is not None), default)


def from_environment(environment: Mapping[str, str]) -> Layer:
    """Return what the `UNBAKE_*` variables set; an empty one sets nothing, lists are separated by commas.

    A variable that is not known may belong to somebody else; only one that looks like a slip is an error.
    """
    for name in sorted(environment):
        key = name.removeprefix(ENVIRONMENT_PREFIX)
        if key != name and key not in _VARIABLES and (meant := near(key, _VARIABLES)):
            raise UsageError(f"environment: unknown variable {name}; did you mean {ENVIRONMENT_PREFIX}{meant}?")

    def text(key: str) -> str | None:
        return environment.get(f"{ENVIRONMENT_PREFIX}{key}") or None

    def words(key: str) -> tuple[str, ...] | None:
        value = text(key)
        return None if value is None else tuple(word for part in value.split(",") if (word := part.strip()))

    def option(key: str, kind: type[_Choice]) -> _Choice | None:
        value = text(key)
        return None if value is None else choice(value, kind, f"environment: {ENVIRONMENT_PREFIX}{key}")

    return Layer(
        fix=option("FIX", FixLevel),
        rules=words("RULES"),
        exclude=words("EXCLUDE"),
        min_severity=option("MIN_SEVERITY", Severity),
        baseline=text("BASELINE"),
        secret_source=option("SECRET_SOURCE", SecretSource),
        runtime=option("RUNTIME", Runtime),
        secret_style=option("SECRET_STYLE", SecretStyle),
        syntax=None if (image := text("SYNTAX")) is None else syntax(image, f"environment: {ENVIRONMENT_PREFIX}SYNTAX"),
        ids=None if (pairs := words("IDS")) is None else ids(pairs, f"environment: {ENVIRONMENT_PREFIX}IDS"),
        multi_stage=option("MULTI_STAGE", MultiStage),
        format=option("FORMAT", Format),
        color=option("COLOR", Color),
        quiet=_flag(text("QUIET")),
    )


_FLAGS: Final = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}


def _flag(value: str | None) -> bool | None:
    if value is None:
        return None
    if value.lower() not in _FLAGS:
        raise UsageError(f"environment: {ENVIRONMENT_PREFIX}QUIET is {value!r}; it has to be 1 or 0")
    return _FLAGS[value.lower()]


def from_config_file(text: str) -> Layer:
    """Return what a `.unbake.toml` sets."""
    return _layer(CONFIG_FILE, _parsed(CONFIG_FILE, text))


def from_table(where: str, table: object) -> Layer:
    """Return what a table of somebody else's file sets."""
    if not isinstance(table, dict):
        raise UsageError(f"{where} has to be a table")
    return _layer(where, table)


def from_pyproject(text: str) -> Layer | None:
    """Return what `[tool.unbake]` in a `pyproject.toml` sets, or None where there is no such table.

    A file that is broken elsewhere is somebody else's to mend, unless our table seems to stand in it.
    """
    if "unbake" not in text:
        return None
    try:
        tool = _parsed(PYPROJECT, text).get("tool")
    except UsageError:
        if _TABLE.search(text) is None:
            return None
        raise
    table = tool.get("unbake") if isinstance(tool, dict) else None
    if table is None:
        return None
    if not isinstance(table, dict):
        raise UsageError(f"{PYPROJECT}: tool.unbake has to be a table: [tool.unbake]")
    return _layer(f"{PYPROJECT}: [tool.unbake]", table)


def _parsed(name: str, text: str) -> dict[str, object]:
    import tomllib  # noqa: PLC0415 (start-up time)

    try:
        return dict(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{name}: not valid TOML: {error}") from error
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{name}: not valid TOML: nested too deep, or a number too large") from error


def _layer(where: str, table: Mapping[str, object]) -> Layer:
    for key in table:
        if key not in FILE_KEYS:
            known = _close(key, FILE_KEYS) or f"; known are {', '.join(FILE_KEYS)}"
            raise UsageError(f"{where}: unknown setting {key!r}{known}")
    return Layer(
        fix=_setting(where, table, "fix", FixLevel),
        rules=_words(where, table, "rules"),
        exclude=_words(where, table, "exclude"),
        min_severity=_setting(where, table, "min-severity", Severity),
        secret_source=_setting(where, table, "secret-source", SecretSource),
        runtime=_setting(where, table, "runtime", Runtime),
        secret_style=_setting(where, table, "secret-style", SecretStyle),
        syntax=_syntax(where, table),
        ids=_ids(where, table),
        baseline=_path(where, table, "baseline"),
        multi_stage=_setting(where, table, "multi-stage", MultiStage),
    )


def _path(where: str, table: Mapping[str, object], key: str) -> str | None:
    value = table.get(key)
    if value is None:
        return None
    if not isinstance(value, str) or not 0 < len(value) <= _WORD_LIMIT:
        raise UsageError(f"{where}: {key!r} has to be the path of a file, from the folder of the configuration")
    return value


_Choice = TypeVar("_Choice", bound=StrEnum)


def _setting(where: str, table: Mapping[str, object], key: str, kind: type[_Choice]) -> _Choice | None:
    if key not in table:
        return None
    value = table[key]
    if not isinstance(value, str):
        raise UsageError(f"{where}: {key!r} has to be a string, one of {_listed(kind)}")
    return choice(value, kind, f"{where}: {key!r}")


def _syntax(where: str, table: Mapping[str, object]) -> str | None:
    if "syntax" not in table:
        return None
    value = table["syntax"]
    if not isinstance(value, str):
        raise UsageError(f"{where}: 'syntax' has to be a string: auto, keep or the name of an image")
    return syntax(value, f"{where}: 'syntax'")


def _ids(where: str, table: Mapping[str, object]) -> tuple[tuple[str, str], ...] | None:
    if "ids" not in table:
        return None
    value = table["ids"]
    pairs = [f"{name}={one}" for name, one in value.items() if isinstance(one, str)] if isinstance(value, dict) else []
    if not isinstance(value, dict) or len(pairs) != len(value) or len(pairs) > _LIST_LIMIT:
        raise UsageError(f"{where}: 'ids' has to be a table of strings: ids = {{ NPM_TOKEN = \"npm\" }}")
    return ids(pairs, f"{where}: 'ids'")


def syntax(value: str, where: str) -> str:
    """Return what `# syntax=` is to say: `auto`, `keep`, or an image whose frontend knows secret mounts."""
    if value in (SYNTAX_AUTO, SYNTAX_KEEP):
        return value
    if len(value) > _WORD_LIMIT or _FRONTEND.fullmatch(value) is None:
        raise UsageError(
            f"{where} is {value[:_SHOWN]!r}; it has to be auto, keep, or an image such as "
            "registry.example.com/docker/dockerfile:1"
        )
    return value


def ids(pairs: Iterable[str], where: str) -> tuple[tuple[str, str], ...]:
    """Return the ids that `NAME=ID` words give to secrets; one id names one secret."""
    chosen: dict[str, str] = {}
    for pair in pairs:
        name, equals, one = pair.partition("=")
        if not equals or not name or _ID.fullmatch(one) is None:
            raise UsageError(
                f"{where}: {pair[:_SHOWN]!r} has to be NAME=ID, the id made of letters, digits, '_', '.' and '-'"
            )
        if chosen.get(name, one) != one:
            raise UsageError(f"{where}: {name} has two ids, {chosen[name]} and {one}")
        chosen[name] = one
    if len(set(chosen.values())) != len(chosen):
        twice = next(one for one in chosen.values() if list(chosen.values()).count(one) > 1)
        raise UsageError(f"{where}: two secrets cannot share the id {twice!r}")
    return tuple(chosen.items())


def _words(where: str, table: Mapping[str, object], key: str) -> tuple[str, ...] | None:
    if key not in table:
        return None
    value = table[key]
    words = [word for word in value if isinstance(word, str)] if isinstance(value, list) else []
    if not isinstance(value, list) or len(words) != len(value):
        raise UsageError(f"{where}: {key!r} has to be an array of strings")
    if len(words) > _LIST_LIMIT or any(len(word) > _WORD_LIMIT for word in words):
        raise UsageError(f"{where}: {key!r} is too long; at most {_LIST_LIMIT:,} entries of {_WORD_LIMIT:,} characters")
    return tuple(words)


def choice(value: str, kind: type[_Choice], where: str) -> _Choice:
    """Return the member of a closed list that a text names; the error names the list and a near match."""
    values = [member.value for member in kind]
    if value in values:
        return kind(value)
    raise UsageError(f"{where} is {value!r}; it has to be one of {_listed(kind)}{_close(value, values)}")


def _listed(kind: type[StrEnum]) -> str:
    return ", ".join(member.value for member in kind)


def _close(word: str, known: Iterable[str]) -> str:
    """Return the end of a message that names the known word which was probably meant, or nothing."""
    found = near(word, known)
    return f"; did you mean {found}?" if found else ""


def near(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that is most like `word`, or None where none is."""
    from difflib import get_close_matches  # noqa: PLC0415 (start-up time)

    found = get_close_matches(word[:100], sorted(known), n=1, cutoff=0.7)
    return found[0] if found else None
