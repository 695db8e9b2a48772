"""Hold what commands leave to the rows of the data, and the data to its schema."""

from __future__ import annotations

import re

import pytest

from rewriter.artefacts import ArtefactError, left_behind, load

PYTHON = ("/usr/local/lib/python3.12/site-packages", "/usr/local/bin")


@pytest.mark.parametrize(
    ("line", "image", "left"),
    [
        ("npm ci --omit=dev", "node:20", ("node_modules",)),
        ("npm --no-audit ci", "node:20", ("node_modules",)),
        ("npm install -g serve", "node:20", ()),
        ("npm run build", "node:20", ()),
        ("npm install", "node:20", ("node_modules",)),
        ("npm install --omit=dev", "node:20", ("node_modules",)),
        ("npm install express", "node:20", ()),
        ("npm i --no-save --registry https://npm.example.com express", "node:20", ("node_modules",)),
        ("yarn install extra", "node:20", ()),
        ("yarn", "node:20", ("node_modules",)),
        ("yarn --frozen-lockfile", "node:20", ("node_modules",)),
        ("yarn build", "node:20", ()),
        ("pip install -r requirements.txt", "python:3.12-slim", PYTHON),
        ("pip install -r requirements.txt", "registry.example.com/library/python:3.12", PYTHON),
        ("pip install -r requirements.txt", "python:3", ()),
        ("pip install -r requirements.txt", "debian:12", ()),
        ("pip install -e .", "python:3.12", ()),
        ("pip install --target /deps demo", "python:3.12", ("/deps",)),
        ("pip install --target=/deps demo", "debian:12", ("/deps",)),
        ("/opt/venv/bin/pip install demo", "python:3.12", ("/opt/venv",)),
        ("/opt/tools/bin/pip install demo", "python:3.12", ()),
        ("/usr/local/bin/pip install demo", "python:3.12", PYTHON),
        ("go build -o /out/app ./cmd/app", "golang:1.22", ("/out/app",)),
        ("go build ./...", "golang:1.22", ()),
        ("curl -fsSLo /opt/tool https://example.com/tool", "debian:12", ("/opt/tool",)),
        ("curl -fsSL https://example.com/tool", "debian:12", ()),
        ("wget -O tool https://example.com/tool", "debian:12", ("tool",)),
        ("mvn -B package", "maven:3", ("target/*.jar",)),
        ("mvn -B clean package", "maven:3", ("target/*.jar",)),
        ("dotnet publish -c Release -o /app", "sdk:8.0", ("/app",)),
        ("composer install --no-dev", "php:8", ("vendor",)),
        ("./build.sh", "debian:12", ()),
    ],
)
def test_what_a_command_leaves(line: str, image: str, left: tuple[str, ...]) -> None:
    assert left_behind(line.split(), image, ()) == left


def test_a_variable_that_leads_elsewhere_makes_it_unknown() -> None:
    assert left_behind(["pip", "install", "demo"], "python:3.12", ["PATH"]) == ()
    assert left_behind(["pip", "install", "demo"], "python:3.12", ["LANG"]) == PYTHON


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("artefact = 1", "has to be an array of tables"),
        ("[[artefact]]\ncommand = []", "unknown key 'command'"),
        ('[[artefact]]\ncommands = ["a"]', "either paths, options or environment"),
        ('[[artefact]]\ncommands = ["a"]\npaths = ["b"]\noptions = ["-c"]', "either paths, options or environment"),
        ('[[artefact]]\ncommands = "a"\npaths = ["b"]', "'commands' has to be an array of strings"),
        ("[[artefact", "artefacts: "),
    ],
)
def test_a_fault_of_the_data_is_named(text: str, fault: str) -> None:
    with pytest.raises(ArtefactError, match=re.escape(fault)):
        load(text)
