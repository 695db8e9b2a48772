"""Place the reader module where each project will find it, and run the project as it is run in earnest."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from rewriter.code import CodePlan, rewrite
from rewriter.model.text import apply

READ = 'import os\n\nPASSWORD = os.environ["DB_PASSWORD"]\nprint(PASSWORD)\n'
SECRETS = {"DB_PASSWORD": "db_password"}


@pytest.mark.parametrize(
    ("files", "command", "reader"),
    [
        ({"main.py": READ}, ("main.py",), "run_secrets.py"),
        ({"app/main.py": READ}, ("app/main.py",), "app/run_secrets.py"),
        (
            {"app/main.py": READ, "Dockerfile": 'CMD ["python", "app/main.py"]\n', "app/__init__.py": ""},
            ("app/main.py",),
            "app/run_secrets.py",
        ),
        (
            {"pkg/__init__.py": "", "pkg/config.py": READ, "main.py": "import pkg.config\n"},
            ("main.py",),
            "pkg/run_secrets.py",
        ),
        (
            {"pkg/__init__.py": "", "pkg/deep/__init__.py": "", "pkg/deep/config.py": READ, "pkg/__main__.py":
             "from .deep import config\n"},
            ("-m", "pkg"),
            "pkg/run_secrets.py",
        ),
        (
            {"src/pkg/__init__.py": "", "src/pkg/config.py": READ, "src/pkg/__main__.py": "from pkg import config\n"},
            ("-m", "pkg"),
            "src/pkg/run_secrets.py",
        ),
        ({"app/config.py": READ, "main.py": "from app.config import PASSWORD\n"}, ("main.py",), "app/run_secrets.py"),
        ({"app/main.py": "import config\n", "app/config.py": READ}, ("app/main.py",), "app/run_secrets.py"),
        (
            {"app/main.py": "from app.other import X\n" + READ, "app/other.py": "X = 1\n"},
            ("-m", "app.main"),
            "app/run_secrets.py",
        ),
        (
            {"shop/shop/__init__.py": "", "shop/shop/settings.py": READ, "shop/manage.py": "import shop.settings\n"},
            ("shop/manage.py",),
            "shop/shop/run_secrets.py",
        ),
    ],
)  # fmt: skip
def test_reader_is_found(files: Mapping[str, str], command: tuple[str, ...], reader: str, tmp_path: Path) -> None:
    plan = rewrite(files, SECRETS)
    assert [one.path for one in plan.new_files] == [reader]
    assert plan.rewritten == {"DB_PASSWORD"}
    _write(tmp_path, files, plan)
    (tmp_path / "db_password").write_text("from-file\n", encoding="utf-8")
    base = {"PATH": os.environ["PATH"], "PYTHONPATH": "src", "PYTHONDONTWRITEBYTECODE": "1"}
    for extra, wanted in (
        ({"SECRETS_DIR": str(tmp_path), "DB_PASSWORD": "stale"}, "from-file\n"),
        ({"SECRETS_DIR": "/nowhere", "DB_PASSWORD": "from-variable"}, "from-variable\n"),
    ):
        done = subprocess.run(
            [sys.executable, *command], cwd=tmp_path, env=base | extra, capture_output=True, text=True, check=False,
            timeout=60,
        )  # fmt: skip
        assert done.stdout == wanted, done.stderr
    nothing = base | {"SECRETS_DIR": "/nowhere"}
    missing = subprocess.run(
        [sys.executable, *command], cwd=tmp_path, env=nothing, capture_output=True, text=True, check=False, timeout=60
    )
    assert missing.returncode == 1
    assert "DB_PASSWORD: there is neither a file /nowhere/db_password nor a variable" in missing.stderr


@pytest.mark.parametrize("command", [("pkg/main.py",), ("-m", "pkg.main"), ("-c", "import pkg.main")])
@pytest.mark.parametrize("marker", [{"pkg/__init__.py": ""}, {}])
def test_a_file_that_nothing_imports_works_as_script_and_as_module(
    command: tuple[str, ...],
    marker: dict[str, str],
    tmp_path: Path,
) -> None:
    files = {"pkg/main.py": READ} | marker
    plan = rewrite(files, SECRETS)
    _write(tmp_path, files, plan)
    (tmp_path / "db_password").write_text("from-file\n", encoding="utf-8")
    environment = {"PATH": os.environ["PATH"], "SECRETS_DIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, *command],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stdout == "from-file\n"
    again = {one.path: one.text for one in plan.new_files} | {
        path: (tmp_path / path).read_text(encoding="utf-8") for path in files
    }
    assert not rewrite(again, SECRETS).edits


@pytest.mark.parametrize(
    ("start", "line"),
    [
        ('CMD ["uvicorn", "pkg.main:app"]\n', "from pkg.run_secrets import read_secret"),
        ("CMD uvicorn main:app\n", "from run_secrets import read_secret"),
        ('CMD ["python", "-m", "pkg.main"]\n', "from pkg.run_secrets import read_secret"),
        ("CMD python -u /srv/pkg/main.py\n", "from run_secrets import read_secret"),
    ],
)
def test_the_way_in_which_a_program_is_started_decides(start: str, line: str) -> None:
    files = {"pkg/main.py": READ, "Dockerfile": start}
    plan = rewrite(files, SECRETS)
    after = apply(READ, [one.edit for one in plan.edits])
    assert line in after.split("\n")


def test_another_module_of_that_name_is_not_overwritten() -> None:
    plan = rewrite({"main.py": READ, "run_secrets.py": "x = 1\n"}, SECRETS)
    assert not plan.edits
    assert not plan.new_files
    assert [one.name for one in plan.refusals] == ["DB_PASSWORD"]


def test_secret_with_another_id_is_read_by_that_id(tmp_path: Path) -> None:
    files = {"main.py": READ}
    plan = rewrite(files, {"DB_PASSWORD": "shared-password"})
    _write(tmp_path, files, plan)
    (tmp_path / "shared-password").write_text("value\r\n", encoding="utf-8", newline="")
    environment = {"PATH": os.environ["PATH"], "SECRETS_DIR": str(tmp_path)}
    command = [sys.executable, "main.py"]
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout == "value\n"


def test_a_directory_in_the_file_s_place_is_an_error_that_names_it(tmp_path: Path) -> None:
    files = {"main.py": READ}
    _write(tmp_path, files, rewrite(files, SECRETS))
    (tmp_path / "db_password").mkdir()
    environment = {"PATH": os.environ["PATH"], "SECRETS_DIR": str(tmp_path), "DB_PASSWORD": "x"}
    command = [sys.executable, "main.py"]
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 1
    assert "IsADirectoryError" in done.stderr
    assert str(tmp_path / "db_password") in done.stderr


def _write(folder: Path, files: Mapping[str, str], plan: CodePlan) -> None:
    for path, text in files.items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(apply(text, [one.edit for one in plan.edits if one.path == path]), encoding="utf-8")
    for new in plan.new_files:
        (folder / new.path).write_text(new.text, encoding="utf-8")
