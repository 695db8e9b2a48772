"""Show how a secret manager hands its secrets over as files, `/run/secrets/<id>`, so that programs stay as they are.

`docs/secret-managers.md` is the page that `page` renders for two ids as an example.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum
from typing import Final

from rewriter.errors import UsageError
from rewriter.record import Record
from rewriter.template import render


class Manager(StrEnum):
    """Name a secret manager."""

    VAULT = "vault"
    AWS = "aws"
    GOOGLE = "google"
    AZURE = "azure"
    ONE_PASSWORD = "1password"  # noqa: S105 - a product's name


class Snippet(Record):
    """Hold what a person puts into one file, `path` being a proposal for its name."""

    manager: Manager
    title: str
    path: str
    text: str


_TITLES: Final = {
    Manager.VAULT: "HashiCorp Vault",
    Manager.AWS: "AWS Secrets Manager",
    Manager.GOOGLE: "Google Secret Manager",
    Manager.AZURE: "Azure Key Vault",
    Manager.ONE_PASSWORD: "1Password",
}
_PATHS: Final = {Manager.VAULT: "vault-agent.hcl"}
_ON_KUBERNETES: Final = (Manager.AWS, Manager.GOOGLE, Manager.AZURE)
_ID: Final = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,126}[a-z0-9])?\Z")


def snippets(ids: Sequence[str]) -> tuple[Snippet, ...]:
    """Return what each manager needs to write the secrets of these ids, none of which is a value."""
    wanted = sorted(dict.fromkeys(ids))
    for one in wanted:
        if not _ID.match(one):
            raise UsageError(f"{one!r} cannot be the id of a secret; use lower-case letters, digits, '_', '.' and '-'")
    found: list[Snippet] = []
    for manager, title in _TITLES.items():
        name = _PATHS.get(manager, f"fetch-secrets-{manager}.sh")
        found.append(Snippet(manager, title, name, render(f"manager-{manager}.j2", ids=wanted)))
        if manager in _ON_KUBERNETES:
            text = render("manager-kubernetes.j2", ids=wanted, manager=manager)
            found.append(Snippet(manager, f"{title} on Kubernetes", f"secrets-{manager}.yaml", text))
    return tuple(found)


def page(ids: Sequence[str]) -> str:
    """Return the page of documentation for these ids, in Markdown."""
    return render("secret-managers.md.j2", snippets=snippets(ids), ids=sorted(dict.fromkeys(ids)))
