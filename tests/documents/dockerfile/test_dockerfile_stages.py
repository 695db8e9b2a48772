from __future__ import annotations

import pytest

from rewriter.documents.dockerfile import copied_from, final_stage, successors
from rewriter.documents.dockerfile.variables import MAX_GROWN
from tests.documents.dockerfile.reading import read

TEXT = """\
ARG BASE=one
FROM --platform=$BUILDPLATFORM a AS One
RUN x
FROM one AS two
COPY --from=0 a b
FROM ${BASE}
RUN --mount=type=bind,from=two,target=/x --mount=from=busybox,target=/y y
FROM scratch
COPY --from=TWO a b
COPY --from=9 a b
ONBUILD COPY --from=one a b
"""


def test_stages() -> None:
    document = read(TEXT)
    assert [(stage.name, stage.base.value, stage.base_stage, stage.base_certain) for stage in document.stages] == [
        ("one", "a", None, True),
        ("two", "one", 0, True),
        (None, "${BASE}", 0, False),
        (None, "scratch", None, True),
    ]
    assert document.stages[0].platform == "$BUILDPLATFORM"
    assert [item.stage for item in document.instructions] == [-1, 0, 0, 1, 1, 2, 2, 3, 3, 3, 3]
    assert [item.keyword for item in document.global_args] == ["ARG"]
    assert document.stages[1].span.of(TEXT) == "FROM one AS two\nCOPY --from=0 a b\n"
    assert final_stage(document) == 3


def test_who_builds_on_a_stage() -> None:
    document = read(TEXT + "FROM two\nFROM a\n")
    assert [successors(document, stage.index) for stage in document.stages] == [(1, 2, 4), (4,), (), (), (), ()]


def test_who_takes_files_from_a_stage() -> None:
    document = read(TEXT)
    assert [(stage, item.keyword, item.line) for stage, item in copied_from(document)] == [
        (0, "COPY", 5),
        (1, "RUN", 7),
        (1, "COPY", 9),
        (0, "COPY", 11),
    ]


@pytest.mark.parametrize(
    ("second", "expected"),
    [
        pytest.param("FROM b", 0, id="name"),
        pytest.param("FROM B", 0, id="another-case"),
        pytest.param("FROM 'b'", 0, id="quoted"),
        pytest.param("ARG b\nFROM $b", None, id="not-a-global-arg"),
        pytest.param("FROM ${x:-b}", 0, id="default"),
        pytest.param("FROM 0", None, id="numbers-are-images"),
        pytest.param("FROM b:1", None, id="tag"),
        pytest.param("FROM $TARGETARCH", None, id="set-by-buildkit"),
    ],
)
def test_which_stage_from_names(second: str, expected: int | None) -> None:
    assert read(f"FROM a AS b\n{second}\n").stages[-1].base_stage == expected


def test_a_name_stands_for_the_last_stage_before() -> None:
    document = read("FROM a AS b\nFROM b AS b\nFROM b AS b\nCOPY --from=b x y")
    assert [stage.base_stage for stage in document.stages] == [None, 0, 1]
    assert [stage for stage, _ in copied_from(document)] == [2]


def test_defaults_do_not_grow_without_bound() -> None:
    count = MAX_GROWN // 30_000 + 2
    args = "".join(f"ARG B{number}=b$A\n" for number in range(count))
    document = read(f"ARG A={'x' * 30_000}\n{args}ARG S=s\nFROM a AS b{'x' * 30_000}\nFROM $B0\nFROM $B{count - 1}\n")
    assert [stage.base_stage for stage in document.stages] == [None, 0, None]
