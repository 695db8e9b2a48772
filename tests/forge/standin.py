"""Stand in for GitHub: real bare repositories behind its REST interface and git over HTTP, strict about its rules."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import threading
import time
from base64 import b64decode
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from tests.forge import published, resources
from tests.forge.limits import Limits

TOKEN = "canary-token-" + "7f3a9c1e5b"
BODY_LIMIT = 65_536
GIT = {
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "PATH": os.environ["PATH"],
    **{f"GIT_{who}_{what}": value for who in ("AUTHOR", "COMMITTER") for what, value in
       (("NAME", "Someone"), ("EMAIL", "someone@example.com"), ("DATE", "1700000000 +0000"))},
}  # fmt: skip


class RefusedError(Exception):
    """Carry an answer that is an error."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass
class Repo:
    """Hold one repository: the bare one on disk, and what GitHub knows besides."""

    id: int
    name: str
    path: Path
    facts: dict[str, object]
    notes: list[dict[str, object]] = field(default_factory=list)
    comments: list[dict[str, object]] = field(default_factory=list)

    def git(self, *words: str, data: bytes | None = None) -> str:
        done = subprocess.run(
            ["git", f"--git-dir={self.path}", *words], input=data, capture_output=True, check=True, env=GIT
        )
        return done.stdout.decode("utf-8", "surrogateescape").rstrip("\n")

    def ref(self, branch: str) -> str:
        try:
            return self.git("rev-parse", "--verify", "-q", f"refs/heads/{branch}")
        except subprocess.CalledProcessError:
            return ""

    def commit(self, files: Mapping[str, str], branch: str = "main", *, message: str = "a person's commit") -> str:
        """Commit as a person does."""
        parent = self.ref(branch)
        lines = [f"commit refs/heads/{branch}", "committer Someone <someone@example.com> 1700000000 +0000"]
        text = "\n".join(lines) + f"\ndata {len(message.encode())}\n{message}\n"
        text += f"from {parent}\n" if parent else ""
        for path, content in files.items():
            text += f"M 100644 inline {path}\ndata {len(content.encode())}\n{content}\n"
        self.git("fast-import", "--quiet", "--force", data=text.encode())
        return self.ref(branch)

    def show(self, path: str, ref: str = "main") -> str:
        return self.git("show", f"{ref}:{path}")

    def pulls(self, state: str = "open") -> list[dict[str, object]]:
        return [row for row in self.notes if "head" in row and state in ("all", row["state"])]

    def issues(self) -> list[dict[str, object]]:
        return [row for row in self.notes if "head" not in row]


@dataclass
class Fault:
    """Answer so many requests that match with an error; `after` the work is done, its answer is lost."""

    pattern: str
    status: int = 502
    times: int = 1
    after: bool = False
    headers: dict[str, str] = field(default_factory=dict)
    message: str = "fault"


class Forge:
    """Be GitHub on a free port of the loopback."""

    def __init__(self, folder: Path, now: Callable[[], float] = time.time) -> None:
        self.folder = folder
        self.repos: dict[str, Repo] = {}
        self.limits = Limits(now)
        self.faults: list[Fault] = []
        self.calls: list[tuple[str, str, int]] = []
        self.bodies: list[str] = []
        self.mismatches: list[str] = []
        self.check = published.available()
        self.sso_partial = False
        self.lock = threading.RLock()
        self._template: Path | None = None
        self._server = _Server(("127.0.0.1", 0), _handler(self))
        self.base = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def add(self, name: str, files: Mapping[str, str] | None, **facts: object) -> Repo:
        path = self.folder / f"{name}.git"
        path.mkdir(parents=True)
        (path / "refs" / "heads").mkdir(parents=True)
        (path / "objects").mkdir()
        (path / "HEAD").write_text("ref: refs/heads/main\n")
        (path / "config").write_text(
            "[core]\n\trepositoryformatversion = 0\n\tbare = true\n[http]\n\treceivepack = true\n"
            "[uploadpack]\n\tallowFilter = true\n\tallowAnySHA1InWant = true\n[gc]\n\tauto = 0\n"
        )
        repo = Repo(len(self.repos) + 1, name, path, dict(facts))
        if files:
            repo.commit(files)
        self.repos[name] = repo
        return repo

    def writes(self) -> Counter[str]:
        return Counter(f"{verb} {re.sub(r'[0-9]+', 'N', path.rpartition('/')[2])}" for verb, path, status in self.calls
                       if verb != "GET" and status < 300)  # fmt: skip

    def described(self, repo: Repo) -> resources.Json:
        return resources.repository(self.base, repo.id, repo.name, repo.facts)

    def answer(self, verb: str, path: str, query: Mapping[str, str], sent: Mapping[str, object]) -> tuple[int, object]:
        """Return status and answer of one request; raises `RefusedError`."""
        with self.lock:
            if found := re.fullmatch(r"/(?:orgs|users)/([^/]+)/repos", path):
                mine = [repo for name, repo in self.repos.items() if name.startswith(f"{found[1]}/")]
                if not mine:
                    raise RefusedError(404, "Not Found")
                return 200, [self.described(repo) for repo in mine]
            found = re.fullmatch(r"/repos/([^/]+/[^/]+)(/.*)?", path)
            repo = self.repos.get(found[1]) if found else None
            if found is None or repo is None:
                raise RefusedError(404, "Not Found")
            if verb != "GET" and repo.facts.get("archived"):
                raise RefusedError(403, "Repository was archived so is read-only.")
            return self._in(repo, verb, found[2] or "", query, sent)

    def _in(
        self, repo: Repo, verb: str, path: str, query: Mapping[str, str], sent: Mapping[str, object]
    ) -> tuple[int, object]:
        parts = [unquote(part) for part in path.split("/")[1:]]
        match verb, parts:
            case "GET", []:
                return 200, self.described(repo)
            case "GET", ["git", "trees", ref]:
                return 200, self._tree(repo, ref)
            case "GET", ["git", "matching-refs", prefix]:
                rows = repo.git("for-each-ref", "--format=%(refname) %(objectname)").splitlines()
                refs = [row.split(" ") for row in rows if row.startswith(f"refs/{prefix}")]
                return 200, [self._ref(repo, name, sha) for name, sha in refs]
            case "GET", ["git", "commits", sha]:
                return 200, self._commit(repo, sha)
            case "DELETE", ["git", "refs", ref]:
                branch = ref.removeprefix("heads/")
                if not repo.ref(branch):
                    raise RefusedError(422, "Reference does not exist")
                repo.git("update-ref", "-d", f"refs/{ref}")
                self.refresh(repo)
                return 204, None
            case _, ["pulls", *rest]:
                return self._pulls(repo, verb, rest, query, sent)
            case _, ["issues", *rest]:
                return self._issues(repo, verb, rest, query, sent)
        raise RefusedError(404, "Not Found")

    def _tree(self, repo: Repo, ref: str) -> resources.Json:
        try:
            listed = repo.git("ls-tree", "-r", "-t", "-z", "-l", ref)
        except subprocess.CalledProcessError:
            raise RefusedError(409, "Git Repository is empty.") from None
        rows = []
        for row in filter(None, listed.split("\0")):
            head, _, path = row.partition("\t")
            mode, kind, sha, size = head.split()
            rows.append({"path": path, "mode": mode, "type": kind, "sha": sha, "url": f"{self.base}/{sha}"}
                        | ({} if size == "-" else {"size": int(size)}))  # fmt: skip
        sha = repo.git("rev-parse", f"{ref}^{{tree}}")
        return {"sha": sha, "url": f"{self.base}/{sha}", "tree": rows, "truncated": False}

    def _ref(self, repo: Repo, name: str, sha: str) -> resources.Json:
        url = f"{self.base}/repos/{repo.name}/git/{name}"
        return {"ref": name, "node_id": "N", "url": url, "object": {"type": "commit", "sha": sha, "url": url}}

    def _commit(self, repo: Repo, sha: str) -> resources.Json:
        tree, parents, name, email, message = repo.git("show", "-s", "--format=%T%n%P%n%an%n%ae%n%B", sha).split(
            "\n", 4
        )
        url = f"{self.base}/c/{sha}"
        person = {"name": name, "email": email, "date": resources.When}
        verified: resources.Json = {
            "verified": False,
            "reason": "unsigned",
            "signature": None,
            "payload": None,
            "verified_at": None,
        }
        return {
            "sha": sha, "node_id": "N", "url": url, "html_url": url, "author": person, "committer": person,
            "tree": {"sha": tree, "url": url}, "message": message, "verification": verified,
            "parents": [{"sha": one, "url": url, "html_url": url} for one in parents.split()],
        }  # fmt: skip

    def refresh(self, repo: Repo) -> None:
        """Let pull requests follow their branches, as GitHub does after each push."""
        for row in repo.pulls():
            head = repo.ref(str(row["head"]))
            if not head:
                row["state"] = "closed"
            row["sha"] = head or row["sha"]

    def merge(self, repo: Repo, number: int) -> None:
        row = next(row for row in repo.pulls("all") if row["number"] == number)
        repo.git("update-ref", f"refs/heads/{row['base']}", str(row["sha"]))
        row["state"], row["merged_at"] = "closed", resources.When

    def _pulls(
        self, repo: Repo, verb: str, rest: list[str], query: Mapping[str, str], sent: Mapping[str, object]
    ) -> tuple[int, object]:
        described = self.described(repo)
        match verb, rest:
            case "GET", []:
                self.refresh(repo)
                head = query.get("head", "").partition(":")[2]
                rows = [row for row in repo.pulls(query.get("state", "open")) if head in ("", row["head"])]
                return 200, [resources.pull(self.base, described, row, full=False) for row in rows]
            case "POST", []:
                row = self._opened(repo, sent)
                return 201, resources.pull(self.base, described, row, full=True)
            case "PATCH", [number]:
                row = self._note(repo, number)
                self._edit(row, sent)
                return 200, resources.pull(self.base, described, row, full=True)
            case "POST", [number, "requested_reviewers"]:
                return 201, resources.pull(self.base, described, self._note(repo, number), full=False)
        raise RefusedError(404, "Not Found")

    def _opened(self, repo: Repo, sent: Mapping[str, object]) -> dict[str, object]:
        if repo.facts.get("has_pull_requests") is False:
            raise RefusedError(404, "Not Found")
        head, base = str(sent["head"]).rpartition(":")[2], str(sent["base"])
        sha, base_sha = repo.ref(head), repo.ref(base)
        if not sha or not base_sha:
            raise RefusedError(422, "Validation Failed: head or base invalid")
        if any(row["head"] == head and row["base"] == base for row in repo.pulls()):
            raise RefusedError(422, f"A pull request already exists for {repo.name.partition('/')[0]}:{head}.")
        if repo.git("rev-list", "--count", f"{base_sha}..{sha}") == "0":
            raise RefusedError(422, f"No commits between {base} and {head}")
        if sent.get("draft") and repo.facts.get("no_drafts"):
            raise RefusedError(422, "Draft pull requests are not supported in this repository.")
        extra = {
            "head": head,
            "sha": sha,
            "base": base,
            "base_sha": base_sha,
            "merged_at": None,
            "draft": bool(sent.get("draft")),
        }
        return self._new(repo, sent, extra)

    def _issues(
        self, repo: Repo, verb: str, rest: list[str], query: Mapping[str, str], sent: Mapping[str, object]
    ) -> tuple[int, object]:
        if repo.facts.get("has_issues") is False and not rest:
            raise RefusedError(410, "Issues are disabled for this repo")
        match verb, rest:
            case "GET", []:
                wanted = set(filter(None, query.get("labels", "").split(",")))
                rows = [
                    row for row in repo.notes if query.get("state") == "all" and wanted <= set(_words(row["labels"]))
                ]
                return 200, [resources.issue(self.base, repo.name, row)
                             | ({"pull_request": self._links(repo, row)} if "head" in row else {})
                             for row in rows]  # fmt: skip
            case "POST", []:
                return 201, resources.issue(self.base, repo.name, self._new(repo, sent, {}))
            case "PATCH", ["comments", number]:
                row = next(row for row in repo.comments if row["id"] == int(number))
                self._edit(row, sent)
                return 200, resources.comment(self.base, repo.name, row)
            case "PATCH", [number]:
                row = self._note(repo, number)
                self._edit(row, sent)
                return 200, resources.issue(self.base, repo.name, row)
            case "GET", [number, "comments"]:
                return 200, [
                    resources.comment(self.base, repo.name, row) for row in repo.comments if row["note"] == int(number)
                ]
            case "POST", [number, "comments"]:
                self._note(repo, number)
                row = {"id": len(repo.comments) + 1, "note": int(number), "body": self._body(sent)}
                repo.comments.append(row)
                return 201, resources.comment(self.base, repo.name, row)
            case "POST", [number, "labels"]:
                row = self._note(repo, number)
                row["labels"] = sorted({*_words(row["labels"]), *_words(sent["labels"])})
                return 200, [resources.label(self.base, one) for one in _words(row["labels"])]
        raise RefusedError(404, "Not Found")

    def _links(self, repo: Repo, row: Mapping[str, object]) -> resources.Json:
        url = f"{self.base}/repos/{repo.name}/pulls/{row['number']}"
        return dict.fromkeys(("url", "html_url", "diff_url", "patch_url"), url)

    def _note(self, repo: Repo, number: str) -> dict[str, object]:
        for row in repo.notes:
            if str(row["number"]) == number:
                return row
        raise RefusedError(404, "Not Found")

    def _new(self, repo: Repo, sent: Mapping[str, object], extra: Mapping[str, object]) -> dict[str, object]:
        row = {"number": len(repo.notes) + 1, "title": sent["title"], "body": self._body(sent), "state": "open",
               "labels": sorted(_words(sent.get("labels", []))), **extra}  # fmt: skip
        repo.notes.append(row)
        return row

    def _edit(self, row: dict[str, object], sent: Mapping[str, object]) -> None:
        row.update({key: sent[key] for key in ("title", "state") if key in sent})
        if "body" in sent:
            row["body"] = self._body(sent)

    def _body(self, sent: Mapping[str, object]) -> str:
        body = str(sent.get("body") or "")
        if len(body) > BODY_LIMIT:
            raise RefusedError(422, f"body is too long (maximum is {BODY_LIMIT} characters)")
        return body

    def fault(self, line: str, *, after: bool) -> Fault | None:
        with self.lock:
            for one in self.faults:
                if one.times and one.after is after and re.search(one.pattern, line):
                    one.times -= 1
                    return one
        return None


def _words(value: object) -> list[str]:
    assert isinstance(value, list)
    return [str(one) for one in value]


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256


def _handler(forge: Forge) -> type[BaseHTTPRequestHandler]:
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
            url = urlsplit(self.path)
            query = {key: values[-1] for key, values in parse_qs(url.query).items()}
            forge.bodies.append(data.decode("utf-8", "replace"))
            refusal = forge.limits.enter(self.command, creates=_creates(self.command, url.path))
            if refusal is not None:
                forge.limits.leave(counts=False)
                self._reply(refusal[0], {"message": "You have exceeded a secondary rate limit"}, refusal[1])
                return
            status, answer, headers = self._answer(url.path, query, data)
            etag = f'"{hashlib.sha256(json.dumps(answer).encode()).hexdigest()}"'
            if self.command == "GET" and status == 200 and self.headers.get("If-None-Match") == etag:
                status, answer = 304, None
            headers |= {"ETag": etag} if status in (200, 304) else {}
            told = forge.limits.leave(counts=status != 304)
            forge.calls.append((self.command, url.path, status))
            self._reply(status, answer, {**told, **headers})

        def _answer(self, path: str, query: Mapping[str, str], data: bytes) -> tuple[int, object, dict[str, str]]:
            line = f"{self.command} {path}"
            if self.headers.get("Authorization") not in (f"token {TOKEN}", f"Bearer {TOKEN}"):
                return 401, {"message": "Bad credentials"}, {}
            if (before := forge.fault(line, after=False)) is not None:
                return before.status, {"message": before.message}, dict(before.headers)
            sent = json.loads(data) if data else None
            try:
                status, answer = forge.answer(self.command, path, query, sent or {})
            except RefusedError as refused:
                status, answer = refused.status, {"message": str(refused)}
            if forge.check:
                forge.mismatches += published.faults(self.command, path, sent, status, answer)
            if (after := forge.fault(line, after=True)) is not None:
                return after.status, {"message": after.message}, dict(after.headers)
            headers = {}
            if isinstance(answer, list) and self.command == "GET":
                size, page = int(query.get("per_page", 30)), int(query.get("page", 1))
                if page * size < len(answer):
                    headers["Link"] = f'<{forge.base}{path}?per_page={size}&page={page + 1}>; rel="next"'
                answer = answer[(page - 1) * size : page * size]
                if forge.sso_partial and path.endswith("/repos"):
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
            name = url.path[1 : url.path.index(".git/")]
            repo = forge.repos.get(name)
            kind, _, secret = (self.headers.get("Authorization") or "").partition(" ")
            if kind != "Basic" or b64decode(secret) != f"x-access-token:{TOKEN}".encode():
                self._reply(401, {"message": "auth"}, {"WWW-Authenticate": 'Basic realm="git"'})
                return
            pushes = url.path.endswith("git-receive-pack") or "git-receive-pack" in url.query
            if repo is None or (pushes and repo.facts.get("archived")):
                self._reply(404 if repo is None else 403, {"message": "no"}, {})
                return
            if (before := forge.fault(f"{self.command} {url.path}", after=False)) is not None:
                self._reply(before.status, {"message": before.message}, {})
                return
            environment = {
                **GIT, "GIT_PROJECT_ROOT": str(forge.folder), "GIT_HTTP_EXPORT_ALL": "1", "PATH_INFO": url.path,
                "QUERY_STRING": url.query, "REQUEST_METHOD": self.command, "REMOTE_USER": "bot",
                "CONTENT_TYPE": self.headers.get("Content-Type") or "", "CONTENT_LENGTH": str(len(data)),
                "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding") or "",
                "GIT_PROTOCOL": self.headers.get("Git-Protocol") or "",
            }  # fmt: skip
            done = subprocess.run(
                ["git", "http-backend"], input=data, capture_output=True, check=False, env=environment
            )
            head, _, body = done.stdout.partition(b"\r\n\r\n")
            rows = [line.partition(": ") for line in head.decode().split("\r\n")]
            status = next((int(value.split(" ")[0]) for key, _, value in rows if key == "Status"), 200)
            if pushes and self.command == "POST":
                with forge.lock:
                    forge.refresh(repo)
                if forge.fault(f"{self.command} {url.path}", after=True) is not None:
                    self._reply(502, {"message": "lost"}, {})
                    return
            self.send_response(status)
            for key, _, value in rows:
                if key != "Status":
                    self.send_header(key, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
            self.wfile.flush()

    return Handler


def _creates(verb: str, path: str) -> bool:
    return verb == "POST" and path.endswith(("/pulls", "/issues", "/comments", "/requested_reviewers"))
