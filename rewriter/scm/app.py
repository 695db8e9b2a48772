"""Authenticate as a GitHub App: a token signed with its key, and by it one of an installation, which ends in an hour.

https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import datetime
from typing import Final
from urllib.parse import quote

from github import Auth

from rewriter.errors import UsageError
from rewriter.record import Record
from rewriter.scm import json
from rewriter.scm.clock import Clock
from rewriter.scm.forge import ForgeError
from rewriter.scm.gate import Gate, Kind
from rewriter.scm.wire import Wire

NEEDED: Final = {"contents": "write", "issues": "write", "metadata": "read", "pull_requests": "write"}
_MARGIN: Final = 600.0
"""A token is renewed so many seconds before it ends: a clone that has begun is finished with it."""
_STRENGTH: Final = ("", "read", "write", "admin")


class Installed(Record):
    """Describe an installation: what the App may do there."""

    id: int
    permissions: Mapping[str, str]
    suspended: bool

    def may(self, permission: str, wanted: str = "write") -> bool:
        """Tell whether a permission is given."""
        given = self.permissions.get(permission, "")
        return given in _STRENGTH and _STRENGTH.index(given) >= _STRENGTH.index(wanted)


class App:
    """Be an App, by its number (or client id) and private key. Raises `UsageError` where the key is none."""

    def __init__(self, identity: str, key: str, gate: Gate, api: str) -> None:
        auth = Auth.AppAuth(identity, key)
        try:
            _ = auth.token
        except Exception:  # noqa: BLE001 (what a library says of a broken key may hold parts of it)
            raise UsageError("GITHUB_APP_PRIVATE_KEY_FILE holds no private key of RSA in PEM form") from None
        self._wire: Final = Wire(auth, gate, api)

    def installation(self, owner: str) -> Installed:
        """Return the installation with an organisation or user; raises `UsageError` where it cannot be worked with."""
        found = self._found(owner)
        if found.suspended:
            raise UsageError(f"the App's installation with {owner} is suspended; let an owner take that back")
        missing = [f"{name}: {wanted}" for name, wanted in NEEDED.items() if not found.may(name, wanted)]
        if missing:
            raise UsageError(f"the App lacks permissions with {owner}: {', '.join(missing)}")
        return found

    def token(self, installation: int) -> tuple[str, float]:
        """Return a new token of an installation, and when it ends."""
        found = self._wire.write("POST", f"/app/installations/{installation}/access_tokens", {})
        return json.text(found, "token"), _moment(json.text(found, "expires_at"))

    def _found(self, owner: str) -> Installed:
        name = quote(owner, safe="")
        for kind in ("orgs", "users"):
            answer = self._wire.send("GET", f"/{kind}/{name}/installation", Kind.READ, allowed=(404,))
            if answer.status == 200:
                row = json.table(json.parse(answer.body))
                permissions = row.get("permissions")
                given = (
                    {str(key): str(value) for key, value in permissions.items()}
                    if isinstance(permissions, dict)
                    else {}
                )
                return Installed(json.number(row, "id"), given, bool(row.get("suspended_at")))
        raise UsageError(f"the App is not installed with {owner}; install it there first")


class Installation(Auth.Auth):
    """Be the credential of an installation. Threads share it; one renews it for all."""

    def __init__(self, app: App, installed: Installed, clock: Clock) -> None:
        self.installed: Final = installed
        self._app: Final = app
        self._clock: Final = clock
        self._lock: Final = threading.Lock()
        self._token = ""
        self._ends = 0.0

    @property
    def token_type(self) -> str:
        """Return the word before the token."""
        return "token"

    @property
    def token(self) -> str:
        """Return a token that is good for some minutes at least."""
        with self._lock:
            if self._clock.now() > self._ends - _MARGIN:
                self._take()
            return self._token

    def renew(self, used: str) -> None:
        """Take another token where `used` was refused, unless another thread has done so."""
        with self._lock:
            if self._token == used:
                self._take()

    def _take(self) -> None:
        self._token, self._ends = self._app.token(self.installed.id)
        if not self._token:
            raise ForgeError("the forge gave no token for the App's installation")


def _moment(text: str) -> float:
    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError:
        return 0.0
