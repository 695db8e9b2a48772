"""Callers in shell scripts."""

from __future__ import annotations

import pytest

from rewriter import callers
from rewriter.callers import Builder, CallerKind
from rewriter.model.masked import Masked
from rewriter.model.text import Source
from tests.callers.rewriting import Case, Refused, check, check_refused, find, rewrite

CASES = [
    Case(
        "variable",
        "build.sh",
        "docker build --build-arg NPM_TOKEN=$NPM_TOKEN -t x .\n",
        "docker build --secret id=npm_token,env=NPM_TOKEN -t x .\n",
    ),
    Case(
        "pass-through",
        "build.sh",
        "docker build --build-arg NPM_TOKEN .\n",
        "docker build --secret id=npm_token,env=NPM_TOKEN .\n",
    ),
    Case(
        "file",
        "build.sh",
        'docker build --build-arg KEY="$(cat ~/.ssh/id_rsa)" .\n',
        "docker build --secret id=key,src=$HOME/.ssh/id_rsa .\n",
    ),
    Case(
        "file-by-redirection",
        "build.sh",
        "docker build --build-arg KEY=$(<key.pem) .\n",
        "docker build --secret id=key,src=key.pem .\n",
    ),
    Case(
        "other-name",
        "build.sh",
        "docker build --build-arg A=${B} .\n",
        "docker build --secret id=a,env=B .\n",
    ),
    Case(
        "empty-default",
        "build.sh",
        'docker build --build-arg A="${B:-}" .\n',
        "docker build --secret id=a,env=B .\n",
    ),
    Case(
        "default-is-kept",
        "build.sh",
        "docker build --build-arg A=${B:-$C} .\n",
        'A="${B:-$C}" docker build --secret id=a,env=A .\n',
    ),
    Case(
        "not-exported",
        "build.sh",
        "B=$(vault read x)\ndocker build --build-arg A=$B .\n",
        'B=$(vault read x)\nA="$B" docker build --secret id=a,env=A .\n',
    ),
    Case(
        "exported",
        "build.sh",
        "export B=$(vault read x)\ndocker build --build-arg A=$B .\n",
        "export B=$(vault read x)\ndocker build --secret id=a,env=B .\n",
    ),
    Case(
        "allexport",
        "build.sh",
        "set -a\nB=1\ndocker build --build-arg A=$B .\n",
        "set -a\nB=1\ndocker build --secret id=a,env=B .\n",
    ),
    Case(
        "sourced-file-may-set-it",
        "build.sh",
        ". ./.env\ndocker build --build-arg A=$A .\n",
        '. ./.env\nA="$A" docker build --secret id=a,env=A .\n',
    ),
    Case(
        "positional",
        "build.sh",
        'docker build --build-arg "TOKEN=$1" .\n',
        'TOKEN="$1" docker build --secret id=token,env=TOKEN .\n',
    ),
    Case(
        "computed",
        "build.sh",
        "docker build --build-arg=URL=https://ci:$T@example.com/x .\n",
        'URL="https://ci:$T@example.com/x" docker build --secret=id=url,env=URL .\n',
    ),
    Case(
        "quoted-as-a-whole",
        "build.sh",
        'docker build "--build-arg=A=$B" \'--build-arg\' "C=$C" .\n',
        'docker build "--secret=id=a,env=B" --secret id=c,env=C .\n',
    ),
    Case(
        "special-name",
        "build.sh",
        "docker build --build-arg UID=$(id -u) .\n",
        'SECRET_UID="$(id -u)" docker build --secret id=uid,env=SECRET_UID .\n',
    ),
    Case(
        "continuation-and-crlf",
        "build.sh",
        "docker build \\\r\n  --build-arg NPM_TOKEN=$NPM_TOKEN \\\r\n  -t x . # why\r\n",
        "docker build \\\r\n  --secret id=npm_token,env=NPM_TOKEN \\\r\n  -t x . # why\r\n",
    ),
    Case(
        "sudo",
        "build.sh",
        "sudo docker build --build-arg A=$A .\n",
        "sudo --preserve-env=A docker build --secret id=a,env=A .\n",
    ),
    Case(
        "assignments-in-front",
        "build.sh",
        "DOCKER_BUILDKIT=1 docker build --build-arg A=$1 .\n",
        'A="$1" DOCKER_BUILDKIT=1 docker build --secret id=a,env=A .\n',
    ),
    Case(
        "podman",
        "build.sh",
        "podman build --build-arg A=$A .\n",
        "podman build --secret id=a,env=A .\n",
    ),
    Case(
        "buildah",
        "build.sh",
        "buildah bud --build-arg A=$A .\n",
        "buildah bud --secret id=a,env=A .\n",
    ),
    Case(
        "engine-variable",
        "build.sh",
        '"${DOCKER}" image build --build-arg A=$A .\n',
        '"${DOCKER}" image build --secret id=a,env=A .\n',
    ),
    Case(
        "wrapped",
        "build.sh",
        "if ! retry 3 docker buildx build --push --build-arg A=$A .; then exit 1; fi\n",
        "if ! retry 3 docker buildx build --push --secret id=a,env=A .; then exit 1; fi\n",
    ),
    Case(
        "nested",
        "build.sh",
        "bash -c 'docker build --build-arg A=$A .'\n",
        "bash -c 'docker build --secret id=a,env=A .'\n",
    ),
    Case(
        "already-passed",
        "build.sh",
        "docker build --secret id=a,env=A \\\n  --build-arg A=$A \\\n  .\n",
        "docker build --secret id=a,env=A \\\n  .\n",
    ),
    Case(
        "already-passed-at-the-end",
        "build.sh",
        "docker build . --secret id=a,env=A \\\n  --build-arg A=$A\necho done\n",
        "docker build . --secret id=a,env=A\necho done\n",
    ),
    Case(
        "some-names-only",
        "build.sh",
        "docker build --build-arg A=$A --build-arg VERSION=1 .\n",
        "docker build --secret id=a,env=A --build-arg VERSION=1 .\n",
        {"A": "a"},
    ),
    Case(
        "hook-without-ending",
        "hooks/build",
        "#!/bin/bash\ndocker build --build-arg A=$A -f docker/Dockerfile .\n",
        "#!/bin/bash\ndocker build --secret id=a,env=A -f docker/Dockerfile .\n",
    ),
]

REFUSED = [
    Refused("held", "b.sh", 'ARGS="--build-arg A=$A"\ndocker build $ARGS .\n', "held in a variable"),
    Refused("array", "b.sh", "args+=(--build-arg A=$A)\ndocker build ${args[@]} .\n", "held in a variable"),
    Refused("kaniko", "b.sh", "/kaniko/executor --build-arg A=$A --context .\n", "kaniko has no build secrets"),
    Refused("compose", "b.sh", "docker compose build --build-arg A=$A\n", "`compose build` has no such option"),
    Refused("bake", "b.sh", "docker buildx bake --set '*.args.A=x'\n", "`bake` takes secrets from the bake file"),
    Refused("fly", "b.sh", "fly deploy --build-arg A=$A\n", "`--build-secret NAME=value`"),
    Refused("other-tool", "b.sh", "earthly --build-arg A=$A +all\n", "not in a `docker build` command"),
    Refused("string", "b.sh", 'ssh host "docker build --build-arg A=$A ."\n', "not in a `docker build` command"),
    Refused("name-is-taken", "b.sh", "A=x docker build --build-arg A=$B$C .\n", "sets A to something else"),
    Refused("empty", "b.sh", "docker build --build-arg A= .\n", "empty value"),
    Refused("sudo-variable", "b.sh", "$SUDO docker build --build-arg A=$A .\n", "may or may not keep the environment"),
    Refused("unreadable", "b.sh", "if true; then\ndocker build --build-arg A=$A .\n", "cannot be read"),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_rewritten(case: Case) -> None:
    check(case)


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case.name)
def test_refused(case: Refused) -> None:
    check_refused(case)


def test_a_literal_moves_to_a_file() -> None:
    text, done = rewrite("build.sh", "cd app\ndocker build --build-arg TOKEN=s3cr3t .\n")
    assert text == "cd app\ndocker build --secret id=token,src=../secrets/token.txt .\n"
    (moved,) = done.literals
    assert (moved.secret_id, moved.value, moved.path) == ("token", Masked("s3cr3t"), "secrets/token.txt")
    assert "s3cr3t" not in repr(done)
    assert "s3cr3t" not in repr(find("build.sh", "docker build --build-arg TOKEN=s3cr3t .\n"))


def test_different_literals_are_refused() -> None:
    text = "docker build --build-arg T=one .\ndocker build --build-arg T=two app\n"
    after, done = rewrite("build.sh", text)
    assert after == text
    assert len(done.refusals) == 2


def test_notes_name_what_is_needed() -> None:
    _, done = rewrite("build.sh", "DOCKER_BUILDKIT=0 docker build --build-arg A=$A .\n")
    assert "DOCKER_BUILDKIT=0 turns build secrets off: remove it" in done.notes
    _, done = rewrite("build.sh", "docker build --build-arg A=$(cat a) .\n")
    assert any("final line break" in note for note in done.notes)


@pytest.mark.parametrize(
    ("path", "text", "context", "dockerfile"),
    [
        ("build.sh", "docker build --build-arg A .", "", "Dockerfile"),
        ("build.sh", "docker build --build-arg A app", "app", "app/Dockerfile"),
        ("build.sh", "docker build --build-arg A -f docker/Dockerfile .", "", "docker/Dockerfile"),
        ("build.sh", "docker build -fdocker/Dockerfile --build-arg A .", "", "docker/Dockerfile"),
        ("build.sh", "cd app && docker build --build-arg A .", "app", "app/Dockerfile"),
        ("build.sh", "(cd app; true); docker build --build-arg A .", "", "Dockerfile"),
        ("build.sh", "pushd app; popd; docker build --build-arg A .", "", "Dockerfile"),
        ("build.sh", "DIR=app\ndocker build --build-arg A $DIR", "app", "app/Dockerfile"),
        ("app/build.sh", 'cd "$(dirname "$0")"\ndocker build --build-arg A .', "app", "app/Dockerfile"),
        ("app/build.sh", 'docker build --build-arg A "${BASH_SOURCE%/*}"', "app", "app/Dockerfile"),
        (
            "app/b.sh",
            ('D="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"\ndocker build --build-arg A $D'),
            "",
            "Dockerfile",
        ),
        ("scripts/b.sh", "docker build --build-arg A .", "", "Dockerfile"),
        (
            "scripts/b.sh",
            ("cd $(git rev-parse --show-toplevel)/app\ndocker build --build-arg A ."),
            "app",
            "app/Dockerfile",
        ),
        ("build.sh", "docker build --build-arg A $CONTEXT", None, None),
        ("build.sh", "docker build --build-arg A https://example.com/x.git", None, None),
        ("build.sh", "docker build --build-arg A - < Dockerfile", None, None),
        ("build.sh", "if x; then cd app; fi; docker build --build-arg A .", None, None),
        ("build.sh", "cd ..; docker build --build-arg A .", None, None),
    ],
)
def test_what_is_built(path: str, text: str, context: str | None, dockerfile: str | None) -> None:
    (caller,) = find(path, text)
    assert (caller.context, caller.dockerfile) == (context, dockerfile)


def test_what_a_caller_holds() -> None:
    text = "podman build --target prod --secret id=x,env=X --build-arg A=$B $MORE -t y .\n"
    (caller,) = find("build.sh", text)
    assert (caller.kind, caller.builder, caller.target) == (CallerKind.SHELL, Builder.PODMAN, "prod")
    assert caller.secrets == ("x",)
    assert caller.dynamic
    (argument,) = caller.arguments
    assert (argument.name, argument.value, argument.variable, argument.literal) == ("A", "$B", "B", None)
    assert argument.place.span.of(text) == "--build-arg A=$B"


@pytest.mark.parametrize("text", ["# docker build --build-arg A=1 .\n", 'echo "docker build --build-arg A=1 ."\n'])
def test_no_caller(text: str) -> None:
    assert find("build.sh", text) == ()


def test_environments_of_containers() -> None:
    text = "docker run -d -e PW=hunter2 --env=U=me -eX -e Y=$Y img -e NOT=1\n"
    found = callers.runs("run.sh", Source("run.sh", text), files=lambda _: False)
    assert [(one.name, one.literal) for one in found] == [
        ("PW", Masked("hunter2")),
        ("U", Masked("me")),
        ("X", None),
        ("Y", None),
    ]
    assert "hunter2" not in repr(found)


def test_a_piece_that_cannot_be_read_is_a_problem() -> None:
    source = Source("build.sh", "if docker build .\n")
    (problem,) = callers.read("build.sh", source, files=lambda _: False).problems
    assert (problem.path, problem.line) == ("build.sh", 1)
