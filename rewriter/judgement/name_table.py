"""List names whose meaning their words do not tell. Data only: a new name is one row here."""

from __future__ import annotations

from typing import Final

from rewriter.judgement.verdicts import Category, NameVerdict
from rewriter.model.secret import Confidence


def _secret(category: Category, reason: str, *, sure: bool = True) -> NameVerdict:
    return NameVerdict(
        secret=True,
        confidence=Confidence.HIGH if sure else Confidence.MEDIUM,
        category=category,
        reason=reason,
    )


def _public(reason: str, *, companion: bool = False, carries_url: bool = False) -> NameVerdict:
    return NameVerdict(
        secret=False,
        confidence=Confidence.HIGH,
        category=None,
        reason=reason,
        companion=companion,
        carries_url=carries_url,
        ruled_out=not carries_url and not companion,
    )


_REGISTRY: Final = _secret(Category.REGISTRY_AUTH, "holds a registry's login")
_KUBE: Final = _secret(Category.CREDENTIAL_FILE, "holds a cluster's login")
_PASSWORD: Final = _secret(Category.PASSWORD, "names a password")
_FEEDS: Final = _secret(Category.REGISTRY_AUTH, "holds feeds and their passwords as JSON")
_RC: Final = _secret(Category.CREDENTIAL_FILE, "holds a configuration file with logins", sure=False)
_KEY: Final = _secret(Category.PRIVATE_KEY, "names a private key")
_COOKIE: Final = _secret(Category.SIGNING_KEY, "the cookie lets a node join the cluster", sure=False)
_SALT: Final = _secret(Category.SIGNING_KEY, "names a salt that is kept secret", sure=False)
_WORKDIR: Final = _public("names a directory")
_PATH: Final = _public("names a file")
_CLIENT_DSN: Final = _public("a client DSN is public")
_CLIENT_ID: Final = _public("an app's public id")
_COMPANION: Final = _public("a key id, travels with its secret", companion=True)
_PROXY: Final = _public("carries a URL that may hold a credential", carries_url=True)
_SETTING: Final = _public("a setting")

NAMES: Final[dict[str, NameVerdict]] = {
    "COMPOSER_AUTH": _REGISTRY,
    "COMPOSER_AUTH_JSON": _REGISTRY,
    "DOCKER_AUTH_CONFIG": _REGISTRY,
    "DOCKER_CONFIG_JSON": _REGISTRY,
    "DOCKERCONFIGJSON": _REGISTRY,
    "NPM_AUTH": _REGISTRY,
    "NPM_CONFIG__AUTH": _REGISTRY,
    "VSS_NUGET_EXTERNAL_FEED_ENDPOINTS": _FEEDS,
    "ARTIFACTS_CREDENTIALPROVIDER_EXTERNAL_FEED_ENDPOINTS": _FEEDS,
    "NPMRC": _RC,
    "NPM_RC": _RC,
    "NPMRC_CONTENT": _RC,
    "NETRC_CONTENT": _RC,
    "MAVEN_SETTINGS": _RC,
    "MAVEN_SETTINGS_XML": _RC,
    "KUBE_CONFIG": _KUBE,
    "KUBE_CONFIG_DATA": _KUBE,
    "KUBECONFIG_DATA": _KUBE,
    "KUBECONFIG_CONTENT": _KUBE,
    "KUBECONFIG_BASE64": _KUBE,
    "KUBECONFIG_B64": _KUBE,
    "KUBECONFIG": _PATH,
    "SSHPASS": _PASSWORD,
    "SONAR_LOGIN": _secret(Category.TOKEN, "holds a user's token"),
    "ID_RSA": _KEY,
    "SSH_ID_RSA": _KEY,
    "ID_ED25519": _KEY,
    "SSH_ID_ED25519": _KEY,
    "SSH_PRIVATE": _KEY,
    "SSH_PRV": _KEY,
    "GPG_PRIVATE": _KEY,
    "RELEASE_COOKIE": _COOKIE,
    "ERLANG_COOKIE": _COOKIE,
    "RABBITMQ_ERLANG_COOKIE": _COOKIE,
    "COUCHDB_ERLANG_COOKIE": _COOKIE,
    "SALT": _SALT,
    "HASH_SALT": _SALT,
    "ENCRYPTION_SALT": _SALT,
    "PWD": _WORKDIR,
    "OLDPWD": _WORKDIR,
    "INIT_PWD": _WORKDIR,
    "HOST_PWD": _WORKDIR,
    "ORIGINAL_PWD": _WORKDIR,
    "CURRENT_PWD": _WORKDIR,
    "SSH_AUTH_SOCK": _PATH,
    "XAUTHORITY": _PATH,
    "SSH_ASKPASS": _PATH,
    "GIT_ASKPASS": _PATH,
    "SUDO_ASKPASS": _PATH,
    "NETRC": _PATH,
    "DOCKER_CONFIG": _PATH,
    "GOOGLE_APPLICATION_CREDENTIALS": _PATH,
    "AWS_SHARED_CREDENTIALS": _PATH,
    "SENTRY_DSN": _CLIENT_DSN,
    "RAVEN_DSN": _CLIENT_DSN,
    "SHOPIFY_API_KEY": _CLIENT_ID,
    "CLOUDINARY_API_KEY": _CLIENT_ID,
    "PUSHER_APP_KEY": _CLIENT_ID,
    "PUSHER_KEY": _CLIENT_ID,
    "AWS_ACCESS_KEY": _COMPANION,
    "HTTP_PROXY": _PROXY,
    "HTTPS_PROXY": _PROXY,
    "ALL_PROXY": _PROXY,
    "FTP_PROXY": _PROXY,
    "NPM_CONFIG_REGISTRY": _PROXY,
    "YARN_REGISTRY": _PROXY,
    "GOPROXY": _PROXY,
    "UV_DEFAULT_INDEX": _PROXY,
    "UV_INDEX": _PROXY,
    "GOPRIVATE": _SETTING,
    "REGISTRY_AUTH": _SETTING,
    "SASL_SECRETS": _SETTING,
    "SAFE_TOKEN": _SETTING,
}
