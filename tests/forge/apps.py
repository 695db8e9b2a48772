"""Know GitHub Apps: check the signature of their tokens, and give out those of installations, which end in an hour."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

import jwt

from tests.forge import resources
from tests.forge.repo import RefusedError
from tests.forge.request import Caller, Request

LIFE = 3_600
PERMISSIONS = {
    "contents": "write",
    "issues": "write",
    "metadata": "read",
    "pull_requests": "write",
    "workflows": "write",
    "checks": "write",
    "security_events": "write",
}


@dataclass
class Installation:
    """Be an App installed with an owner."""

    id: int
    owner: str
    permissions: dict[str, str] = field(default_factory=lambda: dict(PERMISSIONS))
    suspended: bool = False


@dataclass
class Apps:
    """Hold one App; `now` is the clock by which tokens end."""

    now: Callable[[], float]
    id: int = 77
    slug: str = "unbake-test"
    public_key: str = ""
    installations: list[Installation] = field(default_factory=list)
    tokens: dict[str, tuple[Installation, float]] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)

    def signed(self, token: str) -> Caller | None:
        """Return the App that signed a token; None where GitHub would not believe it."""
        if not self.public_key:
            return None
        try:
            told = jwt.decode(
                token,
                self.public_key,
                algorithms=["RS256"],
                issuer=str(self.id),
                options={"require": ["iat", "exp", "iss"]},
            )
        except jwt.InvalidTokenError as error:
            self.refused.append(type(error).__name__)
            return None
        if told["exp"] - told["iat"] > 600 or told["iat"] > time.time():
            self.refused.append("too long")
            return None
        return Caller(self.slug, app=self.id)

    def installed(self, token: str) -> Caller | None:
        """Return the installation that a token was given to, while it lasts."""
        found, ends = self.tokens.get(token, (None, 0.0))
        if found is None or self.now() >= ends:
            return None
        login = f"{self.slug}[bot]"
        email = f"4711+{login}@users.noreply.github.com"
        return Caller(login, email, installation=found.id, owner=found.owner, may=found.permissions)

    def answer(self, base: str, request: Request) -> tuple[int, object]:
        """Answer what Apps ask for themselves."""
        if not request.caller.app:
            raise RefusedError(401, "A JSON web token could not be decoded")
        parts = request.path.split("/")[1:]
        match request.verb, parts:
            case "GET", ["orgs" | "users", owner, "installation"]:
                for one in self.installations:
                    if one.owner == owner:
                        return 200, self._described(base, one)
            case "POST", ["app", "installations", number, "access_tokens"]:
                for one in self.installations:
                    if str(one.id) == number and not one.suspended:
                        return 201, self._token(one, request.sent)
        raise RefusedError(404, "Not Found")

    def _token(self, one: Installation, sent: Mapping[str, object]) -> resources.Json:
        assert not sent, "no fewer permissions are asked for"
        token = f"ghs_{len(self.tokens):04}" + "canaryInstallation" + "7Xb2"
        self.tokens[token] = one, self.now() + LIFE
        ends = datetime.fromtimestamp(self.now() + LIFE, UTC)
        return {
            "token": token,
            "expires_at": ends.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "permissions": one.permissions,
            "repository_selection": "all",
        }

    def _described(self, base: str, one: Installation) -> resources.Json:
        return {
            "id": one.id,
            "account": resources.user(base, one.owner, "Organization"),
            "app_id": self.id,
            "app_slug": self.slug,
            "permissions": one.permissions,
            "repository_selection": "all",
            "suspended_at": resources.When if one.suspended else None,
            "target_type": "Organization",
        }
