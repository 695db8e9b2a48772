"""What a person has decided about a finding holds: it is not reported as open, and `fix` does not touch it."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import LEAKY, Run, Write

REASON = "a test account"
PRAGMA = f"# unbake: ignore[no-secret-in-arg] {REASON}\n"
LITERAL = "correct-horse-7"


def findings(run: Run, *words: str) -> list[tuple[str, str, int]]:
    shown = json.loads(run("scan", "--format", "json", *words).out)
    return [(entry["rule"], entry["path"], entry["line"]) for entry in shown["findings"]]


def ignored(run: Run, *words: str) -> list[tuple[str, int, str, str]]:
    shown = json.loads(run("scan", "--format", "json", *words).out)
    return [(entry["rule"], entry["line"], entry["by"], entry["reason"]) for entry in shown["ignored"]]


def notices(run: Run, *words: str) -> list[tuple[str, str]]:
    shown = json.loads(run("scan", "--format", "json", *words).out)
    return [(entry["path"], entry["message"]) for entry in shown["notices"]]


def dockerfile(arg: str = "", run: str = "") -> dict[str, str]:
    text = f"FROM node:20-slim\n{arg}ARG NPM_TOKEN\nWORKDIR /app\nCOPY package.json .npmrc ./\n{run}RUN npm ci\n"
    return LEAKY | {"Dockerfile": text}


WORKFLOW = f"""\
on: push
jobs:
  a:
    runs-on: ubuntu-latest
    steps:
      # unbake: ignore[UB108] {REASON}
      - run: docker build --build-arg DB_PASSWORD={LITERAL} .
"""
RUN_PRAGMA = "# unbake: ignore[UB103] the same\n"


def test_a_comment_above_the_instruction_leaves_its_finding_out(run: Run, write: Write) -> None:
    write(dockerfile(PRAGMA))
    assert findings(run) == [("no-secret-in-run", "Dockerfile", 6)]
    assert ignored(run) == [("no-secret-in-arg", 3, "pragma", REASON)]
    ran = run("scan")
    assert ran.status == 1
    assert "1 finding left out: 1 by comments in the files." in ran.out


def test_with_every_finding_left_out_nothing_is_found(run: Run, write: Write) -> None:
    write(dockerfile(PRAGMA, RUN_PRAGMA))
    ran = run("scan")
    assert ran.status == 0
    assert ran.out.startswith("Nothing found.")
    assert "2 findings left out" in ran.out
    assert notices(run) == []


@pytest.mark.parametrize(
    "text",
    [
        f"FROM x\n# unbake: ignore[no-secret-in-env] {REASON}\nENV A=1 \\\n    DB_PASSWORD={LITERAL}\n",
        f"FROM x\nENV A=1 \\\n    # unbake: ignore[no-secret-in-env] {REASON}\n    DB_PASSWORD={LITERAL}\n",
        f"FROM x\n# hadolint ignore=DL3064\nENV DB_PASSWORD={LITERAL}\n",
        f"# hadolint global ignore=DL3064\nFROM x\nENV DB_PASSWORD={LITERAL}\n",
        f"FROM x\r\n# unbake: ignore[UB102] {REASON}\r\nENV DB_PASSWORD={LITERAL}\r\n",
    ],
    ids=["instruction", "line", "hadolint", "hadolint-global", "crlf"],
)
def test_a_comment_speaks_of_the_whole_instruction_or_of_one_of_its_lines(run: Run, write: Write, text: str) -> None:
    write({"Dockerfile": text})
    assert findings(run) == []
    assert len(ignored(run)) == 1


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("build.sh", f"docker build . \\\n  --build-arg DB_PASSWORD={LITERAL}  # unbake: ignore[UB108] {REASON}\n"),
        ("build.sh", f"# unbake: ignore[UB108] {REASON}\ndocker build . \\\n  --build-arg DB_PASSWORD={LITERAL}\n"),
        (
            "Makefile",
            f"x:\n\t# unbake: ignore[UB108] {REASON}\n\tdocker build --build-arg DB_PASSWORD={LITERAL} .\n",
        ),
        (
            ".github/workflows/x.yml",
            WORKFLOW,
        ),
    ],
    ids=["shell-same-line", "shell-above", "makefile", "workflow"],
)
def test_a_comment_in_a_caller(run: Run, write: Write, name: str, text: str) -> None:
    write({"Dockerfile": "FROM x\n", name: text})
    assert "no-secret-in-build-argument" not in {rule for rule, _, _ in findings(run)}
    assert [(rule, by) for rule, _, by, _ in ignored(run)] == [("no-secret-in-build-argument", "pragma")]


@pytest.mark.parametrize(
    ("comment", "message"),
    [
        ("# unbake: ignore[no-secret-in-arg]\n", "gives no reason"),
        ("# unbake: ignore it\n", "names no rule"),
        ("# unbake: ignore[no-secret-in-agr] x\n", "unknown rule, no-secret-in-agr; did you mean no-secret-in-arg?"),
        ("# unbake: ignore[no-secret-in-env] x\n", "leaves nothing out: no finding of no-secret-in-env there"),
    ],
)
def test_a_comment_that_is_of_no_use_is_named_and_not_heeded(
    run: Run, write: Write, comment: str, message: str
) -> None:
    write(dockerfile(comment))
    assert ("no-secret-in-arg", "Dockerfile", 3) in findings(run)
    ((path, told),) = notices(run)
    assert path == "Dockerfile"
    assert message in told
    assert message in run("scan").out


def test_an_unused_comment_does_not_fail_a_scan(run: Run, write: Write) -> None:
    write({"Dockerfile": "# unbake: ignore[no-secret-in-env] gone\nFROM scratch\n"})
    ran = run("scan")
    assert ran.status == 0
    assert "leaves nothing out" in ran.out
    assert notices(run, "--rule", "no-secret-in-arg") == []


@pytest.mark.parametrize("arguments", [[], ["--fix=all"]])
def test_fix_leaves_a_secret_alone_of_which_a_place_is_ignored(run: Run, write: Write, arguments: list[str]) -> None:
    root = write(dockerfile(PRAGMA))
    before = (root / "Dockerfile").read_bytes()
    ran = run("fix", *arguments)
    assert ran.status == 1
    assert (root / "Dockerfile").read_bytes() == before
    assert "Dockerfile:3, which is ignored, holds the same secret" in ran.out
    assert "1 finding left out: 1 by comments in the files." in ran.out


def test_fix_of_another_secret_leaves_the_ignored_one_as_it_is(run: Run, write: Write) -> None:
    kept = f"# unbake: ignore[UB101] {REASON}\nARG API_TOKEN\n# unbake: ignore[UB103] {REASON}\nRUN echo $API_TOKEN\n"
    root = write({"Dockerfile": f"FROM x\n{kept}ARG NPM_TOKEN\nRUN curl -u ci:$NPM_TOKEN https://example.com/a\n"})
    ran = run("fix", "--format", "json")
    shown = json.loads(ran.out)
    assert ran.status == 0
    assert len(shown["fixed"]) == 2
    assert [entry["by"] for entry in shown["ignored"]] == ["pragma", "pragma"]
    text = (root / "Dockerfile").read_text("utf-8")
    assert kept in text
    assert "ARG NPM_TOKEN" not in text
    assert run("scan").status == 0


def test_scan_says_that_a_held_secret_is_for_a_person(run: Run, write: Write) -> None:
    write(dockerfile(PRAGMA))
    (entry,) = json.loads(run("scan", "--format", "json").out)["findings"]
    assert entry["fixable"] == "manual"


def test_a_baseline_leaves_out_what_it_lists_wherever_the_lines_move(run: Run, write: Write) -> None:
    root = write(LEAKY)
    ran = run("scan", "--write-baseline", "known.json")
    assert (ran.status, ran.out) == (0, "known.json lists 2 findings; `--baseline` with this file leaves them out.\n")
    text = LEAKY["Dockerfile"].replace("WORKDIR", "\n# moved\n\nARG API_TOKEN\nWORKDIR")
    (root / "Dockerfile").write_text(text, encoding="utf-8")
    assert findings(run, "--baseline", "known.json") == [
        ("no-secret-in-arg", "Dockerfile", 6),
        ("no-secret-in-run", "Dockerfile", 9),
    ]
    assert [by for _, _, by, _ in ignored(run, "--baseline", "known.json")] == ["baseline", "baseline"]


def test_fix_leaves_alone_what_the_baseline_lists(run: Run, write: Write) -> None:
    root = write(LEAKY)
    run("scan", "--write-baseline", "known.json")
    ran = run("fix", "--baseline", "known.json")
    assert ran.status == 0
    assert "2 findings left out: 2 by the baseline." in ran.out
    assert (root / "Dockerfile").read_text("utf-8") == LEAKY["Dockerfile"]


def test_a_baseline_holds_neither_value_nor_line_and_is_the_same_twice(run: Run, write: Write) -> None:
    root = write({"Dockerfile": f"FROM x\nENV DB_PASSWORD={LITERAL}\n"})
    run("scan", "--write-baseline", "a.json")
    run("scan", "--write-baseline", "b.json", "--baseline", "a.json")
    text = (root / "a.json").read_text("utf-8")
    assert text == (root / "b.json").read_text("utf-8")
    assert LITERAL not in text
    (entry,) = json.loads(text)["findings"]
    assert set(entry) == {"fingerprint", "rule", "path", "name"}


def test_the_configuration_names_a_baseline_from_its_own_folder(
    run: Run, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = write({**LEAKY, ".unbake.toml": 'baseline = "known.json"\n', "sub/x": ""})
    monkeypatch.chdir(root / "sub")
    assert run("scan", "..").status == 2
    (root / ".unbake.toml").unlink()
    run("scan", "..", "--write-baseline", "../known.json")
    (root / ".unbake.toml").write_text('baseline = "known.json"\n', encoding="utf-8")
    assert run("scan", "..").status == 0
    (root / ".unbake.toml").write_text('baseline = "../known.json"\n', encoding="utf-8")
    assert run("scan", "..").status == 2


def test_a_baseline_that_lists_what_is_gone_is_told(run: Run, write: Write) -> None:
    root = write(LEAKY)
    run("scan", "--write-baseline", "known.json")
    (root / "Dockerfile").write_text("FROM scratch\n", encoding="utf-8")
    assert notices(run, "--baseline", "known.json") == [
        ("known.json", "2 findings that it lists are gone; write it again with --write-baseline")
    ]
    assert notices(run, "--baseline", "known.json", "--rule", "no-secret-in-env") == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[" * 100_000,
        "[]",
        '{"version": 2, "findings": []}',
        '{"version": 1, "findings": [1]}',
        '{"version": 1, "findings": [{"fingerprint": "x", "rule": "", "path": "", "name": ""}]}',
    ],
    ids=["empty", "deep", "array", "newer", "no-entries", "no-fingerprint"],
)
def test_a_file_that_is_no_baseline_is_refused_and_not_overwritten(run: Run, write: Write, text: str) -> None:
    root = write({**LEAKY, "known.json": text})
    assert run("scan", "--baseline", "known.json").status == 2
    assert run("scan", "--write-baseline", "known.json").status == 2
    assert run("scan", "--write-baseline", "Dockerfile").status == 2
    assert (root / "known.json").read_text("utf-8") == text
    assert (root / "Dockerfile").read_text("utf-8") == LEAKY["Dockerfile"]
    assert sorted(path.name for path in root.iterdir()) == sorted({*LEAKY, "known.json"})


def test_a_baseline_that_is_not_there_is_a_fault_of_use(run: Run, write: Write) -> None:
    write(LEAKY)
    ran = run("scan", "--baseline", "none.json")
    assert (ran.status, ran.out) == (2, "")
    assert "none.json: cannot be read" in ran.err
    assert run("scan", "--write-baseline", "no/such/folder.json").status == 2


def test_standard_input_is_a_dockerfile(run: Run, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    write({"Dockerfile": "FROM scratch\n"})
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"FROM x\nARG NPM_TOKEN\n")))
    assert findings(run, "-") == [("no-secret-in-arg", "Dockerfile", 2)]


@pytest.mark.parametrize("absolute", [False, True])
def test_standard_input_stands_for_a_file_and_sees_what_lies_beside_it(
    run: Run, write: Write, monkeypatch: pytest.MonkeyPatch, *, absolute: bool
) -> None:
    root = write({f"app/{name}": text for name, text in LEAKY.items()})
    data = LEAKY["Dockerfile"].replace("FROM", "# new\nFROM").encode()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
    name = str(root / "app/Dockerfile") if absolute else "./app/Dockerfile"
    assert findings(run, "-", "--stdin-filename", name) == [
        ("no-secret-in-arg", "app/Dockerfile", 3),
        ("no-secret-in-run", "app/Dockerfile", 6),
    ]


def test_standard_input_may_be_what_calls_a_build(run: Run, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    write({"Dockerfile": "FROM scratch\n"})
    data = f"docker build --build-arg DB_PASSWORD={LITERAL} .\n".encode()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
    assert findings(run, "-", "--stdin-filename", "build.sh") == [("no-secret-in-build-argument", "build.sh", 1)]


@pytest.mark.parametrize("name", ["../Dockerfile", "/etc/passwd", "", ".", "sub", "x\0"])
def test_standard_input_stands_for_a_file_below_the_folder_alone(
    run: Run, write: Write, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    write({"sub/x": ""})
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"FROM x\n")))
    assert run("scan", "-", "--stdin-filename", name).status == 2


def test_standard_input_is_not_fixed_and_a_name_for_it_needs_it(run: Run, write: Write) -> None:
    write(LEAKY)
    assert run("fix", "-").status == 2
    assert run("scan", "--stdin-filename", "Dockerfile").status == 2


def test_a_caller_can_be_scanned_by_itself(run: Run, write: Write) -> None:
    write({"build.sh": f"docker build --build-arg DB_PASSWORD={LITERAL} .\n"})
    assert findings(run, str(Path("build.sh"))) == [("no-secret-in-build-argument", "build.sh", 1)]
