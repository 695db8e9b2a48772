"""Work spread over processes gives what it gives in one."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import pytest

from rewriter.scan.examining import Seen
from rewriter.scan.forked import Crew, processors
from rewriter.scan.scanning import GLANCES, scan
from rewriter.settings import Settings
from rewriter.tree.repository import MemoryRepository

T = TypeVar("T")
R = TypeVar("R")

HERE = os.getpid()
VALUE = "cnry7hunter2xyz"


def crew(work: Callable[[T], R], items: Sequence[T], children: int) -> list[R]:
    """Return what some children and this process give."""
    with Crew(work, items, children) as hands:
        assert hands.children == min(children, len(items))
        return hands.results()


def test_results_come_in_the_order_of_the_items() -> None:
    items = list(range(5_000))
    given = crew(lambda item: (item, os.getpid()), items, 2)
    assert [item for item, _ in given] == items
    assert crew(str, [], 2) == []
    assert crew(str, [1, 2], 0) == ["1", "2"]


def test_every_process_takes_items() -> None:
    def work(item: str) -> tuple[str, int]:
        time.sleep(0.2)
        return item, os.getpid()

    given = crew(work, ["a", "b", "c"], 2)
    assert [item for item, _ in given] == ["a", "b", "c"]
    assert len({pid for _, pid in given}) == 3


def test_children_begin_before_they_are_asked() -> None:
    with Crew(lambda item: (item, os.getpid()), ["a", "b"], 1) as hands:
        time.sleep(0.5)
        assert HERE not in {pid for _, pid in hands.results()}


def test_a_large_result_comes_whole() -> None:
    assert [len(text) for text in crew(lambda part: part * 3_000_000, ["a", "b"], 2)] == [3_000_000, 3_000_000]


@pytest.mark.parametrize("end", [lambda: os._exit(9), lambda: os.kill(os.getpid(), signal.SIGKILL)])
def test_what_a_dead_child_took_is_done_here(end: Callable[[], None]) -> None:
    def work(part: str) -> str:
        if os.getpid() != HERE:
            end()
        return part.upper()

    with Crew(work, ["a", "b", "c"], 2) as hands:
        time.sleep(0.3)
        assert hands.results() == ["A", "B", "C"]


def test_an_error_of_a_child_is_raised_here() -> None:
    def work(part: int) -> float:
        return 1 / part

    with Crew(work, [1, 0], 1) as hands:
        time.sleep(0.3)
        with pytest.raises(ZeroDivisionError):
            hands.results()


def test_no_child_outlives_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    children: list[int] = []
    fork = os.fork

    def counted() -> int:
        pid = fork()
        children.append(pid)
        return pid

    monkeypatch.setattr(os, "fork", counted)
    with pytest.raises(LookupError), Crew(lambda _: time.sleep(60), [0, 1, 2], 2):
        raise LookupError
    assert len(children) == 2
    for pid in children:
        with pytest.raises(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)


def test_where_no_process_is_to_be_had_the_work_is_done_here(monkeypatch: pytest.MonkeyPatch) -> None:
    open_files = len(list(Path("/proc/self/fd").iterdir()))

    def refused() -> int:
        raise BlockingIOError

    monkeypatch.setattr(os, "fork", refused)
    with Crew(str, [1, 2], 2) as hands:
        assert hands.children == 0
        assert hands.results() == ["1", "2"]
    assert len(list(Path("/proc/self/fd").iterdir())) == open_files


def test_there_is_a_processor() -> None:
    assert processors() >= 1


def _repository() -> MemoryRepository:
    files = {
        f"s{number}/Dockerfile": f"FROM debian:12-slim\nARG NPM_TOKEN={VALUE}\nRUN npm ci\n".encode()
        for number in range(2 * GLANCES)
    }
    files |= {f"t{number}/Dockerfile": b"FROM debian:12-slim\n" for number in range(2 * GLANCES)}
    files["t0/Dockerfile"] = b"no dockerfile\n"
    files["compose.yaml"] = (
        b"services:\n  a:\n    build:\n      context: s7\n      args:\n        NPM_TOKEN: ${NPM_TOKEN}\n"
    )
    return MemoryRepository(files)


def test_a_scan_over_processes_finds_the_same() -> None:
    alone = scan(_repository(), Settings(), processes=1)
    together = scan(_repository(), Settings(), processes=3)
    assert len(alone.findings) > 80
    assert alone.problems
    assert together == alone
    assert {value.reveal() for finding in together.findings for value in finding.values} == {VALUE}


def test_what_goes_through_the_pipe_does_not_show_its_values() -> None:
    seen = Seen((), ((VALUE,),), (None,), (), (), 0)
    assert VALUE not in repr(seen)
    assert "reasons" in repr(seen)
