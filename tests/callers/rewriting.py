"""Rewrite one file's callers, for tests."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from rewriter import callers
from rewriter.callers import Caller
from rewriter.model.text import Source, apply
from rewriter.transforms.build_callers import Rewritten, pass_all, verify_gone

FILES = ("Dockerfile", "app/Dockerfile", "docker/Dockerfile")


@dataclass(frozen=True)
class Case:
    """One file before and after; every argument becomes a secret, unless `secrets` names some."""

    name: str
    path: str
    before: str
    after: str
    secrets: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Refused:
    """One file of which no argument can become a secret, and words of the reason."""

    name: str
    path: str
    text: str
    reason: str


def find(path: str, text: str, files: Collection[str] = FILES) -> tuple[Caller, ...]:
    return callers.find(path, Source(path, text), files=lambda name: name in files)


def rewrite(path: str, text: str, secrets: Mapping[str, str] | None = None) -> tuple[str, Rewritten]:
    names = secrets or {one.name: one.name.lower() for caller in find(path, text) for one in caller.arguments}
    done = pass_all(path, Source(path, text), secrets=names, files=lambda name: name in FILES)
    return apply(text, done.edits), done


def check(case: Case) -> None:
    """Compare with what is expected; done again it changes nothing, and no argument is left."""
    text, done = rewrite(case.path, case.before, case.secrets)
    assert text == case.after
    assert done.refusals == ()
    names = case.secrets or {one.name for caller in find(case.path, case.before) for one in caller.arguments}
    assert names, "the case passes no argument"
    assert verify_gone(case.path, text, names) == ()
    again, nothing = rewrite(case.path, text, dict.fromkeys(names, "other"))
    assert again == text
    assert nothing.edits == ()


def check_refused(case: Refused) -> None:
    """Expect that nothing is changed, and that each refusal names the file and the reason."""
    text, done = rewrite(case.path, case.text)
    assert text == case.text
    assert done.refusals
    assert all(detail.startswith(f"{case.path}:") for detail in done.refusals)
    assert all(case.reason in detail for detail in done.refusals), done.refusals
