"""Callers in the pipelines of GitHub, GitLab, CircleCI, Azure, Bitbucket, Cloud Build, CodeBuild and Jenkins."""

from __future__ import annotations

import pytest

from rewriter.callers import Builder, CallerKind
from rewriter.model.masked import Masked
from tests.callers.rewriting import Case, Refused, check, check_refused, find, rewrite

_WORKFLOW = ".github/workflows/ci.yml"
_STEPS = "jobs:\n  b:\n    runs-on: ubuntu-latest\n    steps:\n"
_ACTION = "      - uses: docker/build-push-action@v6\n        with:\n"


def _case(name: str, before: str, after: str, path: str = _WORKFLOW) -> Case:
    head = _STEPS if path == _WORKFLOW else ""
    return Case(name, path, head + before, head + after, None)


INPUTS = [
    _case(
        "the-last-line-takes-the-key-along",
        _ACTION + "          context: .\n          build-args: |\n            NPM_TOKEN=${{ secrets.NPM_TOKEN }}\n"
        "          push: true # yes\n",
        _ACTION + "          context: .\n          secrets: |\n            npm_token=${{ secrets.NPM_TOKEN }}\n"
        "          push: true # yes\n",
    ),
    Case(
        "one-of-several-lines",
        _WORKFLOW,
        _STEPS + _ACTION + "          build-args: |\n            VERSION=1\n            A=${{ secrets.A }}\n"
        "          tags: x\n",
        _STEPS + _ACTION + "          build-args: |\n            VERSION=1\n          secrets: |\n"
        "            a=${{ secrets.A }}\n          tags: x\n",
        {"A": "a"},
    ),
    Case(
        "last-line-of-the-file",
        _WORKFLOW,
        _STEPS + _ACTION + "          build-args: |\n            VERSION=1\n            A=${{ secrets.A }}",
        _STEPS + _ACTION + "          build-args: |\n            VERSION=1\n          secrets: |\n"
        "            a=${{ secrets.A }}",
        {"A": "a"},
    ),
    _case(
        "secrets-are-there-as-a-block",
        _ACTION + "          build-args: A=${{ secrets.A }}\n          secrets: |\n            b=${{ secrets.B }}\n",
        _ACTION + "          secrets: |\n            b=${{ secrets.B }}\n            a=${{ secrets.A }}\n",
    ),
    _case(
        "secrets-are-there-on-one-line",
        _ACTION + '          build-args: "A=${{ secrets.A }}"\n          secrets: b=${{ secrets.B }}\n',
        _ACTION + "          secrets: |\n            b=${{ secrets.B }}\n            a=${{ secrets.A }}\n",
    ),
    _case(
        "lines-in-a-quoted-text",
        _ACTION + '          build-args: "A=${{ secrets.A }}\\nB=${{ secrets.B }}"\n',
        _ACTION + "          secrets: |\n            a=${{ secrets.A }}\n            b=${{ secrets.B }}\n",
    ),
    _case(
        "quoted-line-for-a-value-of-several-lines",
        _ACTION + '          build-args: |\n            "KEY=${{ secrets.KEY }}"\n',
        _ACTION + '          secrets: |\n            "key=${{ secrets.KEY }}"\n',
    ),
    _case(
        "list",
        _ACTION + "          build-args:\n            - A=${{ secrets.A }}\n            - B=${{ secrets.B }}\n",
        _ACTION + "          secrets: |\n            a=${{ secrets.A }}\n            b=${{ secrets.B }}\n",
    ),
    _case(
        "from-the-environment",
        _ACTION + "          build-args: A=${{ env.A }}\n",
        _ACTION + "          secret-envs: |\n            a=A\n",
    ),
    _case(
        "from-the-environment-with-an-old-action",
        _ACTION.replace("v6", "v4") + "          build-args: A=${{ env.A }}\n",
        _ACTION.replace("v6", "v4") + "          secrets: |\n            a=${{ env.A }}\n",
    ),
    _case(
        "from-the-environment-with-a-pinned-action",
        _ACTION.replace("v6", "0123456789abcdef # v6.1.0") + "          build-args: A=${{ env.A }}\n",
        _ACTION.replace("v6", "0123456789abcdef # v6.1.0") + "          secret-envs: |\n            a=A\n",
    ),
    _case(
        "within-a-larger-value",
        _ACTION + "          build-args: URL=https://ci:${{ secrets.T }}@example.com/\n",
        _ACTION + "          secrets: |\n            url=https://ci:${{ secrets.T }}@example.com/\n",
    ),
    Case(
        "four-columns-and-crlf",
        _WORKFLOW,
        (_STEPS + _ACTION + "            build-args: |\n                A=${{ secrets.A }}\n").replace("\n", "\r\n"),
        (_STEPS + _ACTION + "            secrets: |\n                a=${{ secrets.A }}\n").replace("\n", "\r\n"),
    ),
    _case(
        "composite-action",
        "runs:\n  using: composite\n  steps:\n    - uses: docker/build-push-action@v6\n      with:\n"
        "        build-args: A=${{ inputs.a }}\n",
        "runs:\n  using: composite\n  steps:\n    - uses: docker/build-push-action@v6\n      with:\n"
        "        secrets: |\n          a=${{ inputs.a }}\n",
        "build/action.yml",
    ),
    _case(
        "same-inputs-as-the-action",
        "      - uses: depot/build-push-action@v1\n        with:\n          build-args: A=${{ secrets.A }}\n",
        "      - uses: depot/build-push-action@v1\n        with:\n          secrets: |\n"
        "            a=${{ secrets.A }}\n",
    ),
]

STEPS = [
    _case(
        "variable-of-the-job",
        "      - run: docker build --build-arg A=$A .\n",
        "      - run: docker build --secret id=a,env=A .\n",
    ),
    _case(
        "expression-becomes-a-variable-of-the-step",
        "      - name: x\n        run: docker build --build-arg A=${{ secrets.A }} . # c\n",
        "      - name: x\n        env:\n          A: ${{ secrets.A }}\n"
        "        run: docker build --secret id=a,env=A . # c\n",
    ),
    _case(
        "expression-in-a-step-that-has-variables",
        "      - run: |\n          docker build \\\n            --build-arg A=${{ secrets.A }} .\n"
        "        env:\n          X: 1\n",
        "      - run: |\n          docker build \\\n            --secret id=a,env=A .\n        env:\n          X: 1\n"
        "          A: ${{ secrets.A }}\n",
    ),
    _case(
        "variable-holds-the-expression-already",
        "      - run: docker build --build-arg A=${{secrets.A}} .\n        env:\n          TOKEN: ${{ secrets.A }}\n",
        "      - run: docker build --secret id=a,env=TOKEN .\n        env:\n          TOKEN: ${{ secrets.A }}\n",
    ),
    _case(
        "name-means-something-else",
        "      - run: docker build --build-arg A=${{ secrets.B }} .\n        env:\n          A: 1\n",
        '      - run: A="${{ secrets.B }}" docker build --secret id=a,env=A .\n        env:\n          A: 1\n',
    ),
    _case(
        "env-expression",
        "      - run: docker build --build-arg A=${{ env.B }} .\n",
        "      - run: docker build --secret id=a,env=B .\n",
    ),
    _case(
        "two-secrets-of-one-step",
        "      - run: docker build --build-arg A=${{ secrets.A }} --build-arg B=${{ secrets.B }} .\n",
        "      - run: docker build --secret id=a,env=A --secret id=b,env=B .\n        env:\n"
        "          A: ${{ secrets.A }}\n"
        "          B: ${{ secrets.B }}\n",
    ),
]

OTHERS = [
    Case(
        "gitlab",
        ".gitlab-ci.yml",
        "b:\n  before_script:\n    - Z=1\n  script:\n    - docker build --build-arg A=$A --build-arg Z=$Z . # c\n"
        "    - >\n      docker build\n      --build-arg A=${A}\n      app\n"
        "    - 'docker build --build-arg Q=\"$(v ''x'')\" .'\n",
        "b:\n  before_script:\n    - Z=1\n  script:\n"
        '    - Z="$Z" docker build --secret id=a,env=A --secret id=z,env=Z . # c\n'
        "    - >\n      docker build\n      --secret id=a,env=A\n      app\n"
        "    - 'Q=\"$(v ''x'')\" docker build --secret id=q,env=Q .'\n",
    ),
    Case(
        "circleci",
        ".circleci/config.yml",
        "jobs:\n  b:\n    steps:\n      - run: docker build --build-arg A=$A .\n      - run:\n          command: |\n"
        "            docker build --build-arg B=<< parameters.b >> .\n",
        "jobs:\n  b:\n    steps:\n      - run: docker build --secret id=a,env=A .\n      - run:\n"
        "          command: |\n"
        '            B="<< parameters.b >>" docker build --secret id=b,env=B .\n',
    ),
    Case(
        "azure-script",
        "azure-pipelines.yml",
        "steps:\n- script: docker build --build-arg A=$(A) $(pwd)\n  displayName: x\n",
        "steps:\n- script: docker build --secret id=a,env=A $(pwd)\n  displayName: x\n  env:\n    A: $(A)\n",
    ),
    Case(
        "azure-task",
        "azure-pipelines.yml",
        "steps:\n- task: Docker@2\n  inputs:\n    command: build\n    arguments: '--build-arg A=$(A) --pull'\n",
        "steps:\n- task: Docker@2\n  env:\n    A: $(A)\n  inputs:\n    command: build\n"
        "    arguments: '--secret id=a,env=A --pull'\n",
    ),
    Case(
        "bitbucket",
        "bitbucket-pipelines.yml",
        "pipelines:\n  default:\n    - step:\n        script:\n          - docker build --build-arg A=$A .\n",
        "pipelines:\n  default:\n    - step:\n        script:\n          - docker build --secret id=a,env=A .\n",
    ),
    Case(
        "cloud-build-words",
        "cloudbuild.yaml",
        "steps:\n- name: gcr.io/cloud-builders/docker\n"
        "  args: ['build', '--build-arg', 'A=$$A', '--build-arg=B=$_B', '.']\n"
        "  secretEnv: ['A']\n",
        "steps:\n- name: gcr.io/cloud-builders/docker\n"
        "  args: ['build', '--secret', 'id=a,env=A', '--secret=id=b,env=B', '.']\n"
        "  env:\n  - 'DOCKER_BUILDKIT=1'\n  - 'B=$_B'\n  secretEnv: ['A']\n",
    ),
    Case(
        "cloud-build-shell",
        "cloudbuild.yaml",
        "steps:\n- name: gcr.io/cloud-builders/docker\n  entrypoint: bash\n  args:\n  - -c\n  - |\n"
        "    docker build --build-arg A=$$A --build-arg B=${_B} .\n",
        "steps:\n- name: gcr.io/cloud-builders/docker\n  entrypoint: bash\n  args:\n  - -c\n  - |\n"
        '    B="${_B}" docker build --secret id=a,env=A --secret id=b,env=B .\n',
    ),
    Case(
        "cloud-build-list-in-lines",
        "cloudbuild.yaml",
        "steps:\n- name: docker\n  env:\n  - X=1\n  args:\n  - build\n  - --build-arg\n  - A=$_A\n  - app\n",
        "steps:\n- name: docker\n  env:\n  - X=1\n  - 'A=$_A'\n  - 'DOCKER_BUILDKIT=1'\n  args:\n  - build\n"
        "  - --secret\n"
        "  - id=a,env=A\n  - app\n",
    ),
    Case(
        "codebuild",
        "buildspec.yml",
        "phases:\n  build:\n    commands:\n      - cd app\n      - docker build --build-arg A=$A .\n",
        "phases:\n  build:\n    commands:\n      - cd app\n      - docker build --secret id=a,env=A .\n",
    ),
    Case(
        "travis",
        ".travis.yml",
        "script:\n  - docker build --build-arg A=$A .\n",
        "script:\n  - docker build --secret id=a,env=A .\n",
    ),
    Case(
        "jenkins-single-quotes",
        "Jenkinsfile",
        "// sh 'docker build --build-arg NO=1 .'\nsh 'docker build --build-arg A=$A .'\n",
        "// sh 'docker build --build-arg NO=1 .'\nsh 'docker build --secret id=a,env=A .'\n",
    ),
    Case(
        "jenkins-double-quotes",
        "Jenkinsfile",
        'sh "docker build --build-arg A=${params.A} --build-arg B=\\$B ."\n',
        'sh "A=\\"${params.A}\\" docker build --secret id=a,env=A --secret id=b,env=B ."\n',
    ),
    Case(
        "jenkins-bound-credential",
        "Jenkinsfile",
        "withCredentials([string(credentialsId: 'c', variable: 'A')]) {\n"
        '  docker.build("x:${v}", "--build-arg A=${A} .")\n  sh(script: """\n'
        '    docker build --build-arg A=${A} .\n  """)\n}\n',
        "withCredentials([string(credentialsId: 'c', variable: 'A')]) {\n"
        '  docker.build("x:${v}", "--secret id=a,env=A .")\n  sh(script: """\n'
        '    docker build --secret id=a,env=A .\n  """)\n}\n',
    ),
]

REFUSED = [
    Refused(
        "pwsh", _WORKFLOW, _STEPS + "      - run: docker build --build-arg A=x .\n        shell: pwsh\n", "runs in pwsh"
    ),
    Refused(
        "windows",
        _WORKFLOW,
        _STEPS.replace("ubuntu", "windows") + "      - run: docker build --build-arg A=x .\n",
        "runs in pwsh",
    ),
    Refused(
        "foreign-action",
        _WORKFLOW,
        _STEPS + "      - uses: a/b@v1\n        with:\n          build_args: A=${{ secrets.A }}\n",
        "`build_args` goes to `a/b`, which takes secrets in a way that is not known here",
    ),
    Refused(
        "options-in-an-input",
        _WORKFLOW,
        _STEPS + "      - uses: a/b@v1\n        with:\n          extra: --build-arg A=1\n",
        "the input `extra` of `a/b`",
    ),
    Refused(
        "bake-action",
        _WORKFLOW,
        _STEPS + "      - uses: docker/bake-action@v5\n        with:\n          set: '*.args.A=${{ secrets.A }}'\n",
        "takes secrets from the bake file",
    ),
    Refused(
        "shared-step",
        _WORKFLOW,
        _STEPS
        + "      - uses: docker/build-push-action@v6\n        with: &w\n          build-args: &b A=${{ secrets.A }}\n"
        "      - uses: docker/build-push-action@v6\n        with:\n          build-args: *b\n",
        "",
    ),
    Refused("empty", _WORKFLOW, _STEPS + _ACTION + "          build-args: |\n            A=\n", "empty value"),
    Refused("gitlab-variable", ".gitlab-ci.yml", 'variables:\n  X: "--build-arg A=$A"\n', "held in a variable"),
    Refused(
        "gitlab-kaniko",
        ".gitlab-ci.yml",
        "b:\n  script:\n    - /kaniko/executor --build-arg A=$A -c .\n",
        "kaniko has no build secrets",
    ),
    Refused(
        "gitlab-in-brackets", ".gitlab-ci.yml", "b:\n  script: [docker build --build-arg A=$A .]\n", "a form of quotes"
    ),
    Refused(
        "azure-powershell",
        "azure-pipelines.yml",
        "steps:\n- pwsh: docker build --build-arg A=$env:A .\n",
        "held in a variable",
    ),
    Refused(
        "cloud-build-literal",
        "cloudbuild.yaml",
        "steps:\n- name: docker\n  args: [build, '--build-arg=A=x', .]\n",
        "Secret Manager",
    ),
    Refused(
        "cloud-build-kaniko",
        "cloudbuild.yaml",
        "steps:\n- name: gcr.io/kaniko-project/executor\n  args: ['--build-arg=A=$_A']\n",
        "kaniko has no build secrets",
    ),
    Refused("jenkins-bat", "Jenkinsfile", 'bat "docker build --build-arg A=%A% ."\n', "not run in a POSIX shell"),
    Refused("jenkins-agent", "Jenkinsfile", "additionalBuildArgs '--build-arg A=1'\n", "built by Jenkins itself"),
    Refused(
        "jenkins-computed", "Jenkinsfile", 'docker.build("x", "--build-arg A=${a()} .")\n', "no variable can be set"
    ),
]


@pytest.mark.parametrize("case", [*INPUTS, *STEPS, *OTHERS], ids=lambda case: case.name)
def test_rewritten(case: Case) -> None:
    check(case)


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case.name)
def test_refused(case: Refused) -> None:
    check_refused(case)


def test_a_literal_goes_to_the_secrets_of_the_repository() -> None:
    text, done = rewrite(_WORKFLOW, _STEPS + _ACTION + "          build-args: TOKEN=s3cr3t\n")
    assert text == _STEPS + _ACTION + "          secrets: |\n            token=${{ secrets.TOKEN }}\n"
    (moved,) = done.literals
    assert (moved.value, moved.path) == (Masked("s3cr3t"), None)
    assert any("create TOKEN as a secret of the repository" in note for note in done.notes)


def test_a_literal_goes_to_the_variables_of_the_ci() -> None:
    text, done = rewrite(".gitlab-ci.yml", "b:\n  script:\n    - docker build --build-arg TOKEN=s3cr3t .\n")
    assert text == "b:\n  script:\n    - docker build --secret id=token,env=TOKEN .\n"
    assert done.literals[0].path is None


@pytest.mark.parametrize(
    ("inputs", "context", "dockerfile"),
    [
        ("push: true", "", "Dockerfile"),
        ("context: app", "app", "app/Dockerfile"),
        ("context: ./app/", "app", "app/Dockerfile"),
        ("context: .\n          file: ./docker/Dockerfile", "", "docker/Dockerfile"),
        ("context: app\n          file: Dockerfile.prod", "app", "app/Dockerfile.prod"),
        ("context: ${{ github.workspace }}/app", "app", "app/Dockerfile"),
        ("context: ${{ matrix.dir }}", None, None),
        ("context: '{{defaultContext}}:app'", None, None),
        ("context: .\n          file: ${{ matrix.file }}", "", None),
    ],
)
def test_what_an_action_builds(inputs: str, context: str | None, dockerfile: str | None) -> None:
    (caller,) = find(_WORKFLOW, _STEPS + _ACTION + f"          {inputs}\n", ("app/Dockerfile.prod",))
    assert (caller.context, caller.dockerfile) == (context, dockerfile)
    assert (caller.kind, caller.builder) == (CallerKind.GITHUB_ACTIONS, Builder.BUILDX)


def test_the_directory_of_a_step() -> None:
    text = (
        "defaults:\n  run:\n    working-directory: app\n" + _STEPS + "      - run: docker build .\n"
        "      - run: docker build .\n        working-directory: docker\n"
    )
    assert [caller.context for caller in find(_WORKFLOW, text)] == ["app", "docker"]


def test_buildkit_turned_off_in_the_job_is_noted() -> None:
    text = _STEPS.replace("    steps", "    env:\n      DOCKER_BUILDKIT: 0\n    steps")
    _, done = rewrite(_WORKFLOW, text + "      - run: docker build --build-arg A=$A .\n")
    assert any("DOCKER_BUILDKIT is off" in note for note in done.notes)


def test_secrets_that_a_step_passes() -> None:
    text = _STEPS + _ACTION + "          secrets: |\n            a=1\n          secret-envs: b=B\n"
    (caller,) = find(_WORKFLOW, text)
    assert caller.secrets == ("a", "b")
