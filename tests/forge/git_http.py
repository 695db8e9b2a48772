"""Answer git over HTTP, by git's own program."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import SplitResult

from tests.forge.repo import GIT

HEADERS = {
    "Content-Type": "CONTENT_TYPE",
    "Content-Encoding": "HTTP_CONTENT_ENCODING",
    "Git-Protocol": "GIT_PROTOCOL",
}


def answer(
    folder: Path, verb: str, url: SplitResult, headers: Mapping[str, str], data: bytes
) -> tuple[int, list[tuple[str, str]], bytes]:
    """Return status, headers and body."""
    environment = {
        **GIT, "GIT_PROJECT_ROOT": str(folder), "GIT_HTTP_EXPORT_ALL": "1", "PATH_INFO": url.path,
        "QUERY_STRING": url.query, "REQUEST_METHOD": verb, "REMOTE_USER": "bot", "CONTENT_LENGTH": str(len(data)),
        **{variable: headers[name] for name, variable in HEADERS.items()},
    }  # fmt: skip
    done = subprocess.run(["git", "http-backend"], input=data, capture_output=True, check=False, env=environment)
    head, _, body = done.stdout.partition(b"\r\n\r\n")
    rows = [line.partition(": ") for line in head.decode().split("\r\n")]
    status = next((int(value.split(" ")[0]) for key, _, value in rows if key == "Status"), 200)
    return status, [(key, value) for key, _, value in rows if key != "Status"], body
