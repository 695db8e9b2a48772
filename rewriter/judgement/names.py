"""Judge whether a variable's, an option's or a key's name says that its value is a credential.

The last word of a name carries its meaning (`TOKEN_FILE` is a file), the words before it narrow it
(`PUBLIC_KEY`), so a name is split into words and read from the end.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from rewriter.judgement import name_words as words
from rewriter.judgement.name_table import NAMES
from rewriter.judgement.pattern import Pattern
from rewriter.judgement.verdicts import Category, NameVerdict
from rewriter.model.secret import Confidence

MAX_NAME: Final = 200

_WORD: Final = Pattern(r"[A-Z]{2,}s(?![a-z])|[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_PASS_WORD: Final = Pattern(r"[Pp]assWord")
_CHUNK: Final = Pattern(r"[A-Za-z0-9]+")
_BUNDLE: Final = Pattern(r"BUNDLE_[A-Z0-9_]*[A-Z0-9]__[A-Z0-9]")
_BUNDLE_SETTING: Final = Pattern(r"BUNDLE_(?:MIRROR|BUILD|LOCAL|PLUGINS|DISABLE|GITHUB__HTTPS|GEMFILE)")
_NUGET_SOURCE: Final = "NUGETPACKAGESOURCECREDENTIALS_"


@lru_cache(maxsize=8192)
def judge_name(name: str) -> NameVerdict:
    """Return what the name alone says; any style of writing is understood."""
    if len(name) > MAX_NAME:
        return _plain("too long for a name")
    upper = name.upper().replace("-", "_").replace(".", "_")
    known = NAMES.get(upper)
    if known is not None:
        return known
    if upper.startswith(words.INLINED_PREFIXES):
        return _no("public by prefix", inlined=True)
    if _BUNDLE.match(upper) and not _BUNDLE_SETTING.match(upper):
        return _yes(Category.REGISTRY_AUTH, "a gem host's login")
    if upper.startswith(_NUGET_SOURCE):
        return _yes(Category.REGISTRY_AUTH, "a feed's login")
    return _judge_words(split_words(name))


def split_words(name: str) -> tuple[str, ...]:
    """Return the words of a name in lower case: `dbRootPASSWORD2` gives `db`, `root`, `password`."""
    found: list[str] = []
    for chunk in _CHUNK.findall(name):
        mixed = not chunk.isupper() and not chunk.islower()
        chunk = _PASS_WORD.sub("Password", chunk) if mixed else chunk  # noqa: PLW2901 - the same chunk, spelt well
        for piece in _WORD.findall(chunk) if mixed else (chunk,):
            word = piece.lower()
            if word.rstrip("0123456789"):
                found += _unglue(
                    word if word in ("s3", "r2", "b2", "p12", "auth0", "i18n") else word.rstrip("0123456789")
                )
    return tuple(found)


def _unglue(word: str) -> tuple[str, ...]:
    """Take a word apart that was written without underscores, where its end is telling."""
    if word in words.NOT_A_WORD_SPLIT:
        return (word,)
    if word.endswith("secretaccesskey"):
        return tuple(part for part in (word.removesuffix("secretaccesskey"), "secret", "access", "key") if part)
    for ending in words.ENDINGS:
        if word.endswith(ending) and len(word) > len(ending):
            return (word[: -len(ending)], ending)
    for ending, stems in (("key", words.KEY_STEMS), ("keys", words.KEY_STEMS), ("pass", words.PASS_STEMS),
                          ("pwd", words.PASS_STEMS), ("pw", words.PASS_STEMS)):  # fmt: skip
        if word.endswith(ending) and word[: -len(ending)] in stems:
            return (word[: -len(ending)], ending)
    for ending in ("keyid", "keyfile", "tokenfile", "passwordfile", "keypath"):
        if word.endswith(ending):
            return (word, ending[3:] if ending.startswith("key") else "file")
    return (word,)


def _judge_words(parts: tuple[str, ...]) -> NameVerdict:
    if not parts:
        return _plain("says nothing")
    if not words.DUMMY_WORDS.isdisjoint(parts):
        return _no("a dummy by name")
    url = _judge_url(parts)
    if url is not None:
        return url
    last = parts[-1]
    if last in ("id", "ids") and len(parts) > 1 and parts[-2] in ("key", "keyid", "token", "secret"):
        return _no("key id", companion=parts[-2] != "secret" and "access" in parts)
    if last in words.NOT_SECRET_ENDINGS:
        return _no(words.NOT_SECRET_ENDINGS[last])
    if parts[-2:] == ("key", "base"):
        return _yes(Category.SIGNING_KEY, "names a signing key")
    rest = _strip_neutral(parts)
    if rest[-1] != last and rest[-1] in words.NOT_SECRET_ENDINGS:
        return _no(words.NOT_SECRET_ENDINGS[rest[-1]])
    verdict = _judge_head(rest) or _judge_inside(rest)
    if verdict is None:
        return _plain("no word that speaks of a credential")
    if verdict.secret and not words.FLAG_WORDS.isdisjoint(rest[:-1]):
        return _no("feature flag")
    return verdict


def _strip_neutral(parts: tuple[str, ...]) -> tuple[str, ...]:
    end = len(parts)
    while end > 1 and parts[end - 1] in words.NEUTRAL_ENDINGS:
        end -= 1
    return parts[:end]


def _judge_url(parts: tuple[str, ...]) -> NameVerdict | None:
    """Judge names of URLs and connection strings; None for all others."""
    rest = _strip_neutral(parts)
    last = rest[-1]
    among = set(rest)
    if "connection" in parts and not {"string", "strings", "str"}.isdisjoint(parts):
        return _carries(Confidence.HIGH, Category.DATABASE_URL)
    if last in ("connstr", "connectionstring", "connectionstrings"):
        return _carries(Confidence.HIGH, Category.DATABASE_URL)
    if last in ("conn", "connection") and among & words.DATABASE_WORDS and "alchemy" in among:
        return _carries(Confidence.MEDIUM, Category.DATABASE_URL)
    if last == "webhook" or (last in words.URL_WORDS and rest[-2:-1] == ("webhook",)):
        return _carries(Confidence.MEDIUM, Category.WEBHOOK)
    if last == "datasource" and among & words.DATABASE_WORDS:
        return _carries(Confidence.MEDIUM, Category.DATABASE_URL)
    if last not in words.URL_WORDS:
        return None
    before = set(rest[:-1])
    if "sentry" in before or "raven" in before:
        return _no("a client DSN is public") if last == "dsn" else _no("names an address")
    if before & {
        "external",
        "public",
        "callback",
        "redirect",
        "base",
        "download",
        "token",
        "auth",
        "site",
        "docs",
        "api",
    }:
        return _no("names an address")
    if before & words.INDEX_WORDS:
        sure = "extra" in before or "index" not in before
        return _carries(Confidence.MEDIUM if sure else Confidence.LOW, Category.INDEX_URL)
    if before & words.DATABASE_WORDS:
        return _carries(Confidence.LOW if "jdbc" in before else Confidence.MEDIUM, Category.DATABASE_URL)
    if last == "dsn":
        return _carries(Confidence.MEDIUM, Category.DATABASE_URL)
    if before & words.MAYBE_DATABASE_WORDS:
        return _carries(Confidence.LOW, Category.DATABASE_URL)
    if before & {
        "registry",
        "repo",
        "repository",
        "git",
        "feed",
        "proxy",
        "mirror",
        "clone",
        "remote",
        "source",
    }:
        return NameVerdict(
            secret=False, confidence=Confidence.MEDIUM, category=None,
            reason="carries a URL that may hold a credential", carries_url=True,
        )  # fmt: skip
    return _no("names an address")


def _judge_head(parts: tuple[str, ...]) -> NameVerdict | None:
    """Judge by the last word, read with the words before it."""
    last = parts[-1]
    before = parts[:-1]
    if last in ("key", "keys"):
        return _judge_key(before, plural=last == "keys")
    if last == "passwords" and not words.COUNT_WORDS.isdisjoint(before):
        return _no("counts passwords")
    if last in words.PASSWORD_WORDS or last == "requirepass":
        return _yes(Category.PASSWORD, "names a password")
    if last in words.SHORT_PASSWORD_WORDS:
        if last != "pass" and not before:
            return _yes(Category.PASSWORD, "may name a password", Confidence.MEDIUM)
        if "proxy" in before and "nginx" in before:
            return _no("a setting")
        return _yes(Category.PASSWORD, "names a password", Confidence.MEDIUM if last == "pw" else Confidence.HIGH)
    if last in ("token", "tokens"):
        return _judge_token(before, plural=last == "tokens")
    if last in ("secret", "secrets"):
        if last == "secrets":
            return _yes(_secret_category(before), "may name secrets", Confidence.LOW)
        return _yes(_secret_category(before), "names a secret")
    if last in ("credential", "credentials", "creds", "cred"):
        return _yes(Category.GENERIC, "names credentials", Confidence.HIGH if before else Confidence.MEDIUM)
    if last == "pat":
        return _yes(Category.TOKEN, "names a personal access token", Confidence.HIGH if before else Confidence.MEDIUM)
    if last == "jwt":
        return _yes(Category.TOKEN, "names a signed token", Confidence.MEDIUM)
    if last == "auth":
        return _yes(Category.REGISTRY_AUTH, "names a login", Confidence.MEDIUM) if before else _plain("says too little")
    if last in ("macaroon", "mnemonic"):
        return _yes(Category.TOKEN, f"names a {last}", Confidence.MEDIUM)
    if last in ("salt", "pepper") and before:
        return _yes(Category.SIGNING_KEY, "names a salt that is kept secret", Confidence.MEDIUM)
    if last == "code" and before[-1:] in (("auth",), ("access",)):
        return _yes(Category.PASSWORD, "names a code that lets in", Confidence.MEDIUM)
    if last == "info" and before[-2:] == ("auth", "user"):
        return _yes(Category.REGISTRY_AUTH, "names a user and a password")
    if last == "private" and before and before[-1] in ("key", "ssh", "rsa"):
        return _yes(Category.PRIVATE_KEY, "names a private key")
    return None


def _judge_token(before: tuple[str, ...], *, plural: bool) -> NameVerdict:
    if not words.COUNT_WORDS.isdisjoint(before):
        return _no("counts tokens")
    if plural:
        return _yes(Category.TOKEN, "may name tokens", Confidence.LOW)
    if before[-1:] == ("client",) and ("dd" in before or "datadog" in before):
        return _no("a client token is public")
    return _yes(Category.TOKEN, "names a token")


def _judge_key(before: tuple[str, ...], *, plural: bool) -> NameVerdict:
    """Judge `..._KEY` by the word before it: most kinds of key are no secret."""
    among = set(before)
    if among & {"public", "pub", "publishable", "dummy"}:
        return _no("a public key")
    if not before:
        return _plain("says too little") if plural else _yes(Category.GENERIC, "may name a key", Confidence.LOW)
    kind = before[-1]
    if among & {"gpg", "pgp"} and kind not in ("private", "secret"):
        return _no("a public signing key, or its id")
    if kind == "access" and "secret" not in among:
        if among & words.CLOUD_WORDS:
            return _no("a key id, travels with its secret", companion=True)
        return _yes(Category.TOKEN, "names an access key", Confidence.MEDIUM)
    if kind == "access":
        return _yes(Category.CLOUD_KEY, "names a secret access key")
    if kind == "client":
        public = among & {"oidc", "oauth", "oauth2", "google", "github", "facebook", "twitter", "saml", "sso"}
        if public:
            return _no("a client id")
        return _yes(Category.PRIVATE_KEY, "may name a client's private key", Confidence.LOW)
    if kind == "authentication" and "no" in among:
        return _no("feature flag")
    if kind in words.KEY_PUBLIC:
        return _no("a public key")
    if kind in words.KEY_NO:
        return _no("a key of another kind", sure=False)
    if kind in words.KEY_YES:
        return _yes(
            _key_category(before),
            "names a key",
            Confidence.HIGH if kind in words.KEY_SURE else Confidence.MEDIUM,
        )
    return _yes(Category.API_KEY, "may name an API key", Confidence.LOW)


def _judge_inside(parts: tuple[str, ...]) -> NameVerdict | None:
    """Judge a name with its telling word in front: TOKEN_GITHUB, PASSWORD_ADMIN."""
    for index, word in enumerate(parts[:-1]):
        behind = parts[index + 1 :]
        if word == "key" and index and parts[index - 1] in ("private", "ssh", "api", "deploy", "secret"):
            inner: NameVerdict | None = _judge_key(parts[:index], plural=False)
        elif word in words.PASSWORD_WORDS or word in ("token", "secret", "credentials", "creds"):
            inner = _judge_head(parts[: index + 1])
        else:
            continue
        if inner is None or not inner.secret or any(part in words.NOT_SECRET_ENDINGS for part in behind):
            continue
        if word == "secret" and behind[0] == "key":
            continue
        sure = Confidence.MEDIUM if len(behind) == 1 else Confidence.LOW
        return _yes(inner.category or Category.GENERIC, inner.reason, sure)
    return None


def _secret_category(before: tuple[str, ...]) -> Category:
    among = set(before)
    if before[-1:] == ("client",):
        return Category.TOKEN
    if before[-1:] == ("api",):
        return Category.API_KEY
    if among & words.CLOUD_WORDS:
        return Category.CLOUD_KEY
    return Category.SIGNING_KEY if among & words.SIGNING_WORDS else Category.GENERIC


def _key_category(before: tuple[str, ...]) -> Category:
    if before[-1] == "account" or "service" in before:
        return Category.CLOUD_KEY
    if before[-1] == "secret" and set(before) & words.CLOUD_WORDS:
        return Category.CLOUD_KEY
    return Category(words.KEY_YES[before[-1]])


def _yes(category: Category, reason: str, confidence: Confidence = Confidence.HIGH) -> NameVerdict:
    return NameVerdict(secret=True, confidence=confidence, category=category, reason=reason)


def _carries(confidence: Confidence, category: Category) -> NameVerdict:
    return NameVerdict(
        secret=True,
        confidence=confidence,
        category=category,
        reason="carries a URL that often holds credentials",
        carries_url=True,
    )


def _no(reason: str, *, inlined: bool = False, companion: bool = False, sure: bool = True) -> NameVerdict:
    return NameVerdict(
        secret=False,
        confidence=Confidence.HIGH,
        category=None,
        reason=reason,
        inlined=inlined,
        companion=companion,
        ruled_out=sure,
    )


def _plain(reason: str) -> NameVerdict:
    return NameVerdict(secret=False, confidence=Confidence.LOW, category=None, reason=reason)
