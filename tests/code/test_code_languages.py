"""Rewrite the cases of the other languages, and execute them where the machine can."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import pytest

from rewriter.code import rewrite
from rewriter.model.text import apply
from tests.code.code_cases import SECRETS, Case, cases, refused, run, update

VALUES: Final = {"DB_PASSWORD": "pass  word\\n$x 'y'", "API_TOKEN": "tok-en"}


@dataclass(frozen=True, slots=True)
class Runner:
    """Say under which name a case of a language is written, and which command runs it."""

    folder: str
    name: str
    command: tuple[str, ...]


RUNNERS: Final = (
    Runner("javascript", "main.js", ("node", "main.js")),
    Runner("javascript-modules", "main.mjs", ("node", "main.mjs")),
    Runner("typescript", "src/main.ts", ()),
    Runner("go", "main.go", ("go", "run", ".")),
    Runner("ruby", "main.rb", ("ruby", "main.rb")),
    Runner("php", "main.php", ("php", "main.php")),
    Runner("java", "Main.java", ()),
    Runner("shell", "main.sh", ("sh", "main.sh")),
)
CASES: Final = tuple((runner, case) for runner in RUNNERS for case in cases(runner.folder))
RUN: Final = tuple(pair for pair in CASES if pair[0].command and pair[1].after != pair[1].before)


def _names(value: object) -> str:
    return value.name if isinstance(value, Case) else value.folder if isinstance(value, Runner) else ""


def test_update(request: pytest.FixtureRequest) -> None:
    if request.config.getoption("--update"):
        for runner in RUNNERS:
            update(runner.folder, partial(_result, runner.name))


@pytest.mark.parametrize(("runner", "case"), CASES, ids=_names)
def test_case_becomes_what_it_says(runner: Runner, case: Case) -> None:
    plan, after = run(case, runner.name)
    assert after == case.after
    assert refused(plan) == case.refused


@pytest.mark.parametrize(("runner", "case"), CASES, ids=_names)
def test_second_rewrite_changes_nothing(runner: Runner, case: Case) -> None:
    plan, after = run(case, runner.name)
    again = rewrite({runner.name: after} | {one.path: one.text for one in plan.new_files}, SECRETS)
    assert not again.edits
    assert not again.new_files
    assert again.rewritten >= plan.rewritten


@pytest.mark.parametrize(("runner", "case"), RUN, ids=_names)
def test_rewritten_code_behaves(runner: Runner, case: Case, tmp_path: Path) -> None:
    if shutil.which(runner.command[0]) is None:
        pytest.skip(f"{runner.command[0]} is not on this machine")
    plan, after = run(case, runner.name)
    before = _project(tmp_path / "before", {runner.name: case.before})
    changed = _project(tmp_path / "after", {runner.name: after} | {one.path: one.text for one in plan.new_files})
    original, missing = (_execute(runner, before, values) for values in (VALUES, {}))
    assert _execute(runner, changed, VALUES) == original
    assert _execute(runner, changed, {}) == missing
    moved = plan.rewritten
    for name in moved:
        (changed / name.lower()).write_text(f"{VALUES[name]}\n", encoding="utf-8")
    left = {name: value for name, value in VALUES.items() if name not in moved}
    assert _execute(runner, changed, left) == original
    assert _execute(runner, changed, dict.fromkeys(moved, "stale") | left) == original


def test_java_takes_the_file_first(tmp_path: Path) -> None:
    if shutil.which("javac") is None:
        pytest.skip("javac is not on this machine")
    case = next(case for case in cases("java") if case.title == "getenv")
    plan, after = run(case, "Main.java")
    folder = _project(tmp_path, {"Main.java": after} | {one.path: one.text for one in plan.new_files})
    subprocess.run(["javac", *(str(path) for path in folder.glob("*.java"))], check=True, timeout=120)
    runner = Runner("java", "Main.java", ("java", "-Xshare:auto", "Main"))
    assert _execute(runner, folder, {}) == ("null\n", 0)
    assert _execute(runner, folder, {"DB_PASSWORD": "one"}) == ("one\n", 0)
    (folder / "db_password").write_text("two\n", encoding="utf-8")
    assert _execute(runner, folder, {"DB_PASSWORD": "one"}) == ("two\n", 0)


def test_there_are_cases_of_every_language() -> None:
    for runner in RUNNERS:
        found = [case for held, case in CASES if held is runner]
        assert any(case.after != case.before for case in found), runner.folder
    assert len(CASES) >= 70


@pytest.mark.parametrize(
    ("path", "text", "name"),
    [
        ("src/main.rs", 'env::var("DB_PASSWORD")', "DB_PASSWORD"),
        ("src/main/resources/application.yml", "password: ${DB_PASSWORD:x}", "DB_PASSWORD"),
        ("config/packages/doctrine.yaml", "password: '%env(DB_PASSWORD)%'", "DB_PASSWORD"),
        ("config/database.yml", "password: <%= ENV['DB_PASSWORD'] %>", "DB_PASSWORD"),
        ("dist/app.js", "console.log(process.env.DB_PASSWORD)", "DB_PASSWORD"),
        ("app.min.js", "console.log(process.env.DB_PASSWORD)", "DB_PASSWORD"),
        ("app.js", "// Code generated by a tool; DO NOT EDIT.\nconsole.log(process.env.DB_PASSWORD)", "DB_PASSWORD"),
        ("web/app.jsx", "export const a = process.env.DB_PASSWORD", "DB_PASSWORD"),
    ],
)
def test_what_cannot_be_rewritten_refuses_the_name_everywhere(path: str, text: str, name: str) -> None:
    files = {path: text, "main.py": 'import os\nprint(os.environ["DB_PASSWORD"], os.environ["API_TOKEN"])\n'}
    plan = rewrite(files, SECRETS)
    assert [one.path for one in plan.refusals if one.name == name] == [path]
    assert plan.rewritten == {"API_TOKEN"}
    assert 'os.environ["DB_PASSWORD"]' in apply(files["main.py"], [one.edit for one in plan.edits])


@pytest.mark.parametrize("path", ["node_modules/x/index.js", "tests/test_x.py", "compose.yaml", "README.md", "x.lock"])
def test_what_the_service_does_not_run_is_no_hindrance(path: str) -> None:
    reading = (
        "import os\nos.environ['DB_PASSWORD'] = 'x'\n"
        if path.endswith(".py")
        else "process.env.DB_PASSWORD = ${DB_PASSWORD}"
    )
    plan = rewrite({path: reading, "main.py": 'import os\nprint(os.environ["DB_PASSWORD"])\n'}, SECRETS)
    assert plan.rewritten == {"DB_PASSWORD"}
    assert {one.path for one in plan.edits} == {"main.py"}


def test_a_name_handed_to_a_helper_of_another_file_is_refused() -> None:
    files = {
        "helper.py": "import os\n\n\ndef read(name):\n    return os.environ[name]\n",
        "main.py": 'from helper import read\n\nprint(read("DB_PASSWORD"))\n',
        "other.py": 'import os\n\nprint(os.environ["DB_PASSWORD"], os.environ["API_TOKEN"])\n',
    }
    plan = rewrite(files, SECRETS)
    assert [(one.path, one.line) for one in plan.refusals if one.name == "DB_PASSWORD"] == [("main.py", 3)]
    assert plan.rewritten == {"API_TOKEN"}


def _result(name: str, case: Case) -> tuple[str, tuple[str, ...]]:
    plan, after = run(case, name)
    return after, refused(plan)


def _project(folder: Path, files: Mapping[str, str]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for path, text in files.items():
        (folder / path).write_text(text, encoding="utf-8", newline="")
    if any(path.endswith(".go") for path in files):
        (folder / "go.mod").write_text("module example.com/case\n\ngo 1.20\n", encoding="utf-8")
    return folder


def _execute(runner: Runner, folder: Path, values: Mapping[str, str]) -> tuple[str, int]:
    """Run a program with nothing else in its environment; return what it prints and its status."""
    base = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    environment = base | {"SECRETS_DIR": str(folder), "GOFLAGS": "-mod=mod"} | dict(values)
    done = subprocess.run(
        runner.command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=120
    )
    return done.stdout, done.returncode
