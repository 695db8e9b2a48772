"""Work spread over processes gives what it gives in one."""

from __future__ import annotations

import os
import signal

import pytest

from rewriter.examining import Seen
from rewriter.forked import processors, spread
from rewriter.repository import MemoryRepository
from rewriter.scanning import LOT, scan
from rewriter.settings import Settings

HERE = os.getpid()
VALUE = "cnry7hunter2xyz"


def test_results_come_in_the_order_of_the_parts() -> None:
    given = spread(lambda part: (part, os.getpid()), ["a", "b", "c"])
    assert [part for part, _ in given] == ["a", "b", "c"]
    assert given[0][1] == HERE
    assert len({pid for _, pid in given}) == 3
    assert spread(str, []) == []


def test_a_large_result_comes_whole() -> None:
    assert [len(text) for text in spread(lambda part: part * 3_000_000, ["a", "b"])] == [3_000_000, 3_000_000]


@pytest.mark.parametrize("end", [lambda: os._exit(9), lambda: os.kill(os.getpid(), signal.SIGKILL)])
def test_the_part_of_a_dead_child_is_done_here(end: object) -> None:
    def work(part: str) -> str:
        if os.getpid() != HERE:
            assert callable(end)
            end()
        return part.upper()

    assert spread(work, ["a", "b", "c"]) == ["A", "B", "C"]


def test_an_error_of_a_child_is_raised_here() -> None:
    def work(part: int) -> float:
        return 1 / part

    with pytest.raises(ZeroDivisionError):
        spread(work, [1, 0])


def test_no_child_outlives_an_error_of_the_first_part(monkeypatch: pytest.MonkeyPatch) -> None:
    children: list[int] = []
    fork = os.fork

    def counted() -> int:
        pid = fork()
        children.append(pid)
        return pid

    monkeypatch.setattr(os, "fork", counted)

    def work(part: int) -> int:
        if part == 0:
            raise LookupError
        return part

    with pytest.raises(LookupError):
        spread(work, [0, 1, 2])
    assert len(children) == 2
    for pid in children:
        with pytest.raises(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)


def test_there_is_a_processor() -> None:
    assert processors() >= 1


def _repository() -> MemoryRepository:
    files = {
        f"s{number}/Dockerfile": f"FROM debian:12-slim\nARG NPM_TOKEN={VALUE}\nRUN npm ci\n".encode()
        for number in range(3 * LOT)
    }
    files |= {f"t{number}/Dockerfile": b"FROM debian:12-slim\n" for number in range(3 * LOT)}
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
