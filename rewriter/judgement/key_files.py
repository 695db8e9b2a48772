"""Find the key file that a command is told to log in with, by the options of the tools that take one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rewriter.judgement.pattern import Pattern

_OPTIONS: Final = {
    "gcloud": ("--key-file", "--credential-file-override", "--cred-file"),
    "gsutil": ("-o",),
    "ssh": ("-i",),
    "scp": ("-i",),
    "sftp": ("-i",),
    "rsync": (),
    "ssh-add": (),
    "kubectl": ("--kubeconfig",),
    "helm": ("--kubeconfig",),
    "cosign": ("--key",),
    "apksigner": ("--ks",),
    "jarsigner": ("-keystore",),
    "ansible-vault": ("--vault-password-file",),
    "ansible-playbook": ("--vault-password-file", "--private-key"),
}
_SSH_COMMAND: Final = Pattern(
    r"(?:GIT_SSH_COMMAND|core\.sshCommand)[=\s]\s*[\"']?ssh\b[^\"'\n]{0,200}?\s-i\s*([^\s\"']+)"
)
_SAFE: Final = ("/run/secrets/", "/var/run/secrets/", "/dev/", "-", "$", "http://", "https://", "env://", "awskms://",
                "gcpkms://", "hashivault://", "k8s://", "azurekms://")  # fmt: skip


_MAY: Final = Pattern(
    r"--key-file|--cred|kubeconfig|\b(?:ssh|scp|sftp)\s[^;&|\n]{0,300}?-i|ssh-add\s|GIT_SSH_COMMAND|sshCommand|gsutil\s"
    r"|--ks\b|-keystore|vault-password|--private-key|cosign\s|GOOGLE_APPLICATION_CREDENTIALS"
)


_PARTS: Final = (
    "kubeconfig",
    "ssh",
    "scp",
    "sftp",
    "key",
    "cred",
    "SSH",
    "gsutil",
    "--ks",
    "vault",
    "cosign",
    "CREDENTIALS",
)
"""What stands in every match of that."""


def may_name_key_file(text: str) -> bool:
    """Tell cheaply whether a command's text may name a key file; False is certain."""
    return any(part in text for part in _PARTS) and _MAY.search(text) is not None


def key_file(words: Sequence[str]) -> str | None:
    """Return the path of the key file on a command line, or None; one of a mounted secret counts as none."""
    tool = words[0].rsplit("/", 1)[-1]
    if tool == "ssh-add":
        return _checked(next((word for word in words[1:] if not word.startswith("-")), ""))
    for index, word in enumerate(words):
        for option in _OPTIONS.get(tool, ()):
            if word == option and index + 1 < len(words):
                return _checked(words[index + 1])
            if word.startswith(f"{option}="):
                return _checked(word.partition("=")[2])
    return None


def ssh_key_file(text: str) -> str | None:
    """Return the path of the key that `GIT_SSH_COMMAND="ssh -i KEY"` names in a script, or None."""
    told = _SSH_COMMAND.search(text) if "ssh" in text else None
    return None if told is None else _checked(told[1])


def _checked(path: str) -> str | None:
    plain = path.strip("\"'")
    return None if not plain or plain.startswith(_SAFE) or "$" in plain else plain
