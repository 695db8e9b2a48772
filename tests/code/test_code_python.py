"""Rewrite every Python case of the corpus, and execute what comes out: with file, with environment, with neither."""

from __future__ import annotations

import contextlib
import difflib
import io
import os
import sys
import types
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from rewriter.code import reads
from rewriter.template import render
from tests.code.code_cases import SECRETS, Case, cases, refused, run, update

CASES = cases("python")
READER = compile(render("run_secrets.py.j2"), "run_secrets.py", "exec")
VALUES = {"DB_PASSWORD": "pass-word", "API_TOKEN": "tok-en"}


def _names(case: Case) -> str:
    return case.name


def test_update(request: pytest.FixtureRequest) -> None:
    if request.config.getoption("--update"):
        update("python", lambda case: (run(case, "main.py")[1], refused(run(case, "main.py")[0])))


@pytest.mark.parametrize("case", CASES, ids=_names)
def test_case_becomes_what_it_says(case: Case) -> None:
    plan, after = run(case, "main.py")
    assert after == case.after
    assert refused(plan) == case.refused


@pytest.mark.parametrize("case", CASES, ids=_names)
def test_second_rewrite_changes_nothing(case: Case) -> None:
    again = Case(case.topic, case.title, case.after, case.after, ())
    plan, after = run(again, "main.py")
    assert after == case.after
    assert not plan.edits


@pytest.mark.parametrize("case", CASES, ids=_names)
def test_only_the_reads_and_one_import_change(case: Case) -> None:
    matcher = difflib.SequenceMatcher(None, case.before.split("\n"), case.after.split("\n"), autojunk=False)
    gone = sum(end - start for _, start, end, _, _ in matcher.get_opcodes())
    kept = sum(block.size for block in matcher.get_matching_blocks())
    assert gone - kept <= 3 * len(reads("main.py", case.before))
    added = [line for line in case.after.split("\n") if line.startswith("from run_secrets")]
    assert len(added) <= 1


@pytest.mark.parametrize("case", CASES, ids=_names)
def test_rewritten_code_behaves(case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    original = _execute(case.before, VALUES, tmp_path, monkeypatch)
    missing = _execute(case.before, {}, tmp_path, monkeypatch)
    assert _execute(case.after, VALUES, tmp_path, monkeypatch) == original
    assert _execute(case.after, {}, tmp_path, monkeypatch) == missing
    if case.after == case.before:
        return
    moved = {name for name in SECRETS if name not in " ".join(case.refused)}
    for name in moved:
        (tmp_path / name.lower()).write_text(f"{VALUES[name]}\n", encoding="utf-8")
    left = {name: value for name, value in VALUES.items() if name not in moved}
    assert _execute(case.after, left, tmp_path, monkeypatch) == original
    if "secrets_dir" in case.after:
        return  # pydantic-settings takes the environment first, wherever its secrets are
    stale = dict.fromkeys(moved, "stale") | left
    assert _execute(case.after, stale, tmp_path, monkeypatch) == original


def test_there_are_a_hundred_cases_that_change_or_are_refused() -> None:
    assert len([case for case in CASES if case.after != case.before]) >= 85
    assert len(CASES) >= 120
    assert len({case.name for case in CASES}) == len(CASES)


def _execute(text: str, variables: Mapping[str, str], folder: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, str]:
    """Run a case in an environment of its own; return what it prints, and the kind of error that ends it."""
    reader = types.ModuleType("run_secrets")
    exec(READER, reader.__dict__)
    with monkeypatch.context() as patch:
        for name in SECRETS:
            patch.delenv(name, raising=False)
        for name, value in variables.items():
            patch.setenv(name, value)
        patch.setenv("SECRETS_DIR", str(folder))
        patch.setitem(sys.modules, "run_secrets", reader)
        for name, module in _libraries():
            patch.setitem(sys.modules, name, module)
        printed = io.StringIO()
        error = ""
        before = dict(os.environ)
        try:
            with contextlib.redirect_stdout(printed), warnings.catch_warnings():
                # pydantic-settings warns where there is no folder of secrets, and goes on with the environment.
                warnings.filterwarnings("ignore", r'directory ".*" does not exist')
                exec(compile(_rooted(text, folder), "main.py", "exec"), {"__name__": "case"})
        except Exception as caught:  # noqa: BLE001 - any error that ends a case is compared
            error = "KeyError" if isinstance(caught, KeyError) else type(caught).__name__
        finally:
            for name in set(os.environ) - set(before):
                del os.environ[name]
            os.environ.update(before)
    return printed.getvalue(), error


def _rooted(text: str, folder: Path) -> str:
    """Return the program with the folder of secrets that it names elsewhere, as its reader has it."""
    return text.removeprefix("\ufeff").replace('"/run/secrets"', repr(str(folder)))


class UndefinedValueError(Exception):
    """Stand for what the libraries raise when a variable is missing."""


class _Reader:
    """Stand for the reader objects of the libraries that are not installed: text, a default, an error."""

    def __call__(self, name: str, fallback: object = None, **options: object) -> object:
        default = options.get("default", fallback)
        if name in os.environ:
            return os.environ[name]
        if default is None:
            raise UndefinedValueError
        return default

    str = db = int = __call__


def _libraries() -> Iterator[tuple[str, types.ModuleType]]:
    decouple, environs, environ = (types.ModuleType(name) for name in ("decouple", "environs", "environ"))
    decouple.__dict__["config"] = _Reader()
    environs.__dict__["Env"] = environ.__dict__["Env"] = _Reader
    yield from (("decouple", decouple), ("environs", environs), ("environ", environ))
