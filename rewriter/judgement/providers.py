"""Recognise tokens by the shapes that their providers document, without a name beside them."""

from __future__ import annotations

import binascii
import re
from functools import cache
from typing import Final, Protocol

from rewriter.judgement.pattern import Pattern
from rewriter.judgement.placeholders import is_repetitive, is_sequence
from rewriter.judgement.provider_table import SHAPES, Shape
from rewriter.judgement.verdicts import Category, ProviderMatch
from rewriter.model.secret import Confidence

MAX_TEXT: Final = 4_000_000
SHORTEST: Final = 16
"""No documented token is shorter."""

_NEAR: Final = 300

_EXAMPLE_WORDS: Final = (
    "EXAMPLE",
    "example",
    "xxxx",
    "XXXX",
    "your",
    "YOUR",
    "abcdefghij",
    "0123456789abcdef",
    "1234567890",
)
_SAMPLE_SUBJECT: Final = "1234567890"
_PUBLIC_ROLES: Final = ("anon",)


class ProviderRules(Protocol):
    """Find provider tokens in a text; the built-in table is one set of rules, an installed scanner another."""

    def find(self, text: str) -> tuple[ProviderMatch, ...]:
        """Return the tokens of a text, in order, without overlap."""
        ...


class TableRules:
    """Find provider tokens with the built-in table."""

    def find(self, text: str) -> tuple[ProviderMatch, ...]:
        """Return the tokens of a text, in order, without overlap."""
        return provider_token(text)


@cache
def _pattern(shape: Shape) -> re.Pattern[str]:
    return re.compile(shape.pattern)


_PRIVATE_KEY: Final = Pattern(
    r"-----BEGIN (?P<kind>[A-Z0-9 ]{0,30})PRIVATE KEY(?: BLOCK)?-----"
    r"(?P<body>(?:[^-]|-(?!----)){0,20000})(?:-----END [A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)?-----)?"
)
_SIGNED_TOKEN: Final = Pattern(
    r"(?<![A-Za-z0-9_\-])eyJ[A-Za-z0-9_\-]{10,2000}\.eyJ[A-Za-z0-9_\-]{10,8000}\.[A-Za-z0-9_\-]{16,2000}"
)
_AWS_SECRET: Final = Pattern(r"(?<![A-Za-z0-9/+=])[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=])")
_ENCODED: Final = Pattern(r"(?<![A-Za-z0-9+/])(?:LS0tLS1CRUdJTi|eyJ|ewog|ewoJ|eyAi)[A-Za-z0-9+/]{60,60000}={0,2}")


def provider_token(text: str) -> tuple[ProviderMatch, ...]:
    """Return the tokens of a text that the built-in table knows, in order, without overlap."""
    if len(text) < SHORTEST:
        return ()
    text = text[:MAX_TEXT]
    if not _any_hint().search(text):
        return ()
    found: list[ProviderMatch] = []
    if "PRIVATE KEY" in text:
        found += _find_keys(text)
    if "eyJ" in text:
        found += _find_signed_tokens(text)
    for shape in SHAPES:
        if any(hint in text for hint in shape.hints):
            found += (_match(shape, hit) for hit in _pattern(shape).finditer(text))
    if any(match.provider == "aws" for match in found):
        found += _find_aws_secrets(text, tuple(match for match in found if match.provider == "aws"))
    if any(start in text for start in ("LS0tLS1CRUdJTi", "eyJ", "ewo", "eyAi")):
        found += _find_encoded(text)
    return without_overlap(found)


@cache
def _any_hint() -> re.Pattern[str]:
    """Return what a text must hold for any of the searches to find something."""
    hints = {hint for shape in SHAPES for hint in shape.hints} | {"PRIVATE KEY", "LS0tLS1CRUdJTi", "eyJ", "ewo", "eyAi"}
    return re.compile("|".join(re.escape(hint) for hint in sorted(hints)))


def without_overlap(matches: list[ProviderMatch]) -> tuple[ProviderMatch, ...]:
    """Return the matches in order; of two that overlap, the earlier and then the longer one stays."""
    kept: list[ProviderMatch] = []
    for match in sorted(matches, key=lambda each: (each.start, -each.end, each.provider)):
        if not kept or match.start >= kept[-1].end:
            kept.append(match)
    return tuple(kept)


def _match(shape: Shape, hit: re.Match[str]) -> ProviderMatch:
    group = 1 if hit.re.groups else 0
    return ProviderMatch(
        provider=shape.provider,
        category=shape.category,
        start=hit.start(group),
        end=hit.end(group),
        confidence=Confidence.HIGH if shape.sure else Confidence.MEDIUM,
        dummy=_is_example(hit[group]),
        companion=shape.companion,
    )


def _is_example(token: str) -> bool:
    """Tell whether a token is one from a manual."""
    if any(word in token for word in _EXAMPLE_WORDS):
        return True
    body = re.split(r"[-_.]", token)[-1]
    return is_repetitive(body) or is_sequence(body) or len(set(body)) <= 3


def _find_keys(text: str) -> list[ProviderMatch]:
    found: list[ProviderMatch] = []
    for hit in _PRIVATE_KEY.finditer(text):
        body = re.sub(r"\\[rnt]|[^A-Za-z0-9+/=]", "", hit["body"])
        if len(body) < 40:
            continue
        locked = "ENCRYPTED" in hit["kind"] or "ENCRYPTED" in hit["body"]
        found.append(
            ProviderMatch(
                provider="private-key",
                category=Category.PRIVATE_KEY,
                start=hit.start(),
                end=hit.end(),
                confidence=Confidence.MEDIUM if locked else Confidence.HIGH,
                dummy=is_repetitive(body) or "EXAMPLE" in body,
            )
        )
    return found


def _find_signed_tokens(text: str) -> list[ProviderMatch]:
    found: list[ProviderMatch] = []
    for hit in _SIGNED_TOKEN.finditer(text):
        header, claims, _ = hit[0].split(".", 2)
        if '"alg"' not in _decoded(header):
            continue
        payload = _decoded(claims)
        if any(f'"role":"{role}"' in payload.replace(" ", "") for role in _PUBLIC_ROLES):
            continue
        found.append(
            ProviderMatch(
                provider="jwt",
                category=Category.TOKEN,
                start=hit.start(),
                end=hit.end(),
                confidence=Confidence.MEDIUM,
                dummy=_SAMPLE_SUBJECT in payload,
            )
        )
    return found


def _find_aws_secrets(text: str, ids: tuple[ProviderMatch, ...]) -> list[ProviderMatch]:
    """Find the secret that stands near an access key id: forty characters of base64 with letters of both cases."""
    found: list[ProviderMatch] = []
    for key in ids:
        for hit in _AWS_SECRET.finditer(text, max(0, key.start - _NEAR), min(len(text), key.end + _NEAR)):
            value = hit[0]
            if value.islower() or value.isupper() or not any(char.isdigit() for char in value) or value.startswith("/"):
                continue
            if all(char in "0123456789abcdefABCDEF" for char in value):
                continue
            found.append(
                ProviderMatch(
                    "aws",
                    Category.CLOUD_KEY,
                    hit.start(),
                    hit.end(),
                    Confidence.HIGH,
                    dummy=_is_example(value),
                )
            )
    return list(dict.fromkeys(found))


def _find_encoded(text: str) -> list[ProviderMatch]:
    """Find private keys and service accounts in base64."""
    found: list[ProviderMatch] = []
    for hit in _ENCODED.finditer(text):
        inner = _decoded(hit[0])
        if "PRIVATE KEY" in inner and "-----BEGIN" in inner:
            found.append(ProviderMatch(_key_kind(inner), Category.PRIVATE_KEY, hit.start(), hit.end()))
        elif '"private_key"' in inner or '"refresh_token"' in inner or '"client_secret"' in inner:
            found.append(ProviderMatch("gcp-sa", Category.CLOUD_KEY, hit.start(), hit.end()))
        elif '"auths"' in inner:
            found.append(ProviderMatch("dockerhub", Category.REGISTRY_AUTH, hit.start(), hit.end()))
    return found


def _key_kind(inner: str) -> str:
    return "gcp-sa" if '"service_account"' in inner else "private-key"


def _decoded(text: str) -> str:
    """Return what base64 text holds, or nothing when it is none."""
    plain = text.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        return binascii.a2b_base64(plain + "=" * (-len(plain) % 4)).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return ""
