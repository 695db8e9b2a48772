"""Provider tokens, their look-alikes, and the optional scanner."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise

import pytest

from rewriter.judgement import Category, KingfisherRules, TableRules, installed_rules, provider_token
from rewriter.judgement.provider_table import SHAPES
from rewriter.model.secret import Confidence

from .tokens import A36, BASE40, HEX32, HEX40, PEM, SIGNED, TOKENS


@pytest.mark.parametrize("label", TOKENS)
@pytest.mark.parametrize("around", ["{}", "TOKEN={}", 'x = "{}"', "a {} b", "https://h/?t={}&x=1", "- KEY={}\n"])
def test_token_is_found_whole(label: str, around: str) -> None:
    token = TOKENS[label]
    text = around.format(token)
    found = provider_token(text)
    assert [text[match.start : match.end] for match in found] == [token]
    assert found[0].provider == label.partition(" ")[0]
    assert not found[0].dummy


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ghp_short",
        "npm_config_registry",
        "npm_package_name",
        "npm_config_user_agent_something_long_enough_to_be",
        "pypi-server",
        "key-management",
        "sk-learn",
        "sk-SK.UTF-8",
        "hf_transfer",
        "hf_hub_download_and_cache_the_model",
        "AKIA",
        "XAKIAJ7QX4MZ2PLR9VTNBX",
        "xoxb-",
        "glpat-xxx",
        "MIIEpAIBAAKCAQEA",
        "-----BEGIN PUBLIC KEY-----\nMIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA\n-----END PUBLIC KEY-----",
        "-----BEGIN CERTIFICATE-----\nMIIDdzCCAl+gAwIBAgIEAgAAuTANBgkqhkiG9w0BAQUFADBa\n-----END CERTIFICATE-----",
        "grep 'BEGIN RSA PRIVATE KEY' key.pem",
        "if ! grep -q -- '-----BEGIN PRIVATE KEY-----' file; then exit 1; fi",
        "sha256:" + HEX32 + HEX32,
        HEX40,
        "SG.example",
        "dp.st.short",
        "eyJhbGciOiJub25lIn0",
        "https://hooks.slack.com/services/",
    ],
)
def test_look_alikes(text: str) -> None:
    assert provider_token(text) == ()


@pytest.mark.parametrize(
    "text",
    [
        "AKIA" + "IOSFODNN7EXAMPLE",
        "ghp_" + "x" * 36,
        "ghp_" + "0" * 36,
        "glpat-" + "x" * 20,
        "sk_" + "live_" + "a" * 24,
        "npm_" + "0" * 36,
        "ghp_" + "abcdefghijklmnopqrstuvwxyz0123456789",
    ],
)
def test_documentation_examples_are_dummies(text: str) -> None:
    assert [match.dummy for match in provider_token(text)] == [True]


def test_altered_tokens_are_not_taken_for_examples() -> None:
    assert not provider_token("AKIA" + "XXFAKEFAKEFAKE00")[0].dummy
    assert not provider_token("ghp_" + "FaKe" * 8 + "0000")[0].dummy


def test_access_key_id_is_a_companion_and_its_secret_is_found_beside_it() -> None:
    text = f'ENV AWS_ACCESS_KEY_ID="{TOKENS["aws"]}"\nENV AWS_SECRET_ACCESS_KEY="{BASE40}"\n'
    first, second = provider_token(text)
    assert first.companion
    assert not second.companion
    assert text[second.start : second.end] == BASE40
    assert {first.provider, second.provider} == {"aws"}


def test_forty_characters_without_a_key_id_are_nothing() -> None:
    assert provider_token(f"x={BASE40}") == ()


def test_a_commit_beside_a_key_id_is_not_its_secret() -> None:
    assert [match.companion for match in provider_token(f"{TOKENS['aws']} {HEX40}")] == [True]


@pytest.mark.parametrize("kind", ["RSA ", "EC ", "OPENSSH ", "DSA ", "", "ENCRYPTED "])
def test_private_keys(kind: str) -> None:
    text = "x\n" + PEM.replace("RSA ", kind) + "y"
    (match,) = provider_token(text)
    assert match.category is Category.PRIVATE_KEY
    assert match.provider == "private-key"
    assert text[match.start : match.end].startswith("-----BEGIN")
    assert text[match.start : match.end].endswith("KEY-----")
    assert match.confidence is (Confidence.MEDIUM if kind == "ENCRYPTED " else Confidence.HIGH)


def test_private_key_with_headers_and_on_one_line() -> None:
    headers = PEM.replace("KEY-----\nM", "KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,AB\n\nM", 1)
    assert len(provider_token(headers)) == 1
    assert len(provider_token(PEM.replace("\n", "\\n"))) == 1
    assert len(provider_token(PEM.rsplit("-----END", 1)[0])) == 1


def test_pgp_private_key_block() -> None:
    text = "-----BEGIN PGP " + "PRIVATE KEY BLOCK-----\n\n" + "lQOYBF0a1b2c3d4e5f6g7h8i9j0k\n" * 3
    assert provider_token(text)[0].category is Category.PRIVATE_KEY


def test_signed_token() -> None:
    (match,) = provider_token(f"JWT={SIGNED};")
    assert match.provider == "jwt"
    assert match.confidence is Confidence.MEDIUM


def test_signed_token_of_a_public_role_and_the_sample_of_the_manuals() -> None:
    claims = base64.urlsafe_b64encode(b'{"iss":"supabase","role":"anon"}').decode().rstrip("=")
    assert provider_token(f"eyJhbGciOiJIUzI1NiJ9.{claims}.{A36}") == ()
    claims = base64.urlsafe_b64encode(b'{"sub":"1234567890","name":"John Doe"}').decode().rstrip("=")
    assert provider_token(f"eyJhbGciOiJIUzI1NiJ9.{claims}.{A36}")[0].dummy


def test_encoded_keys() -> None:
    blob = base64.b64encode(PEM.encode()).decode()
    (match,) = provider_token(f"SSH_KEY_B64={blob}")
    assert match.provider == "private-key"
    account = base64.b64encode(
        b'{\n  "type": "service_account",\n  "private_key_id": "0", "private_key": "x"}'
    ).decode()
    (match,) = provider_token(f"GCP={account}")
    assert match.provider == "gcp-sa"
    harmless = base64.b64encode(b'{\n  "name": "a harmless package", "version": "1.0.0", "private": true }').decode()
    assert provider_token(f"X={harmless}") == ()


@pytest.mark.parametrize(
    ("text", "provider", "part"),
    [
        (
            "https://hooks." + "slack.com/services/T0AB12CD3/B0EF45GH6/" + "k3JfQm8ZrT5vXw1Yb7NpQ2mV",
            "slack-webhook",
            "T0AB12CD3/B0EF45GH6/" + "k3JfQm8ZrT5vXw1Yb7NpQ2mV",
        ),
        (
            "https://discord.com/" + "api/webhooks/123456789012345678/" + A36 + A36,
            "discord-webhook",
            "123456789012345678/" + A36 + A36,
        ),
        (
            "DefaultEndpointsProtocol=https;AccountName=x;AccountKey=" + A36 + A36 + "==;EndpointSuffix=y",
            "azure-storage",
            A36 + A36 + "==",
        ),
    ],
)
def test_secret_part_of_a_larger_text(text: str, provider: str, part: str) -> None:
    (match,) = provider_token(text)
    assert match.provider == provider
    assert text[match.start : match.end] == part


def test_matches_do_not_overlap_and_are_in_order() -> None:
    text = " ".join(TOKENS.values()) + "\n" + PEM
    found = provider_token(text)
    assert len(found) == len(TOKENS) + 1
    assert all(left.end <= right.start for left, right in pairwise(found))


def test_every_row_has_hints_that_its_shape_cannot_do_without() -> None:
    assert len(SHAPES) > 45
    assert all(shape.hints and shape.pattern for shape in SHAPES)
    assert all("(?<!" in shape.pattern or "https://" in shape.pattern or "=" in shape.pattern for shape in SHAPES)


@dataclass(frozen=True)
class ForeignHit:
    """Stand for a finding of the optional package."""

    rule_id: str
    start: int
    end: int
    visible: bool = True
    confidence: str = "high"

    @property
    def location(self) -> Mapping[str, int]:
        return {"start_offset": self.start, "end_offset": self.end}


@dataclass(frozen=True)
class ForeignScanner:
    """Stand for the optional package's scanner: bytes in, byte offsets out."""

    hits: tuple[object, ...]

    def scan(self, data: str | bytes) -> Iterable[object]:
        return self.hits if data else ()


def test_foreign_findings_are_turned_into_ours() -> None:
    text = "é ALGOLIA=" + HEX32
    size = len(text.encode())
    rules = KingfisherRules(ForeignScanner((ForeignHit("vendor.algolia-api-key", size - 32, size),)))
    (match,) = rules.find(text)
    assert text[match.start : match.end] == HEX32
    assert match.provider == "generic"


@pytest.mark.parametrize(
    ("rule", "provider"),
    [
        ("vendor.new-relic-user-api-key", "newrelic"),
        ("vendor.cloudflare-api-key", "cloudflare"),
        ("vendor.private-key", "private-key"),
        ("vendor.slack-webhook-url", "slack-webhook"),
    ],
)
def test_foreign_rules_are_mapped_to_rotation_ids(rule: str, provider: str) -> None:
    (match,) = KingfisherRules(ForeignScanner((ForeignHit(rule, 2, 10),))).find("x=abcdefghij")
    assert match.provider == provider


def test_own_table_has_precedence_and_helpers_are_dropped() -> None:
    text = "T=" + TOKENS["npm"]
    hits = (ForeignHit("vendor.npm-access-token", 2, 12), ForeignHit("vendor.x", 0, 1, visible=False), object())
    assert KingfisherRules(ForeignScanner(hits)).find(text) == provider_token(text)


def test_without_the_package_the_table_alone_is_used() -> None:
    rules = installed_rules()
    assert rules.find("T=" + TOKENS["npm"])[0].provider == "npm"
    assert TableRules().find("nothing") == ()
