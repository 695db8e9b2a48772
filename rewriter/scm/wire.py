"""Make each request to GitHub once, through the gate: PyGithub's transport without its retries and its redirects.

PyGithub repeats a POST whose answer was lost, which makes a second issue, and follows a renamed repository without
the query of the request, which gives another answer than the one asked for. Here neither happens. A requester keeps
the request that it works on in itself, so each thread has its own.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Mapping
from typing import Final, Protocol, runtime_checkable
from urllib.parse import quote, urlsplit

import requests
from github import Auth, Github, GithubException
from github.Requester import HTTPRequestsConnectionClass, HTTPSRequestsConnectionClass, Requester, RequestsResponse

from rewriter.record import Record
from rewriter.scm import json
from rewriter.scm.forge import RULE, ForbiddenError, ForgeError, MovedError
from rewriter.scm.gate import Gate, Kind

PAGE: Final = 100
_TIMEOUT: Final = 60
_PAGES: Final = 10_000
_RULES: Final = (403, 409, 422)
_RULE: Final = "rule violation"
_MOVED: Final = (301, 302, 307, 308)
_PLACE: Final = re.compile(r"/repositories/([0-9]{1,18})(?:/|$)")


class Answer(Record):
    """Hold what came back; the names of headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: str


@runtime_checkable
class Renewable(Protocol):
    """Be a credential that ends, and of which there is another."""

    def renew(self, used: str) -> None:
        """Take another token than the one that was used."""
        ...


class Wire:
    """Send requests with one credential to one server."""

    def __init__(self, auth: Auth.Auth, gate: Gate, api: str) -> None:
        self.auth: Final = auth
        self._gate: Final = gate
        self._api: Final = api.rstrip("/")
        self._local: Final = threading.local()
        self._connected()

    def pages(self, url: str) -> Iterator[object]:
        """Yield the pages of a list."""
        for answer in self.answers(url):
            yield json.parse(answer.body)

    def answers(self, url: str) -> Iterator[Answer]:
        """Yield the answers that hold the pages of a list."""
        joint = "&" if "?" in url else "?"
        for number in range(1, _PAGES):
            answer = self.send("GET", f"{url}{joint}per_page={PAGE}&page={number}", Kind.READ)
            yield answer
            if 'rel="next"' not in answer.headers.get("link", ""):
                return

    def get(self, url: str) -> object:
        """Return what a URL holds."""
        return json.parse(self.send("GET", url, Kind.READ).body)

    def write(self, verb: str, url: str, data: Mapping[str, object], kind: Kind = Kind.WRITE) -> Mapping[str, object]:
        """Send an object and return the object that it became; a list is returned as an empty one."""
        found = json.parse(self.send(verb, url, kind, data=data).body)
        return found if isinstance(found, dict) else {}

    def send(
        self,
        verb: str,
        url: str,
        kind: Kind,
        *,
        data: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
        allowed: tuple[int, ...] = (),
    ) -> Answer:
        """Send one request; raises `ForgeError` where the answer is an error that is not allowed."""
        used = self._take()
        answer = self._once(verb, url, kind, data=data, headers=headers)
        if answer.status == 401 and isinstance(self.auth, Renewable):  # refused at the door: nothing was done
            self.auth.renew(used)
            self._take()
            answer = self._once(verb, url, kind, data=data, headers=headers)
        if answer.status in _MOVED:
            found = _PLACE.search(urlsplit(answer.headers.get("location", "")).path)
            raise MovedError(f"{_what(verb, url)}: moved", int(found[1]) if found else 0)
        if answer.status in _RULES and _RULE in answer.body.lower():
            raise ForbiddenError(f"{_what(verb, url)}: a rule of the repository forbids it", RULE)
        if answer.status >= 400 and answer.status not in allowed:
            raise ForgeError(f"{_what(verb, url)}: {answer.status}{_why(answer)}", answer.status)
        return answer

    def _take(self) -> str:
        """Take the token before the gate is entered: renewing it is a request of its own."""
        found = self._local.token = self.auth.token
        return found

    def _once(
        self, verb: str, url: str, kind: Kind, *, data: Mapping[str, object] | None, headers: Mapping[str, str] | None
    ) -> Answer:
        sent = None if data is None else dict(data)
        with self._gate.admit(kind):
            try:
                requester, connection = self._connected()
                status, found, body = requester.requestJson(
                    verb, url, headers=dict(headers or {}), input=sent, cnx=connection
                )
            except _RedirectedError as redirected:
                status, found, body = redirected.answer.status_code, dict(redirected.answer.headers), ""
            except (requests.RequestException, GithubException, RuntimeError, AssertionError, OSError) as error:
                del self._local.connected  # a connection that failed is not used again
                raise ForgeError(f"{_what(verb, url)}: no answer ({type(error).__name__})") from None
        answer = Answer(status, {str(key).lower(): str(value) for key, value in found.items()}, body)
        self._gate.learn(answer.status, answer.headers, answer.body)
        return answer

    def _connected(self) -> tuple[Requester, _Plain | _Secure]:
        found: tuple[Requester, _Plain | _Secure] | None = getattr(self._local, "connected", None)
        if found is None:
            client = Github(
                auth=_Held(self.auth.token_type, self._local),
                base_url=self._api,
                timeout=_TIMEOUT,
                per_page=PAGE,
                retry=None,
                seconds_between_requests=0,
                seconds_between_writes=0,
                user_agent="unbake",
            )
            place = urlsplit(self._api)
            kind = _Plain if place.scheme == "http" else _Secure
            connection = kind(place.hostname or "", place.port, timeout=_TIMEOUT)
            found = self._local.connected = client.requester, connection
        return found


class _Held(Auth.Auth):
    """Be the token that the thread has taken."""

    def __init__(self, kind: str, local: threading.local) -> None:
        self._kind: Final = kind
        self._local: Final = local

    @property
    def token_type(self) -> str:
        return self._kind

    @property
    def token(self) -> str:
        found: str = getattr(self._local, "token", "")
        return found


class _RedirectedError(Exception):
    """Carry a redirect past PyGithub, which would follow it."""

    def __init__(self, answer: requests.Response) -> None:
        super().__init__()
        self.answer = answer


class _Plain(HTTPRequestsConnectionClass):
    def getresponse(self) -> RequestsResponse:
        return RequestsResponse(_requested(self))


class _Secure(HTTPSRequestsConnectionClass):
    def getresponse(self) -> RequestsResponse:
        return RequestsResponse(_requested(self))


def _requested(connection: HTTPRequestsConnectionClass | HTTPSRequestsConnectionClass) -> requests.Response:
    port = f":{connection.port}" if connection.port else ""
    answer = connection.session.request(
        connection.verb,
        f"{connection.protocol}://{connection.host}{port}{connection.url}",
        headers=connection.headers,
        data=connection.input,
        timeout=connection.timeout,
        verify=connection.verify,
        allow_redirects=False,
    )
    if answer.status_code in _MOVED:
        raise _RedirectedError(answer)
    return answer


def repo(name: str) -> str:
    """Return the path of a repository."""
    owner, _, repository = name.partition("/")
    return f"/repos/{quote(owner, safe='')}/{quote(repository, safe='')}"


def _what(verb: str, url: str) -> str:
    return f"{verb} {url.partition('?')[0]}"


def _why(answer: Answer) -> str:
    match answer.status:
        case 401:
            return " (the credential is not accepted)"
        case 403 if "x-github-sso" in answer.headers:
            return " (single sign-on: the credential has to be authorised for the organisation)"
        case 403:
            return " (the credential may not do this)"
        case 404:
            return " (not there, or not to be seen with this credential)"
        case 451:
            return " (blocked for legal reasons)"
        case _:
            return ""
