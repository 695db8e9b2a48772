"""Values: what they are by their own shape."""

from __future__ import annotations

import pytest

from rewriter.judgement import Category, ValueKind, judge_value

from .tokens import BASE40, HEX32, HEX40, HEX64, PEM, SIGNED, TOKENS

EMPTY = ["", " ", '""', "''", "\t", ' "" ']
REFERENCES = [
    "$TOKEN", "${TOKEN}", "${TOKEN:-}", "${TOKEN:?must be set}", "$$TOKEN", "$(cat /x)", "`cat /x`", "%TOKEN%",
    "{{ token }}", "${{ secrets.TOKEN }}", "<%= ENV['X'] %>", "#{token}", "$env:TOKEN", "Bearer $TOKEN",
    "token ${T}", "$A$B", "${A}-${B}", "$USER:$PASS", "op://vault/item/field", "vault:secret/data/x#key",
    "projects/p/secrets/s/versions/1", "@Microsoft.KeyVault(SecretUri=https://x/y)", "ENC[AES256,data:x]",
    "postgres://u:${PW}@h/db", "${env.TOKEN}", "$1", "arn:aws:secretsmanager:eu-west-1:123456789012:secret:x",
]  # fmt: skip
PATHS = [
    "/run/secrets/db-password", "/etc/x", "./key.pem", "../x/y", "~/.ssh/id_rsa", "C:\\keys\\a.pem",
    "\\\\share\\x", "file:///run/x", "file:data/x.db", "certs/server.key", "secrets/db.txt", "key.pem",
    "credentials.json", "$HOME/.ssh/id_rsa", "${DIR}/key.pem", "%kernel.project_dir%/config/jwt/private.pem",
    "resetPassword.sh",
]  # fmt: skip
FLAGS = [
    "true", "false", "TRUE", "yes", "no", "on", "off", "0", "1", "12", "null", "none", "None", "plain", "login",
    "HS256", "RS256", "trust", "md5", "scram-sha-256", "htpasswd", "enabled", "disabled", "optional",
]  # fmt: skip
PUBLIC = [
    "1.2.3", "v1.2.3-rc1", "3.11", "sha256:" + HEX64, "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQC x@y",
    "-----BEGIN PUBLIC KEY-----\nMIIB", "-----BEGIN CERTIFICATE-----\nMIID", "pk_" + "live_4kT9xQ2mVb7RtZ8p",
    "10.0.0.1", "127.0.0.1:8080", "https://h.example.com/x", "redis://redis:6379/0",
    "https://h.example.com/simple/", "postgres://postgres@db/x", "jdbc:postgresql://h:5432/x", "sqlite:///x.db",
    "0123 4567 89AB CDEF 0123 4567 89AB CDEF 0123 4567", "aa:bb:cc:dd:ee:ff:00:11", "http://10.0.0.1:80",
]  # fmt: skip
PLACEHOLDERS = [
    "<token>", "<your-token>", "<YOUR_API_KEY>", "your-token-here", "YOUR_API_KEY", "your_password",
    "yourpassword", "YourSecretKey", "xxx", "XXXXXXXX", "xxxx-xxxx", "***", "******", "...", "**NULL**",
    "[token]", "[your token]", "insert-key-here", "replace-me", "REPLACE_ME", "replace_with_your_key",
    "put your key here", "TODO", "TBD", "todo", "redacted", "@TOKEN@", "__TOKEN__", "{token}", "{}",
    "enter-your-password", "to be set", "add_your_token_here", "user_provided", "sk-xxxxxxxx",
    "xoxb-xxxxxxxxxxx-xxxx", "to-be-replaced-later", "my-token-goes-here", "_", "?",
]  # fmt: skip
DUMMIES = [
    "dummy", "DUMMY", "dummy-token", "dummytoken", "fake", "fake_key", "fakepassword", "mock", "mock-token",
    "foo", "bar", "foobar", "placeholder", "a-placeholder", "unused", "not-used", "notasecret", "not_a_secret",
    "none-needed-dummy", "build-time", "precompile", "for-build", "bogus", "FAKE_TO_GENERATE_WARNING",
    "not_in_use", "build_only_dummy",
]  # fmt: skip
STAND_INS = [
    "changeme", "changeit", "CHANGEME", "ChangeMe", "change-me", "change_me", "please-change-me", "change_this",
    "ch4ngeme", "Th1sShouldB3ch4ng3d", "default", "secret", "mysecret", "supersecret", "my-secret", "example",
    "example_password", "secret123", "test", "PleaseChangeMeToSecureValue", "change-me-to-something-secure",
    "insecure", "my_secret_key", "0" * 16, "a" * 20, "0123456789abcdef", "dev-only-change-me", "!changeme!",
]  # fmt: skip
LITERALS = [
    "agile", "droidbox", "hunter2", "root", "postgres", "admin", "123456", "P@ssw0rd!", "YouSh4llNotP4SS",
    "This is it", "MCPStolenSecret42!", "moneyprintergobrrr", "linux123", "rules", "toor", "welcome1",
    "N3rdD!Nne720^6", HEX32, HEX40, HEX64, BASE40, "adventure", "FaKe" * 8 + "0000", "Fakee@000",
    "/" + BASE40 [ 1 : ], "weakPassword", "s3cr3t", "qwerty",
    "base64:Npczl7vKB0Y3AlNboNTD5f71bYVaAuVB8ay4UhZ3My0=",
]  # fmt: skip


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        *((value, ValueKind.EMPTY) for value in EMPTY),
        *((value, ValueKind.REFERENCE) for value in REFERENCES),
        *((value, ValueKind.PATH) for value in PATHS),
        *((value, ValueKind.FLAG) for value in FLAGS),
        *((value, ValueKind.PUBLIC) for value in PUBLIC),
        *((value, ValueKind.PLACEHOLDER) for value in PLACEHOLDERS),
        *((value, ValueKind.DUMMY) for value in DUMMIES),
        *((value, ValueKind.DUMMY) for value in STAND_INS),
        *((value, ValueKind.LITERAL) for value in LITERALS),
    ],
)
def test_kind(value: str, kind: ValueKind) -> None:
    assert judge_value(value).kind is kind


@pytest.mark.parametrize("value", STAND_INS)
def test_stand_ins_have_a_place(value: str) -> None:
    assert judge_value(value).parts == ((0, len(value)),)


@pytest.mark.parametrize("value", DUMMIES)
def test_dummies_have_none(value: str) -> None:
    assert judge_value(value).parts == ()


@pytest.mark.parametrize("label", TOKENS)
def test_provider_tokens(label: str) -> None:
    token = TOKENS[label]
    verdict = judge_value(f'"{token}"')
    assert verdict.kind is ValueKind.CREDENTIAL
    assert verdict.provider == label.partition(" ")[0]
    assert verdict.parts == ((1, 1 + len(token)),)


@pytest.mark.parametrize(
    ("value", "secret", "category"),
    [
        (PEM, PEM.rstrip("\n"), Category.PRIVATE_KEY),
        (SIGNED, SIGNED, Category.TOKEN),
        ("postgres://postgres:postgres@db:5432/p", "postgres", Category.DATABASE_URL),
        ("https://u:p4ss@h/simple", "p4ss", Category.INDEX_URL),
        ("https://h/x?token=abc9x", "abc9x", Category.TOKEN),
        ("Server=db;Port=1;User Id=sa;Password=pw9x;Encrypt=true", "pw9x", Category.DATABASE_URL),
        ("host=db user=memos password=pw9x dbname=m", "pw9x", Category.DATABASE_URL),
        ('{"auths":{"h":{"auth":"x"}},"password":"pw9x"}', "pw9x", Category.REGISTRY_AUTH),
        ("AccountKey=" + HEX64 + "==;x=y", HEX64 + "==", Category.CLOUD_KEY),
    ],
)
def test_credentials_by_shape(value: str, secret: str, category: Category) -> None:
    verdict = judge_value(value)
    assert verdict.kind is ValueKind.CREDENTIAL
    assert verdict.category is category
    assert secret in [value[start:end] for start, end in verdict.parts]


@pytest.mark.parametrize(
    ("value", "kind", "part"),
    [
        ("${PW:-hunter2}", ValueKind.LITERAL, "hunter2"),
        ("${PW-hunter2}", ValueKind.LITERAL, "hunter2"),
        ("${PW:-mysecret}", ValueKind.DUMMY, "mysecret"),
        ("${URL:-postgres://a:b1@h/x}", ValueKind.CREDENTIAL, "b1"),
        ("'${PW:-hunter2}'", ValueKind.LITERAL, "hunter2"),
    ],
)
def test_literal_default_of_a_variable(value: str, kind: ValueKind, part: str) -> None:
    verdict = judge_value(value)
    assert verdict.kind is kind
    assert [value[start:end] for start, end in verdict.parts] == [part]


@pytest.mark.parametrize("value", ["${PW:-}", "${FLAG:-true}", "${DIR:-/run/x}", "${URL:-https://h/x}"])
def test_harmless_default_of_a_variable(value: str) -> None:
    assert judge_value(value).kind is ValueKind.REFERENCE


def test_random_text_beside_a_variable_is_a_literal() -> None:
    value = f"Bearer {BASE40} for $USER"
    verdict = judge_value(value)
    assert verdict.kind is ValueKind.LITERAL
    assert [value[start:end] for start, end in verdict.parts] == [BASE40]


@pytest.mark.parametrize(
    ("value", "name", "kind"),
    [
        (HEX40.upper(), "GPG_KEY", ValueKind.PUBLIC),
        (HEX40.upper(), "NODE_RELEASE_KEY", ValueKind.PUBLIC),
        (HEX64, "MKCERT_SHA", ValueKind.PUBLIC),
        (HEX40, "GITHUB_TOKEN", ValueKind.LITERAL),
        (HEX64, "SECRET_KEY", ValueKind.LITERAL),
        ("PyPI_PASSWORD", "PyPI_PASSWORD", ValueKind.PLACEHOLDER),
        ("NPM_TOKEN", "TOKEN", ValueKind.PLACEHOLDER),
        ("MY_HOUSE", "TOKEN", ValueKind.LITERAL),
    ],
)
def test_name_as_context(value: str, name: str, kind: ValueKind) -> None:
    assert judge_value(value, name=name).kind is kind


def test_offsets_count_from_the_value_as_given() -> None:
    assert judge_value("  'hunter2' ").parts == ((3, 10),)


def test_huge_values_are_not_read() -> None:
    assert judge_value("x" * 300_000).kind is ValueKind.LITERAL
