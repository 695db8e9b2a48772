"""Tell a user's number from the command that made the user, and from nothing else."""

from __future__ import annotations

import pytest

from rewriter.project.gathering import read
from rewriter.settings import Settings
from rewriter.transforms.image_user import is_root, user_id
from rewriter.tree.repository import MemoryRepository


def _of(dockerfile: str) -> str | None:
    project = read(MemoryRepository({"Dockerfile": dockerfile.encode()}), Settings())
    (build,) = project.builds
    return user_id(build, build.runs[-1].instruction)


@pytest.mark.parametrize(
    ("lines", "number"),
    [
        ("USER 1000", "1000"),
        ("USER 1000:1000", "1000"),
        ("RUN useradd -m -u 1200 app\nUSER app", "1200"),
        ("RUN useradd app --uid=1200\nUSER app:app", "1200"),
        ("RUN addgroup app && adduser -S -u1200 -G app app\nUSER app", "1200"),
        ("RUN useradd -Mru 1200 app\nUSER app", "1200"),
        ("RUN useradd -u 1200 -g app other\nUSER app", None),
        ("RUN useradd -u $NUMBER app\nUSER app", None),
        ("RUN useradd -u 1 app\nRUN useradd -u 2 app\nUSER app", None),
        ("USER app", None),
        ("USER $APP", None),
    ],
)
def test_the_number_of_a_user(lines: str, number: str | None) -> None:
    assert _of(f"FROM debian:12\n{lines}\nRUN true\n") == number


def test_users_that_come_with_an_image() -> None:
    assert _of("FROM node:20-slim\nUSER node\nRUN true\n") == "1000"
    assert _of("FROM registry.example.com/node@sha256:0\nUSER node\nRUN true\n") == "1000"
    assert _of("FROM debian:12\nUSER node\nRUN true\n") is None


def test_root_by_any_name() -> None:
    assert all(is_root(user) for user in (None, "root", "0", "0:0", "root:wheel"))
    assert not any(is_root(user) for user in ("1000", "app", "$APP"))
