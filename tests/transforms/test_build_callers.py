"""Pass, add and drop one secret of one caller."""

from __future__ import annotations

import pytest

from rewriter.callers import CallerChange, CallerRefusal
from rewriter.model.masked import Masked
from rewriter.model.text import Source, apply
from rewriter.transforms.build_callers import add_secret, drop_argument, pass_all, pass_as_secret, verify_gone
from tests.callers.rewriting import FILES, find

_STEP = (
    "jobs:\n  b:\n    steps:\n      - uses: docker/build-push-action@v6\n        with:\n"
    "          context: .\n          push: true\n"
)


@pytest.mark.parametrize(
    ("path", "before", "after"),
    [
        ("build.sh", "docker build -t x .\n", "docker build --secret id=n,src=.npmrc -t x .\n"),
        ("build.sh", "cd app\ndocker build .\n", "cd app\ndocker build --secret id=n,src=../.npmrc .\n"),
        ("app/Makefile", "b:\n\t@docker build .\n", "b:\n\t@docker build --secret id=n,src=../.npmrc .\n"),
        (
            "package.json",
            '{"scripts": {"b": "docker build ."}}',
            '{"scripts": {"b": "docker build --secret id=n,src=.npmrc ."}}',
        ),
        (
            "compose.yaml",
            "services:\n  a:\n    build: .  # c\n    image: x\n",
            (
                "services:\n  a:\n    build:\n      context: .  # c\n      secrets:\n        - n\n    image: x\n"
                "secrets:\n  n:\n    file: ./.npmrc\n"
            ),
        ),
        (
            "compose.yaml",
            "services:\n  a:\n    build: {context: .}\nsecrets:\n  b: {file: b}\n",
            (
                "services:\n  a:\n    build: {context: ., secrets: [n]}\nsecrets:\n  b: {file: b}\n  n:\n"
                "    file: ./.npmrc\n"
            ),
        ),
        (".github/workflows/b.yml", _STEP, _STEP + "          secret-files: |\n            n=.npmrc\n"),
        ("docker-bake.hcl", 'target "a" {\n}\n', 'target "a" {\n  secret = ["id=n,src=.npmrc"]\n}\n'),
        (
            "docker-bake.hcl",
            'target "a" {\n  args = { V = "1" }\n}\n',
            'target "a" {\n  args = { V = "1" }\n  secret = ["id=n,src=.npmrc"]\n}\n',
        ),
        ("docker-bake.json", '{"target": {"a": {}}}', '{"target": {"a": {"secret": ["id=n,src=.npmrc"]}}}'),
        (
            "skaffold.yaml",
            "build:\n  artifacts:\n  - image: x\n    docker:\n      dockerfile: Dockerfile\n",
            (
                "build:\n  artifacts:\n  - image: x\n    docker:\n      dockerfile: Dockerfile\n      secrets:\n"
                "      - id: n\n"
                "        src: .npmrc\n"
            ),
        ),
        (
            "cloudbuild.yaml",
            "steps:\n- name: docker\n  args: [build, .]\n",
            "steps:\n- name: docker\n  args: [build, '--secret=id=n,src=.npmrc', .]\n  env:\n  - 'DOCKER_BUILDKIT=1'\n",
        ),
        ("Jenkinsfile", 'docker.build("x", "--pull .")\n', 'docker.build("x", "--pull . --secret id=n,src=.npmrc")\n'),
        ("README.md", "```\ndocker build .\n```\n", "```\ndocker build --secret id=n,src=.npmrc .\n```\n"),
    ],
)
def test_add_a_file(path: str, before: str, after: str) -> None:
    (caller,) = find(path, before)
    change = add_secret(caller, secret_id="n", source=Source(path, before), path=".npmrc")
    assert isinstance(change, CallerChange)
    text = apply(before, change.edits)
    assert text == after
    (changed,) = find(path, text)
    assert changed.secrets == ("n",)


@pytest.mark.parametrize(
    ("path", "before", "after"),
    [
        ("b.sh", "sudo docker build .\n", "sudo --preserve-env=N docker build --secret id=n,env=N .\n"),
        (".github/workflows/b.yml", _STEP, _STEP + "          secrets: |\n            n=${{ secrets.N }}\n"),
        (
            "compose.yaml",
            "services:\n  a:\n    build: {context: .}\n",
            "services:\n  a:\n    build: {context: ., secrets: [n]}\nsecrets:\n  n:\n    environment: N\n",
        ),
    ],
)
def test_add_a_variable(path: str, before: str, after: str) -> None:
    (caller,) = find(path, before)
    change = add_secret(caller, secret_id="n", source=Source(path, before), env="N")
    assert isinstance(change, CallerChange)
    assert apply(before, change.edits) == after


def test_add_what_is_passed_already() -> None:
    text = "docker build --secret id=n,env=N .\n"
    (caller,) = find("b.sh", text)
    assert add_secret(caller, secret_id="n", source=Source("b.sh", text), env="N") == CallerChange(
        (), "the secret was passed already"
    )


@pytest.mark.parametrize(
    ("path", "text", "reason"),
    [
        ("b.sh", "/kaniko/executor -c .\n", "kaniko"),
        ("compose.yaml", "x: &x {build: .}\nservices:\n  a: *x\n", "shared"),
        ("compose.yaml", "services:\n  a:\n    build: .\nsecrets: []\n", "not a mapping"),
        ("README.md", "`--secret id=x`\n", "cannot be told"),
        ("docker-bake.hcl", 'target "a" {\n  secret = [{id = "x"}]\n}\n', "list of texts"),
    ],
)
def test_add_is_refused(path: str, text: str, reason: str) -> None:
    (caller,) = find(path, text)
    refusal = add_secret(caller, secret_id="n", source=Source(path, text), env="N")
    assert isinstance(refusal, CallerRefusal)
    assert reason in refusal.detail
    assert refusal.detail.startswith(f"{path}:")


@pytest.mark.parametrize(
    ("path", "before", "after"),
    [
        ("b.sh", "docker build --build-arg A=$1 -t x .\n", "docker build -t x .\n"),
        ("b.sh", "docker build . \\\n  --build-arg A=x\n", "docker build .\n"),
        (
            ".github/workflows/b.yml",
            _STEP + "          build-args: |\n            A=\n            B=1\n",
            _STEP + "          build-args: |\n            B=1\n",
        ),
        (
            "compose.yaml",
            'services:\n  a:\n    build:\n      context: .\n      args: ["A=${A:-x}"]\n',
            "services:\n  a:\n    build:\n      context: .\n",
        ),
        ("docker-bake.hcl", 'target "a" {\n  args = {\n    A = "x${B}"\n  }\n}\n', 'target "a" {\n}\n'),
        (
            "docker-bake.json",
            '{"target": {"a": {"args": {"A": "x", "B": "${B}"}}}}',
            '{"target": {"a": {"args": {"B": "${B}"}}}}',
        ),
        (
            "cloudbuild.yaml",
            "steps:\n- name: docker\n  args: [build, --build-arg, A=x, .]\n",
            "steps:\n- name: docker\n  args: [build, .]\n",
        ),
        ("README.md", "```\ndocker build --build-arg A=x .\n```\n", "```\ndocker build .\n```\n"),
        ("README.md", "Run `docker build . --build-arg A=x`.\n", "Run `docker build .`.\n"),
    ],
)
def test_drop(path: str, before: str, after: str) -> None:
    (caller,) = find(path, before)
    (argument, *_) = caller.arguments
    change = drop_argument(caller, argument, source=Source(path, before))
    assert isinstance(change, CallerChange)
    assert apply(before, change.edits) == after
    assert change.note == ""


def test_an_id_must_be_one() -> None:
    text = "docker build --build-arg A .\n"
    (caller,) = find("b.sh", text)
    with pytest.raises(ValueError, match="not the id"):
        pass_as_secret(caller, caller.arguments[0], secret_id="a,b", source=Source("b.sh", text))
    with pytest.raises(ValueError, match="either a variable or a file"):
        add_secret(caller, secret_id="a", source=Source("b.sh", text))


def test_a_literal_is_handed_over_masked() -> None:
    text = "docker build --build-arg T=s3cr3t .\n"
    (caller,) = find("b.sh", text)
    change = pass_as_secret(caller, caller.arguments[0], secret_id="t", source=Source("b.sh", text))
    assert isinstance(change, CallerChange)
    assert (change.literal, change.literal_path) == (Masked("s3cr3t"), "secrets/t.txt")
    assert "s3cr3t" not in repr((caller, change))


def test_a_change_that_takes_a_value_from_another_caller_is_refused() -> None:
    text = (
        "services:\n  x:\n    build:\n      args: &a\n        A: $A\n        B: $B\n  y:\n    build:\n      args: *a\n"
    )
    caller = find("compose.yaml", text)[0]
    refusal = pass_as_secret(caller, caller.arguments[0], secret_id="a", source=Source("compose.yaml", text))
    assert isinstance(refusal, CallerRefusal)
    assert "would lose A and get no secret" in refusal.detail


def test_only_wanted_callers_change() -> None:
    text = "docker build --build-arg A=$A .\ndocker build --build-arg A=$A app\n"
    done = pass_all(
        "b.sh",
        Source("b.sh", text),
        secrets={"A": "a"},
        files=lambda path: path in FILES,
        wanted=lambda caller: caller.dockerfile == "app/Dockerfile",
    )
    assert apply(text, done.edits) == ("docker build --build-arg A=$A .\ndocker build --secret id=a,env=A app\n")


def test_refusals_name_the_lines_of_the_text_before() -> None:
    text = "services:\n  a:\n    build:\n      args:\n        A: $A\n        B: ${B:-x}\n        C: $C\n"
    done = pass_all(
        "c/compose.yaml", Source("c/compose.yaml", text), secrets={"A": "a", "B": "b", "C": "c"}, files=bool
    )
    assert done.refusals == ("c/compose.yaml:6: B has a default here, which compose does not know for a secret",)


def test_verify_gone() -> None:
    (left,) = verify_gone("b.sh", "docker build --build-arg A=1 --build-arg B=2 .\n", {"A"})
    assert left.name == "A"
    assert verify_gone("b.sh", "docker build --secret id=a,env=A .\n", {"A"}) == ()
