"""Find the Debian archive that this machine already uses.

Reads both of apt's formats, one-line `deb` entries and deb822 stanzas; see sources.list(5).
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from docker_engine.process import EngineError

_KEPT: Final = ("Signed-By", "Trusted", "Allow-Insecure", "Check-Valid-Until")
_ONE_LINE: Final = re.compile(
    r"deb\s+(?:\[(?P<options>[^\]]*)\]\s+)?(?P<uri>\S+)\s+(?P<suite>\S+)\s+(?P<components>.+)"
)
_CURRENT: Final = frozenset({"stable", "oldstable", "testing", "unstable", "sid"})


@dataclass(frozen=True, slots=True)
class Archive:
    """Name one archive, and the options under which apt trusts it."""

    uri: str
    options: tuple[tuple[str, str], ...]

    def stanza(self, suite: str) -> str:
        """Return a deb822 entry for a suite of this archive."""
        fields = (
            ("Types", "deb"),
            ("URIs", self.uri),
            ("Suites", suite),
            ("Components", "main"),
            *self.options,
        )
        return "".join(f"{name}: {value}\n" for name, value in fields)


def debian_archives(apt_folder: Path, codename: str) -> tuple[Archive, ...]:
    """Return the machine's Debian archives, the likeliest first.

    Others publish suites with Debian's code names too, so a caller tries one after the other.
    """
    suites = _CURRENT | {codename}
    found = {
        Archive(uri, options)
        for fields in _entries(apt_folder)
        if suites & set(fields["Suites"].split()) and "main" in fields["Components"].split()
        for uri in map(_resolved, fields["URIs"].split())
        for options in [tuple((name, fields[name]) for name in _KEPT if name in fields)]
        if "security" not in uri
    }
    if not found:
        raise EngineError(
            f"{apt_folder}: no entry for the main component of Debian {codename}; add it to apt's sources"
        )
    return tuple(sorted(found, key=lambda archive: (_unlikeliness(archive.uri), archive.uri, archive.options)))


def _unlikeliness(uri: str) -> int:
    if uri.rstrip("/").endswith("/debian"):
        return 0
    return 1 if "debian" in uri else 2


def _entries(apt_folder: Path) -> Iterator[Mapping[str, str]]:
    parts = apt_folder / "sources.list.d"
    for path in (apt_folder / "sources.list", *sorted(parts.glob("*.list"))):
        if path.is_file():
            yield from _one_line_entries(path.read_text(encoding="utf-8").splitlines())
    for path in sorted(parts.glob("*.sources")):
        yield from _stanzas(path.read_text(encoding="utf-8"))


def _one_line_entries(lines: Iterable[str]) -> Iterator[Mapping[str, str]]:
    for line in lines:
        match = _ONE_LINE.fullmatch(line.partition("#")[0].strip())
        if match is None:
            continue
        options = dict(option.partition("=")[::2] for option in (match["options"] or "").split())
        kept = {name: options[name.lower()] for name in _KEPT if name.lower() in options}
        yield {"URIs": match["uri"], "Suites": match["suite"], "Components": match["components"], **kept}


def _stanzas(text: str) -> Iterator[Mapping[str, str]]:
    names = {name.lower(): name for name in ("Types", "URIs", "Suites", "Components", "Enabled", *_KEPT)}
    lines = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    for block in re.split(r"\n\s*\n", lines):
        unfolded = re.findall(r"^([A-Za-z-]+):[ \t]*(.*(?:\n[ \t].*)*)", block, re.MULTILINE)
        fields = {names[name.lower()]: value.strip(" \t") for name, value in unfolded if name.lower() in names}
        enabled = fields.pop("Enabled", "yes").lower() not in {"no", "false", "0", "off"}
        if enabled and "deb" in fields.pop("Types", "").split() and {"URIs", "Suites", "Components"} <= fields.keys():
            yield fields


def _resolved(uri: str) -> str:
    """Return the first mirror of a `mirror+file:` list, which would not be readable in an image."""
    kind, separator, name = uri.partition("+file:")
    if kind != "mirror" or not separator:
        return uri
    listed = [
        line.split()[0]
        for line in Path("/" + name.lstrip("/")).read_text(encoding="utf-8").splitlines()
        if line.strip()
    ]
    return next((mirror for mirror in listed if not mirror.startswith("#")), uri)
