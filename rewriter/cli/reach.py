"""Reach the forge with what the command line and the environment say: with which credential, for whose repositories."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from rewriter.bot.branching import Forks
from rewriter.bot.engine import persistent
from rewriter.cli.given import given
from rewriter.cli.output import complain
from rewriter.errors import UnbakeError, UsageError
from rewriter.render.visible import visible
from rewriter.scm import github
from rewriter.scm.app import App, Installation
from rewriter.scm.clock import Clock
from rewriter.scm.gate import Gate
from rewriter.scm.github import GitHub


def reachable(api: str) -> None:
    """Raise `UsageError` where an address is none that a forge can have."""
    try:
        parts = urlsplit(api)
        fits = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        fits = False
    if not fits or parts.username or parts.password or parts.query:
        raise UsageError(
            "--api-url: no address of a forge; as in https://github.example.com/api/v3, without a credential"
        )


def reached(environment: Mapping[str, str], gate: Gate, api: str, *, owner: str, clock: Clock) -> GitHub:
    """Return GitHub with the credential that the environment gives; raises `UsageError` where there is none."""
    if token := given(environment, "GITHUB_TOKEN"):
        return GitHub(github.token(token), gate, api)
    identity, key = environment.get("GITHUB_APP_ID", ""), given(environment, "GITHUB_APP_PRIVATE_KEY")
    if not (identity and key):
        raise UsageError("a credential is missing: set GITHUB_TOKEN, or GITHUB_APP_ID and GITHUB_APP_PRIVATE_KEY_FILE")
    app = App(identity, key, gate, api)
    if not owner:
        raise UsageError("an App works for one owner at a time: give --org, or repositories of one owner")
    installed = persistent(lambda: app.installation(owner), clock, hindered)
    return GitHub(Installation(app, installed, clock), gate, api)


def hindered(error: UnbakeError, wait: float) -> None:
    """Say what hinders a request without which nothing begins: it is made again."""
    complain(f"{visible(str(error))}; again in {max(1, round(wait))} s")


def forks_in(owner: str, forge: GitHub, clock: Clock) -> Forks | None:
    """Return who gets the forks, None where there are to be none."""
    if not owner:
        return None
    account = persistent(forge.account, clock, hindered)
    if not account:
        raise UsageError("--fork-into needs the token of a person: an App has no account that could own a fork")
    own = owner == "@me" or owner.lower() == account.lower()
    return Forks(account, organization=False) if own else Forks(owner, organization=True)


def named_in(file: str) -> list[str]:
    """Return the lines of a file of names."""
    try:
        return Path(file).read_text("utf-8").splitlines() if file else []
    except (OSError, UnicodeDecodeError):
        raise UsageError(f"--repositories-from: {file} cannot be read as text") from None


def owner_of(listed: Sequence[str]) -> str:
    """Return whose repositories all of the listed ones are, empty where they are several people's."""
    owners = {name.partition("/")[0] for name in listed}
    return owners.pop() if len(owners) == 1 else ""
