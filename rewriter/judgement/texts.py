"""Find credentials in the text of one word: headers, settings, SQL, lines of configuration files.

Every function returns ranges of the text it was given, with the name that gave the credential away.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from rewriter.judgement.names import judge_name
from rewriter.judgement.pattern import Pattern
from rewriter.judgement.references import match_reference
from rewriter.judgement.wordlist import wordset
from rewriter.model.secret import Confidence


class Hit(NamedTuple):
    """Locate a secret and name what gave it away."""

    start: int
    end: int
    name: str


MAX_TEXT: Final = 200_000

_HEADER: Final = Pattern(r"[\"'\\]{0,3}(?P<name>[A-Za-z][A-Za-z0-9\-]{1,60})[ \t]*:[ \t]*")
_SCHEME: Final = Pattern(
    r"[\"'\\]{0,3}(?:bearer|basic|token|apikey|api-key|digest|aws|private-token|negotiate|splunk)[ \t]+",
    re.IGNORECASE,
)
_HEADERS: Final = wordset(
    "authorization proxy-authorization private-token job-token deploy-token x-api-key x-auth-token x-access-token "
    "x-vault-token x-jfrog-art-api x-auth-key x-figma-token x-gitlab-token circle-token api-key apikey x-token "
    "x-consul-token x-nomad-token x-octopus-apikey x-nuget-apikey x-sonar-token x-registry-auth x-amz-security-token"
)
_SETTING: Final = Pattern(
    r"(?:(?<=[,&\s\"'{|;(\-])(?<!\$\{)|^)(?:(?P<key>[A-Za-z_/][A-Za-z0-9_.\-/:@]{0,150})(?:\\?[\"']\]?)?[ \t]*=>?[ \t]*"
    r"|(?P<name>[A-Za-z_][A-Za-z0-9_.\-]{0,80})(?:\\?[\"'])?[ \t]*:(?!//)[ \t]*)"
)
_EXTRA_HEADER: Final = Pattern(r"(?i)extraheader[ \t]*=?[ \t]*")
_NETRC: Final = Pattern(r"(?:\b|(?<=\\n))(?:login|user)[ \t\\n]+(?:\$\{?\w+\}?|\S{1,200}?)[\s\\n]+password[ \t]+")
_SQL: Final = Pattern(
    r"\b(?:identified[ \t]+(?:with[ \t]+[\w'\"`]{1,40}[ \t]+)?by(?:[ \t]+password)?|password)[ \t]*"
    r"(?:=[ \t]*)?(?:password[ \t]*)?\(?[ \t]*"
    r"(?:\\?['\"]|'\\''|'\"'\"')(?P<value>[^'\"\\\n]{1,200})",
    re.IGNORECASE,
)
_SQL_STATEMENT: Final = Pattern(
    r"\bidentified\s+(?:with|by)\b|\b(?:create|alter)\s+(?:user|role|login)\b|\bset\s+password\b|\bgrant\s+all\b",
    re.IGNORECASE,
)
_DEBCONF: Final = Pattern(
    r"(?<!\S)\S{1,200}[ \t]+\S{0,100}?(?:pass|pw)\S{0,100}[ \t]+(?:password|string)[ \t]+(?P<value>[^\s\"'\\]+)",
    re.IGNORECASE,
)
_PGPASS: Final = Pattern(
    r"(?:^|[\"'\n])[^\s:\"']{1,200}:(?:\*|[0-9]{1,5}|\$\{?\w{1,60}\}?):[^\s:\"']{1,100}:[^\s:\"']{1,100}:"
    r"(?P<value>[^\s:\"']{1,200})(?![:\w])"
)
_STOPS: Final = frozenset(",&|;)}]")


def header_secret(text: str) -> Hit | None:
    """Return the secret of an HTTP header, `Authorization: Bearer X` or `PRIVATE-TOKEN: X`."""
    named = _HEADER.match(text)
    if named is None:
        return None
    name = named["name"].lower()
    if name not in _HEADERS:
        verdict = judge_name(name)
        if not verdict.secret or verdict.confidence is Confidence.LOW:
            return None
    start = named.end()
    if "authorization" in name:
        scheme = _SCHEME.match(text, start)
        start = scheme.end() if scheme else start
    return Hit(start, len(text), named["name"]) if start < len(text) else None


def extra_header(text: str) -> Hit | None:
    """Return the secret of a git setting `http.extraheader=Authorization: Basic X`."""
    found = _EXTRA_HEADER.search(text)
    if found is None:
        return None
    inside = header_secret(text[found.end() :])
    return None if inside is None else Hit(inside.start + found.end(), inside.end + found.end(), inside.name)


def setting_secrets(text: str) -> tuple[Hit, ...]:
    """Return the secrets of `name=secret` and `"name": "secret"`, judged by the name."""
    if len(text) > MAX_TEXT:
        return ()
    found: list[Hit] = []
    for match in _SETTING.finditer(text):
        name = match["name"] or re.split(r"[:/@]", match["key"])[-1]
        if not _tells(name):
            continue
        start = match.end()
        end = _value_end(text, start)
        if end > start:
            found.append(Hit(start, end, name))
    return tuple(found)


def _tells(name: str) -> bool:
    if name.lower() in ("_auth", "_authtoken", "_password", "sonar.login"):
        return True
    verdict = judge_name(name)
    return verdict.secret and verdict.confidence is not Confidence.LOW and not verdict.carries_url


def _value_end(text: str, start: int) -> int:
    """Return where the value that starts at `start` ends: at its quote, a blank or a separator."""
    at = start
    quote = ""
    if text.startswith(('\\"', "\\'"), at):
        quote, at = text[at : at + 2], at + 2
    elif text[at : at + 1] in ("'", '"') and text[at : at + 1]:
        quote, at = text[at], at + 1
    while at < len(text):
        if quote and text.startswith(quote, at):
            return at + len(quote)
        char = text[at]
        end = match_reference(text, at) if char in "$`{%#<" else at
        if end > at:
            at = end
            continue
        if char == "\n" or (
            not quote and (char.isspace() or char in _STOPS or char in "\"'" or text.startswith("\\n", at))
        ):
            return at
        at += 1
    return at


def sql_passwords(text: str) -> tuple[Hit, ...]:
    """Return the passwords of SQL statements: `IDENTIFIED BY 'X'`, `ALTER USER u PASSWORD 'X'`."""
    if len(text) > MAX_TEXT or not _SQL_STATEMENT.search(text):
        return ()
    return tuple(Hit(*match.span("value"), "IDENTIFIED BY") for match in _SQL.finditer(text))


def debconf_passwords(text: str) -> tuple[Hit, ...]:
    """Return the passwords of `package question password X` lines."""
    return tuple(Hit(*match.span("value"), "debconf") for match in _DEBCONF.finditer(text))


def text_secrets(text: str) -> tuple[Hit, ...]:
    """Return the secrets of text that becomes a configuration file: settings, netrc, pgpass."""
    if len(text) > MAX_TEXT:
        return ()
    found = [hit for hit in setting_secrets(text) if not _in_prose(text, hit.start)]
    found += (Hit(hit.end(), _value_end(text, hit.end()), "netrc") for hit in _NETRC.finditer(text))
    found += (Hit(*match.span("value"), "pgpass") for match in _PGPASS.finditer(text))
    return tuple(hit for hit in found if hit.end > hit.start)


def _in_prose(text: str, start: int) -> bool:
    """Tell whether a `word: value` stands behind other words of its line, as a message to people does."""
    line = re.split(r"\n|\\n", text[:start])[-1]
    match = re.search(r"([A-Za-z_][\w.\-]*)[\"'\\]{0,2}[ \t]*:[ \t]*[\"'\\]{0,2}$", line)
    if match is None:
        return False
    before = line[: match.start()].strip(" \t\"'{,-\\")
    return bool(re.search(r"[A-Za-z]{2,}$", before))


_HASH: Final = Pattern(r"[A-Za-z_][\w.\-]{0,100}:(?P<value>\$\$?(?:apr1|2[aby]|5|6|y)\$[^\s\"',]{8,200})")


def password_hashes(text: str) -> tuple[Hit, ...]:
    """Return the hashes of `user:$apr1$...` pairs, as htpasswd writes them."""
    return tuple(Hit(*match.span("value"), "htpasswd") for match in _HASH.finditer(text))


def login_passwords(text: str) -> tuple[Hit, ...]:
    """Return the passwords of `user:password` lines, as chpasswd reads them."""
    found: list[Hit] = []
    for line in re.finditer(r"[^\n]+?(?=\\n|\n|$)", text):
        pair = re.match(r"(?:\\n|[\"'\s])*(?:\$\{?\w+\}?|[A-Za-z_][\w.\-]*|\$\([^)]*\))[\"']*:", line[0])
        if pair:
            found.append(Hit(line.start() + pair.end(), line.end(), "chpasswd"))
    return tuple(hit for hit in found if hit.end > hit.start)
