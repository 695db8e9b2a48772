"""What is cleared at a glance has nothing that a close look would find."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.detection.cases import read_all
from rewriter.documents.dockerfile_name import is_dockerfile
from rewriter.project.outline import Outline
from rewriter.scan.clearance import Clearance
from rewriter.scan.examining import examine
from rewriter.settings import Settings
from rewriter.tree.repository import DirectoryRepository, MemoryRepository, Repository
from tests.corpus import folders
from tests.judgement.test_commands import LITERAL, VARIABLE
from tests.properties.repositories import CANARY, repositories

KEY = "-----BEGIN PRIVATE " + "KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7\n"


def cleared(repository: Repository) -> tuple[int, int]:
    """Return how many Dockerfiles are cleared, each of which a close look is seen to confirm, and of how many."""
    paths = [path for path in repository.documents() if is_dockerfile(path)]
    clearance = Clearance(repository)
    clear = [path for path, clear in zip(paths, clearance.clears(paths), strict=True) if clear]
    for path in clear:
        seen = examine(repository, Outline((path,), frozenset(paths), (), (), (), (), 0, ()), Settings())
        assert (seen.findings, seen.problems, seen.notices) == ((), (), ()), path
        assert seen.documents == 1
    return len(clear), len(paths)


def test_nothing_of_the_corpus_is_lost() -> None:
    results = [cleared(DirectoryRepository(folder)) for folder in folders()]
    assert sum(number for _, number in results) > 200
    assert sum(number for number, _ in results) > 9


def test_nothing_of_the_labelled_cases_is_lost() -> None:
    results = [cleared(MemoryRepository(case.files)) for case in read_all()]
    assert sum(number for _, number in results) > 300
    assert sum(number for number, _ in results) > 50


COMMANDS = [line for line, *_ in (*LITERAL, *VARIABLE)]
LINES = (
    "ARG VERSION=1.2 MODE", "ENV PATH=/opt/bin:$PATH LANG=C.UTF-8", "ENV NODE_ENV production", "COPY . .",
    "COPY src/ /app/", "COPY package*.json ./", "COPY conf/*.yml /etc/app/", "COPY --from=build /out /srv",
    "COPY config /root/.aws/", "COPY key.json /x", "COPY a.conf /root/.npmrc", "COPY conf $HOME",
    "WORKDIR /root/.aws", "COPY credentials .", "ADD https://example.com/id_rsa /root/",
    "ADD https://example.com/tool.tgz /opt/", "LABEL team=web",
    "LABEL admin='root:$apr1$abcdefgh$01234567890123456789ab'", f"LABEL db=db.example.com:5432:app:app:{CANARY}",
    "ENV GOOGLE_APPLICATION_CREDENTIALS=key.json", "RUN apt-get update && apt-get -y upgrade",
    'RUN curl -fsSL "https://example.com/$VERSION/x.tgz" -o /x', "RUN gcloud auth login --key-file=key.json",
    "RUN ssh -i deploy host true", "RUN npm ci",
    "RUN --mount=type=secret,id=npm,env=NPM_TOKEN npm config set x $NPM_TOKEN", "RUN echo $DEPLOY_TOKEN > /x",
    'CMD ["app", "--port", "80"]', f"CMD app --password {CANARY}", "HEALTHCHECK CMD curl -f http://127.0.0.1/",
    "EXPOSE 80", "USER app", "# unbake: ignore[no-secret-in-arg] nothing there", "# hadolint ignore=DL3064",
    "ONBUILD COPY .npmrc .", "FROM a AS build",
)  # fmt: skip
FILES = {
    ".env": f"DB_PASSWORD={CANARY}\n",
    "src/.npmrc": f"//npm.example.com/:_authToken={CANARY}\n",
    "src/app.py": "print(1)\n",
    "package.json": "{}\n",
    "package-extra.json": KEY,
    "conf/app.yml": "a: b\n",
    "conf/tls.yml": KEY,
    "config": f"[default]\naws_secret_access_key = {CANARY}wJalrXUtnFEMIK7MDENGbPx\n",
    ".dockerignore": "*.log\n",
    "a.conf": f"//npm.example.com/:_authToken={CANARY}\n",
}


@st.composite
def plain(draw: st.DrawFn) -> dict[str, bytes]:
    """Draw a repository of which each line may be harmless."""
    commands = st.sampled_from(COMMANDS).map("RUN {}".format)
    lines = draw(st.lists(st.one_of(st.sampled_from(LINES), st.sampled_from(LINES), commands), max_size=5))
    folder = draw(st.sampled_from(["", "", "sub/"]))
    chosen = draw(st.sets(st.sampled_from(sorted(FILES)), max_size=3))
    files = {path: FILES[path].encode() for path in sorted(chosen)}
    return {f"{folder}Dockerfile": "\n".join(["FROM debian:12-slim", *lines, ""]).encode()} | files


@settings(deadline=None, max_examples=300)
@given(st.one_of(plain(), plain(), repositories()))
def test_nothing_is_lost(files: dict[str, bytes]) -> None:
    cleared(MemoryRepository(files))


@pytest.mark.parametrize(
    "lines",
    [
        "COPY . .\nRUN npm ci && npm run build",
        "ARG VERSION=1.2\nENV APP_HOME=/srv\nCOPY target/app.jar $APP_HOME/app.jar",
        'RUN curl -fsSL -o x.tgz "https://example.com/$(uname -m)/x.tgz"; set -eu; sudo tar -xf x.tgz',
        "RUN --mount=type=cache,target=/root/.cache pip install -r requirements.txt",
        'LABEL org.opencontainers.image.url="https://example.com" org.opencontainers.image.licenses=MIT',
        "# Licensed under a licence; see the private key policy\nRUN true",
        'COPY --from=build --chown=app:app /out/ /srv/\nUSER app\nCMD ["/srv/app"]',
        "RUN wget -qO- https://example.com/keys/archive.asc | apt-key add -",
        "ADD https://example.com/tool.tgz /opt/",
    ],
)
def test_plain_files_are_cleared(lines: str) -> None:
    repository = MemoryRepository({"Dockerfile": f"FROM a AS build\nFROM b\n{lines}\n".encode(), "package.json": b"{}"})
    assert cleared(repository) == (1, 1)


def test_a_file_that_cannot_be_read_is_not_cleared() -> None:
    assert Clearance(MemoryRepository({})).clears(["Dockerfile"]) == [False]
    assert Clearance(MemoryRepository({"Dockerfile": b"no instruction\n"})).clears(["Dockerfile"]) == [False]


@pytest.mark.parametrize("folder", ["", "a/", "a/b/"])
def test_a_folder_is_looked_into_at_any_depth(folder: str) -> None:
    files = {f"{folder}Dockerfile": b"FROM a\nCOPY . .\n", f"{folder}x/y.txt": b""}
    assert Clearance(MemoryRepository(files)).clears([f"{folder}Dockerfile"]) == [True]
    assert Clearance(MemoryRepository({**files, f"{folder}x/.env": b"A=b"})).clears([f"{folder}Dockerfile"]) == [False]


def test_what_lies_elsewhere_does_not_matter() -> None:
    files = {"a/Dockerfile": b"FROM a\nCOPY . .\n", "b/.env": b"A=b", ".env": b"A=b"}
    assert Clearance(MemoryRepository(files)).clears(["a/Dockerfile"]) == [True]
