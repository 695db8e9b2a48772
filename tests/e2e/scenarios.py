"""Describe leaky repositories that are built before and after `fix`.

In the files `@HOST@` is the server that asks for the credential, `@PORT@` its port, `@CANARY@` the credential.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final


class Serves(StrEnum):
    """Name the server that a repository's build talks to."""

    BLOBS = "blobs"
    BUCKETS = "buckets"
    PACKAGES = "packages"
    NPM = "npm"
    GIT = "git"
    FILES = "files"
    MAVEN = "maven"
    GEMS = "gems"
    COMPOSER = "composer"
    CRATES = "crates"
    APT = "apt"
    GALAXY = "galaxy"
    HEX = "hex"
    IMAGES = "images"
    MODELS = "models"
    NUGET = "nuget"
    OBJECTS = "objects"
    RELEASES = "releases"
    SSH = "ssh"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Scenario:
    """Hold one leaky repository.

    `arguments` are what the original build is given; after the fix the same values are given as secrets, by
    the names of the environment variables. `needs_secret`: the rewritten build fails without the secret.
    """

    name: str
    serves: Serves
    files: dict[str, str]
    arguments: dict[str, str] = field(default_factory=dict)
    needs_secret: bool = True


SCENARIOS: Final = (
    Scenario(
        "pip-index-by-argument",
        Serves.PACKAGES,
        {
            "Dockerfile": """\
FROM python:3.12-slim
ARG INDEX_PASSWORD
RUN pip install --break-system-packages --index-url http://ci:${INDEX_PASSWORD}@@HOST@/simple unbake-demo
CMD ["python3"]
""",
        },
        arguments={"INDEX_PASSWORD": "@CANARY@"},
    ),
    Scenario(
        "pip-extra-index-that-pip-reads-itself",
        Serves.PACKAGES,
        {
            "Dockerfile": """\
FROM python:3.12-slim
ENV PIP_INDEX_URL=file:///srv/none \\
    PIP_BREAK_SYSTEM_PACKAGES=1
ARG PIP_EXTRA_INDEX_URL
COPY requirements.txt /requirements.txt
RUN pip install -r /requirements.txt
""",
            "requirements.txt": "unbake-demo\n",
        },
        arguments={"PIP_EXTRA_INDEX_URL": "http://ci:@CANARY@@@HOST@/simple"},
    ),
    Scenario(
        "index-url-derived-by-env",
        Serves.PACKAGES,
        {
            "Dockerfile": """\
FROM python:3.12-slim AS build
ARG INDEX_PASSWORD
ENV PIP_INDEX_URL=http://ci:${INDEX_PASSWORD}@@HOST@/simple
RUN pip install --target /deps unbake-demo
FROM python:3.12-slim
COPY --from=build /deps /deps
ENV PYTHONPATH=/deps
""",
        },
        arguments={"INDEX_PASSWORD": "@CANARY@"},
    ),
    Scenario(
        "pip-conf-copied",
        Serves.PACKAGES,
        {
            "Dockerfile": """\
FROM python:3.12-slim
COPY pip.conf /etc/pip.conf
RUN pip install --break-system-packages unbake-demo \\
    && rm -f /etc/pip.conf
""",
            "pip.conf": "[global]\nindex-url = http://ci:@CANARY@@@HOST@/simple\n",
        },
    ),
    Scenario(
        "git-clone-with-token",
        Serves.GIT,
        {
            "Dockerfile": """\
FROM unbake/userland:12
ARG GIT_TOKEN
RUN git clone --depth 1 http://ci:${GIT_TOKEN}@@HOST@/demo.git /opt/demo
WORKDIR /opt/demo
""",
        },
        arguments={"GIT_TOKEN": "@CANARY@"},
    ),
    Scenario(
        "git-rewriting-rule",
        Serves.GIT,
        {
            "Dockerfile": """\
FROM unbake/userland:12
ARG GIT_TOKEN
RUN git config --global url."http://ci:${GIT_TOKEN}@@HOST@/".insteadOf "http://@HOST@/"
RUN git clone http://@HOST@/demo.git /opt/demo
RUN git config --global --remove-section url."http://ci:${GIT_TOKEN}@@HOST@/"
""",
        },
        arguments={"GIT_TOKEN": "@CANARY@"},
    ),
    Scenario(
        "netrc-copied-and-removed-later",
        Serves.FILES,
        {
            "Dockerfile": """\
FROM unbake/userland:12
COPY .netrc /root/.netrc
RUN curl -fsS -n http://@HOST@/tool -o /opt/tool
RUN rm /root/.netrc
""",
            ".netrc": "machine 127.0.0.1 login ci password @CANARY@\n",
        },
    ),
    Scenario(
        "npmrc-written-by-echo",
        Serves.NPM,
        {
            "Dockerfile": """\
FROM node:20-slim
WORKDIR /app
ARG NPM_TOKEN
RUN echo "//@HOST@/:_authToken=${NPM_TOKEN}" > .npmrc
RUN npm install --registry http://@HOST@ @unbake/demo
RUN rm -f .npmrc
""",
        },
        arguments={"NPM_TOKEN": "@CANARY@"},
    ),
    Scenario(
        "npmrc-that-names-the-variable",
        Serves.NPM,
        {
            "Dockerfile": """\
FROM node:20-slim
WORKDIR /app
ARG NPM_TOKEN
COPY package.json .npmrc ./
RUN npm install
""",
            "package.json": '{"name": "app", "version": "1.0.0", "dependencies": {"@unbake/demo": "1.0.0"}}\n',
            ".npmrc": "registry=http://@HOST@/\n//@HOST@/:_authToken=${NPM_TOKEN}\n",
        },
        arguments={"NPM_TOKEN": "@CANARY@"},
    ),
    Scenario(
        "npm-config-set",
        Serves.NPM,
        {
            "Dockerfile": """\
FROM node:20-slim
WORKDIR /app
ARG NPM_TOKEN
RUN npm config set //@HOST@/:_authToken $NPM_TOKEN
RUN npm install --registry http://@HOST@ @unbake/demo
""",
        },
        arguments={"NPM_TOKEN": "@CANARY@"},
    ),
    Scenario(
        "npmrc-added-to-in-a-branch-and-read-by-another-run",
        Serves.NPM,
        {
            "Dockerfile": """\
FROM node:20-slim
LABEL org.example.team=web
WORKDIR /app
ARG NPM_TOKEN
COPY .npmrc ./
RUN if [ -n "$NPM_TOKEN" ]; then \\
      echo "//@HOST@/:_authToken=${NPM_TOKEN}" >> .npmrc; \\
    fi
ENV NODE_ENV=production
RUN npm install --no-save --registry http://@HOST@ @unbake/demo
COPY server.js ./
EXPOSE 3000/tcp
USER node
STOPSIGNAL SIGINT
VOLUME /data
HEALTHCHECK CMD ["node", "server.js"]
CMD ["node", "server.js"]
""",
            ".npmrc": "fund=false\n",
            "server.js": "console.log(require('/app/node_modules/@unbake/demo'))\n",
        },
        arguments={"NPM_TOKEN": "@CANARY@"},
    ),
    Scenario(
        "pip-conf-written-twice-for-a-virtual-environment",
        Serves.PACKAGES,
        {
            "Dockerfile": """\
FROM python:3.12-slim
RUN python3 -m venv /opt/venv
ARG INDEX_PASSWORD
RUN echo "[global]" > /etc/pip.conf
RUN echo "index-url = http://ci:${INDEX_PASSWORD}@@HOST@/simple" >> /etc/pip.conf
WORKDIR /srv
RUN /opt/venv/bin/pip install unbake-demo
RUN rm /etc/pip.conf
ENTRYPOINT ["/opt/venv/bin/python"]
CMD ["-c", "print(1)"]
""",
        },
        arguments={"INDEX_PASSWORD": "@CANARY@"},
    ),
    Scenario(
        "literal-in-curl",
        Serves.FILES,
        {
            "Dockerfile": """\
FROM unbake/userland:12
RUN curl -fsS -u ci:@CANARY@ http://@HOST@/tool -o /opt/tool && chmod 755 /opt/tool
""",
        },
    ),
    Scenario(
        "argument-to-env-read-by-script",
        Serves.FILES,
        {
            "Dockerfile": """\
FROM unbake/userland:12
ARG FETCH_PASSWORD
ENV FETCH_PASSWORD=$FETCH_PASSWORD
COPY scripts /scripts
RUN sh /scripts/fetch.sh
""",
            "scripts/fetch.sh": "#!/bin/sh\nset -e\n"
            'curl -fsS -u "ci:$FETCH_PASSWORD" http://@HOST@/tool -o /opt/tool\n',
        },
        arguments={"FETCH_PASSWORD": "@CANARY@"},
    ),
    Scenario(
        "run-as-another-user",
        Serves.FILES,
        {
            "Dockerfile": """\
FROM unbake/userland:12
RUN mkdir -p /work && chown nobody /work
USER nobody
WORKDIR /work
ARG FETCH_PASSWORD
COPY --chown=nobody curl.netrc /work/.netrc
RUN curl -fsS -u "ci:$FETCH_PASSWORD" http://@HOST@/tool -o /work/a
RUN curl -fsS --netrc-file /work/.netrc http://@HOST@/tool -o /work/b && rm -f /work/.netrc
""",
            "curl.netrc": "machine 127.0.0.1 login ci password @CANARY@\n",
        },
        arguments={"FETCH_PASSWORD": "@CANARY@"},
    ),
    Scenario(
        "run-heredoc",
        Serves.FILES,
        {
            "Dockerfile": """\
FROM unbake/userland:12
ARG FETCH_PASSWORD
RUN <<EOF
set -e
curl -fsS -u "ci:$FETCH_PASSWORD" http://@HOST@/tool -o /opt/tool
chmod 755 /opt/tool
EOF
CMD ["cat", "/opt/tool"]
""",
        },
        arguments={"FETCH_PASSWORD": "@CANARY@"},
    ),
    Scenario(
        "exec-form",
        Serves.FILES,
        {
            "Dockerfile": """\
FROM python:3.12-slim
ARG FETCH_PASSWORD
COPY fetch.py /fetch.py
RUN ["python3", "/fetch.py"]
""",
            "fetch.py": """\
import base64, os, urllib.request
token = base64.b64encode(("ci:" + os.environ["FETCH_PASSWORD"]).encode()).decode()
request = urllib.request.Request("http://@HOST@/tool", headers={"Authorization": "Basic " + token})
open("/opt/tool", "wb").write(urllib.request.urlopen(request).read())
""",
        },
        arguments={"FETCH_PASSWORD": "@CANARY@"},
    ),
    Scenario(
        "env-inherited-by-two-stages",
        Serves.FILES,
        {
            "Dockerfile": """\
FROM unbake/userland:12 AS base
ENV FETCH_PASSWORD=@CANARY@
FROM base AS one
RUN curl -fsS -u "ci:$FETCH_PASSWORD" http://@HOST@/tool -o /opt/one
FROM base AS two
RUN curl -fsS -u "ci:$FETCH_PASSWORD" http://@HOST@/tool -o /opt/two
FROM busybox:1
COPY --from=one /opt/one /opt/one
COPY --from=two /opt/two /opt/two
""",
        },
    ),
    Scenario(
        "copy-all-with-env-and-key",
        Serves.NOTHING,
        {
            "Dockerfile": """\
FROM busybox:1
WORKDIR /app
COPY . .
RUN test -f app.sh
CMD ["sh", "app.sh"]
""",
            "app.sh": "echo hello\n",
            ".env": "DB_PASSWORD=@CANARY@\n",
            ".env.example": "DB_PASSWORD=\n",
            "deploy.key": "-----BEGIN " + "PRIVATE KEY-----\n@CANARY@@KEY@\n-----END " + "PRIVATE KEY-----\n",
        },
        needs_secret=False,
    ),
    Scenario(
        "literal-argument-default-and-plain-neighbours",
        Serves.FILES,
        {
            "Dockerfile": """\
ARG BASE=unbake/userland:12
FROM ${BASE}
ARG VERSION=1 FETCH_PASSWORD=@CANARY@ NAME=tool
RUN set -eux; \\
    # fetch it
    curl -fsS -u "ci:$FETCH_PASSWORD" "http://@HOST@/$NAME" -o /opt/tool; \\

    echo "$VERSION" >> /opt/tool
""",
        },
    ),
    Scenario(
        "wget-with-an-option-and-a-file",
        Serves.FILES,
        {
            "Dockerfile": """\
FROM unbake/userland:12
ARG FETCH_PASSWORD
RUN wget -q --user=ci --password="$FETCH_PASSWORD" http://@HOST@/tool -O /opt/tool
RUN echo "http_password=$FETCH_PASSWORD" > ~/.wgetrc
RUN wget -q --user=ci http://@HOST@/tool -O /opt/other
RUN rm ~/.wgetrc
""",
        },
        arguments={"FETCH_PASSWORD": "@CANARY@"},
    ),
    Scenario(
        "clone-with-the-key-of-an-argument",
        Serves.SSH,
        {
            "Dockerfile": """\
FROM unbake/userland:12
ARG SSH_PRIVATE_KEY
RUN mkdir -p ~/.ssh && echo "$SSH_PRIVATE_KEY" > ~/.ssh/id_ed25519 && chmod 600 ~/.ssh/id_ed25519 \\
 && ssh-keyscan -p @PORT@ 127.0.0.1 >> ~/.ssh/known_hosts
RUN git clone ssh://root@@HOST@/srv/demo.git /opt/demo
RUN rm ~/.ssh/id_ed25519
""",
        },
        arguments={"SSH_PRIVATE_KEY": "@CANARY@"},
    ),
)
