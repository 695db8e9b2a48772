"""Prove projects as `unbake verify` does: they answer with their secret before and after, and then nothing shows it."""

from __future__ import annotations

import re
import secrets
import shlex
import shutil
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest

from rewriter.documents.compose import is_compose_path
from rewriter.inspect.engine import Engine as Client
from rewriter.inspect.proof import prove
from rewriter.inspect.trial import Given
from rewriter.model.inspection import Answer
from rewriter.model.patch import Patched
from rewriter.pipeline import fix
from rewriter.settings import Settings
from rewriter.tree.repository import DirectoryRepository
from rewriter.writer import write
from tests.e2e.engine import Engine
from tests.e2e.images import BaseImages
from tests.e2e.stacks import DATABASE, STACKS, Stack

_WANTED = re.compile(r"[A-Za-z0-9._-]+")


@pytest.fixture(scope="module")
def database(engine: Engine, base_images: BaseImages, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Have an image that reads its password as that of PostgreSQL does, under a name of that image."""
    folder = tmp_path_factory.mktemp("database")
    _lay_out(DATABASE, folder, {"@BASE@": base_images.userland})
    built = engine.build(folder)
    assert built.ok, built.log
    name = f"postgres:16-{secrets.token_hex(8)}"
    engine.tag(built.image, name)
    return name


def _filled(text: str, filled: Mapping[str, str]) -> str:
    for mark, value in filled.items():
        text = text.replace(mark, value)
    return text


def _lay_out(files: Mapping[str, str], folder: Path, filled: Mapping[str, str]) -> None:
    for name, text in files.items():
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(_filled(text, filled), encoding="utf-8")


def _with_packages(engine: Engine, base: str, names: tuple[str, ...], folder: Path) -> str:
    """Return an image that holds distributions of this environment, copied as they are installed here."""
    if not names:
        return base
    wanted, done = list(names), set[str]()
    while wanted:
        name = wanted.pop()
        if name in done:
            continue
        done.add(name)
        try:
            found = distribution(name)
        except PackageNotFoundError:
            if name in names:
                pytest.skip(f"{name} is not installed in this environment")
            continue  # for another system or another version of Python
        for file in found.files or ():
            if ".." not in file.parts and file.suffix != ".pyc":
                place = folder / "packages" / file
                place.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(str(file.locate()), place)
        asked = [one for one in found.requires or () if "extra ==" not in one]
        wanted += [match.group() for one in asked if (match := _WANTED.match(one))]
    (folder / "Dockerfile").write_text(f"FROM {base}\nCOPY packages /packages\nENV PYTHONPATH=/packages\n")
    built = engine.build(folder, provenance=False)
    assert built.ok, built.log
    return built.image


QUESTIONS = (
    "what is proven",
    "the original containers start",
    "the original containers show the secrets",
    "the rewritten containers start",
    "no container shows a secret",
    "secrets arrive as files",
    "the services do the same",
)


@pytest.mark.parametrize("stack", STACKS, ids=lambda stack: stack.name)
def test_starts_with_its_secret_and_shows_it_nowhere(
    stack: Stack, engine: Engine, base_images: BaseImages, database: str, canary: str, tmp_path: Path
) -> None:
    other = f"cnry{secrets.token_hex(12)}"
    filled = {
        "@CANARY@": canary,
        "@OTHER@": other,
        "@DATABASE@": database,
        "@NODE@": base_images.node,
        "@BASE@": _with_packages(engine, base_images.userland, stack.needs, tmp_path / "base"),
    }
    folder = tmp_path / "repository"
    folder.mkdir()
    _lay_out(stack.files, folder, filled)

    proof = prove(
        DirectoryRepository(folder), Settings(), Client(environment=engine.environment), Given(asks=(_asked(stack),))
    )
    assert [check for check in proof.checks if check.answer is not Answer.GOOD] == []
    names = [check.name.removeprefix(f"{_compose_file(stack)}: ") for check in proof.checks]
    assert set(names) >= {*QUESTIONS, f"{stack.service} answers the same"}

    outcome = fix(DirectoryRepository(folder), Settings())
    assert isinstance(outcome, Patched), outcome
    assert not outcome.report.refusals, [one.detail for one in outcome.report.refusals]
    write(folder, outcome.patch.files, outcome.patch.values)
    for value in (canary, other):
        holding = [path for path in folder.rglob("*") if path.is_file() and value in path.read_text("utf-8")]
        assert len(holding) == int(any(value in _filled(text, filled) for text in stack.files.values())), holding


def _asked(stack: Stack) -> tuple[str, str]:
    """Return what is asked of a service before and after: its answer, which has to look like the right one."""
    pattern = _filled(stack.answers, dict.fromkeys(("@CANARY@", "@OTHER@"), "cnry[0-9a-f]{24}"))
    return stack.service, f'answer=$({shlex.join(stack.asks)}) && echo "$answer" | grep -xE {shlex.quote(pattern)}'


def _compose_file(stack: Stack) -> str:
    return next(name for name in stack.files if is_compose_path(name))
