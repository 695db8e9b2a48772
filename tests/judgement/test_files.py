"""Files by name."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rewriter.judgement import (
    Category,
    Certainty,
    copied_file,
    credential_file,
    may_be_credential_file,
    secret_id,
)
from rewriter.judgement.file_table import ENDINGS, FOLDERS, IN_FOLDERS, NAMES

from .lists import listed

SURE = listed("""
id_rsa id_dsa id_ecdsa id_ed25519 .ssh/id_rsa deploy/id_ed25519 id_rsa_deploy ssh_host_rsa_key deploy_key
keys/github_rsa .netrc _netrc root/.netrc .git-credentials .pgpass .vault-token .htpasswd conf/.htpasswd
htpasswd .aws/credentials server.key tls.key certs/a.key private.key key.pem privkey.pem server-key.pem
app-private-key.pem RSAprivatekey.pem a.p12 a.pfx keystore.jks release.keystore app.kdbx krb5.keytab putty.ppk
git.priv service-account.json gcp-service-account.json gcpkey.json gcp-key.json firebase-adminsdk.json
thing-411009-4622a4d8f58f.json key.json application_default_credentials.json .kube/config kubeconfig
kubeconfig.yaml .dockercfg master.key config/master.key auth.json settings-security.xml
.config/pypoetry/auth.toml .cargo/credentials.toml .gem/credentials secret.txt oauth.txt password.txt
.bash_history .Xauthority .erlang.cookie .s3cfg rclone.conf kaggle.json .smbcredentials private.gpg
credentials.json .vault_pass vnc/.vncpasswd .zsh_history
""")

LOOK = listed("""
.npmrc ./.npmrc .npmrc.ci .npmrc-cloud npmrc .yarnrc.yml .yarnrc .env .env.local .env.production .env.test
prod.env plane.env .envrc .env* pip.conf pip.ini .pypirc .condarc uv.toml .gitconfig settings.xml
.m2/settings.xml maven/settings.xml gradle.properties NuGet.Config nuget.config .docker/config.json
.aws/config .bundle/config my.pem *.pem .my.cnf terraform.tfstate terraform.tfvars prod.tfvars .terraformrc
secrets.yml secrets.json wp-config.php client.ovpn .ssh .ssh/ .aws .gnupg .kube .docker .vnc secrets
.config/gcloud token client_secret_1.json db-credentials.json api_token.txt
""")

NOT = listed("""
id_rsa.pub id_ed25519.pub known_hosts authorized_keys .ssh/config .ssh/known_hosts .env.example .env.sample
.env.template .env.dist .env.vault .env.schema .npmrc.example credentials.json.dummy token.json.dummy
secrets.yml.example config/credentials.yml.enc nginx_signing.key nodesource.gpg.key Release.key docker.gpg.key
mongodb.asc release.gpg archive-keyring.gpg gpg.key pubkey.pem public.pem public.key cert.pem fullchain.pem
chain.pem ca.pem cacert.pem rds-combined-ca-bundle.pem dhparam.pem truststore.jks cacerts.jks debug.keystore
sgerrand.rsa.pub server.crt a.cer package.json tsconfig.json config.json src/config.json composer.json
keyboard monkey.md hotkey.js tokenizer.json tokens.ts README.md Dockerfile yarn.lock Gemfile.lock hosts.yml
config application.yml docker-compose.yml . / src/auth.go auth.py requirements.txt keys/ gcloud settings.py
gradle-wrapper.properties environment .envoy env .environment nginx.conf password-policy.md secrets.py
secrets.ts SecretService.java token.js .gitignore .dockerignore key.go passwd.c
https://h.example.com/ca/cacert.pem https://h.example.com/nodesource.gpg.key
""")


@pytest.mark.parametrize("path", SURE)
def test_name_alone(path: str) -> None:
    found = credential_file(path)
    assert found is not None
    assert found.certainty is Certainty.NAME_ALONE


@pytest.mark.parametrize("path", LOOK)
def test_needs_content(path: str) -> None:
    found = credential_file(path)
    assert found is not None
    assert found.certainty is Certainty.NEEDS_CONTENT


@pytest.mark.parametrize("path", NOT)
def test_harmless(path: str) -> None:
    assert credential_file(path) is None


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (".npmrc", "npmrc"),
        ("docker/.npmrc", "npmrc"),
        (".npmrc.ci", "npmrc"),
        ("id_rsa", "id_rsa"),
        ("pip.conf", "pip"),
        ("settings.xml", "settings"),
        ("NuGet.Config", "NuGet"),
        (".env", "env"),
        (".env.production", "env"),
        (".netrc", "netrc"),
        ("_netrc", "netrc"),
        (".docker/config.json", "config"),
        ("tls.server.key", "tls.server"),
        ("gcp-key.json", "gcp-key"),
        (".aws/", "aws"),
        ("*.pem", "pem"),
        ("...", "secret"),
        ("a b.key", "ab"),
    ],
)
def test_secret_id(path: str, expected: str) -> None:
    assert secret_id(path) == expected


@pytest.mark.parametrize(
    ("path", "category"),
    [
        ("id_rsa", Category.PRIVATE_KEY),
        (".npmrc", Category.REGISTRY_AUTH),
        (".aws/credentials", Category.CLOUD_KEY),
        (".env", Category.CREDENTIAL_FILE),
        ("pip.conf", Category.INDEX_URL),
        (".netrc", Category.PASSWORD),
        ("kubeconfig", Category.CREDENTIAL_FILE),
    ],
)
def test_category(path: str, category: Category) -> None:
    found = credential_file(path)
    assert found is not None
    assert found.category is category


@pytest.mark.parametrize(
    ("source", "destination", "kind"),
    [
        ("config", "/root/.aws/", "aws-config"),
        ("config", "/root/.kube/", "kubeconfig"),
        ("foo", "/root/.ssh/id_rsa", "ssh-key"),
        ("docker.json", "/root/.docker/config.json", "docker-config"),
        ("npm.conf", "/app/.npmrc", "npmrc"),
        (".", "/root/.ssh/", "ssh-folder"),
        ("id_rsa", "/tmp/x", "ssh-key"),
    ],
)
def test_a_copied_file_is_known_by_where_it_goes(source: str, destination: str, kind: str) -> None:
    found = copied_file(source, destination)
    assert found is not None
    assert found.kind == kind


@pytest.mark.parametrize(
    ("source", "destination"),
    [("a.txt", "/app/"), (".", "/app"), ("config", "/app/config"), ("x.pub", "/root/.ssh/x.pub")],
)
def test_a_harmless_copy(source: str, destination: str) -> None:
    assert copied_file(source, destination) is None


def test_paths_are_read_in_any_style() -> None:
    assert credential_file("C:\\keys\\id_rsa") == credential_file("/keys/id_rsa")
    assert credential_file('"./.npmrc"') == credential_file(".npmrc")
    assert credential_file(".npmr[c]") == credential_file(".npmrc")
    assert credential_file("ID_RSA") is not None


def test_tables_are_written_in_lower_case() -> None:
    keys = [*NAMES, *IN_FOLDERS, *ENDINGS, *FOLDERS]
    assert len(keys) > 150
    assert keys == [key.lower() for key in keys]


PARTS = [
    *NAMES,
    *IN_FOLDERS,
    *FOLDERS,
    *ENDINGS,
    "my",
    "key",
    "private",
    ".",
    "-",
    "*",
    "[a]",
    "'",
    " ",
    "\\",
    ".config",
]


@settings(deadline=None)
@given(st.lists(st.sampled_from(PARTS), min_size=1, max_size=4), st.sampled_from(["/", ""]))
def test_no_credential_file_is_cleared_by_its_last_name(parts: list[str], joint: str) -> None:
    path = f"a/{joint.join(parts)}"
    if credential_file(path) is not None:
        assert may_be_credential_file(path.rpartition("/")[2]), path


@pytest.mark.parametrize("path", [*SURE, *LOOK])
def test_a_listed_credential_file_is_not_cleared(path: str) -> None:
    assert may_be_credential_file(path.rstrip("/").rpartition("/")[2])


@pytest.mark.parametrize(
    "base", ["app.py", "package.json", "Dockerfile", "README.md", "nginx.conf", "requirements.txt"]
)
def test_plain_names_are_cleared(base: str) -> None:
    assert not may_be_credential_file(base)
