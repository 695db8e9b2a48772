"""Callers in make, just, Task, npm, compose, bake, Skaffold, Tilt, devcontainers, documentation and programs."""

from __future__ import annotations

import pytest

from rewriter.callers import Builder, CallerKind
from rewriter.model.masked import Masked
from tests.callers.rewriting import Case, Refused, check, check_refused, find, rewrite

CASES = [
    Case(
        "make-variable-of-the-environment",
        "Makefile",
        "build:\n\t@docker build \\\n\t\t--build-arg A=$(A) \\\n\t\t-t $(IMAGE):$(shell git describe) .\n",
        "build:\n\t@docker build \\\n\t\t--secret id=a,env=A \\\n\t\t-t $(IMAGE):$(shell git describe) .\n",
    ),
    Case(
        "make-variable-of-the-makefile",
        "Makefile",
        "A ?= $(shell cat a)\nbuild:\n\tdocker build --build-arg A=$(A) .\n",
        'A ?= $(shell cat a)\nbuild:\n\tA="$(A)" docker build --secret id=a,env=A .\n',
    ),
    Case(
        "make-exports-it",
        "Makefile",
        "export A := 1\nexport B\nB = 2\nbuild:\n\tdocker build --build-arg A=$(A) --build-arg B=${B} .\n",
        "export A := 1\nexport B\nB = 2\nbuild:\n\tdocker build --secret id=a,env=A --secret id=b,env=B .\n",
    ),
    Case(
        "make-includes-a-file",
        "Makefile",
        "-include .env\nbuild:\n\tdocker build --build-arg A=$(A) .\n",
        '-include .env\nbuild:\n\tA="$(A)" docker build --secret id=a,env=A .\n',
    ),
    Case(
        "make-shell-variable",
        "Makefile",
        'build:\n\tdocker build --build-arg A=$$A --build-arg B="$$(cat b)" --build-arg C=$$1 .\n',
        'build:\n\tC="$$1" docker build --secret id=a,env=A --secret id=b,src=b --secret id=c,env=C .\n',
    ),
    Case(
        "just",
        "justfile",
        "build:\n    @docker build --build-arg A=$A .\n    docker build --build-arg B={{b}} \\\n      app\n"
        "script:\n    #!/bin/sh\n    cd app\n    docker build --build-arg C=$C .\n",
        'build:\n    @docker build --secret id=a,env=A .\n    B="{{b}}" docker build --secret id=b,env=B \\\n'
        "      app\n"
        "script:\n    #!/bin/sh\n    cd app\n    docker build --secret id=c,env=C .\n",
    ),
    Case(
        "task",
        "Taskfile.yml",
        "tasks:\n  b:\n    cmds:\n      - docker build --build-arg A=$A .\n"
        "      - cmd: 'docker build --build-arg B={{.B}} .'\n  c: docker build --build-arg C .\n",
        "tasks:\n  b:\n    cmds:\n      - docker build --secret id=a,env=A .\n"
        "      - cmd: 'B=\"{{.B}}\" docker build --secret id=b,env=B .'\n  c: docker build --secret id=c,env=C .\n",
    ),
    Case(
        "npm",
        "package.json",
        '{"scripts": {\n\t"d": "docker build --build-arg A=\\"$A\\" --build-arg B=$1 ."\n}}\n',
        '{"scripts": {\n\t"d": "B=\\"$1\\" docker build --secret id=a,env=A --secret id=b,env=B ."\n}}\n',
    ),
    Case(
        "compose-mapping",
        "docker-compose.yml",
        "services:\n  web:\n    build:\n      context: .\n      args:\n        A: ${A} # why\n    image: x\n"
        "\nvolumes:\n  v:\n",
        "services:\n  web:\n    build:\n      context: .\n      secrets:\n        - a\n    image: x\n\n"
        "volumes:\n  v:\n\n"
        "secrets:\n  a:\n    environment: A\n",
    ),
    Case(
        "compose-list-and-pass-through",
        "app/compose.yaml",
        "services:\n    web:\n        build:\n            context: .\n            args:\n            - A\n"
        "            - B=$B\n"
        "            - V=${V:-1}\n",
        "services:\n    web:\n        build:\n            context: .\n            args:\n            - V=${V:-1}\n"
        "            secrets:\n                - a\n                - b\nsecrets:\n    a:\n        environment: A\n"
        "    b:\n        environment: B\n",
        {"A": "a", "B": "b"},
    ),
    Case(
        "compose-shares-a-secret",
        "compose.yaml",
        "services:\n  x:\n    build:\n      args: {A: $A}\n  y:\n    build:\n      args: [A]\n      secrets: [z]\n"
        "secrets:\n  z:\n    file: z\n",
        "services:\n  x:\n    build:\n      secrets:\n        - a\n  y:\n    build:\n      secrets: [z, a]\n"
        "secrets:\n  z:\n    file: z\n  a:\n    environment: A\n",
    ),
    Case(
        "compose-extends",
        "compose.yaml",
        "services:\n  x:\n    build:\n      args:\n        A:\n  y:\n    extends:\n      service: x\n",
        "services:\n  x:\n    build:\n      secrets:\n        - a\n  y:\n    extends:\n      service: x\n"
        "secrets:\n  a:\n    environment: A\n",
    ),
    Case(
        "compose-crlf",
        "compose.yaml",
        "services:\r\n  x:\r\n    build:\r\n      args:\r\n        A: $A\r\n        V: ${V:+1}",
        "services:\r\n  x:\r\n    build:\r\n      args:\r\n        V: ${V:+1}\r\n      secrets:\r\n        - a\r\n"
        "secrets:\r\n  a:\r\n    environment: A",
        {"A": "a"},
    ),
    Case(
        "bake-json",
        "docker-bake.json",
        '{"variable": {"A": {}}, "target": {\n  "x": {"args": {"A": "${A}"}},\n  "y": {\n    "args": {\n'
        '      "A": "${A}",\n'
        '      "B": null\n    },\n    "secret": [\n      "id=z,env=Z"\n    ]\n  }\n}}\n',
        '{"variable": {"A": {}}, "target": {\n  "x": {"secret": ["id=a,env=A"]},\n  "y": {\n    "secret": [\n'
        '      "id=z,env=Z",\n      "id=a,env=A",\n      "id=b,env=B"\n    ]\n  }\n}}\n',
    ),
    Case(
        "bake-hcl",
        "docker-bake.hcl",
        'variable "A" {}\ntarget "x" {\n  args = {\n    A = "${A}" # why\n    B = A\n    V = "v${1 + 1}"\n  }\n'
        '  tags = ["x:${A != "" ? "a" : "b"}"]\n}\ntarget "y" {\n  args = { A = A }\n}\n'
        'target "z" {\n  args = { A = A, N = null }\n  secret = ["id=q,env=Q"]\n}\n',
        'variable "A" {}\ntarget "x" {\n  args = {\n    V = "v${1 + 1}"\n  }\n'
        '  secret = ["id=a,env=A", "id=b,env=A"]\n'
        '  tags = ["x:${A != "" ? "a" : "b"}"]\n}\ntarget "y" {\n  secret = ["id=a,env=A"]\n}\n'
        'target "z" {\n  secret = ["id=q,env=Q", "id=a,env=A", "id=n,env=N"]\n}\n',
        {"A": "a", "B": "b", "N": "n"},
    ),
    Case(
        "skaffold",
        "skaffold.yaml",
        'build:\n  artifacts:\n    - image: x\n      docker:\n        buildArgs:\n          A: "{{.A}}"\n'
        '          B: "{{.C}}"\n',
        "build:\n  artifacts:\n    - image: x\n      docker:\n        secrets:\n          - id: a\n"
        "            env: A\n"
        "          - id: b\n            env: C\n",
    ),
    Case(
        "devcontainer",
        ".devcontainer/devcontainer.json",
        '{\n  // why\n  "build": {\n    "dockerfile": "Dockerfile",\n    "args": { "A": "${localEnv:A}" },\n  },\n}\n',
        '{\n  // why\n  "build": {\n    "dockerfile": "Dockerfile",\n'
        '    "options": ["--secret=id=a,env=A"],\n  },\n}\n',
    ),
    Case(
        "documentation",
        "docs/README.md",
        "# x\n\n```sh\ndocker build --build-arg A=<your token> .\ndocker build \\\n"
        '  --build-arg A=$A --build-arg K="$(cat k)" .\n'
        "```\n\nOr `podman build --build-arg A=xxxx .`, not --build-arg NO=1.\n",
        "# x\n\n```sh\ndocker build --secret id=a,env=A .\ndocker build \\\n"
        "  --secret id=a,env=A --secret id=k,src=k .\n"
        "```\n\nOr `podman build --secret id=a,env=A .`, not --build-arg NO=1.\n",
    ),
    Case(
        "documentation-of-a-file-at-home",
        "README.md",
        '```\ndocker build -t <name> --build-arg A="$(cat ~/.ssh/id_rsa)" .\n```\n',
        "```\ndocker build -t <name> --secret id=a,src=$HOME/.ssh/id_rsa .\n```\n",
    ),
    Case(
        "powershell",
        "build.ps1",
        'docker build --build-arg A=$env:A `\n  --build-arg "B=$($env:C)" --build-arg D .\n',
        'docker build --secret id=a,env=A `\n  --build-arg "B=$($env:C)" --secret id=d,env=D .\n',
        {"A": "a", "D": "d"},
    ),
]

REFUSED = [
    Refused("make-variable", "Makefile", "ARGS := --build-arg A=$(A)\n", "held in a make variable"),
    Refused(
        "just-shell",
        "justfile",
        'set shell := ["pwsh", "-c"]\nb:\n  docker build --build-arg A=1 .\n',
        "no POSIX shell",
    ),
    Refused("compose-v1", "docker-compose.yml", "web:\n  build: .\nx:\n  build:\n    args: [A]\n", "version 1"),
    Refused(
        "compose-default",
        "compose.yaml",
        "services:\n  x:\n    build:\n      args: {A: '${A:-x}'}\n",
        "has a default here",
    ),
    Refused(
        "compose-composed", "compose.yaml", "services:\n  x:\n    build:\n      args: {A: 'x$A'}\n", "put together"
    ),
    Refused(
        "compose-anchor",
        "compose.yaml",
        "x-b: &b\n  args: {A: $A}\nservices:\n  x:\n    build: *b\n  y:\n    build:\n      <<: *b\n      context: y\n",
        "shared through an anchor",
    ),
    Refused(
        "compose-anchored-arguments",
        "compose.yaml",
        "services:\n  x:\n    build:\n      args: &a\n        A: $A\n        B: $A\n  y:\n    build:\n      args: *a\n",
        "",
    ),
    Refused(
        "compose-id-is-taken",
        "compose.yaml",
        "services:\n  x:\n    build:\n      args: [A]\nsecrets:\n  a: {file: x}\n",
        "another secret that is called `a`",
    ),
    Refused(
        "bake-default",
        "docker-bake.hcl",
        'variable "A" {\n  default = "x"\n}\ntarget "x" {\n  args = {\n    A = A\n  }\n}\n',
        "has a default in the bake file",
    ),
    Refused(
        "bake-objects",
        "docker-bake.hcl",
        'target "x" {\n  args = { A = null }\n  secret = [{ id = "b" }]\n}\n',
        "list of texts",
    ),
    Refused(
        "bake-unknown",
        "docker-bake.json",
        '{"target": {"x": {"args": {"A": "${A}"}}}}',
        "no variable of this bake file",
    ),
    Refused(
        "skaffold-kaniko",
        "skaffold.yaml",
        'build:\n  artifacts:\n  - image: x\n    kaniko:\n      buildArgs: {A: "{{.A}}"}\n',
        "kaniko has no build secrets",
    ),
    Refused(
        "tilt", "Tiltfile", "docker_build('x', '.', build_args={'A': os.getenv('A')})\n", "a Tiltfile is a program"
    ),
    Refused("fly", "fly.toml", '[build.args]\nA = "x"\n', "`--build-secret NAME=value`"),
    Refused("rake", "Rakefile", "sh \"docker build --build-arg A=#{ENV['A']} .\"\n", "made by a program"),
    Refused("python", "build.py", 'run(["docker", "build", "--build-arg", f"A={a}", "."])\n', "made by a program"),
    Refused("powershell-variable", "build.ps1", "docker build --build-arg A=$a .\n", "a PowerShell variable"),
    Refused("batch", "build.cmd", "docker build --build-arg A=%A% .\n", "computed in a batch file"),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_rewritten(case: Case) -> None:
    check(case)


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case.name)
def test_refused(case: Refused) -> None:
    check_refused(case)


@pytest.mark.parametrize(
    ("path", "before", "after"),
    [
        (
            "app/compose.yaml",
            "services:\n  x:\n    build:\n      args:\n        T: s3cr3t\n",
            "services:\n  x:\n    build:\n      secrets:\n        - t\nsecrets:\n  t:\n    file: ../secrets/t.txt\n",
        ),
        (
            "docker-bake.json",
            '{"target": {"x": {"args": {"T": "s3cr3t"}}}}',
            ('{"target": {"x": {"secret": ["id=t,src=secrets/t.txt"]}}}'),
        ),
        (
            "docker-bake.hcl",
            'target "x" {\n  args = { T = "s3cr3t" }\n}\n',
            ('target "x" {\n  secret = ["id=t,src=secrets/t.txt"]\n}\n'),
        ),
        (
            "Makefile",
            "b:\n\tdocker build --build-arg T=s3cr3t .\n",
            ("b:\n\tdocker build --secret id=t,src=secrets/t.txt .\n"),
        ),
        (
            "package.json",
            '{"scripts": {"b": "docker build --build-arg T=s3cr3t ."}}',
            ('{"scripts": {"b": "docker build --secret id=t,src=secrets/t.txt ."}}'),
        ),
    ],
)
def test_literals_move_to_a_file(path: str, before: str, after: str) -> None:
    text, done = rewrite(path, before)
    assert text == after
    (moved,) = done.literals
    assert (moved.value, moved.path) == (Masked("s3cr3t"), "secrets/t.txt")
    assert "s3cr3t" not in repr(find(path, before))


@pytest.mark.parametrize(
    ("path", "text", "context", "dockerfile"),
    [
        ("app/Makefile", "b:\n\tdocker build --build-arg A .\n", "app", "app/Dockerfile"),
        ("Makefile", "b:\n\tcd app && docker build --build-arg A .\n", "app", "app/Dockerfile"),
        ("Makefile", "b:\n\tcd app\n\tdocker build --build-arg A $(CURDIR)\n", "", "Dockerfile"),
        ("app/package.json", '{"scripts": {"b": "docker build ."}}', "app", "app/Dockerfile"),
        ("x/compose.yaml", "services: {a: {build: ../app}}", "app", "app/Dockerfile"),
        (
            "compose.yaml",
            ("services: {a: {build: {context: ., dockerfile: docker/Dockerfile}}}"),
            "",
            "docker/Dockerfile",
        ),
        ("compose.yaml", "services: {a: {build: '${DIR:-app}'}}", "app", "app/Dockerfile"),
        ("compose.yaml", "services: {a: {build: '${DIR}'}}", None, None),
        ("compose.yaml", "services: {a: {build: {context: 'https://example.com/x.git'}}}", None, None),
        ("docker-bake.hcl", 'target "a" { context = "app" }', "app", "app/Dockerfile"),
        ("docker-bake.hcl", 'target "a" { inherits = ["b"] }', None, None),
        ("skaffold.yaml", "build: {artifacts: [{image: x, context: app, docker: {}}]}", "app", "app/Dockerfile"),
        ("Tiltfile", "docker_build('x', 'app')", "app", "app/Dockerfile"),
        (
            ".devcontainer/devcontainer.json",
            ('{"build": {"context": "..", "dockerfile": "../Dockerfile"}}'),
            "",
            "Dockerfile",
        ),
        ("fly.toml", "[build]\ndockerfile = 'docker/Dockerfile' # x\n[build.args]\nA='1'\n", "", "docker/Dockerfile"),
        ("Taskfile.yml", "tasks: {a: {dir: app, cmds: ['docker build .']}}", "app", "app/Dockerfile"),
    ],
)
def test_what_is_built(path: str, text: str, context: str | None, dockerfile: str | None) -> None:
    (caller,) = find(path, text)
    assert (caller.context, caller.dockerfile) == (context, dockerfile)


def test_kinds_and_builders() -> None:
    (compose,) = find("compose.yaml", "services: {a: {build: .}}")
    assert (compose.kind, compose.builder) == (CallerKind.COMPOSE, Builder.COMPOSE)
    (bake,) = find("docker-bake.hcl", 'target "a" {}')
    assert (bake.kind, bake.builder) == (CallerKind.BAKE_HCL, Builder.BAKE)
    (kaniko,) = find("build.sh", "/kaniko/executor --context=dir://app --dockerfile=app/Dockerfile")
    assert (kaniko.kind, kaniko.builder, kaniko.dockerfile) == (CallerKind.KANIKO, Builder.KANIKO, "app/Dockerfile")


def test_a_real_literal_in_documentation_is_kept() -> None:
    text, done = rewrite(
        "README.md", "```\ndocker build --build-arg T=ghp_0123456789abcdefABCDEF0123456789abcd .\n```\n"
    )
    assert "ghp_" not in text
    assert len(done.literals) == 1
