"""The law of laws: a value that goes in comes out of no format, whatever rule finds it and however it is written."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from contextlib import chdir, redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final
from urllib.parse import quote

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rewriter.cli.main import main
from rewriter.rules import rules

_SLOW: Final = settings(deadline=None, max_examples=5, suppress_health_check=[HealthCheck.too_slow])
_FORMATS: Final = ("text", "json", "sarif", "github", "junit")
_FROM: Final = "FROM debian:12-slim\n"

canaries: Final = st.builds(
    "{}{}{}".format,
    st.text(st.sampled_from("ghjkqvwxz"), min_size=3, max_size=6),
    st.sampled_from("23456789"),
    st.text(st.sampled_from("GHJKQVWXZ23456789-_."), min_size=8, max_size=24).map(lambda text: f"{text}Q7"),
)


def leaks(value: str) -> dict[str, str]:
    """Return a repository in which every rule finds something, and whatever can hold the value does."""
    basic = base64.b64encode(f"ci:{value}".encode()).decode()
    url = f"https://ci:{quote(value, safe='')}@example.com/org/app.git"
    return {
        "arg/Dockerfile": f"{_FROM}ARG API_TOKEN={value}\nRUN curl -u ci:$API_TOKEN https://example.com/x -o /x\n",
        "env/Dockerfile": f"{_FROM}ENV DB_PASSWORD={value} A='{value}'\nENV LEGACY_PASSWORD {value}\nRUN make\n",
        "run/Dockerfile": (
            f"{_FROM}RUN curl -u ci:{value} https://example.com/x\n"
            f"RUN git clone {url} /app\n"
            f'RUN curl -H "Authorization: Basic {basic}" https://example.com/y\n'
            f"RUN echo '//npm.example.com/:_authToken={value}' > .npmrc && npm ci\n"
        ),
        "left/Dockerfile": (
            f"{_FROM}ARG NPM_TOKEN={value}\nRUN npm config set //npm.example.com/:_authToken $NPM_TOKEN\n"
        ),
        "undeclared/Dockerfile": f"{_FROM}RUN echo $KUBE_CONFIG_DATA | base64 -d > /tmp/config\n",
        "meta/Dockerfile": f'{_FROM}LABEL api.token={value}\nADD {url} /x\nCMD ["app", "--password={value}"]\n',
        "layer/Dockerfile": "FROM node:20\nWORKDIR /app\nCOPY .npmrc package.json ./\nRUN npm ci\n",
        "layer/.npmrc": f"//npm.example.com/:_authToken={value}\n",
        "layer/package.json": "{}\n",
        "context/Dockerfile": "FROM node:20\nWORKDIR /app\nCOPY . .\nRUN npm ci\n",
        "context/.env": f"DB_PASSWORD={value}\n",
        "context/package.json": "{}\n",
        "ignored/Dockerfile": f"{_FROM}# unbake: ignore[no-secret-in-env] it is {value}\nENV DB_PASSWORD={value}\n",
        "broken/Dockerfile": f"{_FROM}RUN <<EOF\ncurl -u ci:{value} https://example.com\n",
        "build.sh": f"#!/bin/sh\ndocker build --build-arg DB_PASSWORD={value} call\n",
        "call/Dockerfile": f"{_FROM}ARG DB_PASSWORD\nRUN make\n",
        "start.sh": f"#!/bin/sh\ndocker run -d -e ADMIN_PASSWORD={value} example.com/app\n",
        "compose.yaml": (
            "services:\n"
            "  db:\n    image: mariadb:10.11\n    env_file: db.env\n"
            f"    environment:\n      MARIADB_PASSWORD: {value}\n"
            f"  cache:\n    image: redis:7\n    command: redis-server --requirepass {value}\n"
        ),
        "db.env": f'MARIADB_ROOT_PASSWORD="{value}"\n',
    }


def outputs() -> Iterator[tuple[str, str]]:
    """Run everything that prints, the command that changes the files last."""
    commands = [
        *(("scan", "--format", name) for name in _FORMATS),
        ("scan", "-q"),
        ("scan", "--color", "always"),
        ("scan", "--write-baseline", "known.json"),
        ("scan", "--baseline", "known.json", "--format", "sarif"),
        ("scan", "--baseline", "known.json", "--format", "junit"),
        ("fix", "--diff", "--fix=all"),
        ("fix", "--diff", "--format", "json"),
        ("fix",),
    ]
    for words in commands:
        out, err = StringIO(), StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            status = main(list(words))
        assert status in (0, 1), (words, err.getvalue().splitlines()[:1])
        yield " ".join(words), out.getvalue() + err.getvalue()
    yield "known.json", Path("known.json").read_text("utf-8")


def forms(value: str) -> set[str]:
    """Return the ways in which a value would give itself away."""
    data = value.encode()
    encoded = {base64.b64encode(b"\0" * shift + data).decode()[(0, 2, 3)[shift] :].rstrip("=") for shift in range(3)}
    encoded = {text[: len(text) - 1] for text in encoded}
    return {value, quote(value, safe=""), json.dumps(value)[1:-1], data.hex(), *encoded}


@given(canaries)
@_SLOW
def test_no_format_ever_holds_a_value(value: str) -> None:
    with TemporaryDirectory() as folder, chdir(folder):
        for name, text in leaks(value).items():
            path = Path(name)
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
        shown = dict(outputs())
    for name, output in shown.items():
        for form in forms(value):
            assert form not in output, name
    found = {entry["rule"] for entry in json.loads(shown["scan --format json"])["findings"]}
    assert found == {rule.name for rule in rules()}
    assert json.loads(shown["scan --format json"])["ignored"]
