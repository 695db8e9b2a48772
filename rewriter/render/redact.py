"""Hide every known secret value in what is printed, in whatever way it is written there.

A value of at least four characters is hidden wherever it occurs, also inside a longer text and when encoded
(JSON, URL, HTML, base64, hexadecimal) or spread over quotes, escapes and continued lines. Three kinds are
looser, since hiding them everywhere would make output useless and hide nothing: a plain word (`changeme`) is
hidden as a whole word of a document or a message, not inside names and paths; a value under four characters
only as a whole word of a line that belongs to a finding; and a word of which images, users and our own texts
are made (`postgres`, `secret`) only there and where it is given as a credential: `image: ****:16` would tell
everybody what the password is.
"""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Container, Iterable, Iterator
from typing import Final
from urllib.parse import quote, quote_plus

from rewriter.model.masked import MASK, Masked

_SHORT: Final = 4
_LOOSE: Final = 8
_ENCODED: Final = 6
_PLAIN_WORD: Final = re.compile(r"[a-z]{4,12}|[A-Z]{4,12}|[A-Z][a-z]{3,11}")
_ORDINARY: Final = frozenset({
    "access", "account", "admin", "administrator", "airflow", "api", "app", "application", "backend", "build",
    "cache", "cassandra", "client", "cluster", "compose", "config", "consul", "container", "credential",
    "credentials", "data", "database", "default", "demo", "dev", "development", "directus", "django", "docker",
    "drupal", "elastic", "elasticsearch", "env", "environment", "example", "file", "files", "gitea", "gitlab",
    "grafana", "guest", "harbor", "hasura", "host", "http", "https", "image", "influxdb", "jenkins", "joomla",
    "kafka", "key", "keycloak", "keys", "kibana", "laravel", "local", "localhost", "login", "magento", "mariadb",
    "master", "metabase", "minio", "minioadmin", "mongo", "mongodb", "mysql", "name", "nextcloud", "nginx", "node",
    "none", "odoo", "opensearch", "oracle", "owner", "pass", "passwd", "password", "path", "postgres", "postgresql",
    "prod", "production", "public", "python", "rabbitmq", "rails", "read", "redis", "registry", "root", "secret",
    "secrets", "server", "service", "services", "sonar", "sonarqube", "staging", "strapi", "string", "superset",
    "superuser", "symfony", "system", "test", "testing", "text", "token", "tokens", "user", "username", "value",
    "values", "variable", "vault", "version", "wordpress", "write", "zabbix",
})  # fmt: skip
"""Names of software and of its users, and words that this program itself says; a value that is one is well known."""

_GIVEN: Final = (
    r"(?i:(?:pass|pwd|psw|secret|token|key|cred|auth)\w{0,40}|(?<!\S)-[pw])[\"']?"
    r"(?:[ \t]{0,40}[:=][ \t]{0,40}|[ \t]{1,40}|,[ \t]{0,40})[\"']?(?:[a-z][\w+.-]{0,30}://[^\s:@/]{0,100}:)?"
    r"|://[^\s:@/]{0,100}:|(?i:[\"' \t]basic[ \t])"
)
"""What stands in front of a credential: `PGPASSWORD=`, `"password": "`, `--token `, `amqp://user:`."""

_KEPT: Final = re.compile(r"[^\s\"'`\\$]+")
_Range = tuple[int, int]


class Redactor:
    """Hide a fixed set of values; make it from all values of a run."""

    def __init__(self, values: Iterable[Masked]) -> None:
        words = sorted({text for value in values for text in _texts(value) if text and text != MASK})
        forms = {form for word in words if len(word) >= _SHORT for form in _forms(word)}
        self._everywhere: Final = _Index(forms)
        self._loose: Final = _Index(loose for form in forms if len(loose := "".join(_KEPT.findall(form))) >= _LOOSE)
        plain = [word for word in words if _PLAIN_WORD.fullmatch(word)]
        ordinary = [word for word in plain if word.lower() in _ORDINARY]
        self._words: Final = _whole_words(word for word in plain if word not in ordinary)
        self._given: Final = _given(ordinary)
        self._owned: Final = _whole_words(ordinary)
        self._short: Final = _whole_words(word for word in words if len(word) < _SHORT)

    def name(self, text: str) -> str:
        """Return a name, a path or a command without values."""
        return _hidden(text, self._found(text))

    def text(self, text: str) -> str:
        """Return a message or any other prose without values."""
        return _hidden(text, [*self._found(text), *_hits(self._words, text)])

    def lines(self, text: str, owned: Container[int] = ()) -> tuple[str, ...]:
        """Return the lines of a document, line ends kept, without values.

        `owned` are the lines, counted from 1, that belong to findings: there short values are hidden too.
        """
        ranges = _joined([*self._found(text), *_hits(self._words, text), *_hits(self._given, text)])
        lines: list[str] = []
        start = 0
        index = 0
        for number, line in enumerate(re.findall(r"[^\n]*\n|[^\n]+", text), start=1):
            end = start + len(line)
            while index < len(ranges) and ranges[index][1] <= start:
                index += 1
            here = list(_clipped(ranges, index, start, len(line.rstrip("\r\n")) + start))
            if number in owned:
                here += (*_hits(self._short, line), *_hits(self._owned, line))
            lines.append(_hidden(line, here))
            start = end
        return tuple(lines)

    def _found(self, text: str) -> list[_Range]:
        found = list(self._everywhere.find(text))
        if self._loose:
            kept = list(_KEPT.finditer(text))
            offsets = [offset for piece in kept for offset in range(piece.start(), piece.end())]
            squeezed = "".join(piece[0] for piece in kept)
            found += ((offsets[start], offsets[end - 1] + 1) for start, end in self._loose.find(squeezed))
        return found


class _Index:
    """Find any of many words in one pass: words are looked up by their first characters."""

    def __init__(self, words: Iterable[str]) -> None:
        self._by_start: dict[str, list[str]] = {}
        for word in sorted(set(words), key=lambda word: (-len(word), word)):
            self._by_start.setdefault(word[:_SHORT], []).append(word)

    def __bool__(self) -> bool:
        return bool(self._by_start)

    def find(self, text: str) -> Iterator[_Range]:
        """Yield the longest word at every offset where one begins."""
        if not self._by_start:
            return
        for start in range(len(text) - _SHORT + 1):
            for word in self._by_start.get(text[start : start + _SHORT], ()):
                if text.startswith(word, start):
                    yield start, start + len(word)
                    break


def _texts(value: Masked) -> Iterator[str]:
    """Yield the value and, of a value of several lines, each line of some length."""
    text = value.reveal()
    yield text
    yield text.strip()
    if "\n" in text:
        yield from (line for part in text.split("\n") if len(line := part.strip()) >= _LOOSE)


def _forms(word: str) -> Iterator[str]:
    """Yield the ways in which a value may be written; a plain word itself is left to whole words."""
    data = word.encode("utf-8", "surrogatepass" if _lone(word) else "surrogateescape")
    forms = {
        json.dumps(word)[1:-1],
        json.dumps(word, ensure_ascii=False)[1:-1],
        quote(data, safe=""),
        quote(data),
        quote_plus(data),
        html.escape(word),
        html.escape(word, quote=False),
        word.replace("'", "''"),
        word.replace("$", "$$"),
    }
    forms |= {re.sub(r"%[0-9A-F]{2}", lambda match: match[0].lower(), form) for form in forms}
    if len(data) >= _ENCODED:
        forms |= set(_base64(data))
        forms |= {data.hex(), data.hex().upper()}
    if _PLAIN_WORD.fullmatch(word):
        forms.discard(word)
    else:
        forms.add(word)
    return (form for form in forms if len(form) >= _SHORT)


def _lone(word: str) -> bool:
    """Tell whether a text has surrogates that stand for no byte."""
    return any(0xD800 <= ord(char) <= 0xDFFF and not 0xDC80 <= ord(char) <= 0xDCFF for char in word)


def _base64(data: bytes) -> Iterator[str]:
    """Yield the part of base64 text that a value settles, at each of the three offsets where it may begin."""
    for shift in range(3):
        padded = b"\0" * shift + data
        for code in (base64.b64encode(padded), base64.urlsafe_b64encode(padded)):
            text = code.decode("ascii").rstrip("=")
            first = (0, 2, 3)[shift]
            last = len(text) if len(padded) % 3 == 0 else len(text) - 1
            if last - first >= _ENCODED:
                yield text[first:last]


def _whole_words(words: Iterable[str]) -> re.Pattern[str] | None:
    alternatives = "|".join(re.escape(word) for word in sorted(words, key=lambda word: (-len(word), word)))
    return re.compile(rf"(?<![\w-])(?:{alternatives})(?![\w-])") if alternatives else None


def _given(words: Iterable[str]) -> re.Pattern[str] | None:
    alternatives = "|".join(re.escape(word) for word in sorted(words, key=lambda word: (-len(word), word)))
    return re.compile(rf"(?:{_GIVEN})({alternatives})(?![\w-])") if alternatives else None


def _hits(pattern: re.Pattern[str] | None, text: str) -> Iterator[_Range]:
    """Yield the ranges of what a pattern finds, or of its group."""
    if pattern is not None:
        yield from (match.span(pattern.groups) for match in pattern.finditer(text))


def _joined(ranges: Iterable[_Range]) -> list[_Range]:
    joined: list[_Range] = []
    for start, end in sorted(ranges):
        if joined and start < joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def _clipped(ranges: list[_Range], index: int, start: int, end: int) -> Iterator[_Range]:
    """Yield, as offsets of a line, what of the ranges from `index` on lies in `[start, end)`."""
    while index < len(ranges) and ranges[index][0] < end:
        low, high = max(ranges[index][0], start), min(ranges[index][1], end)
        if low < high:
            yield low - start, high - start
        index += 1


def _hidden(text: str, ranges: Iterable[_Range]) -> str:
    pieces: list[str] = []
    position = 0
    for start, end in _joined(ranges):
        pieces += (text[position:start], MASK)
        position = end
    return "".join((*pieces, text[position:]))
