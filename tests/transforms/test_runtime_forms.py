"""Test how an image's run-time secrets are given where no compose file says how it runs, and to whom they belong."""

from __future__ import annotations

import pytest
import yaml

from rewriter.model.patch import Patched, Unchanged
from rewriter.model.plan import Reason
from rewriter.pipeline import fix
from rewriter.settings import Runtime, Settings
from rewriter.tree.repository import MemoryRepository

APP = 'import os\n\nprint(os.environ["DB_PASSWORD"])\n'
IMAGE = "FROM python:3.12-slim\nWORKDIR /srv\nCOPY . .\nENV DB_PASSWORD=nine-quiet-otters\n{more}CMD python app.py\n"


def _run(files: dict[str, str], runtime: Runtime = Runtime.COMPOSE) -> Patched | Unchanged:
    repository = MemoryRepository({path: text.encode() for path, text in files.items()})
    outcome = fix(repository, Settings(runtime=runtime))
    assert isinstance(outcome, Patched | Unchanged)
    return outcome


def _fixed(files: dict[str, str], runtime: Runtime = Runtime.COMPOSE) -> Patched:
    outcome = _run(files, runtime)
    assert isinstance(outcome, Patched), [one.detail for one in outcome.report.refusals]
    return outcome


def _notes(outcome: Patched) -> str:
    return "\n".join(note for one in outcome.patch.fixes for note in one.notes)


def _text(outcome: Patched, path: str) -> str:
    return next(file.after for file in outcome.patch.files if file.path == path)


FILES = {"app.py": APP, "Dockerfile": IMAGE.format(more="")}


def test_compose_file_is_proposed() -> None:
    proposed = yaml.safe_load(_text(_fixed(FILES), "compose.yaml"))
    assert proposed == {
        "services": {"app": {"build": ".", "secrets": ["db_password"]}},
        "secrets": {"db_password": {"file": "./secrets/db_password.txt"}},
    }


def test_compose_file_for_another_dockerfile() -> None:
    files = {"api/app.py": APP, "api/app.Dockerfile": IMAGE.format(more="")}
    proposed = yaml.safe_load(_text(_fixed(files), "api/compose.yaml"))
    assert proposed["services"]["api"]["build"] == {"context": ".", "dockerfile": "app.Dockerfile"}


@pytest.mark.parametrize(
    ("runtime", "shown"),
    [
        (
            Runtime.DOCKER,
            "--mount type=bind,source=./secrets/db_password.txt,target=/run/secrets/db_password,readonly",
        ),
        (Runtime.SWARM, "docker secret create db_password secrets/db_password.txt && docker service create --secret"),
        (Runtime.KUBERNETES, "kubectl create secret generic app --from-file=db_password=secrets/db_password.txt"),
    ],
)
def test_another_runtime_is_shown_its_form(runtime: Runtime, shown: str) -> None:
    done = _fixed(FILES, runtime)
    assert shown in _notes(done)
    assert "compose.yaml" not in {file.path for file in done.patch.files}


def test_pod_is_yaml() -> None:
    pod = _notes(_fixed(FILES, Runtime.KUBERNETES)).partition("spec:")
    parsed = yaml.safe_load("spec:" + pod[2].partition("\nrun_secrets")[0])
    assert parsed["spec"]["containers"][0]["volumeMounts"][0]["mountPath"] == "/run/secrets"


def test_compose_file_of_another_service_is_left_alone() -> None:
    compose = "services:\n  db:\n    image: redis:7\n"
    done = _fixed(FILES | {"compose.yaml": compose})
    assert "compose.yaml" not in {file.path for file in done.patch.files}
    assert "docker run" in _notes(done)


@pytest.mark.parametrize(
    ("more", "base", "shared"),
    [
        ("", "python:3.12-slim", False),
        ("USER 1000\n", "python:3.12-slim", True),
        ("USER 1000\nUSER root\n", "python:3.12-slim", False),
        ("", "registry.example.com/python", True),
    ],
)
def test_file_is_readable_by_the_user_of_the_image(more: str, base: str, *, shared: bool) -> None:
    image = IMAGE.format(more=more).replace("python:3.12-slim", base)
    done = _fixed({"app.py": APP, "Dockerfile": image})
    assert [value.shared for value in done.patch.values] == [shared]


def test_start_command_that_names_the_variable_is_refused() -> None:
    image = IMAGE.format(more="").replace("CMD python app.py", "CMD python app.py --password $DB_PASSWORD")
    outcome = _run({"app.py": APP, "Dockerfile": image})
    assert isinstance(outcome, Unchanged)


def test_module_that_dockerignore_hides_is_refused() -> None:
    outcome = _run(FILES | {".dockerignore": "*\n!app.py\n"})
    assert isinstance(outcome, Unchanged)
    assert [one.reason for one in outcome.report.refusals] == [Reason.RUNTIME_SECRET]
    assert "run_secrets.py would be new, and .dockerignore hides it" in outcome.report.refusals[0].detail


def test_copy_in_json_form_is_refused() -> None:
    image = IMAGE.format(more="").replace("COPY . .", 'COPY ["app.py", "/srv/"]')
    outcome = _run({"app.py": APP, "Dockerfile": image})
    assert isinstance(outcome, Unchanged)
    assert "Dockerfile:3: the COPY has to take run_secrets.py too" in outcome.report.refusals[0].detail


def test_copied_by_name_into_a_folder() -> None:
    image = IMAGE.format(more="").replace("COPY . .", "COPY --chown=1000 app.py conf.ini ./")
    done = _fixed({"app.py": APP, "conf.ini": "", "Dockerfile": image})
    assert "COPY --chown=1000 app.py run_secrets.py conf.ini ./\n" in _text(done, "Dockerfile")
