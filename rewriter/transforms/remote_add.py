"""Say how an ADD gets a file or a repository that asks for a credential, without the credential in the Dockerfile.

No mount feeds ADD. BuildKit sends what some secrets of the build hold, known by their names, to the host in them
(https://docs.docker.com/reference/dockerfile/#add): a token for git, a header for other downloads.
"""

from __future__ import annotations

import re
from typing import Final

from rewriter.documents.dockerfile import Instruction
from rewriter.judgement import UrlCredential, url_credentials

_IN_A_RUN: Final = "download in a RUN with a mounted secret"
_HOST: Final = re.compile(r"([A-Za-z0-9.-]{1,253})(?::[0-9]{1,5})?")


def authorised(entry: Instruction) -> str:
    """Return what to write instead of an ADD whose URL holds a credential."""
    for word in entry.operands[:-1]:
        for found in url_credentials(word.value):
            return _by_secret(word.value, found)
    return _IN_A_RUN


def _by_secret(text: str, found: UrlCredential) -> str:
    host = _HOST.fullmatch(found.host.of(text))
    if host is None or found.secret.start > found.host.start:
        return f"BuildKit can send no such parameter: {_IN_A_RUN}"
    path = re.split(r"[?#]", text[found.host.end :], maxsplit=1)[0]
    plain = "write the URL without the credential, and build with --secret id="
    if path.endswith(".git"):
        return f"{plain}GIT_AUTH_TOKEN.{host[1]}: BuildKit sends it there, as x-access-token's, over https alone"
    return (
        f"{plain}HTTP_AUTH_HEADER_{host[1]} (Dockerfile 1.17): BuildKit sends it there; it holds the word Basic, a "
        "blank and the base64 of user:password"
    )
