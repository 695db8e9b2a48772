"""Say what a reviewer has to know about a secret that becomes a mount."""

from __future__ import annotations

from rewriter.model.patch import Patched
from rewriter.model.secret import Safety
from rewriter.pipeline import fix
from rewriter.settings import FixLevel, Settings
from rewriter.tree.repository import MemoryRepository

FETCH = 'RUN curl -fsS -u "ci:$FETCH_PASSWORD" https://example.com/x -o /x\n'


def _fixed(dockerfile: str, settings: Settings | None = None) -> Patched | None:
    outcome = fix(MemoryRepository({"Dockerfile": dockerfile.encode()}), settings or Settings())
    return outcome if isinstance(outcome, Patched) else None


def test_containers_that_lose_a_variable_are_named_and_the_fix_asks_for_review() -> None:
    outcome = _fixed(f"FROM debian:12-slim\nENV FETCH_PASSWORD=fourteen-tigers\n{FETCH}")
    assert outcome is not None
    (made,) = outcome.patch.fixes
    assert made.safety is Safety.REVIEW
    assert "containers no longer have FETCH_PASSWORD" in made.notes[0]


def test_an_argument_that_every_run_names_is_safe() -> None:
    outcome = _fixed(f"FROM debian:12-slim\nARG FETCH_PASSWORD\n{FETCH}", Settings(fix=FixLevel.SAFE))
    assert outcome is not None
    assert [made.safety for made in outcome.patch.fixes] == [Safety.SAFE]


def test_safe_alone_leaves_what_asks_for_review() -> None:
    dockerfile = f"FROM debian:12-slim\nENV FETCH_PASSWORD=fourteen-tigers\n{FETCH}"
    assert _fixed(dockerfile, Settings(fix=FixLevel.SAFE)) is None
