"""Judge a file by its path: whether its name says that it holds a credential."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from rewriter.judgement import file_table as table
from rewriter.judgement.names import split_words
from rewriter.judgement.pattern import Pattern
from rewriter.judgement.verdicts import Category, Certainty, FileVerdict

MAX_PATH: Final = 4096

_GLOB_SET: Final = Pattern(r"\[(?!\!|\^)([^\]])[^\]]*\]")
_STARS: Final = Pattern(r"[*?]+")
_ENV: Final = Pattern(r"\.env(?:[.\-_][A-Za-z0-9_.\-]*)?|[A-Za-z0-9_\-]+\.env|env\.(?:prod|production|staging|local)")
_GCLOUD_DOWNLOAD: Final = Pattern(r"[a-z][a-z0-9\-]{4,40}-[0-9a-f]{12}\.json")
"""The name under which the cloud console saves a service account's key: project, key id."""
_NPMRC: Final = Pattern(r"\.?npmrc(?:[.\-_][A-Za-z0-9_\-]+)?|[A-Za-z0-9_\-]+\.npmrc")


@lru_cache(maxsize=4096)
def credential_file(path: str) -> FileVerdict | None:
    """Return what a file's name says about it, or None when it says nothing.

    A path may end in wildcards (`*.pem`, `.env*`), as a COPY source may, or name a folder (`.ssh/`).
    """
    if len(path) > MAX_PATH:
        return None
    plain = _GLOB_SET.sub(r"\1", path.replace("\\", "/").strip().strip("\"'"))
    parts = [part for part in plain.split("/") if part not in ("", ".")]
    if not parts:
        return None
    base = _STARS.sub("x", parts[-1].rstrip("*?"))
    lower = base.lower()
    folders = frozenset(part.lower() for part in parts[:-1])
    row = _by_folder(lower, parts) or _by_name(lower, folders)
    if row is None:
        return None
    return FileVerdict(kind=row.kind, category=row.category, certainty=row.certainty, secret_id=secret_id(path))


KEY_MARK: Final = "PRIVATE KEY-----"
_LOOKED_INTO: Final = (
    ".json",
    ".pem",
    ".txt",
    ".conf",
    ".cfg",
    ".cnf",
    ".ini",
    ".key",
    ".crt",
    ".cert",
    ".yml",
    ".yaml",
)


def may_be_key_inside(path: str) -> bool:
    """Tell whether a file whose name says nothing is of a kind in which people keep a private key."""
    base = path.rsplit("/", 1)[-1]
    looked_into = base.lower().endswith(_LOOKED_INTO) or "." not in base
    return looked_into and base not in ("package.json", "package-lock.json")


@lru_cache(maxsize=4096)
def may_be_credential_file(base: str) -> bool:
    """Tell whether a file of that name says something in any folder; False is certain."""
    plain = _GLOB_SET.sub(r"\1", base.strip().strip("\"'")).rstrip("*?")
    lower = plain.lower()
    if "\\" in base or plain in ("", ".", "..") or ("]" in plain and "[" not in plain) or len(base) > MAX_PATH:
        return True
    return lower in table.FOLDERS or lower in table.IN_FOLDERS or _by_name(lower, frozenset()) is not None


def copied_file(source: str, destination: str) -> FileVerdict | None:
    """Return what the names of a copied file say: that of the source, or that under which it arrives.

    `COPY config /root/.aws/` gives itself away by where it goes only.
    """
    found = credential_file(source)
    if found is not None:
        return found
    base = source.replace("\\", "/").rstrip("/").rsplit("/", 1)[-1]
    arrived = destination + base if destination.endswith(("/", "\\")) else destination
    verdict = credential_file(arrived)
    if verdict is None and base in ("", ".", "*"):
        verdict = credential_file(destination)
    return verdict


def is_harmless(path: str) -> bool:
    """Tell whether a file's name says that it is a sample, a public half, encrypted, or a program."""
    base = path.rsplit("/", 1)[-1].lower()
    return "." in base.lstrip(".") and "." + base.rsplit(".", 1)[-1] in table.HARMLESS_ENDINGS


def secret_id(path: str) -> str:
    """Return the id of a copied file's secret: its base name without leading dot and extension."""
    base = path.replace("\\", "/").rstrip("/").rsplit("/", 1)[-1].strip("\"'")
    base = re.sub(r"[^A-Za-z0-9_.\-]", "", base).lstrip("._")
    stem = base.split(".", 1)[0] if base.lower().startswith(("env.", "npmrc.")) else base.rsplit(".", 1)[0]
    return stem or base or "secret"


def _by_folder(lower: str, parts: list[str]) -> table.FileRow | None:
    if parts[-2:-1] == [table.APT_LOGINS]:
        return table.IN_FOLDERS["auth.conf"][0]
    row = table.FOLDERS.get(lower)
    if row is None or (lower == "gcloud" and ".config" not in parts):
        return None
    return row


def _by_name(lower: str, folders: frozenset[str]) -> table.FileRow | None:
    if lower.startswith(("id_rsa", "id_dsa", "id_ecdsa", "id_ed25519")) and not lower.endswith(".pub"):
        return table.NAMES["id_rsa"][0]
    exact = table.NAMES.get(lower)
    if exact is not None:
        return exact[0]
    rows = table.IN_FOLDERS.get(lower)
    if rows is not None:
        return next((row for row in rows if not row.folders or folders.intersection(row.folders)), None)
    ending = "." + lower.rsplit(".", 1)[-1] if "." in lower else ""
    if ending in table.HARMLESS_ENDINGS:
        return None
    if _ENV.fullmatch(lower):
        return _dotenv(lower)
    if _NPMRC.fullmatch(lower):
        return table.NAMES[".npmrc"][0]
    return _by_ending(lower, ending) or _by_words(lower, ending)


def _dotenv(lower: str) -> table.FileRow | None:
    harmless = (
        "example",
        "sample",
        "template",
        "tmpl",
        "tpl",
        "dist",
        "schema",
        "vault",
        "default",
        "defaults",
        "dummy",
        "enc",
    )
    return None if set(re.split(r"[.\-_]", lower)).intersection(harmless) else table.ENDINGS[".env"]


def _by_ending(lower: str, ending: str) -> table.FileRow | None:
    row = table.ENDINGS.get(ending)
    if row is None:
        return None
    if ending == ".json":
        return None
    words = frozenset(split_words(lower[: -len(ending)]))
    private = (
        bool(words & {"private", "priv", "privkey", "prv", "secret"}) or "privkey" in lower or "privatekey" in lower
    )
    if row.kind == "gpg-secret-key":
        return row._replace(certainty=Certainty.NAME_ALONE) if private else None
    if row.kind in ("private-key", "pem") and not private and words & table.PUBLIC_KEY_WORDS:
        own = row.kind == "pem" and words & {"key", "rsa", "private"} and not words & {"pub", "public", "gpg", "pgp"}
        return row if own else None
    if row.kind == "keystore" and words & {"truststore", "trust", "cacerts"}:
        return None
    if row.kind == "keystore" and lower.startswith("debug."):
        return None
    if row.kind == "pem" and (private or words & {"key", "rsa", "ec", "ssh"} or lower == "key.pem"):
        return row._replace(kind="private-key", certainty=Certainty.NAME_ALONE)
    return row


def _by_words(lower: str, ending: str) -> table.FileRow | None:
    """Judge JSON and text files whose name speaks of a key: `gcp-service-account.json`, `api_token.txt`."""
    if ending == ".json":
        if _GCLOUD_DOWNLOAD.fullmatch(lower):
            return table.FileRow("service-account", Category.CLOUD_KEY, Certainty.NAME_ALONE)
        words = frozenset(split_words(lower[:-5]))
        joined = "".join(sorted(words))
        cloud = words & table.SERVICE_ACCOUNT_WORDS or "service" in joined
        if "account" in words and ("service" in words or cloud):
            return table.FileRow("service-account", Category.CLOUD_KEY, Certainty.NAME_ALONE)
        if "serviceaccount" in lower or lower.startswith(("gcpkey", "gcloud-key", "gcp-key")):
            return table.FileRow("service-account", Category.CLOUD_KEY, Certainty.NAME_ALONE)
        if cloud and words & {
            "key",
            "keys",
            "credentials",
            "creds",
            "credential",
            "secret",
            "auth",
            "adminsdk",
        }:
            return table.FileRow("service-account", Category.CLOUD_KEY, Certainty.NAME_ALONE)
        if words & {"credentials", "creds", "credential"} or lower.startswith("client_secret"):
            return table.FileRow("json-credentials", Category.CLOUD_KEY, Certainty.NEEDS_CONTENT)
        return None
    if ending in ("", ".txt", ".cfg", ".conf", ".ini", ".yml", ".yaml", ".toml"):
        words = frozenset(split_words(lower))
        if ending == ".txt" and words & {
            "password",
            "passwords",
            "token",
            "secret",
            "secrets",
            "apikey",
            "credentials",
        }:
            return table.FileRow("keyfile", Category.PASSWORD, Certainty.NEEDS_CONTENT)
        if ending == "" and words & {"rsa", "ed"} and words & {"id", "key", "deploy"}:
            return table.NAMES["id_rsa"][0]
        if ending == "" and "key" in words and words & {"private", "deploy", "ssh"}:
            return table.NAMES["id_rsa"][0]
        if words & {"kubeconfig"} or lower.startswith("kube-config"):
            return table.NAMES["kubeconfig"][0]
    return None
