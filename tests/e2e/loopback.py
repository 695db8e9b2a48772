"""Serve HTTP on the loopback address to those who present a credential, and count who does not."""

import base64
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self
from urllib.parse import unquote


@dataclass(frozen=True, slots=True)
class Basic:
    """Be a user name and a password, as `curl -u`, .netrc and a URL send them."""

    user: str
    password: str

    def header(self) -> str:
        """Return the Authorization header's value."""
        return "Basic " + base64.b64encode(f"{self.user}:{self.password}".encode()).decode()


@dataclass(frozen=True, slots=True)
class Bearer:
    """Be a token in an Authorization header."""

    token: str

    def header(self) -> str:
        """Return the Authorization header's value."""
        return f"Bearer {self.token}"


@dataclass(frozen=True, slots=True)
class Token:
    """Be an Authorization header of a scheme of its own, or of none."""

    token: str
    scheme: str = ""

    def header(self) -> str:
        """Return the Authorization header's value."""
        return f"{self.scheme} {self.token}".lstrip()


Credential = Basic | Bearer | Token


@dataclass(frozen=True, slots=True)
class Request:
    """Hold one request; `path` is decoded and has no query."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    base: str
    """Where the server is for this client, with the free first component if there is one."""


@dataclass(frozen=True, slots=True)
class Response:
    """Hold one answer."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Seen:
    """Record one request and whether its credential was right."""

    method: str
    path: str
    authorised: bool


class Server:
    """Answer on 127.0.0.1, on a port that the kernel picks, from a thread; use it in a `with` statement.

    Any one of the credentials opens it; everybody else gets 401. With `free_prefix`, the first component of
    a path may be anything (`/acme/...`), as hosted registries have it. Git and npm ask without a credential
    first and only then with it, so `refused` may be positive in a build that succeeds.
    """

    def __init__(self, *credentials: Credential, free_prefix: bool = False) -> None:
        self._headers = frozenset(credential.header() for credential in credentials)
        self._challenge = "Basic" if any(isinstance(one, Basic) for one in credentials) else "Bearer"
        self._free_prefix = free_prefix
        self._lock = threading.Lock()
        self._seen: list[Seen] = []
        self._server: ThreadingHTTPServer | None = None
        self._thread: threading.Thread | None = None

    def respond(self, request: Request) -> Response:
        """Answer a request that is authorised; a server of one kind says how."""
        raise NotImplementedError

    def admits(self, request: Request) -> bool:
        """Tell whether a request comes with a right credential."""
        return request.headers.get("authorization") in self._headers

    @property
    def host(self) -> str:
        """Return address and port."""
        if self._server is None:
            raise RuntimeError("the server does not run: use it in a with statement")
        return f"127.0.0.1:{self._server.server_port}"

    @property
    def url(self) -> str:
        """Return the root's address, without a credential and without a final slash."""
        return f"http://{self.host}"

    @property
    def seen(self) -> tuple[Seen, ...]:
        """Return every request so far."""
        with self._lock:
            return tuple(self._seen)

    @property
    def authorised(self) -> int:
        """Count the requests that came with a right credential."""
        return sum(seen.authorised for seen in self.seen)

    @property
    def refused(self) -> int:
        """Count the requests that were answered with 401."""
        return sum(not seen.authorised for seen in self.seen)

    def __enter__(self) -> Self:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = False
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._server is not None and self._thread is not None:
            self._server.shutdown()
            self._server.server_close()
            self._thread.join()

    def answer(self, request: Request) -> Response:
        """Check the credential, count, and answer."""
        authorised = self.admits(request)
        with self._lock:
            self._seen.append(Seen(request.method, request.path, authorised))
        if not authorised:
            return Response(b"401\n", 401, {"WWW-Authenticate": f'{self._challenge} realm="unbake"'})
        if self._free_prefix:
            prefix, slash, rest = request.path.lstrip("/").partition("/")
            base = f"{request.base}/{prefix}"
            request = Request(request.method, slash + rest, request.query, request.headers, request.body, base)
        return self.respond(request)


def _handler(server: Server) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = 30

        def _serve(self) -> None:
            path, _, query = self.path.partition("?")
            headers = {name.lower(): value for name, value in self.headers.items()}
            body = self.rfile.read(int(headers.get("content-length", 0)))
            response = server.answer(Request(self.command, unquote(path), query, headers, body, server.url))
            self.send_response(response.status)
            for name, value in response.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(response.body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(response.body)

        do_GET = do_HEAD = do_POST = do_PUT = _serve  # noqa: N815 (the library's names)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the library's name)
            """Keep the test's output free of requests."""

    return Handler
