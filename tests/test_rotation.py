from __future__ import annotations

import re

import pytest

from rewriter.judgement import Category
from rewriter.judgement.file_table import ENDINGS, FOLDERS, IN_FOLDERS, NAMES
from rewriter.judgement.provider_table import SHAPES
from rewriter.rotation import UNKNOWN, RotationError, exposure, load, provider, providers
from tests.render.sample import finding


@pytest.mark.parametrize(
    ("name", "issuer"),
    [
        ("NPM_TOKEN", "npm"),
        ("NODE_AUTH_TOKEN", "npm"),
        ("npm_token", "npm"),
        (".npmrc", "npm"),
        ("GITHUB_TOKEN", "github-pat"),
        ("GH_PAT", "github-pat"),
        ("GIT_TOKEN", "git-host"),
        ("GITLAB_ACCESS_TOKEN", "gitlab-pat"),
        ("AWS_SECRET_ACCESS_KEY", "aws"),
        (".aws/credentials", "aws"),
        ("PIP_INDEX_URL", "package-index"),
        ("PIP_EXTRA_INDEX_URL", "package-index"),
        ("pip.conf", "package-index"),
        ("POETRY_HTTP_BASIC_ACME_PASSWORD", "package-index"),
        ("BUNDLE_GEMS__EXAMPLE__COM", "rubygems"),
        ("COMPOSER_AUTH", "composer"),
        ("NuGetPackageSourceCredentials_feed", "nuget"),
        ("CARGO_REGISTRIES_ACME_TOKEN", "crates"),
        ("SENTRY_AUTH_TOKEN", "sentry"),
        ("HF_TOKEN", "huggingface"),
        ("STRIPE_SECRET_KEY", "stripe"),
        ("SLACK_WEBHOOK_URL", "slack-webhook"),
        ("SLACK_BOT_TOKEN", "slack-token"),
        ("POSTGRES_PASSWORD", "db-password"),
        ("DATABASE_URL", "db-password"),
        ("DB_PASSWORD", "db-password"),
        ("SECRET_KEY_BASE", "jwt-secret"),
        ("JWT_SECRET", "jwt-secret"),
        ("id_rsa", "private-key"),
        ("SSH_PRIVATE_KEY", "private-key"),
        ("tls/server.key", "private-key"),
        (".env", "dotenv"),
        (".netrc", "netrc"),
        ("settings.xml", "maven"),
        ("kubeconfig", "kubeconfig"),
        ("ADMIN_PASSWORD", "login-password"),
        ("ASSETS_PASSWORD", "password"),
        ("SOMETHING", "unknown"),
        ("\udce9\x1b", "unknown"),
    ],
)
def test_a_name_tells_who_issued_it(name: str, issuer: str) -> None:
    assert exposure(finding(name, 2)).provider == issuer


def test_the_shape_of_a_value_is_asked_first() -> None:
    token = "ghp_" + "a1B2" * 9
    reminder = exposure(finding("NPM_TOKEN", 2, values=[token]))
    assert reminder.provider == "github-pat"
    assert token not in repr(reminder)


def test_a_file_of_several_values_is_its_own_kind() -> None:
    assert exposure(finding(".env", 2, values=["ghp_" + "a1B2" * 9, "hunter2"])).provider == "dotenv"


def test_every_issuer_that_is_recognised_has_a_row() -> None:
    known = {row.id for row in providers()}
    assert {shape.provider for shape in SHAPES} <= known
    assert {"private-key", "jwt", "db-password", "gcp-sa", "dockerhub"} <= known


def test_rows_speak_of_kinds_and_categories_that_exist() -> None:
    tables = [*NAMES.values(), *IN_FOLDERS.values(), [*ENDINGS.values(), *FOLDERS.values()]]
    kinds = {row.kind for rows in tables for row in rows} | {"service-account", "json-credentials", "keyfile"}
    for row in providers():
        assert set(row.files) <= kinds, row.id
        assert set(row.categories) <= {category.value for category in Category}, row.id


def test_rows_are_complete_and_told_apart() -> None:
    rows = providers()
    assert len(rows) >= 60
    assert len({row.id for row in rows}) == len(rows)
    for row in rows:
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", row.id)
        assert row.title
        assert row.where
        assert row.how.endswith(".")
        assert f"{row.title}{row.where}{row.how}".isprintable()
        assert row.dead.isprintable()
        assert not row.dead or row.dead.endswith(".")
        assert all(pattern == pattern.upper() for pattern in row.names), row.id


def test_an_unknown_issuer_has_advice_that_always_holds() -> None:
    assert provider("no-such") is UNKNOWN
    assert provider("unknown") is UNKNOWN
    assert "revoke the old one" in UNKNOWN.how


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('[[provider]]\nid = "x"', "'title' has to be a text"),
        ('[[provider]]\nid = "x"\ncolour = 1', "unknown key 'colour'"),
        ('[[provider]]\nid = "x"\ntitle = "t"\nwhere = "w"\nhow = "h"\nnames = [1]', "array of strings"),
        ('[[provider]]\nid = "x"\ntitle = "t"\nwhere = "w"\nhow = "h"\ndead = "d"', "'dead' and 'basis' come together"),
        ('[[provider]]\nid = "x"\ntitle = "t"\nwhere = "w"\nhow = "h"\nbasis = "scanners"', "'dead' and 'basis'"),
        ("[[provider", "rotation.toml"),
    ],
)
def test_a_malformed_row_is_named(text: str, fault: str) -> None:
    with pytest.raises(RotationError, match=re.escape(fault)):
        load(text)
