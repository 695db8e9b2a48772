"""Hold the whole pipeline to its laws on generated repositories (docs/design.md)."""

from __future__ import annotations

import difflib

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rewriter.documents.dockerfile import parse
from rewriter.documents.dockerfile_name import is_dockerfile
from rewriter.errors import ParseError
from rewriter.model.patch import Failed, Patched, Unchanged
from rewriter.model.text import Source, encode
from rewriter.pipeline import fix
from rewriter.planner import key
from rewriter.scan.scanning import scan
from rewriter.settings import Settings
from rewriter.tree.repository import MemoryRepository
from tests.properties.repositories import CANARY, dockerfiles, repositories

_SLOW = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


def _after(files: dict[str, bytes], outcome: Patched) -> dict[str, bytes]:
    return files | {change.path: encode(change.after) for change in outcome.patch.files}


@given(st.binary(max_size=300))
@_SLOW
def test_any_bytes_give_an_outcome(data: bytes) -> None:
    outcome = fix(MemoryRepository({"Dockerfile": data, "compose.yaml": data, "build.sh": data}), Settings())
    assert isinstance(outcome, Unchanged | Patched), outcome


@given(repositories())
@_SLOW
def test_fix_never_fails_and_a_second_run_changes_nothing(files: dict[str, bytes]) -> None:
    outcome = fix(MemoryRepository(files), Settings())
    assert not isinstance(outcome, Failed), outcome
    if isinstance(outcome, Patched):
        again = fix(MemoryRepository(_after(files, outcome)), Settings())
        assert isinstance(again, Unchanged), again


@given(repositories())
@_SLOW
def test_no_finding_of_the_result_is_new_and_fixed_ones_are_gone(files: dict[str, bytes]) -> None:
    outcome = fix(MemoryRepository(files), Settings())
    if not isinstance(outcome, Patched):
        return
    before = {key(one) for one in scan(MemoryRepository(files), Settings()).findings}
    after = {key(one) for one in scan(MemoryRepository(_after(files, outcome)), Settings()).findings}
    assert after <= before
    assert not after & {key(one) for one in outcome.report.fixed}


@given(repositories())
@_SLOW
def test_every_finding_is_fixed_or_refused(files: dict[str, bytes]) -> None:
    outcome = fix(MemoryRepository(files), Settings())
    assert not isinstance(outcome, Failed)
    report = outcome.report
    refused = [refusal.finding.fingerprint for refusal in report.refusals]
    settled = {finding.fingerprint for finding in report.fixed} | set(refused)
    assert settled == {finding.fingerprint for finding in report.findings}
    assert len(refused) == len(set(refused))
    assert not {finding.fingerprint for finding in report.fixed} & set(refused)


@given(repositories())
@_SLOW
def test_order_of_files_does_not_matter(files: dict[str, bytes]) -> None:
    one = fix(MemoryRepository(files), Settings())
    other = fix(MemoryRepository(dict(reversed(files.items()))), Settings())
    assert one == other


@given(repositories())
@_SLOW
def test_every_rewritten_dockerfile_parses(files: dict[str, bytes]) -> None:
    outcome = fix(MemoryRepository(files), Settings())
    for change in outcome.patch.files if isinstance(outcome, Patched) else ():
        if is_dockerfile(change.path):
            parse(Source(change.path, change.after))


@given(repositories())
@_SLOW
def test_a_moved_value_is_gone_from_the_dockerfile_and_kept_once(files: dict[str, bytes]) -> None:
    outcome = fix(MemoryRepository(files), Settings())
    if not isinstance(outcome, Patched):
        return
    paths = [value.path for value in outcome.patch.values]
    assert len(paths) == len(set(paths))
    for value in outcome.patch.values:
        assert value.value.reveal() == CANARY
    added = [
        line
        for change in outcome.patch.files
        for line in difflib.ndiff(change.before.split("\n"), change.after.split("\n"))
        if line.startswith("+ ")
    ]
    assert not any(CANARY in line and "CMD" not in line and "LABEL" not in line for line in added if "ENV" not in line)


@given(dockerfiles())
@_SLOW
def test_lines_of_other_instructions_stay(data: bytes) -> None:
    outcome = fix(MemoryRepository({"Dockerfile": data}), Settings())
    if not isinstance(outcome, Patched):
        return
    for change in outcome.patch.files:
        if change.path != "Dockerfile":
            continue
        try:
            instructions = parse(Source("Dockerfile", change.before)).instructions
        except ParseError:
            continue
        for entry in instructions:
            if entry.keyword in ("FROM", "WORKDIR", "USER", "CMD", "LABEL"):
                assert entry.span.of(change.before).rstrip("\r\n") in change.after
