"""Receive GitHub's webhooks: an ASGI application that checks who speaks, refuses what was said before, and visits.

A delivery only says where to look: nothing of it is believed but the repository's name, and that is asked for again.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable
from hashlib import sha256
from typing import Final

from rewriter.bot.store import Store
from rewriter.errors import UsageError
from rewriter.scm import json
from rewriter.scm.forge import ForgeError

try:
    from starlette.applications import Starlette
    from starlette.concurrency import run_in_threadpool
    from starlette.requests import Request
    from starlette.responses import PlainTextResponse, Response
    from starlette.routing import Route
except ImportError as error:
    raise UsageError("`unbake bot serve` needs more: pip install 'unbake[serve]'") from error

LIMIT: Final = 5 * 1024 * 1024
_EVENTS: Final = frozenset(
    {"push", "pull_request", "issues", "repository", "installation", "installation_repositories"}
)
_NAME: Final = re.compile(r"[A-Za-z0-9_.-]{1,100}/[A-Za-z0-9_.-]{1,100}")
_DELIVERY: Final = re.compile(r"[0-9A-Za-z-]{8,64}")


def application(secret: str, store: Store, visit: Callable[[str], None]) -> Starlette:
    """Return the application; `visit` is called with the name of each repository to look at."""
    required(secret)

    async def receive(request: Request) -> Response:
        body = b""
        async for chunk in request.stream():
            body += chunk
            if len(body) > LIMIT:
                return PlainTextResponse("too large", 413)
        if not signed(secret, body, request.headers.get("x-hub-signature-256", "")):
            return PlainTextResponse("not signed", 401)
        delivery = request.headers.get("x-github-delivery", "")
        # The header is not signed, the body is: one that comes again under another name is the same delivery.
        if not _DELIVERY.fullmatch(delivery) or not await run_in_threadpool(store.first_time, _names(delivery, body)):
            return PlainTextResponse("seen before", 409)
        names = named(body) if request.headers.get("x-github-event", "") in _EVENTS else ()
        for name in names:
            visit(name)
        return PlainTextResponse("taken" if names else "nothing to do", 202)

    return Starlette(routes=[Route("/", receive, methods=["POST"])])


def required(secret: str) -> None:
    """Raise `UsageError` where there is no secret: everybody could sign then."""
    if not secret:
        raise UsageError("a webhook secret is missing: set UNBAKE_WEBHOOK_SECRET to what the webhook was given")


def signed(secret: str, body: bytes, signature: str) -> bool:
    """Tell whether a body was signed with the secret, in constant time."""
    wanted = "sha256=" + hmac.new(secret.encode("utf-8"), body, sha256).hexdigest()
    return hmac.compare_digest(wanted.encode("ascii"), signature.encode("utf-8", "replace"))


def named(body: bytes) -> tuple[str, ...]:
    """Return the repositories that a delivery speaks of."""
    try:
        told = json.table(json.parse(body.decode("utf-8", "replace")))
        one = told.get("repository")
        added = [row for key in ("repositories", "repositories_added") for row in json.rows(told.get(key) or [])]
        rows = [*([json.table(one)] if one else []), *added]
    except ForgeError:
        return ()
    found = (json.text(row, "full_name") for row in rows)
    return tuple(dict.fromkeys(name for name in found if _NAME.fullmatch(name)))


def _names(delivery: str, body: bytes) -> tuple[str, str]:
    return f"delivery/{delivery}", f"body/{sha256(body).hexdigest()}"
