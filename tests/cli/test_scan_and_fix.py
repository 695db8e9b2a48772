from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from rewriter import __version__
from rewriter.rules import rules
from tests.cli.conftest import CLEAN, LEAKY, Run, Write


def tree(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


def test_version(run: Run) -> None:
    assert run("--version").out == run("-V").out == f"unbake {__version__}\n"


def test_help_names_every_command_and_the_exit_statuses(run: Run) -> None:
    ran = run("--help")
    assert ran.status == 0
    assert ran == run("-h") == run("help")
    assert all(word in ran.out for word in ("scan  ", "fix  ", "exit status", "130"))


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        ([], "a command is missing"),
        (["scna"], "unknown command 'scna'; did you mean scan?"),
        (["zebra"], "unknown command 'zebra'; known are scan, fix, verify, rules, bot"),
        (["--verson"], "unknown option '--verson'; did you mean --version?"),
        (["-q", "scan"], "unknown option '-q'; options of a command stand behind its name"),
        (["scan", "--formt=json"], "did you mean --format?"),
        (["scan", "x\x1b[31m"], "x\\x1b[31m: no such file or folder"),
        (["scan", "nul\0"], "no such file or folder"),
        (["fix", ""], "PATH is empty; name a folder"),
    ],
)
def test_faults_of_use_end_with_2_and_one_line(run: Run, write: Write, words: list[str], fault: str) -> None:
    write({})
    ran = run(*words)
    assert (ran.status, ran.out) == (2, "")
    assert fault in ran.err
    assert ran.err.startswith("unbake: ")
    assert ran.err.count("\n") == 1


def test_a_path_that_is_not_there_names_a_near_one(run: Run, write: Write) -> None:
    write({"service/Dockerfile": "FROM scratch\n"})
    assert "no such file or folder; did you mean service?" in run("scan", "servce").err
    assert "did you mean service/Dockerfile?" in run("scan", "service/Dockerfle").err
    assert "check the path" in run("scan", "no/such/place").err


def test_scan_of_a_clean_folder(run: Run, write: Write) -> None:
    root = write(CLEAN)
    before = tree(root)
    ran = run("scan")
    assert (ran.status, ran.err) == (0, "")
    assert ran.out.startswith("Nothing found. ")
    assert run("fix").status == 0
    assert "no file was changed" in run("fix").out
    assert tree(root) == before


def test_scan_finds_and_changes_nothing(run: Run, write: Write) -> None:
    root = write(LEAKY)
    before = tree(root)
    ran = run("scan")
    assert ran.status == 1
    assert "Dockerfile:2:5 high no-secret-in-arg" in ran.out
    assert "\x1b" not in ran.out
    assert tree(root) == before


def test_colour_when_asked_for(run: Run, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    write(LEAKY)
    assert "\x1b[" in run("scan", "--color=always").out
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[" in run("scan").out
    assert "\x1b[" not in run("scan", "--color", "never").out


def test_one_dockerfile_can_be_named(run: Run, write: Write) -> None:
    write({f"a/{name}": text for name, text in LEAKY.items()} | {"a/b.Dockerfile": "FROM x\nARG API_TOKEN\nRUN make\n"})
    shown = json.loads(run("scan", "a/Dockerfile", "--format=json").out)
    assert {entry["path"] for entry in shown["findings"]} == {"Dockerfile"}
    assert {entry["path"] for entry in json.loads(run("scan", "a", "--format=json").out)["findings"]} == {
        "Dockerfile",
        "b.Dockerfile",
    }


def test_filters(run: Run, write: Write) -> None:
    write(LEAKY | {"old/Dockerfile": "FROM x\nARG API_TOKEN\nRUN make $API_TOKEN\n"})
    everything = json.loads(run("scan", "--format=json").out)["findings"]
    some = json.loads(run("scan", "--format=json", "--exclude", "old/").out)["findings"]
    assert {entry["path"] for entry in everything} > {entry["path"] for entry in some} == {"Dockerfile"}
    high = json.loads(run("scan", "--format=json", "--min-severity=high").out)["findings"]
    assert {entry["severity"] for entry in high} <= {"high", "critical"}
    assert len(high) < len(everything)
    one = json.loads(run("scan", "--format=json", "--rule", "no-secret-in-arg").out)["findings"]
    assert {entry["rule"] for entry in one} == {"no-secret-in-arg"}
    code = next(rule.code for rule in rules() if rule.name == "no-secret-in-arg")
    assert json.loads(run("scan", "--format=json", "--rule", code).out)["findings"] == one


def test_an_unknown_rule_names_a_near_one(run: Run, write: Write) -> None:
    write(CLEAN)
    ran = run("scan", "--rule", "no-secret-in-args")
    assert (ran.status, ran.err) == (2, "unbake: unknown rule 'no-secret-in-args'; did you mean no-secret-in-arg?\n")
    assert "known are no-" in run("scan", "--rule", "zzz").err


def test_settings_of_the_folder_hold_and_flags_beat_them(
    run: Run, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(LEAKY | {".unbake.toml": 'exclude = ["Dockerfile"]\n'})
    assert run("scan").status == 0
    assert run("scan", "--exclude", "nothing").status == 1
    monkeypatch.setenv("UNBAKE_EXCLUDE", "nothing")
    assert run("scan").status == 1
    monkeypatch.chdir("/")
    monkeypatch.delenv("UNBAKE_EXCLUDE")


@pytest.mark.parametrize(
    ("files", "fault"),
    [
        ({".unbake.toml": "fx = 1"}, ".unbake.toml: unknown setting 'fx'; did you mean fix?"),
        ({".unbake.toml": "", "pyproject.toml": "[tool.unbake]"}, "both hold settings; keep one"),
        ({"pyproject.toml": "[tool.unbake]\nfix = 1"}, "pyproject.toml: [tool.unbake]: 'fix' has to be a string"),
        ({".unbake.toml": "#" * 1_100_000}, ".unbake.toml: larger than 1,048,576 bytes"),
        ({".unbake.toml": "rules = ['no-such']"}, "unknown rule 'no-such'"),
        ({".unbake.toml": "fix = \udcff"}, ".unbake.toml: not valid TOML"),
    ],
)
def test_faulty_settings_end_with_2(run: Run, write: Write, files: dict[str, str], fault: str) -> None:
    write(LEAKY | files)
    ran = run("scan")
    assert (ran.status, ran.out) == (2, "")
    assert fault in ran.err


def test_settings_that_are_a_link_out_of_the_folder_are_not_followed(run: Run, write: Write, tmp_path: Path) -> None:
    write({"elsewhere.toml": 'exclude = ["**"]', "here/Dockerfile": "FROM scratch\n"})
    (tmp_path / "here/.unbake.toml").symlink_to(tmp_path / "elsewhere.toml")
    ran = run("scan", "here")
    assert ran.status == 2
    assert "leads out of the repository" in ran.err


def test_fix_diff_shows_and_writes_nothing(run: Run, write: Write) -> None:
    root = write(LEAKY)
    before = tree(root)
    ran = run("fix", "--diff")
    assert ran.status == 1
    assert "-ARG NPM_TOKEN\n" in ran.out
    assert "--mount=type=secret,id=npm_token,env=NPM_TOKEN" in ran.out
    assert "Nothing was written. Write it with: unbake fix\n" in ran.out
    assert tree(root) == before


def test_fix_writes_and_a_second_run_changes_nothing(run: Run, write: Write) -> None:
    root = write(LEAKY)
    ran = run("fix")
    assert (ran.status, ran.err) == (0, "")
    assert "docker build --secret id=npm_token,env=NPM_TOKEN .\n" in ran.out
    after = tree(root)
    assert b"--mount=type=secret,id=npm_token" in after["Dockerfile"]
    assert run("fix").status == 0
    assert run("scan").status == 0
    assert tree(root) == after


def test_a_literal_moves_to_a_file_of_the_owner_alone_and_is_never_shown(run: Run, write: Write) -> None:
    value = "fourteen-tigers-7"
    fetch = f"FROM x AS a\nRUN curl -u ci:{value} https://example.com/x -o /x\n"
    root = write({"Dockerfile": f"{fetch}FROM x\nCOPY --from=a /x /x\n"})
    shown = "".join(
        run(*words).out + run(*words).err
        for words in (["scan"], ["scan", "--format=json"], ["fix", "--diff"], ["fix", "--diff", "--format=json"])
    )
    assert value not in shown
    ran = run("fix")
    assert value not in ran.out + ran.err
    moved = [path for path, data in tree(root).items() if value.encode() in data]
    assert [path.split("/")[0] for path in moved] == ["secrets"]
    mode = (root / moved[0]).stat().st_mode
    assert stat.S_IMODE(mode) == 0o600
    assert f"src={moved[0]}" in ran.out


def test_the_folder_may_be_elsewhere(run: Run, write: Write) -> None:
    write({f"my app/{name}": text for name, text in LEAKY.items()})
    ran = run("fix", "my app", "--diff")
    assert "Build with the secrets handed over, in my app:" in ran.out
    assert "Write it with: unbake fix 'my app'\n" in ran.out


def test_json_on_standard_output_errors_on_the_other(run: Run, write: Write) -> None:
    write(LEAKY | {"broken/Dockerfile": "FROM x\nRUN <<EOF\nnever ends\n"})
    ran = run("fix", "--diff", "--format=json")
    assert ran.status == 1
    assert json.loads(ran.out)["version"] == 1
    assert ran.err.startswith("unbake: broken/Dockerfile:")
    scanned = json.loads(run("scan", "--format=json").out)
    assert [entry["path"] for entry in scanned["errors"]] == ["broken/Dockerfile"]
    assert run("scan", "broken").status == 1


def test_names_of_any_bytes_are_shown_escaped(run: Run, write: Write) -> None:
    write({"caf\udce9\x1b[31m/Dockerfile": LEAKY["Dockerfile"].replace("COPY package.json .npmrc ./\n", "")})
    for words in (["scan"], ["scan", "--format=json"], ["fix", "--diff"], ["scan", os.fsdecode(b"caf\xe9\x1b[31m")]):
        ran = run(*words)
        assert ran.status == 1
        assert "\x1b" not in ran.out
        assert "\udce9" not in ran.out
