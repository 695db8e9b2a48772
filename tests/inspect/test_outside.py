"""Find secrets in the log of a build, each with the step that printed it."""

from __future__ import annotations

from pathlib import Path

import pytest

from rewriter.errors import InspectionError
from rewriter.inspect.outside import LINE_LIMIT, judge_cache, judge_log, read_log
from tests.inspect.archives import TOKEN

LOG = f"""\
#1 [internal] load build definition from Dockerfile
#5 [build 2/3] RUN curl -u me:Vk3x9QpLw7Zt5mRb https://example.com/x
#6 [build 3/3] RUN env
#6 0.134 PATH=/bin
#6 0.135 DB_PASSWORD=Hq8w2LzTn4
#6 0.136 the token is {TOKEN}
#6 0.137 the password: is not here
#7 DONE 0.1s
"""


def test_each_line_names_its_step() -> None:
    found = [(leak.where, leak.instruction) for leak in judge_log(LOG.splitlines())]
    assert found == [
        ("line 2", "RUN curl -u me:Vk3x9QpLw7Zt5mRb https://example.com/x"),
        ("line 5", "RUN env"),
        ("line 6", "RUN env"),
    ]


def test_line_of_absurd_length_is_cut(tmp_path: Path) -> None:
    (tmp_path / "log").write_bytes(b"a" * 5_000_000 + b"\nshort\n" + b"last")
    lines = list(read_log(tmp_path / "log"))
    assert [len(line) for line in lines] == [LINE_LIMIT, 5, 4]


def test_a_folder_without_a_cache_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InspectionError, match="holds no layer"):
        judge_cache(tmp_path)
    with pytest.raises(InspectionError, match="no such folder"):
        judge_cache(tmp_path / "missing")
