"""No caller is left behind: what `fix` takes out of a Dockerfile, no file passes as a build argument any more.

Repositories with any mixture of callers are generated. A caller that cannot hand over a secret is refused by name, and
its fix asks for review.
"""

from __future__ import annotations

import re
from typing import Final

from hypothesis import given, settings
from hypothesis import strategies as st

from rewriter import callers
from rewriter.callers import CallerKind
from rewriter.model.patch import Patched, Unchanged
from rewriter.model.plan import Reason
from rewriter.model.secret import Safety
from rewriter.model.text import Source, decode, encode
from rewriter.pipeline import fix
from rewriter.settings import Settings
from rewriter.tree.repository import MemoryRepository

_HUB: Final = "${{ secrets.NAME }}"
CALLERS: Final = {
    "build.sh": "#!/bin/sh\ndocker build --build-arg NAME=$NAME -t app .\n",
    "scripts/release.sh": "set -e\npodman build --build-arg 'NAME' -f Dockerfile .\nbuildah bud --build-arg=NAME .\n",
    "Makefile": 'image:\n\tdocker buildx build --build-arg NAME="$(NAME)" -t app .\n',
    "justfile": "image:\n  docker build --build-arg NAME .\n",
    "package.json": '{"scripts": {"image": "docker build --build-arg NAME=$NAME -t app ."}}\n',
    "README.md": "# App\n\nBuild it:\n\n```sh\ndocker build --build-arg NAME=$NAME -t app .\n```\n",
    "docs/build.md": "Run `docker build --build-arg NAME .` in the folder.\n",
    ".github/workflows/push.yml": (
        "on: push\njobs:\n  image:\n    runs-on: a\n    steps:\n      - uses: docker/build-push-action@v6\n"
        f"        with:\n          context: .\n          build-args: |\n            LANG=C\n            NAME={_HUB}\n"
    ),
    ".github/workflows/run.yml": (
        "on: push\njobs:\n  image:\n    runs-on: ubuntu-latest\n    steps:\n      - run: docker build --build-arg "
        f"NAME={_HUB} .\n"
    ),
    ".gitlab-ci.yml": "image:\n  script:\n    - docker build --build-arg NAME=$NAME -t app .\n",
    ".circleci/config.yml": (
        "version: 2.1\njobs:\n  image:\n    docker: [{image: base}]\n    steps:\n      - run: docker build "
        "--build-arg NAME=$NAME .\n"
    ),
    "azure-pipelines.yml": "steps:\n  - script: docker build --build-arg NAME=$NAME .\n    env:\n      NAME: $(NAME)\n",
    "Jenkinsfile": (
        "pipeline { agent any\n stages { stage('x') { steps { sh 'docker build --build-arg NAME=$NAME .' } } } }\n"
    ),
    "bitbucket-pipelines.yml": (
        "pipelines:\n  default:\n    - step:\n        script:\n          - docker build --build-arg NAME=$NAME .\n"
    ),
    "buildspec.yml": "version: 0.2\nphases:\n  build:\n    commands:\n      - docker build --build-arg NAME=$NAME .\n",
    "Taskfile.yml": "version: '3'\ntasks:\n  image:\n    cmds:\n      - docker build --build-arg NAME=$NAME .\n",
    "compose.yaml": "services:\n  app:\n    build:\n      context: .\n      args:\n        NAME: ${NAME}\n",
    "docker-compose.ci.yml": "services:\n  app:\n    build:\n      context: .\n      args:\n        - NAME\n",
    "docker-bake.hcl": (
        'target "app" {\n  context = "."\n  args = {\n    NAME = "${NAME}"\n  }\n}\nvariable "NAME" {}\n'
    ),
    "docker-bake.json": (
        '{"target": {"app": {"context": ".", "args": {"NAME": "${NAME}"}}}, "variable": {"NAME": {}}}\n'
    ),
    "skaffold.yaml": (
        "apiVersion: skaffold/v4beta6\nkind: Config\nbuild:\n  artifacts:\n    - image: app\n      docker:\n"
        '        buildArgs:\n          NAME: "{{.NAME}}"\n'
    ),
    "cloudbuild.yaml": (
        "steps:\n  - name: gcr.io/kaniko-project/executor\n    args: [--destination=app, --build-arg, NAME=$_NAME]\n"
    ),
    ".devcontainer.json": '{"build": {"dockerfile": "Dockerfile", "args": {"NAME": "${localEnv:NAME}"}}}\n',
    "Tiltfile": "docker_build('app', '.', build_args={'NAME': os.environ['NAME']})\n",
    "build.ps1": "docker build --build-arg NAME=$env:NAME -t app .\n",
    ".drone.yml": "steps:\n  - name: image\n    commands:\n      - docker build --build-arg NAME=$NAME .\n",
    "docker.cloudbuild.yaml": (
        "steps:\n  - name: gcr.io/cloud-builders/docker\n    entrypoint: bash\n    args: ['-c', 'docker build "
        "--build-arg NAME=$$NAME .']\n    secretEnv: ['NAME']\n"
    ),
    ".github/actions/image/action.yml": (
        "runs:\n  using: composite\n  steps:\n    - uses: docker/build-push-action@v6\n      with:\n"
        "        context: .\n        build-args: NAME=${{ inputs.token }}\ninputs:\n  token: {required: true}\n"
    ),
    ".github/workflows/called.yml": (
        "on:\n  workflow_call:\n    secrets:\n      NAME: {required: true}\njobs:\n  image:\n    runs-on: a\n"
        "    steps:\n      - uses: docker/build-push-action@v6\n        with:\n          context: .\n"
        f"          build-args: |\n            NAME={_HUB}\n"
    ),
    ".github/workflows/handed-on.yml": (
        "on: push\njobs:\n  image:\n    runs-on: a\n    steps:\n      - uses: ./.github/actions/other\n"
        f"        with:\n          context: .\n          build-args: |\n            NAME={_HUB}\n"
    ),
    "fly.toml": '[build]\ndockerfile = "Dockerfile"\n[build.args]\nNAME = "x"\n',
    "scripts/image.py": 'subprocess.run(["docker", "build", "--build-arg", f"NAME={value}", "."])\n',
    ".gitlab/kaniko.gitlab-ci.yml": (
        "image:\n  image: gcr.io/kaniko-project/executor:debug\n  script:\n    - /kaniko/executor --context . "
        "--build-arg NAME=$NAME --destination app\n"
    ),
}
UNABLE: Final = {
    "cloudbuild.yaml": "kaniko",
    ".gitlab/kaniko.gitlab-ci.yml": "kaniko",
    "Tiltfile": "Tiltfile",
    "fly.toml": "fly deploy",
    ".github/workflows/handed-on.yml": "./.github/actions/other",
    "scripts/image.py": "made by a program",
}
"""What cannot pass secrets, or is not rewritten, and the word by which it is refused."""
NAMES: Final = ("NPM_TOKEN", "FETCH_PASSWORD", "API_TOKEN")
_RUN: Final = 'RUN curl -fsS -H "Authorization: Bearer $NAME" https://files.example.com/a -o /a\n'


@st.composite
def repositories(draw: st.DrawFn) -> tuple[dict[str, bytes], tuple[str, ...]]:
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=2, unique=True))
    paths = draw(st.lists(st.sampled_from(sorted(CALLERS)), min_size=1, max_size=6, unique=True))
    newline = draw(st.sampled_from(["\n", "\n", "\r\n"]))
    dockerfile = "FROM debian:12\n" + "".join(
        f"ARG {name}{draw(st.sampled_from(['', '=']))}\n" + _RUN.replace("NAME", name) for name in names
    )
    files = {"Dockerfile": dockerfile}
    for path in paths:
        files[path] = CALLERS[path].replace("NAME", draw(st.sampled_from(names)))
    return {path: encode(text.replace("\n", newline)) for path, text in files.items()}, tuple(names)


def _passed(path: str, text: str, names: frozenset[str]) -> bool:
    """Tell whether a file passes one of the names, by the reader of callers or as a plain text says."""
    found = callers.find(path, Source(path, text), files=lambda _: False)
    if any(argument.name in names for caller in found for argument in caller.arguments):
        return True
    return any(re.search(rf"--build-arg[ =,\"']+{name}\b", text) is not None for name in names)


@settings(max_examples=60, deadline=None)
@given(repositories())
def test_no_file_passes_a_fixed_secret(made: tuple[dict[str, bytes], tuple[str, ...]]) -> None:
    files, names = made
    outcome = fix(MemoryRepository(files), Settings())
    if not isinstance(outcome, Patched):
        assert isinstance(outcome, Unchanged)
        assert set(outcome.report.findings) == {one.finding for one in outcome.report.refusals}
        return
    after = {path: decode(data) for path, data in files.items()}
    after |= {change.path: change.after for change in outcome.patch.files}
    gone = frozenset(name for name in names if not re.search(rf"(?m)^ARG {name}\b", after["Dockerfile"]))
    refused = {one.finding.place.path for one in outcome.report.refusals if one.reason is Reason.CALLER_UNSUPPORTED}
    left = {path for path, text in after.items() if _passed(path, text, gone)}
    assert left <= refused
    details = [one.detail for one in outcome.report.refusals]
    assert all(any(UNABLE[path] in detail for detail in details) for path in left), left
    if left - {"scripts/image.py"}:  # which Dockerfile a program builds is not known
        assert any(made.safety is Safety.REVIEW for made in outcome.patch.fixes)


def test_each_kind_of_caller_alone() -> None:
    for path, text in CALLERS.items():
        files = {
            "Dockerfile": encode(f"FROM debian:12\nARG API_TOKEN\n{_RUN.replace('NAME', 'API_TOKEN')}"),
            path: encode(text.replace("NAME", "API_TOKEN")),
        }
        assert _passed(path, decode(files[path]), frozenset({"API_TOKEN"})), path
        outcome = fix(MemoryRepository(files), Settings())
        assert isinstance(outcome, Patched), path
        after = {change.path: change.after for change in outcome.patch.files}
        left = path in UNABLE
        assert _passed(path, after.get(path, decode(files[path])), frozenset({"API_TOKEN"})) is left, path
        unsupported = [one for one in outcome.report.refusals if one.reason is Reason.CALLER_UNSUPPORTED]
        assert bool(unsupported) is left, (path, unsupported)
        assert not left or any(UNABLE[path] in one.detail for one in unsupported)


def test_every_kind_of_caller_is_tried() -> None:
    found = {
        caller.kind
        for path, text in CALLERS.items()
        for caller in callers.find(path, Source(path, text), files=lambda _: False)
    }
    assert found == set(CallerKind)
