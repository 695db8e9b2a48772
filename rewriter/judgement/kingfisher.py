"""Ask the optional package `kingfisher-secret-scanner` for provider tokens, where it is installed.

Its rules are many times those of the built-in table. It is loaded on first use only: the library is large
and compiles its rules once.
"""

from __future__ import annotations

import importlib
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from typing import Final, Protocol, runtime_checkable

from rewriter.judgement.providers import ProviderRules, TableRules, provider_token, without_overlap
from rewriter.judgement.verdicts import Category, ProviderMatch
from rewriter.model.secret import Confidence

MODULE: Final = "kingfisher_sdk"

_PROVIDERS: Final = {
    "aws": "aws", "github": "github-pat", "gitlab": "gitlab-pat", "slack-webhook": "slack-webhook",
    "slack": "slack-token", "stripe": "stripe", "npm": "npm", "pypi": "pypi", "rubygems": "rubygems",
    "crates": "crates", "docker": "dockerhub", "gcp-api": "gcp-api-key", "google-api": "gcp-api-key", "gcp": "gcp-sa",
    "azure-storage": "azure-storage", "azure": "azure-sp", "openai": "openai", "anthropic": "anthropic",
    "huggingface": "huggingface", "sendgrid": "sendgrid", "twilio": "twilio", "mailgun": "mailgun",
    "mailchimp": "mailchimp", "digitalocean": "digitalocean", "heroku": "heroku", "cloudflare": "cloudflare",
    "datadog": "datadog", "new-relic": "newrelic", "newrelic": "newrelic", "sentry": "sentry", "circleci": "circleci",
    "hashicorp-tf": "terraform", "terraform": "terraform", "vault": "vault", "doppler": "doppler", "vercel": "vercel",
    "netlify": "netlify", "fastly": "fastly", "artifactory": "artifactory", "sonar": "sonar", "snyk": "snyk",
    "postman": "postman", "pagerduty": "pagerduty", "notion": "notion", "linear": "linear", "discord": "discord-bot",
    "telegram": "telegram-bot", "tailscale": "tailscale", "databricks": "databricks", "mongodb": "mongodb-atlas",
    "private-key": "private-key", "jwt": "jwt",
}  # fmt: skip
_LEVELS: Final = {"low": Confidence.LOW, "medium": Confidence.MEDIUM, "high": Confidence.HIGH}


@runtime_checkable
class ForeignFinding(Protocol):
    """Describe the part of the package's finding that is read here."""

    @property
    def rule_id(self) -> str:
        """Return the rule's id: `vendor.provider-kind`."""
        ...

    @property
    def visible(self) -> bool:
        """Return False for a helper that is no finding by itself."""
        ...

    @property
    def confidence(self) -> str:
        """Return `low`, `medium` or `high`."""
        ...

    @property
    def location(self) -> Mapping[str, int]:
        """Return the place, with byte offsets."""
        ...


@runtime_checkable
class ForeignScanner(Protocol):
    """Describe the part of the package's scanner that is used here."""

    def scan(self, data: str | bytes) -> Iterable[object]:
        """Return the findings of a text; nothing leaves the process."""
        ...


class KingfisherRules:
    """Find provider tokens with the package's rules, beside the built-in table."""

    def __init__(self, scanner: ForeignScanner) -> None:
        self._scanner = scanner

    def find(self, text: str) -> tuple[ProviderMatch, ...]:
        """Return the tokens of a text, in order, without overlap; the built-in table has precedence."""
        own = provider_token(text)
        data = text.encode("utf-8", "surrogateescape")
        offset = _Offsets(text)
        found: list[ProviderMatch] = []
        for each in self._scanner.scan(data):
            if not isinstance(each, ForeignFinding) or not each.visible:
                continue
            place = each.location
            start, end = offset(place.get("start_offset", 0)), offset(place.get("end_offset", 0))
            if start < end and not any(start < match.end and match.start < end for match in own):
                found.append(_converted(each, start, end))
        return without_overlap([*own, *found])


def installed_rules() -> ProviderRules:
    """Return the package's rules where it is installed, else the built-in table."""
    try:
        module = importlib.import_module(MODULE)
        scanner: object = module.Scanner()
    except (ImportError, AttributeError, OSError):
        return TableRules()
    return KingfisherRules(scanner) if isinstance(scanner, ForeignScanner) else TableRules()


def _converted(found: ForeignFinding, start: int, end: int) -> ProviderMatch:
    name = found.rule_id.split(".", 1)[-1].lower()
    provider = next((ours for theirs, ours in _PROVIDERS.items() if name.startswith(theirs)), "generic")
    return ProviderMatch(
        provider=provider,
        category=Category.PRIVATE_KEY if provider == "private-key" else Category.TOKEN,
        start=start,
        end=end,
        confidence=_LEVELS.get(found.confidence, Confidence.MEDIUM),
    )


class _Offsets:
    """Turn byte offsets of a text's UTF-8 form into offsets of the text."""

    def __init__(self, text: str) -> None:
        self._plain = text.isascii()
        self._starts: list[int] = []
        if not self._plain:
            at = 0
            for char in text:
                self._starts.append(at)
                at += len(char.encode("utf-8", "surrogateescape"))
            self._starts.append(at)

    def __call__(self, byte: int) -> int:
        return byte if self._plain else max(0, bisect_right(self._starts, byte) - 1)
