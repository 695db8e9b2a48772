"""Judge a value: what it is by its own shape, with its name as context only."""

from __future__ import annotations

import math
import re
from collections import Counter
from typing import Final

from rewriter.judgement.names import judge_name, split_words
from rewriter.judgement.pattern import Pattern
from rewriter.judgement.placeholders import is_dummy, is_repetitive, is_sequence, is_stand_in, is_template
from rewriter.judgement.providers import provider_token
from rewriter.judgement.references import DEFAULT, blank_references, has_reference, variables
from rewriter.judgement.urls import url_credentials
from rewriter.judgement.verdicts import Category, UrlCredential, ValueKind, ValueVerdict
from rewriter.judgement.wordlist import wordset
from rewriter.model.secret import Confidence

MAX_VALUE: Final = 200_000

_FLAGS: Final = wordset(
    "true false yes no on off y n t f 0 1 null none nil undefined void enabled disabled enable disable auto "
    "optional required require prefer allow disallow always never plain login basic digest bearer oauth oauth2 jwt "
    "ldap "
    "oidc saml trust md5 scram-sha-256 hs256 hs384 hs512 rs256 rs384 rs512 es256 es384 eddsa token htpasswd kerberos "
    "ntlm cram-md5 inherit internal external public private accept accepted default_auth session cookie both all "
    "mysql_native_password caching_sha2_password sha256_password userpass approle"
)
_EXTENSIONS: Final = (
    "pem|key|crt|cer|json|ya?ml|txt|conf|cfg|ini|env|jks|p12|pfx|pub|gpg|asc|properties|xml|htpasswd|db|secret|passwd"
)
_PATH_FORMS: Final = (
    r"(?:~|\.{1,2})?/[^\s:@=,;|&]*",
    r"file:\S+",
    r"[A-Za-z]:[\\/][^\n]*",
    r"\\\\[^\n]+",
    rf"(?:[\w.\-]+/)+[\w.\-]*\.(?:{_EXTENSIONS}|token|password)",
    rf"[\w.\-]+\.(?:{_EXTENSIONS}|sh|bash|py|rb|js|ps1|exe|bat)",
)
_PUBLIC_FORMS: Final = (
    r"v?\d{1,5}(?:\.\d{1,5}){1,4}(?:[-+._][A-Za-z0-9.\-+]{1,40})?",
    r"(?:sha(?:1|224|256|384|512)|md5|SHA256)[:\-=][A-Za-z0-9+/=]{20,128}",
    r"(?:0x)?(?:[0-9A-F]{4}[ \t]+){3,}[0-9A-F]{4}",
    r"(?:[0-9A-F]{40}[\s,]+)+[0-9A-F]{40}",
    r"(?:[0-9a-fA-F]{2}:){7,63}[0-9a-fA-F]{2}|(?:[0-9A-F]{4}:){7,31}[0-9A-F]{4}",
    r"ssh-(?:rsa|ed25519|dss) [A-Za-z0-9+/=]{20,}[^\n]*",
    r"ecdsa-sha2-\S+ [A-Za-z0-9+/=]{20,}[^\n]*",
    r"pk_(?:live|test)_[A-Za-z0-9]{10,}",
    r"\d{1,3}(?:\.\d{1,3}){3}(?::\d{1,5})?",
    r"\*|%",
)
_MANAGED: Final = Pattern(
    r"(?:op|vault|secrets?|ssm|sm|awssm|gcpsm|gcp-sm|azkv|keyvault|kms|doppler|infisical|bw|env|secretref|ref|berglas"
    r"|chamber|sops|asm|arn)(?:\+[a-z]+)?:(?://)?(?=[^\s]*[/#!.:])[^\s]*+"
    r"|projects/[^\s/]+/secrets/[^\s]+|@Microsoft\.KeyVault\([^)\n]*\)|ENC\[[^\]\n]*\]|ENC\([^)\n]*\)|!vault\b.*"
    r"|\{\{resolve:[^}]*\}\}",
    re.IGNORECASE | re.DOTALL,
)
_QUIET_WORDS: Final = Pattern(
    r"(?i)\b(?:bearer|basic|token|user(?:name|id)?|password|passwd|pwd|uid|server|data source|host|port|database"
    r"|initial catalog|integrated security|encrypt|trustservercertificate|true|false|yes|no|x-access-token|oauth2"
    r"|https?|jdbc|machine|login)\b"
)
_FINGERPRINT: Final = Pattern(r"(?:0x)?[0-9A-F]{8}(?:[0-9A-F]{8}){0,4}")
_CHECKSUM: Final = Pattern(r"[0-9a-f]{32,128}")
_HEX_WORDS: Final = wordset("gpg pgp fingerprint fingerprints sha checksum checksums md commit digest")
_LIBPQ_PASSWORD: Final = Pattern(
    r"(?i)(?:^|[;\s&?])(?:password|pwd|passwd)\s*=\s*(?P<value>\"[^\"\n]*\"|'[^'\n]*'|[^;\s&'\"]+)"
)
_JSON_SECRET: Final = Pattern(r'"(?P<key>[A-Za-z0-9_.\-/@:]{1,80})"\s*:\s*"(?P<value>(?:[^"\\\n]|\\.){1,4000})"')


_PATH: Final = Pattern("|".join(_PATH_FORMS))
_PUBLIC: Final = Pattern("|".join(_PUBLIC_FORMS))


def judge_value(value: str, *, name: str = "") -> ValueVerdict:
    """Return what a value is. Quotes around it are ignored; offsets count from the value as given."""
    start, end = inner_range(value)
    text = value[start:end]
    if not text:
        return _verdict(ValueKind.EMPTY)
    if len(text) > MAX_VALUE:
        return _verdict(ValueKind.LITERAL, Confidence.LOW, parts=((start, end),))
    if text.startswith(
        ("-----BEGIN PUBLIC KEY", "-----BEGIN CERTIFICATE", "-----BEGIN PGP PUBLIC", "-----BEGIN RSA PUBLIC")
    ):
        return _verdict(ValueKind.PUBLIC)
    return (
        _by_provider(text, start)
        or _by_url(text, start)
        or _by_reference(text, start)
        or _by_fields(text, start)
        or _by_word(text, start, end, name)
    )


def _by_provider(text: str, start: int) -> ValueVerdict | None:
    matches = provider_token(text)
    if not matches:
        return None
    real = tuple(match for match in matches if not match.dummy)
    if not real:
        return _verdict(ValueKind.DUMMY, provider=matches[0].provider, category=matches[0].category)
    best = next((match for match in real if not match.companion), real[0])
    return _verdict(
        ValueKind.CREDENTIAL,
        best.confidence,
        provider=best.provider,
        category=best.category,
        parts=tuple((match.start + start, match.end + start) for match in real),
    )


def _by_url(text: str, start: int) -> ValueVerdict | None:
    """Judge text with a URL in it; None where the URL settles nothing."""
    if "://" not in text:
        return None
    found = url_credentials(text)
    literal = tuple(each for each in found if each.literal)
    if literal:
        return _literal_url(literal, text, start)
    if found:
        return _verdict(ValueKind.REFERENCE, category=found[0].category)
    if text.startswith("file:"):
        return _verdict(ValueKind.PATH)
    if _MANAGED.fullmatch(text):
        return _verdict(ValueKind.REFERENCE)
    if re.match(r"(?:jdbc:)?[A-Za-z][A-Za-z0-9+.\-]{0,40}://\S*$", text) and not _LIBPQ_PASSWORD.search(text):
        return _verdict(ValueKind.PUBLIC)
    return None


def _says_dummy(found: UrlCredential, text: str) -> bool:
    """Tell whether a URL says that it reaches nothing: `postgres://user:pass@localhost/dummy`."""
    whole = found.url.of(text).lower()
    word = found.secret.of(text)
    return (
        is_dummy(word)
        or is_template(word)
        or any(mark in whole for mark in ("dummy", "placeholder", "fake", "example."))
    )


def _literal_url(found: tuple[UrlCredential, ...], text: str, start: int) -> ValueVerdict:
    parts = tuple((each.secret.start + start, each.secret.end + start) for each in found)
    real = tuple(each for each in found if not each.placeholder)
    if not real:
        works = not any(_says_dummy(each, text) for each in found)
        return _verdict(ValueKind.DUMMY, Confidence.LOW, category=found[0].category, parts=parts if works else ())
    provider = "db-password" if real[0].category is Category.DATABASE_URL else None
    return _verdict(ValueKind.CREDENTIAL, Confidence.HIGH, provider=provider, category=real[0].category, parts=parts)


def _by_reference(text: str, start: int) -> ValueVerdict | None:
    """Judge text with variables, substitutions or template marks in it."""
    if _MANAGED.fullmatch(text):
        return _verdict(ValueKind.REFERENCE)
    if not has_reference(text):
        return None
    default = DEFAULT.fullmatch(text)
    if default:
        inner = judge_value(default[2])
        if inner.kind in (ValueKind.LITERAL, ValueKind.CREDENTIAL, ValueKind.DUMMY, ValueKind.PLACEHOLDER):
            parts = inner.parts or ((0, len(default[2])),)
            shift = start + default.start(2)
            return _verdict(
                inner.kind, inner.confidence, provider=inner.provider, category=inner.category,
                parts=tuple((left + shift, right + shift) for left, right in parts),
            )  # fmt: skip
        return _verdict(ValueKind.REFERENCE)
    blanked = blank_references(text)
    if "/" in text and "$(" not in text and _PATH.fullmatch(re.sub(r" +", "x", blanked.strip())):
        return _verdict(ValueKind.PATH)
    for left in re.finditer(r"[A-Za-z0-9+/_\-=.]{20,}", _QUIET_WORDS.sub(lambda hit: " " * len(hit[0]), blanked)):
        if looks_random(left[0]):
            return _verdict(ValueKind.LITERAL, Confidence.MEDIUM, parts=((left.start() + start, left.end() + start),))
    return _verdict(ValueKind.REFERENCE)


def _by_fields(text: str, start: int) -> ValueVerdict | None:
    """Judge JSON and connection strings: the secret is one field of several."""
    if text[0] in "{[" and '"' in text:
        parts = tuple(
            (hit.start("value") + start, hit.end("value") + start)
            for hit in _JSON_SECRET.finditer(text)
            if judge_name(hit["key"]).secret and _is_substance(hit["value"])
        )
        if parts:
            return _verdict(ValueKind.CREDENTIAL, Confidence.MEDIUM, category=Category.REGISTRY_AUTH, parts=parts)
    if "=" in text and (";" in text or " " in text or "://" in text):
        hits = [hit for hit in _LIBPQ_PASSWORD.finditer(text) if _is_substance(hit["value"].strip("\"'"))]
        if hits:
            parts = tuple((hit.start("value") + start, hit.end("value") + start) for hit in hits)
            return _verdict(ValueKind.CREDENTIAL, provider="db-password", category=Category.DATABASE_URL, parts=parts)
    return None


def _is_substance(value: str) -> bool:
    return bool(value) and not is_template(value) and not is_dummy(value)


def _by_word(text: str, start: int, end: int, name: str) -> ValueVerdict:
    if is_template(text) or (name and _is_name(text, name)):
        return _verdict(ValueKind.PLACEHOLDER)
    if text.lower() in _FLAGS or (text.isdigit() and len(text) <= 2):
        return _verdict(ValueKind.FLAG)
    if is_dummy(text):
        return _verdict(ValueKind.DUMMY)
    if is_stand_in(text) or is_repetitive(text) or is_sequence(text):
        return _verdict(ValueKind.DUMMY, Confidence.LOW, parts=((start, end),))
    if _PATH.fullmatch(text) and not _is_slashed_secret(text):
        return _verdict(ValueKind.PATH)
    if _PUBLIC.fullmatch(text) or _is_public_hex(text, name):
        return _verdict(ValueKind.PUBLIC)
    sure = Confidence.HIGH if looks_random(text) else Confidence.MEDIUM
    return _verdict(ValueKind.LITERAL, sure, parts=((start, end),))


def _is_name(text: str, name: str) -> bool:
    """Tell whether the value is a variable's name with its dollar sign missing."""
    if text == name and len(text) > 3:
        return True
    return bool(re.fullmatch(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+", text)) and judge_name(text).secret


def _is_slashed_secret(text: str) -> bool:
    """Tell whether text that starts like a path is base64 that happens to start with a slash."""
    return len(text) >= 32 and text.count("/") <= 3 and "." not in text and looks_random(text)


def _is_public_hex(text: str, name: str) -> bool:
    """Tell whether hexadecimal text is a key's fingerprint or a checksum, by its name."""
    if not _FINGERPRINT.fullmatch(text) and not _CHECKSUM.fullmatch(text):
        return False
    words = frozenset(split_words(name))
    if words & _HEX_WORDS:
        return True
    return bool(words & {"key", "keys"}) and re.fullmatch(r"(?:0x)?[0-9A-F]{40}", text) is not None


def looks_random(text: str) -> bool:
    """Tell whether a text looks as if a machine had drawn it: long, without words, of many characters."""
    if len(text) < 12 or " " in text:
        return False
    bits = entropy(text)
    digits = sum(char.isdigit() for char in text)
    if _CHECKSUM.fullmatch(text.lower()):
        return bits >= 2.8
    kinds = (any(char.islower() for char in text)) + (any(char.isupper() for char in text)) + (digits > 0)
    if kinds < 2:
        return False
    words = re.findall(r"[A-Za-z]?[a-z]{4,}|[A-Z]{5,}", text)
    wordy = sum(len(word) for word in words) / len(text)
    return bits >= 3.0 and wordy < 0.6 and (digits >= 2 or len(text) >= 24)


def entropy(text: str) -> float:
    """Return Shannon's entropy of the text in bits a character."""
    size = len(text)
    return -sum(count / size * math.log2(count / size) for count in Counter(text).values()) if size else 0.0


def reads(value: str) -> tuple[str, ...]:
    """Return the variables that a value is made of."""
    return variables(value)


def inner_range(value: str) -> tuple[int, int]:
    """Return the range without blanks and one pair of quotes at the ends."""
    start, end = 0, len(value)
    while start < end and value[start].isspace():
        start += 1
    while end > start and value[end - 1].isspace():
        end -= 1
    if end - start >= 2 and value[start] == value[end - 1] and value[start] in "\"'":
        start, end = start + 1, end - 1
    return start, end


def _verdict(
    kind: ValueKind,
    confidence: Confidence = Confidence.HIGH,
    *,
    provider: str | None = None,
    category: Category | None = None,
    parts: tuple[tuple[int, int], ...] = (),
) -> ValueVerdict:
    return ValueVerdict(kind=kind, confidence=confidence, provider=provider, category=category, parts=parts)
