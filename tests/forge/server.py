"""Serve the stand-in on a free port of the loopback: REST, and git over HTTP."""

from __future__ import annotations

import hashlib
import json
from base64 import b64decode
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from tests.forge import forks, git_http, published, routes
from tests.forge.repo import RefusedError
from tests.forge.request import Request
from tests.forge.state import State

ENTERPRISE = "/api/v3"
"""Where the REST interface of a GitHub Enterprise Server begins."""


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256


def handler(state: State) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1
        disable_nagle_algorithm = True

        def log_message(self, *_: object) -> None:
            return

        def do_GET(self) -> None:
            self._serve()

        do_POST = do_PATCH = do_DELETE = do_GET  # noqa: N815 (the base class's names)

        def _serve(self) -> None:
            data = self._sent()
            if ".git/" in self.path:
                self._git(data)
                return
            url = urlsplit(self.path.removeprefix(ENTERPRISE))
            query = {key: values[-1] for key, values in parse_qs(url.query).items()}
            state.bodies.append(data.decode("utf-8", "replace"))
            refusal = state.limits.enter(self.command, creates=_creates(self.command, url.path))
            if refusal is not None:
                state.limits.leave(counts=False)
                self._reply(refusal[0], {"message": "You have exceeded a secondary rate limit"}, refusal[1])
                return
            status, answer, headers = self._answer(url.path, query, data)
            etag = f'"{hashlib.sha256(json.dumps(answer).encode()).hexdigest()}"'
            if self.command == "GET" and status == 200 and self.headers.get("If-None-Match") == etag:
                status, answer = 304, None
            headers |= {"ETag": etag} if status in (200, 304) else {}
            told = state.limits.leave(counts=status != 304)
            state.calls.append((self.command, url.path, status))
            self._reply(status, answer, {**told, **headers})

        def _answer(self, path: str, query: Mapping[str, str], data: bytes) -> tuple[int, object, dict[str, str]]:
            line = f"{self.command} {path}"
            caller = state.caller(self.headers.get("Authorization") or "")
            if caller is None:
                return 401, {"message": "Bad credentials"}, {}
            if (before := state.fault(line, after=False)) is not None:
                return before.status, {"message": before.message}, dict(before.headers)
            if state.before is not None:
                state.before(line)
            sent = json.loads(data) if data else None
            headers: dict[str, str] = {}
            try:
                status, answer = routes.answer(state, Request(self.command, path, query, sent or {}, caller))
            except RefusedError as refused:
                status, answer, headers = refused.status, {"message": str(refused)}, refused.headers
            if state.check:
                state.mismatches += published.faults(self.command, path, sent, status, answer)
            if (after := state.fault(line, after=True)) is not None:
                return after.status, {"message": after.message}, dict(after.headers)
            if isinstance(answer, list) and self.command == "GET":
                size, page = int(query.get("per_page", 30)), int(query.get("page", 1))
                if page * size < len(answer):
                    headers["Link"] = f'<{state.base}{path}?per_page={size}&page={page + 1}>; rel="next"'
                answer = answer[(page - 1) * size : page * size]
                if path.endswith("/repos") and state.hides():
                    headers["X-GitHub-SSO"] = "partial-results; organizations=1"
            return status, answer, headers

        def _sent(self) -> bytes:
            if self.headers.get("Transfer-Encoding") == "chunked":
                found = b""
                while size := int(self.rfile.readline(), 16):
                    found += self.rfile.read(size)
                    self.rfile.readline()
                self.rfile.readline()
                return found
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))

        def _reply(self, status: int, answer: object, headers: Mapping[str, str]) -> None:
            data = b"" if answer is None else json.dumps(answer).encode()
            self.send_response(status)
            for key, value in headers.items():
                self.send_header(key, value)
            if status not in (204, 304):
                self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data if status not in (204, 304) else b"")
            self.wfile.flush()

        def _git(self, data: bytes) -> None:
            url = urlsplit(self.path)
            name, inside = url.path[1:].split(".git/", 1)
            kind, _, secret = (self.headers.get("Authorization") or "").partition(" ")
            user, _, token = b64decode(secret).decode().partition(":") if kind == "Basic" else ("", "", "")
            caller = state.caller(f"token {token}")
            if user != "x-access-token" or caller is None:
                self._reply(401, {"message": "auth"}, {"WWW-Authenticate": 'Basic realm="git"'})
                return
            line = f"{self.command} {url.path}"
            if state.before is not None:
                state.before(line)
            repo = state.find(name)
            if repo is None and self.command == "GET" and (moved := state.moved_to(name)):
                self._reply(301, None, {"Location": f"{state.base}/{moved.name}.git/{inside}?{url.query}"})
                return
            pushes = url.path.endswith("git-receive-pack") or "git-receive-pack" in url.query
            try:
                if repo is None:
                    raise RefusedError(404, "Repository not found.")  # noqa: TRY301 (as routes do)
                routes.closed(repo, caller)
                if pushes and (repo.facts.get("archived") or not forks.may_push(repo, caller)):
                    raise RefusedError(403, "Permission denied.")  # noqa: TRY301
            except RefusedError as refused:
                self._reply(refused.status, {"message": str(refused)}, refused.headers)
                return
            if (before := state.fault(line, after=False)) is not None:
                self._reply(before.status, {"message": before.message}, {})
                return
            told = {name: self.headers.get(name) or "" for name in git_http.HEADERS}
            old = repo.refs() if pushes and self.command == "POST" else ""
            status, rows, body = git_http.answer(state.folder, self.command, url, told, data)
            if pushes and self.command == "POST":
                with state.lock:
                    if repo.refs() != old:
                        state.landed += 1
                        repo.changed()
                if state.fault(line, after=True) is not None:
                    self._reply(502, {"message": "lost"}, {})
                    return
            self.send_response(status)
            for key, value in rows:
                self.send_header(key, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
            self.wfile.flush()

    return Handler


def _creates(verb: str, path: str) -> bool:
    return verb == "POST" and path.endswith(("/pulls", "/issues", "/comments", "/requested_reviewers"))
