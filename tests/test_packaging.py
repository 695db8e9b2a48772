"""The wheel: what is in it, and that it works where nothing of the source tree is."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import tomllib
import zipfile
from pathlib import Path

import pytest

from rewriter import __version__

ROOT = Path(__file__).parent.parent


def run(*words: str | Path, cwd: Path) -> str:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "UNBAKE_"))}
    done = subprocess.run(
        [str(word) for word in words], cwd=cwd, capture_output=True, text=True, env=environment, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def build(source: Path, target: str, out: Path) -> Path:
    run(sys.executable, "-m", "hatchling", "build", "-t", target, "-d", out, cwd=source)
    return next(path for path in out.iterdir() if path.suffix == {"wheel": ".whl", "sdist": ".gz"}[target])


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(ROOT, "wheel", tmp_path_factory.mktemp("wheel"))


def contents(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return {name for name in archive.namelist() if not name.endswith("/")}


def sources(folder: str) -> set[str]:
    return {
        str(path.relative_to(ROOT))
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def test_the_wheel_holds_code_recipes_data_and_templates(wheel: Path) -> None:
    names = contents(wheel)
    assert sources("rewriter") <= names
    assert {f"rewriter/{name}" for name in sources("templates")} <= names
    assert {f"rewriter/pages/{name.removeprefix('docs/rules/')}" for name in sources("docs/rules")} <= names
    assert "rewriter/data/scan.schema.json" in names
    assert "rewriter/data/rotation.toml" in names
    assert "rewriter/recipes/npm.toml" in names


def test_the_wheel_holds_nothing_else(wheel: Path) -> None:
    folders = {name.split("/")[0] for name in contents(wheel)}
    assert folders == {"rewriter", f"unbake-{__version__}.dist-info"}


def test_the_source_distribution_builds_the_same_wheel(wheel: Path, tmp_path: Path) -> None:
    archive = build(ROOT, "sdist", tmp_path / "sdist")
    run("tar", "-xf", archive, cwd=tmp_path)
    again = build(tmp_path / f"unbake-{__version__}", "wheel", tmp_path / "again")
    assert contents(again) == contents(wheel)


def test_an_installed_wheel_works(wheel: Path, tmp_path: Path) -> None:
    venv = tmp_path / "venv"
    run(sys.executable, "-m", "venv", "--without-pip", venv, cwd=tmp_path)
    python = venv / "bin/python"
    pip = (sys.executable, "-m", "pip", "--python", python, "install", "--no-deps", "--no-index", "--quiet")
    run(*pip, "--disable-pip-version-check", wheel, cwd=tmp_path)
    # What it depends on is taken from this environment; the package itself is not, since the wheel's comes first.
    site = next(venv.glob("lib/python*/site-packages"))
    (site / "dependencies.pth").write_text(f"{sysconfig.get_path('purelib')}\n", encoding="utf-8")
    unbake = venv / "bin/unbake"
    assert run(unbake, "--version", cwd=tmp_path) == f"unbake {__version__}\n"
    (tmp_path / "app").mkdir()
    (tmp_path / "app/Dockerfile").write_text("FROM scratch\n", encoding="utf-8")
    assert run(unbake, "scan", "app", cwd=tmp_path).startswith("Nothing found.")
    assert run(unbake, "rules", "UB101", cwd=tmp_path).startswith("# no-secret-in-arg")
    assert run(python, "-m", "rewriter", "fix", "app", cwd=tmp_path).startswith("Nothing found.")
    code = """
from importlib.resources import files
import rewriter
from rewriter.recipes import recipes
from rewriter.rotation import providers
assert "site-packages" in rewriter.__file__, rewriter.__file__
assert recipes() and providers()
print(sorted(entry.name for entry in files("rewriter").joinpath("templates").iterdir()))
"""
    templates = sorted(path.name for path in (ROOT / "templates").iterdir())
    assert run(python, "-c", code, cwd=tmp_path) == f"{templates}\n"


def test_the_version_is_said_once_more_in_the_package() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["version"] == __version__
    assert project["scripts"] == {"unbake": "rewriter.cli.main:command"}
    changelog = (ROOT / "CHANGELOG.md").read_text("utf-8")
    assert f"## [{__version__}]" in changelog or "## [Unreleased]" in changelog


def test_what_the_readme_tells_to_run_is_there() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for target in ("demo", "check"):
        assert f"\nmake {target}" in readme
        assert f"\n{target}:" in makefile
    for script in ("scripts/setup", "scripts/check", "scripts/demo", ".ci/run"):
        assert os.access(ROOT / script, os.X_OK), script
