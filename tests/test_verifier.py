"""Show that each check of the verifier refuses what it is there for."""

from __future__ import annotations

import pytest

from rewriter.documents.dockerfile import parse
from rewriter.errors import VerificationError
from rewriter.flow.analysis import Analysis
from rewriter.model.masked import Masked
from rewriter.model.plan import FileEdit, Fix, LocalValue
from rewriter.model.secret import Finding, Safety
from rewriter.model.text import Edit, Source, Span
from rewriter.project.gathering import read
from rewriter.rules import rules
from rewriter.second_reader import disagreement
from rewriter.settings import Settings
from rewriter.tree.repository import MemoryRepository
from rewriter.verifier import State, clashes, make_patch, problems

LEAKY = "FROM node:20-slim\nARG NPM_TOKEN\nRUN npm ci\nWORKDIR /app\n"
MOUNT = "RUN --mount=type=secret,id=npm_token,env=NPM_TOKEN,required=true npm ci\n"
CLEAN = LEAKY.replace("ARG NPM_TOKEN\n", "").replace("RUN npm ci\n", MOUNT)


def _state(dockerfile: str, **others: str) -> State:
    files = {"Dockerfile": dockerfile, **others}
    project = read(MemoryRepository({name: text.encode() for name, text in files.items()}), Settings())
    analysis = Analysis(project)
    return State(analysis, tuple(finding for rule in rules() for finding in rule.check(analysis)))


def _fix(findings: tuple[Finding, ...], *removed: str) -> Fix:
    """Claim to settle findings by edits of some parts of the leaky file."""
    spans = [Span(LEAKY.index(part), LEAKY.index(part) + len(part)) for part in removed]
    edits = tuple(FileEdit("Dockerfile", Edit(span, "")) for span in spans)
    return Fix(findings=findings, safety=Safety.SAFE, edits=edits)


def _problems(after: str, *removed: str, **others: str) -> tuple[str, ...]:
    before = _state(LEAKY, **others)
    return problems(before, _state(after, **others), [_fix(before.findings, *removed)])


def test_the_right_change_passes() -> None:
    assert _problems(CLEAN, "ARG NPM_TOKEN\n", "RUN npm ci\n") == ()


def test_a_finding_that_is_left_is_named() -> None:
    (problem,) = {text for text in _problems(LEAKY, "ARG NPM_TOKEN\n") if "no-secret-in-arg" in text}
    assert problem == "Dockerfile:2: still no-secret-in-arg (NPM_TOKEN)"


def test_an_instruction_that_no_edit_names_must_not_change() -> None:
    after = CLEAN.replace("WORKDIR /app", "WORKDIR /srv")
    assert _problems(after, "ARG NPM_TOKEN\n", "RUN npm ci\n") == (
        "Dockerfile: an instruction changed that no fix names",
    )


def test_an_instruction_that_no_edit_names_must_not_vanish() -> None:
    after = CLEAN.replace("WORKDIR /app\n", "")
    assert _problems(after, "ARG NPM_TOKEN\n", "RUN npm ci\n") == (
        "Dockerfile: an instruction changed that no fix names",
    )


def test_instructions_must_keep_their_order() -> None:
    after = f"FROM node:20-slim\nWORKDIR /app\n{MOUNT}"
    before = "FROM node:20-slim\nWORKDIR /app\nUSER node\n"
    changed = problems(_state(before), _state("FROM node:20-slim\nUSER node\nWORKDIR /app\n"), [_edit_of("Dockerfile")])
    assert changed == ("Dockerfile: an instruction changed that no fix names",)
    assert _problems(after, "ARG NPM_TOKEN\n", "RUN npm ci\n") == ()


def _edit_of(path: str) -> Fix:
    return Fix(findings=(), safety=Safety.SAFE, edits=(FileEdit(path, Edit(Span(0, 0), "")),))


def test_a_new_finding_is_named() -> None:
    after = CLEAN + "ENV API_KEY=fourteen-tigers-in-a-row\n"
    assert "Dockerfile:4: new finding no-secret-in-env (API_KEY)" in _problems(after, "ARG NPM_TOKEN\n", "RUN npm ci\n")


def test_a_mounted_secret_that_a_builder_stage_keeps_is_named() -> None:
    kept = MOUNT.replace(" npm ci", ' echo "//npm.example.com/:_authToken=$NPM_TOKEN" > .npmrc && npm ci')
    stages = "FROM node:20-slim AS build\n{}FROM node:20-slim\nCOPY --from=build /app/dist /app\n"
    before = _state(stages.format(kept.replace("npm ci\n", "npm ci && rm -f .npmrc\n")))
    after = _state(stages.format(kept))
    assert problems(before, after, [_edit_of("Dockerfile")]) == (
        "Dockerfile:2: the secret npm_token would stay in .npmrc",
        "Dockerfile: an instruction changed that no fix names",
    )
    assert problems(after, after, []) == ()


def test_a_file_that_can_no_longer_be_read_is_named() -> None:
    found = _problems(CLEAN + "RUN <<EOF\n", "ARG NPM_TOKEN\n", "RUN npm ci\n")
    assert any("unterminated heredoc" in text for text in found)
    assert "Dockerfile: can no longer be read" in found


def test_a_changed_file_that_the_two_readers_read_differently_is_refused() -> None:
    # dockerfile-parse takes the backslash for a part of the keyword, BuildKit does not.
    odd = "FROM a\nRU\\\nN b\n"
    found = problems(_state(odd), _state(odd + "USER c\n"), [])
    assert found == ("Dockerfile:2: two readers disagree: RUN here, RU\\ at line 2",)
    assert problems(_state(odd), _state(odd), []) == ()


def test_a_patch_is_not_made_of_what_fails() -> None:
    with pytest.raises(VerificationError, match="new finding no-secret-in-env"):
        make_patch(_state(LEAKY), _state(CLEAN + "ENV API_KEY=fourteen-tigers\n"), files=(), fixes=(), settled=True)
    with pytest.raises(VerificationError, match="second run"):
        make_patch(_state(LEAKY), _state(CLEAN), files=(), fixes=(), settled=False)


@pytest.mark.parametrize(
    "text",
    [
        "FROM a\nRUN b \\\n  c\n",
        "FROM a\r\nRUN b \\\r\n  c\r\nCMD d",
        "\ufeffFROM a\nRUN b\n",
        "FROM a\nRUN b \\\n\n  # note\n\n  c\nUSER d\n",
        "FROM a\nRUN <<EOF\nENV FAKE=1\nFROM evil\nEOF\nUSER d\n",
        "FROM a\nCOPY <<-'ONE' <<TWO /x/\n\tRUN x\n\tONE\nUSER y\nTWO\nCMD z\n",
        "# escape=`\nFROM a\nRUN b `\n  c\n",
        "FROM a\nRUN b \\",
        "FROM a\nRUN\\\n b\nENV\\\n X=y\n",
        "# check=skip=all\n# escape=`\nFROM a\nRUN`\n b\n",
        "FROM a\nENV X \u2028\u00a0y\nUSER d\n",
        "from a\n  run b\nonbuild run c\n",
    ],
)
def test_the_second_reader_agrees(text: str) -> None:
    assert disagreement(parse(Source("Dockerfile", text))) is None


def test_the_second_reader_differs_where_instructions_do() -> None:
    right = parse(Source("Dockerfile", "FROM a\nRUN b\nUSER c\n"))
    wrong = type(right)(
        source=right.source,
        directives=right.directives,
        escape=right.escape,
        instructions=right.instructions[:-1],
        stages=right.stages,
        pieces=right.pieces,
        warnings=right.warnings,
    )
    assert disagreement(wrong) == "Dockerfile: two readers disagree: 2 instructions here, 3 there"


def test_one_file_for_two_values_is_refused() -> None:
    first, second = (
        Fix((), Safety.SAFE, (), values=(LocalValue("secrets/a.txt", Masked(value), shared=shared),))
        for value, shared in (("one-value", False), ("other-value", True))
    )
    assert clashes((first, second)) == ("secrets/a.txt would have to hold two different values",)
    assert clashes((first, first)) == ()
