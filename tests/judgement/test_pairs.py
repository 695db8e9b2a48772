"""Names with their values, as ENV, ARG, LABEL, compose and shell give them."""

from __future__ import annotations

import pytest

from rewriter.judgement import Assignment, Category, judge_pair
from rewriter.model.secret import Confidence

from .tokens import BASE40, HEX32, HEX40, HEX64, PEM, TOKENS

LITERAL = [
    ("DB_PASSWORD", "agile"),
    ("ROOTPASSWORD", "droidbox"),
    ("POSTGRES_PASSWORD", "postgres"),
    ("MYSQL_ROOT_PASSWORD", "root"),
    ("GF_SECURITY_ADMIN_PASSWORD", "admin"),
    ("PASSWORD", "password"),
    ("password", "linux123"),
    ("pass", "rules"),
    ("ELASTIC_PASSWORD", "123456"),
    ("SERVER_PASSWORD", "YouSh4llNotP4SS"),
    ("ADMIN_PASSWORD", "login"),
    ("ADMIN_PASSWORD", "bob@example.org"),
    ("DOCKER_ENV_PASSWORD", "This is it"),
    ("GITEA__database__PASSWD", "moneyprintergobrrr"),
    ("MARKET_REPORTER_BASIC_AUTH_PASSWORD", "market-reporter-basic-auth-password"),
    ("SECRET_KEY", "adventure"),
    ("GRAYLOG_PASSWORD_SECRET", "somepasswordpepper"),
    ("WRONGSECRETS_MCP_SECRET", "MCPStolenSecret42!"),
    ("GITHUB_TOKEN", HEX40),
    ("GIT_TOKEN", HEX40),
    ("AWS_SECRET_ACCESS_KEY", BASE40),
    ("AWS_SECRET_ACCESS_KEY", "minioadmin"),
    ("MINIO_SECRET_KEY", "minio123"),
    ("CF_DNS_API_TOKEN", "MyCloudflareApiToken"),
    ("license_key", "123-456"),
    ("NEO4J_AUTH", "neo4j/vulhub"),
    ("BASIC_AUTH", "admin:hunter2"),
    ("DATABASE_URL", "postgres://postgres:postgres@db:5432/p"),
    ("ME_CONFIG_MONGODB_URL", "mongodb://root:root@mongo:27017"),
    ("BROKER_URL", "amqp://guest:guest@rabbitmq:5672//"),
    ("DB_CONNECTION_STRING", "Server=db;User Id=sa;Password=pw9x"),
    ("ANY_NAME", "postgres://u:pw9x@h/x"),
    ("SOME_SETTING", "npm_" + "A1b2C3d4E5" * 3 + "f6G7h8"),
    ("API_KEY_FILE", PEM),
    ("CTF_KEY", "TRwzkRJnHOTckssAeyJbysWgP!Qc2T"),
    ("SLACK_WEBHOOK_URL", "https://hooks." + "slack.com/services/T0AB12CD3/B0EF45GH6/k3JfQm8ZrT5vXw1Yb7Np"),
    ("challenge_webhook_url", "YUhSMGNITTZMeTlvYjI5cmN5NXpiR0ZqYXk1amIyMHZjMlZ5ZG1salpYTXZWREEwVkRR"),
    ("DB_PASSWORD", "${DB_PASSWORD:-hunter2}"),
    ("ENCRYPTION_KEY", "CAFEBABE"),
    ("JWT_SECRET", HEX64),
    ("MTP_SECRET", HEX32),
    ("VITE_TOKEN", TOKENS["npm"]),
    ("MAX_TOKENS", TOKENS["npm"]),
]

STAND_IN = [
    ("MYSQL_ROOT_PASSWORD", "example"),
    ("POSTGRES_PASSWORD", "changeme"),
    ("JWT_SECRET", "change-me-to-something-secure"),
    ("NEXTAUTH_SECRET", "secret"),
    ("DRONE_RPC_SECRET", "secret"),
    ("argBasedPassword", "default"),
    ("OG_OIDC_SECRET", "${OG_OIDC_SECRET:-mysecret}"),
    ("SECRET_KEY_BASE", "secret"),
    ("ENCRYPTION_KEY", "0" * 32),
    ("DB_PASSWORD", "test"),
    ("DATABASE_URL", "postgres://user:password@db/app"),
]

FROM_OUTSIDE = [
    ("NPM_TOKEN", None),
    ("NPM_TOKEN", "$NPM_TOKEN"),
    ("NPM_TOKEN", "${NPM_TOKEN}"),
    ("NPM_TOKEN", "$AZURE_DEVOPS_EXT_PAT"),
    ("DB_PASSWORD", "${DB_PASSWORD:?must be set}"),
    ("DB_PASSWORD", "${DB_PASSWORD:-}"),
    ("DATABASE_URL", "${DATABASE_URL}"),
    ("DATABASE_URL", "postgresql://${PU}:${PPW}@${DH}/${DB}"),
    ("REDIS_URL", "redis://:${REDIS_PASSWORD}@redis:6379"),
    ("FEED_URL", "https://u:${PAT}@h/x"),
    ("geolite_city_link", "https://h.example.com/d?edition=City&license_key=${LIC}&suffix=x"),
    ("PIP_EXTRA_INDEX_URL", None),
    ("JAVA_TOOL_OPTIONS", "-Dtoken=$NPM_TOKEN"),
    ("ADMIN", "$APP_PASSWORD"),
]

NOT = [
    ("DB_PASSWORD", ""),
    ("DB_PASSWORD", '""'),
    ("SLACK_TOKEN", ""),
    ("NPM_TOKEN", "<token>"),
    ("NPM_TOKEN", "your-token-here"),
    ("API_KEY", "xxx"),
    ("API_KEY", "test"),
    ("API_KEY", "changeme"),
    ("SECRET_KEY", "**NULL**"),
    ("DATABASE_URL", "**NULL**"),
    ("SECRET_KEY_BASE", "dummy"),
    ("JWT_SECRET", "dummy"),
    ("PyPI_PASSWORD", "PyPI_PASSWORD"),
    ("DATABASE_PASSWORD", "/run/secrets/db-password"),
    ("JWT_SECRET_KEY", "%kernel.project_dir%/config/jwt/private.pem"),
    ("TRIGGER_WORKER_TOKEN", "file:///home/node/worker_token"),
    ("LDAP_PASSWD_SECRET", "ldap-ro-password"),
    ("KAFKA_SSL_KEY_CREDENTIALS", "kafka1_sslkey_creds"),
    ("REGISTRY_AUTH", "htpasswd"),
    ("BASIC_AUTH", "true"),
    ("SMTP_AUTH", "plain"),
    ("PROXY_AUTH", "false"),
    ("DB_PASSWORD", "true"),
    ("DB_PASSWORD", "$(cat /run/secrets/db_password)"),
    ("PIP_EXTRA_INDEX_URL", "https://pypi.example.com/simple"),
    ("DATABASE_URL", "sqlite:///app.db"),
    ("DATABASE_URL", "file:data/x.db"),
    ("DATABASE_URL", "postgres://placeholder:placeholder@localhost/x"),
    ("DATABASE_URL", "postgresql://user:pass@localhost:5432/dummy"),
    ("COUCHDB_URL", "couchdb:5984"),
    ("REDIS_URL", "redis://redis:6379"),
    ("AWS_ACCESS_KEY_ID", None),
    ("AWS_ACCESS_KEY_ID", "$AWS_ACCESS_KEY_ID"),
    ("AWS_ACCESS_KEY_ID", "minio"),
    ("AWS_ACCESS_KEY_ID", "AKIA" + "IOSFODNN7EXAMPLE"),
    ("GPG_KEY", HEX40.upper()),
    ("GPG_KEYS", f"{HEX40.upper()} {HEX40.upper()}"),
    ("MKCERT_SHA", HEX64),
    ("NEXT_PUBLIC_API_KEY", "abcdef123456"),
    ("NEXT_PUBLIC_API_KEY", "$API_KEY"),
    ("SENTRY_DSN", f"https://{HEX32}@o1.ingest.sentry.io/2"),
    ("CERT_PATH_PUBLIC", ""),
    ("SECRET_BUCKET_NAME", "driven-secrets"),
    ("ALLOW_EMPTY_PASSWORD", "yes"),
    ("MAX_TOKENS", "4096"),
    ("FOO_KEY", "adventure"),
    ("KEY", "value"),
    ("RESET_OS_PASSWORD", "resetOSPassword.sh"),
    ("sa_password", "_"),
    ("GOOGLE_SERVICE_ACCOUNT_KEY", "if_you_see_this_configure_the_account_properly"),
    ("JAVA_HOME", "/usr/lib/jvm"),
    ("NODE_ENV", "production"),
    ("HEALTH_URL", "http://localhost:8080/health"),
]


@pytest.mark.parametrize(("name", "value"), LITERAL)
def test_literal(name: str, value: str) -> None:
    verdict = judge_pair(name, value)
    assert verdict.secret, verdict.reason
    assert verdict.literal
    assert not verdict.placeholder
    assert verdict.confidence is not Confidence.LOW
    assert verdict.parts


@pytest.mark.parametrize(("name", "value"), STAND_IN)
def test_stand_in(name: str, value: str) -> None:
    verdict = judge_pair(name, value)
    assert verdict.secret, verdict.reason
    assert verdict.placeholder
    assert verdict.literal
    assert verdict.confidence is Confidence.LOW


@pytest.mark.parametrize(("name", "value"), FROM_OUTSIDE)
def test_from_outside(name: str, value: str | None) -> None:
    verdict = judge_pair(name, value)
    assert verdict.secret, verdict.reason
    assert not verdict.literal


@pytest.mark.parametrize(("name", "value"), NOT)
def test_not_a_secret(name: str, value: str | None) -> None:
    verdict = judge_pair(name, value)
    assert not verdict.secret, verdict.reason
    assert verdict.reason


@pytest.mark.parametrize("value", ["", "dummy", "<token>", "changeme", "false", "latest", "{}"])
def test_a_default_does_not_say_what_comes_from_outside(value: str) -> None:
    assert judge_pair("NPM_TOKEN", value, assignment=Assignment.DEFAULT).secret


@pytest.mark.parametrize(
    ("name", "value"),
    [("DB_PASSWORD", "/run/secrets/x"), ("PIP_EXTRA_INDEX_URL", "https://pypi.example.com/simple"), ("X_FILE", "")],
)
def test_a_default_that_settles_it(name: str, value: str) -> None:
    assert not judge_pair(name, value, assignment=Assignment.DEFAULT).secret


@pytest.mark.parametrize(
    ("name", "value"),
    [("SECRET_KEY", "1"), ("SECRET_KEY_BASE", "secret"), ("SECRET_KEY_BASE", "dummy"), ("SECRET_KEY", "abc"),
     ("JWT_SECRET", "changeme"), ("SECRET_KEY_BASE", "build")],
)  # fmt: skip
def test_a_signing_key_for_one_command_is_a_dummy(name: str, value: str) -> None:
    assert not judge_pair(name, value, assignment=Assignment.INLINE).secret


def test_a_real_value_for_one_command_is_not() -> None:
    assert judge_pair("SECRET_KEY_BASE", HEX64, assignment=Assignment.INLINE).secret
    assert judge_pair("DB_PASSWORD", "hunter2", assignment=Assignment.INLINE).secret
    assert judge_pair("NPM_TOKEN", "$NPM_TOKEN", assignment=Assignment.INLINE).secret


def test_a_real_key_id_is_found_by_its_shape() -> None:
    verdict = judge_pair("AWS_ACCESS_KEY_ID", TOKENS["aws"])
    assert verdict.secret
    assert verdict.provider == "aws"
    assert verdict.category is Category.CLOUD_KEY


def test_an_inlined_name_with_a_real_token_is_no_longer_certain() -> None:
    assert judge_pair("NEXT_PUBLIC_TOKEN", TOKENS["npm"]).confidence is Confidence.MEDIUM


def test_parts_cover_the_secret_alone() -> None:
    value = "postgres://u:pw9x@h/x"
    verdict = judge_pair("DATABASE_URL", value)
    assert [value[start:end] for start, end in verdict.parts] == ["pw9x"]
    assert verdict.provider == "db-password"


@pytest.mark.parametrize(
    ("name", "value", "secrets"),
    [
        ("org.label-schema.docker.params", "GF_ADMIN_PASSWORD=admin,ES_PASSWORD=myelastic", ["admin", "myelastic"]),
        ("JAVA_OPTS", "-Xmx1g -Ddb.password=pw9x -Ddb.user=u", ["pw9x"]),
        ("CATALINA_OPTS", "-Dtoken=$T -Djavax.net.ssl.keyStorePassword=hunter2", ["hunter2"]),
        ("EXTRA_ARGS", "--api-key=abc9x --verbose", ["abc9x"]),
    ],
)
def test_settings_inside_a_value(name: str, value: str, secrets: list[str]) -> None:
    verdict = judge_pair(name, value)
    assert verdict.secret
    assert [value[start:end] for start, end in verdict.parts] == secrets


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("JAVA_OPTS", "-Djavax.net.ssl.trustStorePassword=changeit"),
        ("JAVA_OPTS", "-Djava.security.egd=file:/dev/./urandom"),
        ("NODE_OPTIONS", "--max-old-space-size=4096 --tokens=12"),
        ("LS_COLORS", "rs=0:di=01;34"),
        ("description", "Set the password: it is asked for"),
        ("GREP_OPTIONS", "--color=auto"),
        ("PIP_ARGS", "--password-file=/run/secrets/x"),
        ("OPTS", "-Dpassword="),
    ],
)
def test_no_secret_settings_inside_a_value(name: str, value: str) -> None:
    assert not judge_pair(name, value).secret
