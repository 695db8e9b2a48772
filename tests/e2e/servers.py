"""Stand in for what a private build talks to: a package index, an npm registry, a git host, a file host.

Each serves one tiny thing and only to who presents the credential. `docker build --network host` reaches
them at their loopback address.
"""

import base64
import gzip
import hashlib
import hmac
import io
import json
import os
import posixpath
import re
import subprocess
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final
from urllib.parse import parse_qs, quote

from tests.e2e.loopback import Basic, Bearer, Credential, Request, Response, Server, Token

__all__ = [
    "Basic",
    "Bearer",
    "BlobStore",
    "Credential",
    "FileServer",
    "GitServer",
    "GoogleStore",
    "NpmRegistry",
    "ObjectStore",
    "PackageIndex",
    "Server",
    "Token",
]

_NOT_FOUND: Final = Response(b"404\n", 404)


class PackageIndex(Server):
    """Serve one wheel from a package index: /simple/<name>/ (PEP 503).

    The package is `unbake-demo` 1.0.0; `import unbake_demo; unbake_demo.ANSWER` is 42.
    """

    package: Final = "unbake-demo"

    def respond(self, request: Request) -> Response:
        """Serve the index, the package's page, or the wheel."""
        name, wheel = _wheel()
        digest = hashlib.sha256(wheel).hexdigest()
        match request.path.strip("/").split("/"):
            case ["simple"]:
                return _page(f'<a href="{self.package}/">{self.package}</a>')
            case ["simple", self.package]:
                return _page(f'<a href="../../files/{name}#sha256={digest}">{name}</a>')
            case ["files", file] if file == name:
                return Response(wheel, headers={"Content-Type": "application/octet-stream"})
            case _:
                return _NOT_FOUND

    def index_url(self, credential: Basic | None = None) -> str:
        """Return pip's index URL, with a credential in it if one is given."""
        return f"{with_credential(self.url, credential)}/simple"


class NpmRegistry(Server):
    """Serve one package of an npm registry: `@unbake/demo` 1.0.0, whose main module is the number 42.

    Its token goes into .npmrc as `//<host>/:_authToken=`.
    """

    package: Final = "@unbake/demo"

    def respond(self, request: Request) -> Response:
        """Serve the package's metadata or its tarball."""
        tarball = _tarball()
        file = f"/{self.package}/-/demo-1.0.0.tgz"
        if request.path == file:
            return Response(tarball, headers={"Content-Type": "application/octet-stream"})
        if request.path != f"/{self.package}":
            return Response(b"{}", 404, {"Content-Type": "application/json"})
        integrity = "sha512-" + base64.b64encode(hashlib.sha512(tarball).digest()).decode()
        shasum = hashlib.sha1(tarball, usedforsecurity=False).hexdigest()
        dist = {"tarball": request.base + file, "integrity": integrity, "shasum": shasum}
        version = {"name": self.package, "version": "1.0.0", "main": "index.js", "dist": dist}
        metadata = {"name": self.package, "dist-tags": {"latest": "1.0.0"}, "versions": {"1.0.0": version}}
        return Response(json.dumps(metadata).encode(), headers={"Content-Type": "application/json"})


class GitServer(Server):
    """Serve one repository over smart HTTP, by `git http-backend`: /demo.git.

    It holds a README.md, a package of Go and a module of Terraform.
    """

    repository: Final = "demo.git"

    def __init__(self, folder: Path, *credentials: Credential, free_prefix: bool = False) -> None:
        super().__init__(*credentials, free_prefix=free_prefix)
        self._folder = folder
        _make_repository(folder / self.repository)

    def respond(self, request: Request) -> Response:
        """Let git answer, as a web server does."""
        headers = request.headers
        environment = {
            **_git_environment(),
            "GIT_PROJECT_ROOT": str(self._folder),
            "GIT_HTTP_EXPORT_ALL": "1",
            "GIT_PROTOCOL": headers.get("git-protocol", ""),
            "REQUEST_METHOD": request.method,
            "PATH_INFO": request.path,
            "QUERY_STRING": request.query,
            "CONTENT_TYPE": headers.get("content-type", ""),
            "CONTENT_LENGTH": str(len(request.body)),
            "HTTP_CONTENT_ENCODING": headers.get("content-encoding", ""),
        }
        answer = subprocess.run(
            ["git", "http-backend"],
            input=request.body,
            env=environment,
            capture_output=True,
            timeout=60,
            check=True,
        ).stdout
        head, _, body = answer.partition(b"\r\n\r\n")
        fields = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
        status = int(fields.pop("Status", "200").split()[0])
        return Response(body, status, fields)

    def clone_url(self, credential: Basic | None = None) -> str:
        """Return the repository's URL, with a credential in it if one is given."""
        return f"{with_credential(self.url, credential)}/{self.repository}"


class FileServer(Server):
    """Serve files by their path, such as {"tool.sh": b"..."}; `@BASE@` in one is the server's own address."""

    def __init__(self, files: Mapping[str, bytes], *credentials: Credential, free_prefix: bool = False) -> None:
        super().__init__(*credentials, free_prefix=free_prefix)
        self._files = dict(files)

    def respond(self, request: Request) -> Response:
        """Serve one file, with the headers that clients of registries look for."""
        content = self._files.get(posixpath.normpath(request.path).strip("/"))
        if content is None:
            return _NOT_FOUND
        content = content.replace(b"@BASE@", request.base.encode())
        digest = hashlib.sha256(content).hexdigest()
        etag = hashlib.md5(content, usedforsecurity=False).hexdigest()  # Bundler compares it with what it got
        headers = {"Docker-Content-Digest": f"sha256:{digest}", "ETag": f'"{etag}"', "X-Repo-Commit": "1" * 40}
        headers["Last-Modified"] = "Wed, 01 Jan 2020 00:00:00 GMT"
        return Response(content, headers={**headers, "Content-Type": _content_type(content)})


class ObjectStore(FileServer):
    """Serve files to who signs with the key of `ci-builder`, as S3 asks for (AWS Signature Version 4)."""

    def __init__(self, files: Mapping[str, bytes], secret: str) -> None:
        super().__init__(files)
        self._secret = secret

    def admits(self, request: Request) -> bool:
        """Sign the request anew, and compare."""
        fields = dict(re.findall(r"(\w+)=([^,\s]+)", request.headers.get("authorization", "")))
        who, _, scope = fields.get("Credential", "").partition("/")
        signed = fields.get("SignedHeaders", "")
        head = [request.method, quote(request.path), request.query]
        head += [f"{name}:{request.headers.get(name, '')}" for name in signed.split(";")]
        canonical = "\n".join((*head, "", signed, request.headers.get("x-amz-content-sha256", "")))
        digest = hashlib.sha256(canonical.encode()).hexdigest()
        text = "\n".join(("AWS4-HMAC-SHA256", request.headers.get("x-amz-date", ""), scope, digest))
        key = f"AWS4{self._secret}".encode()
        for part in (*scope.split("/"), text):
            key = hmac.digest(key, part.encode(), "sha256")
        return who == "ci-builder" and hmac.compare_digest(key.hex(), fields.get("Signature", ""))


class GoogleStore(FileServer):
    """Serve files to who signs with the key of `ci-builder`, as Google's XML interface asks for (version 1)."""

    def __init__(self, files: Mapping[str, bytes], secret: str) -> None:
        super().__init__(files)
        self._secret = secret

    def admits(self, request: Request) -> bool:
        """Sign the request anew, and compare."""
        headers = request.headers
        lines = [request.method, *(headers.get(name, "") for name in ("content-md5", "content-type", "date"))]
        lines += [f"{name}:{value}" for name, value in sorted(headers.items()) if name.startswith("x-goog-")]
        text = "\n".join((*lines, request.path))
        digest = base64.b64encode(hmac.digest(self._secret.encode(), text.encode(), "sha1")).decode()
        return hmac.compare_digest(headers.get("authorization", ""), f"GOOG1 ci-builder:{digest}")


class BlobStore(FileServer):
    """Serve files as Azure does to who has a shared access signature, whose text this server does not look into."""

    def __init__(self, files: Mapping[str, bytes], signature: str) -> None:
        super().__init__(files)
        self._signature = signature

    def admits(self, request: Request) -> bool:
        """Compare the signature in the query."""
        return parse_qs(request.query).get("sig") == [self._signature]

    def respond(self, request: Request) -> Response:
        """Serve one file as a blob."""
        found = super().respond(request)
        return Response(found.body, found.status, {**found.headers, "x-ms-blob-type": "BlockBlob"})


def _content_type(content: bytes) -> str:
    if not content.startswith((b"{", b"[")):
        return "application/octet-stream"
    found = re.match(rb'\{"schemaVersion": 2, "mediaType": "([^"]*)"', content)
    return found[1].decode() if found else "application/json"


def with_credential(url: str, credential: Basic | None) -> str:
    """Put a user name and a password into a URL."""
    if credential is None:
        return url
    return url.replace("://", f"://{credential.user}:{credential.password}@", 1)


def _page(links: str) -> Response:
    html = f"<!DOCTYPE html><html><body>{links}</body></html>"
    return Response(html.encode(), headers={"Content-Type": "text/html"})


def _wheel() -> tuple[str, bytes]:
    """Return the file name and the bytes of a wheel; the same ones each time."""
    info = "unbake_demo-1.0.0.dist-info"
    files = {
        "unbake_demo.py": b"ANSWER = 42\n",
        f"{info}/METADATA": b"Metadata-Version: 2.1\nName: unbake-demo\nVersion: 1.0.0\n",
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nGenerator: unbake\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{name},sha256={_urlsafe_digest(data)},{len(data)}\n" for name, data in files.items())
    files[f"{info}/RECORD"] = f"{record}{info}/RECORD,,\n".encode()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as wheel:
        for name, data in files.items():
            wheel.writestr(zipfile.ZipInfo(name), data)
    return "unbake_demo-1.0.0-py3-none-any.whl", buffer.getvalue()


def _urlsafe_digest(data: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode().rstrip("=")


def _tarball() -> bytes:
    """Return the bytes of an npm package; the same ones each time."""
    manifest = {"name": NpmRegistry.package, "version": "1.0.0", "main": "index.js"}
    files = {
        "package/package.json": json.dumps(manifest).encode(),
        "package/index.js": b"module.exports = 42;\n",
    }
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as packed:
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(data), 0o644
            packed.addfile(entry, io.BytesIO(data))
    return gzip.compress(buffer.getvalue(), mtime=0)


def _git_environment() -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return {**kept, "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull}


def _make_repository(bare: Path) -> None:
    """Make a bare repository with one commit."""
    who = {
        f"GIT_{role}_{what}": value
        for role in ("AUTHOR", "COMMITTER")
        for what, value in (("NAME", "Demo"), ("EMAIL", "demo@example.com"), ("DATE", "2020-01-01T00:00:00Z"))
    }
    work = bare.with_suffix(".work")
    work.mkdir(parents=True)
    (work / "README.md").write_text("demo\n", encoding="utf-8")
    (work / "demo.tf").write_text('output "answer" {\n  value = 42\n}\n', encoding="utf-8")
    (work / "demo.go").write_text("package demo\n\nconst Answer = 42\n", encoding="utf-8")
    for command in (
        ["init", "--quiet", "--initial-branch=main"],
        ["add", "--all"],
        ["commit", "--quiet", "--message=Begin"],
        ["clone", "--quiet", "--bare", ".", str(bare)],
    ):
        subprocess.run(["git", *command], cwd=work, env={**_git_environment(), **who}, timeout=60, check=True)
