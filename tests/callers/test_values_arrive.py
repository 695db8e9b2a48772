"""Run scripts before and after with a `docker` that prints what it is given: the same values arrive."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.callers.rewriting import rewrite

_DOCKER = """#!{python}
import os, sys
words, found = sys.argv[1:], {{}}
for number, word in enumerate(words):
    flag, equals, value = word.partition("=")
    if flag in {{"--build-arg", "--secret"}}:
        value = value if equals else words[number + 1]
        if flag == "--build-arg":
            name, equals, text = value.partition("=")
            found[name.lower()] = text if equals else os.environ.get(name, "")
        else:
            parts = dict(part.split("=", 1) for part in value.split(","))
            if "env" in parts:
                found[parts["id"]] = os.environ.get(parts["env"], "")
            else:
                found[parts["id"]] = open(parts["src"]).read().rstrip("\\n")
print(sorted(found.items()))
"""

_SCRIPTS = [
    'docker build --build-arg A=$A --build-arg B="${B}" --build-arg C .',
    (
        "T=\"it's $A & 'co'\"\n"
        'docker build --build-arg A="$T" --build-arg "B=$T" --build-arg="C=$T" \'--build-arg\' "D=$T" .'
    ),
    'set -- \'one two\' three\ndocker build --build-arg A="$1" --build-arg "B=$2-$#" .',
    'docker build --build-arg A="$(cat key)" --build-arg B="$(cat key | tr a-z A-Z)" .',
    "cd sub && docker build --build-arg A=$(cat ../key) .",
    'docker build --build-arg A="${A:-x}" --build-arg B="${MISSING:-y z}" --build-arg C="${MISSING:-}" .',
    "for B in 1 2; do docker build --build-arg B=$B .; done",
    'f() { local X="$1"; docker build --build-arg A="$X" .; }; f \'a b\'; f c',
    "export Q=q; Q=changed; docker build --build-arg A=$Q .",
    "A=inner; docker build --build-arg A=$A .; unset A; docker build --build-arg A=$A .",
    'X=1 docker build \\\n  --build-arg A="{\\"k\\": \\"$B\\"}" \\\n  .',
    "set -a; V=1; docker build --build-arg A=$V .",
    '(B=sub; docker build --build-arg B=$B .); docker build --build-arg "B=$B" .',
    'read -r L < key; docker build --build-arg A="$L" . | cat',
    "if ! docker build --build-arg A=`cat key` .; then exit 1; fi",
    '. ./settings; docker build --build-arg A="$SETTING" .',
    "sh -c 'docker build --build-arg A=$A .'",
    "eval true; docker build --build-arg UID=$A --build-arg PATH=$C .",
]

_MAKEFILES = [
    'all:\n\t@docker build --build-arg A=$(A) --build-arg B="$${B}" .\n',
    (
        'V ?= made here\nexport W = and exported\nall:\n\t@docker build --build-arg A="$(V)" \\\n'
        '\t  --build-arg B="$(W)" .\n'
    ),
    "include settings\nall:\n\t@cd sub; docker build --build-arg A=$(SETTING) --build-arg B=$$(cat ../key) .\n",
    "T = $(shell cat key)\nall:\n\t@for x in 1 2; do docker build --build-arg A=$(T)$$x .; done\n",
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "bin").mkdir()
    (tmp_path / "sub").mkdir()
    docker = tmp_path / "bin" / "docker"
    docker.write_text(_DOCKER.format(python=sys.executable))
    docker.chmod(0o755)
    (tmp_path / "key").write_text("kEy\n")
    (tmp_path / "settings").write_text("SETTING=set\n")
    return tmp_path


def _run(folder: Path, command: list[str]) -> str:
    environment = {"PATH": f"{folder / 'bin'}:{os.environ['PATH']}", "A": "a-1", "B": "b $2", "C": "c"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=True)
    return done.stdout


@pytest.mark.parametrize("text", _SCRIPTS)
@pytest.mark.parametrize("shell", ["sh", "bash"])
def test_shell(folder: Path, shell: str, text: str) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"no {shell} here")
    after, done = rewrite("build.sh", text + "\n")
    assert done.refusals == ()
    assert "--build-arg" not in after
    before = _run(folder, [shell, "-c", text])
    assert before.strip()
    assert _run(folder, [shell, "-c", after]) == before


@pytest.mark.parametrize("text", _MAKEFILES)
def test_make(folder: Path, text: str) -> None:
    if shutil.which("make") is None:
        pytest.skip("no make here")
    after, done = rewrite("Makefile", text)
    assert done.refusals == ()
    assert "--build-arg" not in after
    outputs = []
    for version in (text, after):
        (folder / "Makefile").write_text(version)
        outputs.append(_run(folder, ["make", "-s", "all"]))
    assert outputs[0].strip()
    assert outputs[1] == outputs[0]
