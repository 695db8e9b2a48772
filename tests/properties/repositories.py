"""Generate repositories: Dockerfiles with and without leaks, their callers and files of the context."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from hypothesis import strategies as st

CANARY: Final = "cnry7hunter2xyz"

_BASES: Final = ("debian:12-slim", "python:3.12-slim AS build", "node:20-slim", "scratch")
_NAMES: Final = ("NPM_TOKEN", "COMPOSER_AUTH", "GITHUB_TOKEN", "API_KEY", "DB_PASSWORD", "VERSION")
_LINES: Final = (
    "ARG {name}",
    "ARG PIP_EXTRA_INDEX_URL",
    "ARG {name}=" + CANARY,
    "ARG VERSION=1 {name} NAME=x",
    "ENV {name}=${name}",
    "ENV {name}=" + CANARY,
    "ENV {name} " + CANARY,
    "ENV A=1 \\\n    {name}=" + CANARY + " \\\n    # note\n    B=2",
    "RUN npm ci",
    "RUN pip install -r requirements.txt",
    'RUN curl -H "Authorization: Bearer ${name}" https://example.com/x -o /x',
    "RUN set -ex; \\\n    echo ok; \\\n\n    curl -u ci:" + CANARY + " https://example.com/y",
    "RUN git clone https://ci:${name}@example.com/org/app.git /app",
    'RUN echo "//npm.example.com/:_authToken=${{{name}}}" > .npmrc\nRUN npm ci\nRUN rm -f .npmrc',
    "RUN <<EOF\nset -e\ncurl -u ci:${name} https://example.com/z\nEOF",
    'RUN ["sh", "-c", "make build"]',
    "COPY .npmrc package.json ./",
    "COPY . .",
    "COPY .netrc /root/.netrc\nRUN pip install x\nRUN rm /root/.netrc",
    "WORKDIR /app",
    "USER node",
    "LABEL token=" + CANARY,
    'CMD ["node", "index.js"]',
    "# a comment",
    "",
    "FROM build",
    "ONBUILD ARG {name}",
)
_FILES: Final = {
    ".npmrc": f"//npm.example.com/:_authToken={CANARY}\n",
    ".netrc": f"machine example.com login ci password {CANARY}\n",
    ".env": f"DB_PASSWORD={CANARY}\n",
    "app.py": 'import os\nprint(os.environ["DB_PASSWORD"])\n',
    "package.json": "{}\n",
    ".dockerignore": "node_modules\n",
    "build.sh": '#!/bin/sh\ndocker build --build-arg NPM_TOKEN="$NPM_TOKEN" --build-arg VERSION=1 -t app .\n',
    "Makefile": "image:\n\tdocker build --build-arg GITHUB_TOKEN=$(GITHUB_TOKEN) .\n",
    "compose.yaml": "services:\n  app:\n    build:\n      context: .\n      args:\n        NPM_TOKEN: ${NPM_TOKEN}\n",
}


@dataclass(frozen=True, slots=True)
class Ending:
    """Hold how the lines of a Dockerfile end."""

    newline: str
    final: bool


_ENDINGS: Final = (Ending("\n", True), Ending("\n", False), Ending("\r\n", True))


@st.composite
def dockerfiles(draw: st.DrawFn) -> bytes:
    """Draw a Dockerfile that mostly parses."""
    first = draw(st.sampled_from(_BASES))
    lines = draw(st.lists(st.tuples(st.sampled_from(_LINES), st.sampled_from(_NAMES)), max_size=9))
    body = [line.format(name=name) for line, name in lines]
    ending = draw(st.sampled_from(_ENDINGS))
    text = "\n".join(["FROM " + first, *body]) + ("\n" if ending.final else "")
    return text.replace("\n", ending.newline).encode()


@st.composite
def repositories(draw: st.DrawFn) -> dict[str, bytes]:
    """Draw a repository with one or two Dockerfiles."""
    files = {"Dockerfile": draw(dockerfiles())}
    if draw(st.booleans()):
        files["tool.Dockerfile"] = draw(dockerfiles())
    for name in draw(st.sets(st.sampled_from(sorted(_FILES)))):
        files[name] = _FILES[name].encode()
    return files
