"""Credentials in URLs: userinfo, query parameters, and everything that only looks like one."""

from __future__ import annotations

import pytest

from rewriter.judgement import Category, UrlCredential, url_credentials

from .tokens import HEX32, HEX40


def one(text: str) -> UrlCredential:
    found = url_credentials(text)
    assert len(found) == 1, text
    return found[0]


@pytest.mark.parametrize(
    ("text", "user", "password", "secret"),
    [
        ("https://u:p4ss@h.example.com/x", "u", "p4ss", "p4ss"),
        ("http://sdhyabc:noilinux@0.0.0.0:80", "sdhyabc", "noilinux", "noilinux"),
        ("postgres://postgres:postgres@db:5432/p", "postgres", "postgres", "postgres"),
        ("postgresql+psycopg2://airflow:airflow@postgres/airflow", "airflow", "airflow", "airflow"),
        ("jdbc:mysql://root:pw9x@db:3306/x", "root", "pw9x", "pw9x"),
        ("redis://:pw9x@h:6379/0", "", "pw9x", "pw9x"),
        ("redis://default:pw9x@h:6379/0", "default", "pw9x", "pw9x"),
        ("amqp://guest:guest@rabbitmq:5672//", "guest", "guest", "guest"),
        ("mongodb+srv://root:pw9x@cluster.example.com/db?x=1", "root", "pw9x", "pw9x"),
        ("mongodb://root:pw9x@h1:27017,h2:27017/db", "root", "pw9x", "pw9x"),
        ("git+https://oauth2:abc9x@git.example.com/o/r.git@v1", "oauth2", "abc9x", "abc9x"),
        ("https://x-access-token:abc9x@github.com/o/r", "x-access-token", "abc9x", "abc9x"),
        ("https://gitlab-ci-token:abc9x@gitlab.com/o/r", "gitlab-ci-token", "abc9x", "abc9x"),
        ("https://x-token-auth:abc9x@bitbucket.org/o/r", "x-token-auth", "abc9x", "abc9x"),
        ("https://__token__:abc9x@pypi.example.com/simple", "__token__", "abc9x", "abc9x"),
        ("https://u%40x:p%23w@h/", "u%40x", "p%23w", "p%23w"),
        ("ftp://bob:pw9x@ftp.example.com/f", "bob", "pw9x", "pw9x"),
        ("sftp://bob:pw9x@h/f", "bob", "pw9x", "pw9x"),
        ("ssh://bob:pw9x@h/f", "bob", "pw9x", "pw9x"),
        ("smtp://bob:pw9x@h:587", "bob", "pw9x", "pw9x"),
        ("https://u:p@ss@h/", "u", "p@ss", "p@ss"),
        ("https://u:p!s$%&*s@h/", "u", "p!s$%&*s", "p!s$%&*s"),
        (f"https://{HEX40}@github.com/o/r", HEX40, "", HEX40),
        (f"https://{HEX40}:x-oauth-basic@github.com/o/r", HEX40, "x-oauth-basic", HEX40),
        (f"https://{HEX40}:@pypi.example.com/simple", HEX40, "", HEX40),
        ("https://u:p4ss@[::1]:80/x", "u", "p4ss", "p4ss"),
    ],
)
def test_literal(text: str, user: str, password: str, secret: str) -> None:
    found = one(f'RUN x "{text}" y')
    whole = f'RUN x "{text}" y'
    assert found.user.of(whole) == user
    assert found.password.of(whole) == password
    assert found.secret.of(whole) == secret
    assert found.url.of(whole) == text.removeprefix("jdbc:")
    assert found.literal
    assert not found.placeholder
    assert found.variables == ()


@pytest.mark.parametrize(
    ("text", "secret", "variables"),
    [
        ("https://$TOKEN@github.com/x", "$TOKEN", ("TOKEN",)),
        ("https://${GITHUB_TOKEN}@github.com/x", "${GITHUB_TOKEN}", ("GITHUB_TOKEN",)),
        ("https://${GITHUB_TOKEN}:x-oauth-basic@github.com/", "${GITHUB_TOKEN}", ("GITHUB_TOKEN",)),
        ("https://oauth2:${GITLAB_TOKEN}@gitlab.com/", "${GITLAB_TOKEN}", ("GITLAB_TOKEN",)),
        ("https://$U:$P@h/simple", "$P", ("P",)),
        ("https://${U}:${P:-none}@h/simple", "${P:-none}", ("P",)),
        ("https://:${PAT}@pkgs.example.com/x", "${PAT}", ("PAT",)),
        ("https://$GEMFURY_TOKEN:@pypi.example.com/x", "$GEMFURY_TOKEN", ("GEMFURY_TOKEN",)),
        ("postgresql://${PU}:${PPW}@${DH}/${DB}?sslmode=disable", "${PPW}", ("PPW",)),
        ("postgres://u:$$PW@db/x", "$$PW", ("PW",)),
        ("https://'\"$TOKEN\"'@github.com/x", "$TOKEN", ("TOKEN",)),
        ('https://u:"$TOKEN"@github.com/x', "$TOKEN", ("TOKEN",)),
        ("https://u:${{ secrets.NPM_TOKEN }}@h/", "${{ secrets.NPM_TOKEN }}", ("NPM_TOKEN",)),
        ("https://%USER%:%TOKEN%@h/", "%TOKEN%", ("TOKEN",)),
        ("https://u:$env:TOKEN@h/", "$env:TOKEN", ("TOKEN",)),
        ("https://u:$(cat /run/secrets/t)@h/x", "$(cat /run/secrets/t)", ()),
        ("https://x-access-token:`cat /t`@h/x", "`cat /t`", ()),
    ],
)
def test_variables(text: str, secret: str, variables: tuple[str, ...]) -> None:
    found = one(text)
    assert found.secret.of(text) == secret
    assert found.variables == variables
    assert not found.literal
    assert not found.placeholder


@pytest.mark.parametrize(
    "text",
    [
        "https://<token>@github.com/x",
        "https://user:pass@h/x",
        "https://username:password@h/x",
        "https://u:<password>@h/x",
        "postgres://user:password@localhost/db",
        "https://u:PASSWORD@h/x",
        "https://u:xxxx@h/x",
        "https://u:***@h/x",
        "https://u:changeme@h/",
        "https://{user}:{pw}@h",
        "https://u:your-token@h/",
        "postgres://placeholder:placeholder@localhost/x",
    ],
)
def test_placeholders(text: str) -> None:
    assert one(text).placeholder


@pytest.mark.parametrize(
    "text",
    [
        "",
        "://",
        "@",
        "https://",
        "https://@",
        "https://@h",
        "https://:@h",
        "redis://:@redis:6379/0",
        "https://h.example.com/a@b",
        "https://h.example.com?x=a@b",
        "https://h.example.com#a@b",
        "https://h.example.com user@host",
        "git@github.com:o/r.git",
        "ssh://git@github.com/o/r",
        "git+ssh://git@github.com/o/r",
        "https://git@github.com/o/r",
        "https://user@host/x",
        "https://$USER@host/x",
        "https://bitbucket-user@bitbucket.org/x",
        "ftp://anonymous:a@b.c@ftp.example.com/x",
        "ftp://ftp:ftp@ftp.example.com/x",
        "docker://alpine@sha256:" + HEX32 * 2,
        "oci://u:p@h/x",
        "https://registry.example.com/i@sha256:" + HEX32 * 2,
        "npm://left:pad@1.0",
        'http://host"foo@bar"',
        "(https://h.example.com)user:pw@x",
        "'http://a','b:c@d'",
        "https://h/{{ x }}/y@z",
        "http://h:80,http://i:81",
        "reverse:https://httpbin.example.org:443@8443",
        "https://" + HEX32 + "@o12.ingest.sentry.io/34",
        "http://" + HEX32 + "@sentry-web:9000/2",
        "enode://" + HEX32 * 4 + "@10.0.0.1:30303",
        "middlewares=local-ipwhitelist@file,basic-auth@file",
        "sqlite:////data/x.db",
        "s3://bucket@x/y",
        "https://TOKEN@github.com/x",
        "user:pass@host",
    ],
)
def test_none(text: str) -> None:
    assert url_credentials(text) == ()


@pytest.mark.parametrize(
    ("text", "secret", "parameter"),
    [
        ("https://h/run.sh?token=AVTxeH7p&x=1", "AVTxeH7p", "token"),
        ("https://h/d?edition=City&license_key=${LIC}&suffix=tar.gz", "${LIC}", "license_key"),
        ("https://h/x?a=1&access_token=abc9x#frag", "abc9x", "access_token"),
        ("https://h/x?private_token=$T", "$T", "private_token"),
        ("https://h/x?sv=1&sig=a%2Bb%3D&se=2", "a%2Bb%3D", "sig"),
        ("https://c.example.com/t/ab-12345678-cd/main", "ab-12345678-cd", "/t/"),
        ("https://c.example.com/t/$TOKEN/main", "$TOKEN", "/t/"),
    ],
)
def test_parameters(text: str, secret: str, parameter: str) -> None:
    found = one(f"curl '{text}' -o x")
    assert found.secret.of(f"curl '{text}' -o x") == secret
    assert found.parameter == parameter


@pytest.mark.parametrize(
    "text", ["https://h/x?q=token", "https://h/x?page=1&key=1", "https://h/x?token=", "https://h/t/x/y"]
)
def test_harmless_parameters(text: str) -> None:
    assert url_credentials(text) == ()


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("postgres://a:b1@h/x", Category.DATABASE_URL),
        ("redis://:b1@h/x", Category.DATABASE_URL),
        ("https://a:b1@pypi.example.com/simple", Category.INDEX_URL),
        ("https://a:b1@github.com/o/r", Category.TOKEN),
        ("https://a:b1@h/x", Category.PASSWORD),
        ("https://h/?license_key=b1x", Category.LICENCE),
    ],
)
def test_category(text: str, category: Category) -> None:
    assert one(text).category is category


def test_several_in_one_text() -> None:
    text = "pip install --index-url https://a:b1@h/s --extra-index-url https://c:d2@i/s x@y"
    assert [each.secret.of(text) for each in url_credentials(text)] == ["b1", "d2"]


def test_spans_tile_the_url() -> None:
    text = "x https://u:p4ss@h.example.com:443/a/b?c=d#e y"
    found = one(text)
    assert found.scheme.of(text) == "https"
    assert found.host.of(text) == "h.example.com:443"
    assert found.rest.of(text) == "/a/b?c=d#e"
    assert found.url.of(text) == "https://u:p4ss@h.example.com:443/a/b?c=d#e"
