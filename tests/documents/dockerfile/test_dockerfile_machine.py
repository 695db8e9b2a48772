from __future__ import annotations

import pytest

from rewriter.documents.dockerfile import Machine, machine
from rewriter.documents.dockerfile.machine import MAX_KEPT
from tests.documents.dockerfile.reading import read


def last(text: str) -> Machine:
    document = read(text + "\nRUN x")
    return machine(document, document.instructions[-1])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("FROM a", None, id="only-the-image-knows"),
        pytest.param("FROM scratch", "/", id="scratch"),
        pytest.param("FROM a\nWORKDIR /x", "/x", id="absolute"),
        pytest.param("FROM a\nWORKDIR x", None, id="relative-to-the-unknown"),
        pytest.param("FROM a\nWORKDIR /x\nWORKDIR y/../z/", "/x/z", id="relative"),
        pytest.param("FROM a\nWORKDIR //x//y", "/x/y", id="cleaned"),
        pytest.param("FROM a\nENV A=/x B=$A/y\nWORKDIR $A", "/x", id="variable"),
        pytest.param("FROM a\nENV A=/x\nENV B=$A/y\nWORKDIR ${B}/z", "/x/y/z", id="variable-of-a-variable"),
        pytest.param("FROM a\nARG A=/x\nWORKDIR $A", None, id="build-argument"),
        pytest.param("FROM a\nWORKDIR /x\nWORKDIR $A", None, id="unknown-variable"),
        pytest.param("FROM a\nWORKDIR $A\nWORKDIR /y", "/y", id="known-again"),
        pytest.param("FROM a\nWORKDIR C:\\x", None, id="windows"),
        pytest.param("FROM a AS b\nWORKDIR /x\nFROM b\nWORKDIR y", "/x/y", id="inherited"),
        pytest.param("FROM a AS b\nWORKDIR /x\nFROM a", None, id="not-inherited"),
        pytest.param("FROM a AS b\nWORKDIR /x\nONBUILD WORKDIR z\nFROM b\nWORKDIR y", "/x/z/y", id="onbuild"),
    ],
)
def test_workdir(text: str, expected: str | None) -> None:
    assert last(text).workdir == expected


@pytest.mark.parametrize(
    ("text", "user", "home", "known"),
    [
        pytest.param("FROM a", None, "/root", True, id="no-user"),
        pytest.param("FROM a\nUSER root", "root", "/root", True, id="root"),
        pytest.param("FROM a\nUSER 0:0", "0:0", "/root", True, id="root-by-number"),
        pytest.param("FROM a\nUSER app:app", "app:app", "/home/app", False, id="name"),
        pytest.param("FROM a\nUSER 1000", "1000", None, False, id="number"),
        pytest.param("FROM a\nENV U=app\nUSER $U", "$U", "/home/app", False, id="variable"),
        pytest.param("FROM a\nARG U=app\nUSER $U", "$U", None, False, id="unknown"),
        pytest.param("FROM a\nENV HOME=/h\nUSER app", "app", "/h", True, id="env-home-before"),
        pytest.param("FROM a\nUSER app\nENV HOME /h", "app", "/h", True, id="env-home-after"),
        pytest.param("FROM a\nENV HOME=$X", None, None, False, id="env-home-unknown"),
        pytest.param("FROM a\nENV HOME=$X\nUSER root", "root", None, False, id="env-home-unknown-then-root"),
        pytest.param("FROM a\nARG HOME=/h", None, "/h", False, id="arg-home"),
        pytest.param("FROM a AS b\nUSER app\nFROM b", "app", "/home/app", False, id="inherited"),
    ],
)
def test_user_and_home(text: str, user: str | None, home: str | None, *, known: bool) -> None:
    state = last(text)
    assert (state.user, state.home, state.home_known) == (user, home, known)


def test_shell() -> None:
    assert last("FROM a").shell is None
    assert last('FROM a\nSHELL ["/bin/bash", "-c"]').shell == ("/bin/bash", "-c")
    assert last('FROM a AS b\nSHELL ["x"]\nFROM b').shell == ("x",)


def test_the_state_is_that_before_the_instruction() -> None:
    document = read("ARG A\nFROM a\nUSER b\nFROM c")
    assert [machine(document, item).user for item in document.instructions] == [None, None, None, None]


def test_paths_do_not_grow_without_bound() -> None:
    assert last("FROM a\nWORKDIR /\n" + "WORKDIR abc\n" * 1000).workdir == "/abc" * 1000
    assert last("FROM a\nWORKDIR /\n" + "WORKDIR abc\n" * 1100).workdir is None
    deep = "WORKDIR /" + "a/" * 2000
    many = deep + "\n" + "WORKDIR b\nWORKDIR ..\n" * (MAX_KEPT // 8000 + 1)
    assert last(f"FROM a\n{many}").workdir is None
