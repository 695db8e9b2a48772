"""Find credentials in URLs: userinfo, and secret parameters of a query.

A URL may hold shell or Docker variables; a quote in it may close and open again around one
(`https://'"$TOKEN"'@host`). A location in the scp style (`git@host:path`) holds no credential.
"""

from __future__ import annotations

import re
from typing import Final

from rewriter.judgement.names import judge_name
from rewriter.judgement.pattern import Pattern
from rewriter.judgement.placeholders import is_dummy, is_repetitive, is_stand_in, is_template
from rewriter.judgement.references import blank_references, match_reference, variables
from rewriter.judgement.verdicts import Category, UrlCredential
from rewriter.judgement.wordlist import wordset
from rewriter.model.text import Span

MAX_AUTHORITY: Final = 4096
MAX_REST: Final = 2048

_SCHEME: Final = Pattern(r"[A-Za-z][A-Za-z0-9+.\-]*\Z")
_HOST: Final = Pattern(r"[A-Za-z0-9_.\-\[\]:,*~]*")
_PLAIN: Final = Pattern(r"[^\s\"'<>|()\\^,;$`{]*")
_QUOTES: Final = "\"'"
_STOP: Final = frozenset(" \t\r\n\f\v/?#\\|()<>^")
_NOT_CREDENTIALS: Final = wordset("docker oci containers docker-archive oci-archive docker-daemon pkg npm jsr")
_FILLERS: Final = wordset("x x-oauth-basic x-oauth-token oauth x-token-auth")
_PUBLIC_USERS: Final = wordset("git hg svn anonymous ftp anon guest nobody user username root")
_TOKEN_USERS: Final = wordset(
    "x-access-token oauth2 oauth2accesstoken gitlab-ci-token x-token-auth __token__ token _json_key _token"
)
_DATABASES: Final = wordset(
    "postgres postgresql pgsql mysql mariadb mongodb redis rediss amqp amqps mssql sqlserver clickhouse cockroachdb "
    "neo4j bolt couchdb cassandra memcached ldap ldaps nats kafka stomp mqtt mqtts oracle db2 ecto jdbc tcp"
)
_PLACEHOLDER_PAIRS: Final = frozenset(
    {("user", "pass"), ("username", "password"), ("user", "password"), ("user", "passwd"), ("usr", "pwd"),
     ("login", "password"), ("foo", "bar"), ("a", "b"), ("name", "password"), ("user", "pw"), ("u", "p")}
)  # fmt: skip
_PARAMETER: Final = Pattern(r"[?&](?:amp;)?([A-Za-z][A-Za-z0-9_.\-]{0,40})=")
_PARAMETER_NAMES: Final = wordset(
    "token access_token accesstoken auth_token authtoken api_key apikey api-key private_token private-token "
    "deploy_token job_token license_key licensekey license password passwd pwd secret client_secret sig signature "
    "x-amz-signature x-amz-security-token x-goog-signature auth_key key_secret webhook_token sas_token"
)
_CONDA: Final = Pattern(r"/t/([A-Za-z0-9][A-Za-z0-9\-]{7,80}|\$\{?[A-Za-z_][A-Za-z0-9_]*\}?)/")


def url_credentials(text: str) -> tuple[UrlCredential, ...]:
    """Return every credential that stands in a URL of the text, in order."""
    found: list[UrlCredential] = []
    at = text.find("://")
    while at >= 0:
        credential, end = _read(text, at)
        found += credential
        at = text.find("://", max(end, at + 3))
    return tuple(found)


def _read(text: str, colon: int) -> tuple[list[UrlCredential], int]:
    """Read the URL whose `://` stands at `colon`; return its credentials and where to go on."""
    scheme = _SCHEME.search(text, max(0, colon - 40), colon)
    start = colon + 3
    authority_end, at_sign, separator = _authority(text, start)
    begin = scheme.start() if scheme else colon
    name = text[begin:colon].lower()
    limit = min(len(text), authority_end + MAX_REST)
    if at_sign < 0 and (following := text.find("://", authority_end, limit)) >= 0:
        limit = following
    end = _url_end(text, authority_end, limit)
    url = Span(begin, end)
    found: list[UrlCredential] = []
    host_start = at_sign + 1 if at_sign >= 0 else start
    host_end = min(authority_end, end)
    parts = _Parts(text, url, Span(begin, colon), Span(host_start, max(host_start, host_end)), Span(host_end, end))
    if at_sign >= 0 and scheme is not None and name not in _NOT_CREDENTIALS:
        found += parts.userinfo(start, at_sign, separator)
    found += parts.parameters(start)
    return found, authority_end


def _authority(text: str, start: int) -> tuple[int, int, int]:
    """Return the end of the authority, the offset of its last `@` (or -1) and of its first `:` (or -1).

    A user that is an e-mail address has an `@` too: there the `:` stands behind that one.
    """
    at = start
    at_sign = separator = later = -1
    limit = min(len(text), start + MAX_AUTHORITY)
    behind_reference = False
    while at < limit:
        char = text[at]
        end = match_reference(text, at) if char in "$`%{#<" else at
        if end > at and not (char == "%" and at_sign < 0 and _is_escape(text, at)):
            behind_reference, at = True, end
            continue
        if char == "<" and (closing := _angle(text, at)) > at:
            at, behind_reference = closing, True
            continue
        if char in _QUOTES:
            after = at
            while after < limit and text[after] in _QUOTES and after - at < 3:
                after += 1
            following = text[after : after + 1]
            if following == "$" or (behind_reference and following in (":", "@", "$")):
                at = after
                continue
            break
        if char in _STOP or char == "`" or text.startswith("://", at):
            break
        if char == "@":
            if text.startswith("@sha256:", at):
                break
            if at_sign >= 0 and separator < 0:
                separator = later
            at_sign = at
        elif char == ":" and separator < 0:
            if at_sign < 0:
                separator = at
            elif later < 0:
                later = at
        behind_reference = False
        at += 1
    return at, at_sign, separator


def _is_escape(text: str, at: int) -> bool:
    return re.match(r"%[0-9A-Fa-f]{2}", text[at : at + 3]) is not None


def _angle(text: str, at: int) -> int:
    """Return where a placeholder in angle brackets ends, or `at`."""
    end = text.find(">", at + 1, at + 60)
    return end + 1 if end > 0 and "\n" not in text[at:end] and "/" not in text[at:end] else at


def _url_end(text: str, at: int, limit: int) -> int:
    """Return where the URL ends whose path starts at `at`; never behind `limit`."""
    while at < limit:
        run = _PLAIN.match(text, at, limit)
        at = min(run.end() if run else at, limit)
        if at >= limit or text[at] not in "$`{":
            break
        end = match_reference(text, at)
        if end == at and text[at] == "`":
            break
        at = max(end, at + 1)
    return min(at, limit)


class _Parts:
    """Hold the pieces of one URL that all its credentials share."""

    def __init__(self, text: str, url: Span, scheme: Span, host: Span, rest: Span) -> None:
        self.text = text
        self.url = url
        self.scheme = scheme
        self.host = host
        self.rest = rest

    def userinfo(self, start: int, at_sign: int, separator: int) -> list[UrlCredential]:
        """Return the credential before the `@`, if there is one."""
        split = separator if 0 <= separator < at_sign else at_sign
        user = _unquoted(self.text, start, split)
        password = _unquoted(self.text, min(split + 1, at_sign), at_sign)
        host = self.host.of(self.text)
        if not host or host.isdigit() or not (_HOST.match(host) or host[0] in "$`<{%"):
            return []
        secret = self._secret(user, password)
        if secret is None:
            return []
        return [self._credential(user, password, secret, "")]

    def _secret(self, user: Span, password: Span) -> Span | None:
        """Return the part of the userinfo that is the secret, or None when it holds none."""
        name, word = user.of(self.text), password.of(self.text)
        scheme = self.scheme.of(self.text).lower()
        if name.lower() in ("anonymous", "ftp", "anon") and scheme in ("ftp", "http", "https"):
            return None
        if word and word.lower() not in _FILLERS:
            return password
        if not name:
            return None
        if word:
            return user
        return user if self._token_alone(name, with_colon=password.start > user.end) else None

    def _token_alone(self, name: str, *, with_colon: bool) -> bool:
        """Tell whether a user without a password is a token: `https://$TOKEN@host`, `https://abc123...:@host`."""
        scheme = self.scheme.of(self.text).lower()
        if name.lower() in _PUBLIC_USERS | _TOKEN_USERS or "ssh" in scheme or scheme in ("sftp", "rsync", "s3", "gs"):
            return False
        names = variables(name)
        if names:
            web = scheme.startswith(("http", "git+http", "hg+http", "svn+http"))
            return any(judge_name(each).secret or (web and not _says_other(each)) for each in names)
        if name[0] in "$`" or name.startswith("<"):
            return with_colon or _telling(name)
        if name.isupper() and _telling(name):
            return True
        if not scheme.startswith(("http", "git+http", "hg+http", "svn+http")) or self._is_client_dsn(name):
            return False
        digits = sum(char.isdigit() for char in name)
        return len(name) >= 16 and digits >= 2 and "." not in name and not name.isdigit()

    def _is_client_dsn(self, name: str) -> bool:
        """Tell whether a URL is the public DSN with which a client reports its errors."""
        where = self.host.of(self.text) + self.rest.of(self.text)
        return re.fullmatch(r"[0-9a-f]{32}", name) is not None and (
            "sentry" in where or re.fullmatch(r"[^/]*/[0-9]+", where) is not None
        )

    def parameters(self, start: int) -> list[UrlCredential]:
        """Return the secret parameters of the query, and the token in a conda channel's path."""
        text = self.text
        found: list[UrlCredential] = []
        if text.find("=", self.rest.start, self.rest.end) >= 0:
            for match in _PARAMETER.finditer(text, self.rest.start, self.rest.end):
                if match[1].lower() not in _PARAMETER_NAMES:
                    continue
                end = match.end()
                while end < self.rest.end and text[end] not in "&#;":
                    end = max(match_reference(text, end), end + 1) if text[end] in "$`{" else end + 1
                if end > match.end():
                    found.append(self._parameter(Span(match.end(), end), match[1], start))
        conda = _CONDA.search(text, self.rest.start, self.rest.end)
        if conda:
            found.append(self._parameter(Span(*conda.span(1)), "/t/", start))
        return found

    def _parameter(self, secret: Span, name: str, start: int) -> UrlCredential:
        nothing = Span(start, start)
        return self._credential(nothing, nothing, secret, name)

    def _credential(self, user: Span, password: Span, secret: Span, parameter: str) -> UrlCredential:
        value = secret.of(self.text)
        literal = bool(value.strip(" \"'")) and blank_references(value) == value
        return UrlCredential(
            url=self.url,
            scheme=self.scheme,
            user=user,
            password=password,
            host=self.host,
            rest=self.rest,
            secret=secret,
            variables=variables(value),
            literal=literal,
            placeholder=literal and _is_placeholder(user.of(self.text), value),
            category=self._category(parameter),
            parameter=parameter,
        )

    def _category(self, parameter: str) -> Category:
        scheme = self.scheme.of(self.text).lower().split("+")[0]
        if parameter:
            return Category.LICENCE if "license" in parameter.lower() else Category.TOKEN
        if scheme in _DATABASES:
            return Category.DATABASE_URL
        path = (self.host.of(self.text) + self.rest.of(self.text)).lower()
        if "simple" in path or "pypi" in path or "fury" in path:
            return Category.INDEX_URL
        return Category.TOKEN if "git" in path or "git" in scheme else Category.PASSWORD


def _says_other(name: str) -> bool:
    """Tell whether a variable in the place of a user is no token, by its name or for want of one."""
    verdict = judge_name(name)
    return verdict.ruled_out or verdict.companion or len(name) < 3


def _telling(name: str) -> bool:
    return judge_name(name.strip("<>$`{}%\"' ")).secret


def _unquoted(text: str, start: int, end: int) -> Span:
    """Return the span without the quotes at its ends."""
    while start < end and text[start] in _QUOTES:
        start += 1
    while end > start and text[end - 1] in _QUOTES:
        end -= 1
    return Span(start, end)


def _is_placeholder(user: str, value: str) -> bool:
    """Tell whether the secret part is only a stand-in: `user:pass@`, `<token>@`, `TOKEN@`."""
    if (user.lower(), value.lower()) in _PLACEHOLDER_PAIRS or is_template(value) or is_dummy(value):
        return True
    if is_repetitive(value) or is_stand_in(value):
        return True
    if value.isupper() and not any(char.isdigit() for char in value):
        return judge_name(value).secret
    return value.startswith("{") or (value.startswith("[") and value.endswith("]"))
