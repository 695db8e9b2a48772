"""Read what each builder writes into the history, and tell the base image's entries from the build's own."""

from __future__ import annotations

import json

import pytest

from rewriter.documents import dockerfile
from rewriter.inspect.history import guessed_base, read_history, read_pairs, read_step, with_lines
from rewriter.inspect.metadata import judge_metadata
from rewriter.model.inspection import Part, Step
from rewriter.model.secret import Severity
from rewriter.model.text import Source

VALUE = "Vk3x9QpLw7Zt5mRb"


@pytest.mark.parametrize(
    ("written", "keyword", "text", "arguments"),
    [
        ("RUN /bin/sh -c make # buildkit", "RUN", "make", {}),
        (f"RUN |1 TOKEN={VALUE} /bin/sh -c make # buildkit", "RUN", "make", {"TOKEN": VALUE}),
        (f"|2 TOKEN={VALUE} NAME=a b /bin/sh -c make all", "RUN", "make all", {"TOKEN": VALUE, "NAME": "a b"}),
        (f"RUN |1 TOKEN={VALUE} python3 /x.py # buildkit", "RUN", "python3 /x.py", {"TOKEN": VALUE}),
        ("/bin/sh -c #(nop)  ENV A=b", "ENV", "A=b", {}),
        ("/bin/sh -c #(nop) COPY file:0123 in /x ", "COPY", "file:0123 in /x", {}),
        ("/bin/sh -c apt-get update", "RUN", "apt-get update", {}),
        ('CMD ["node"]', "CMD", '["node"]', {}),
        ("Imported from -", "IMPORT", "Imported from -", {}),
        ("", "IMPORT", "", {}),
    ],
)
def test_each_builders_words(written: str, keyword: str, text: str, arguments: dict[str, str]) -> None:
    step = read_step(written)
    assert (step.keyword, step.text) == (keyword, text)
    assert {name: value.reveal() for name, value in step.arguments} == arguments


def test_own_shell_is_known() -> None:
    step = read_step(f"RUN |1 TOKEN={VALUE} /bin/zsh -ec make # buildkit", "/bin/zsh -ec")
    assert step.text == "make"


def test_pairs() -> None:
    assert [(pair.name, pair.value) for pair in read_pairs("A=1 B=two words C=")] == [
        ("A", "1"),
        ("B", "two words"),
        ("C", ""),
    ]
    assert [(pair.name, pair.value) for pair in read_pairs("NAME some value")] == [("NAME", "some value")]


def steps(*written: str) -> tuple[Step, ...]:
    entries = []
    for line in written:
        empty = not line.startswith(("RUN", "COPY", "ADD", "#"))
        entries.append({"created_by": line, "empty_layer": empty} if empty else {"created_by": line})
    return read_history({"history": json.loads(json.dumps(entries))})


OFFICIAL = ("# debian.sh --arch 'amd64' out/ 'bookworm'", "ENV PATH=/bin", "RUN /bin/sh -c true", 'CMD ["python3"]')


@pytest.mark.parametrize(
    ("history", "base"),
    [
        ((*OFFICIAL, "COPY . /app # buildkit", 'CMD ["app"]'), 4),
        ((*OFFICIAL, "ENV A=b", "COPY . /app # buildkit"), 4),
        (("# debian.sh", "COPY . /app # buildkit"), 1),
        (("ADD file:0123 in / ", "COPY . /app # buildkit", 'CMD ["app"]'), 1),
        (("COPY . /app # buildkit", 'CMD ["app"]'), 0),
        ((), 0),
    ],
)
def test_base_is_guessed(history: tuple[str, ...], base: int) -> None:
    assert guessed_base(steps(*history)) == base


def test_dockerfile_tells_lines_and_base() -> None:
    file = dockerfile.parse(
        Source("Dockerfile", "FROM python:3 AS base\nENV A=b\n\nFROM base\nRUN \\\n  true\nCOPY . /app\n")
    )
    history = steps(*OFFICIAL, "ENV A=b", "RUN /bin/sh -c true # buildkit", "COPY . /app # buildkit")
    done = with_lines(history, file)
    assert [step.line for step in done] == [0, 0, 0, 0, 2, 5, 7]
    assert [step.base for step in done] == [True] * 4 + [False] * 3


def test_another_dockerfile_tells_nothing() -> None:
    file = dockerfile.parse(Source("Dockerfile", "FROM python:3\nUSER app\n"))
    history = steps(*OFFICIAL, "COPY . /app # buildkit")
    assert with_lines(history, file) == history


def test_configuration_is_judged() -> None:
    config = {
        "config": {
            "Env": ["PATH=/bin", f"API_TOKEN={VALUE}", "GPG_KEY=" + "A035C8C1" * 5, "PORT=80"],
            "Labels": {"deploy.password": VALUE, "version": "1.2.3"},
            "Cmd": ["sh", "-c", f"curl -u me:{VALUE} https://example.com"],
            "Healthcheck": {"Test": ["CMD-SHELL", f"mysqladmin ping -p{VALUE}x"]},
            "OnBuild": [f"ENV DB_PASSWORD={VALUE}y"],
        },
        "history": [
            {"created_by": f"ENV API_TOKEN={VALUE}", "empty_layer": True},
            {"created_by": f"ENV OLD_TOKEN={VALUE}z", "empty_layer": True},
            {"created_by": "ENV OLD_TOKEN=", "empty_layer": True},
            {"created_by": f"ARG NPM_TOKEN={VALUE}w", "empty_layer": True},
            {"created_by": f"RUN |1 NPM_TOKEN={VALUE}w /bin/sh -c npm ci # buildkit"},
        ],
    }
    leaks = judge_metadata(json.loads(json.dumps(config)), read_history(json.loads(json.dumps(config))))
    found = [(leak.part, leak.where, leak.step, leak.removed_step) for leak in leaks]
    assert found == [
        (Part.ENV, "API_TOKEN", 0, None),
        (Part.LABEL, "deploy.password", None, None),
        (Part.COMMAND, "CMD", None, None),
        (Part.COMMAND, "HEALTHCHECK", None, None),
        (Part.COMMAND, "ONBUILD DB_PASSWORD", None, None),
        (Part.HISTORY, "OLD_TOKEN", 1, 2),
        (Part.BUILD_ARG, "NPM_TOKEN", 3, None),
    ]
    assert leaks[0].severity is Severity.CRITICAL
    assert leaks[5].gone
