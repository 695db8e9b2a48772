from __future__ import annotations

import io
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from rewriter.cli.main import main
from tests.cli.conftest import LEAKY, Run, Write

VALUE = "fourteen-tigers-7"


class Broken(io.StringIO):
    """Be a standard output that fails in a way that nobody thought of."""

    def __init__(self, fault: BaseException) -> None:
        super().__init__()
        self.fault = fault

    def write(self, _text: str, /) -> int:
        raise self.fault


def test_an_internal_fault_ends_with_3_and_shows_no_value(
    run: Run, write: Write, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write(LEAKY)
    monkeypatch.setattr("sys.stdout", Broken(ValueError(VALUE)))
    assert main(["scan"]) == 3
    shown = capsys.readouterr().err
    assert shown == "unbake: internal fault (ValueError); please report it, with what UNBAKE_DEBUG=1 adds\n"


def test_debugging_adds_places_and_no_value(
    write: Write, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write(LEAKY)
    monkeypatch.setenv("UNBAKE_DEBUG", "1")
    monkeypatch.setattr("sys.stdout", Broken(ValueError(VALUE)))
    assert main(["scan"]) == 3
    shown = capsys.readouterr().err
    assert re.search(r"cli/scan\.py:\d+ in run\n", shown)
    assert shown.endswith("ValueError\n")
    assert VALUE not in shown


def test_an_interrupt_ends_with_130(
    write: Write, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write(LEAKY)
    monkeypatch.setattr("sys.stdout", Broken(KeyboardInterrupt()))
    assert main(["scan"]) == 130
    assert capsys.readouterr().err == "unbake: interrupted\n"


def start(*words: str, cwd: Path, stdout: int) -> subprocess.Popen[bytes]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("UNBAKE_")}
    return subprocess.Popen(
        [sys.executable, "-m", "rewriter", *words],
        cwd=cwd,
        stdout=stdout,
        stderr=subprocess.PIPE,
        env=environment | {"PYTHONPATH": str(Path(__file__).parents[2])},
        preexec_fn=_heed_interrupts,  # noqa: PLW1509 - nothing else runs in the child
    )


def _heed_interrupts() -> None:
    """Take back that a job in the background of a shell ignores interrupts."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_a_reader_that_goes_away_is_no_fault(write: Write) -> None:
    root = write(LEAKY)
    read, end = os.pipe()
    os.close(read)
    process = start("scan", cwd=root, stdout=end)
    os.close(end)
    _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (1, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="/dev/full is Linux's")
@pytest.mark.parametrize("words", [["--version"], ["--help"], ["scan"], ["fix", "--diff", "--format=json"]])
def test_a_full_disk_is_told(write: Write, words: list[str]) -> None:
    root = write(LEAKY)
    with Path("/dev/full").open("wb") as full:
        process = start(*words, cwd=root, stdout=full.fileno())
    _, err = process.communicate(timeout=60)
    assert process.returncode == 3
    assert err == b"unbake: the output cannot be written: No space left on device\n"


def test_a_closed_output_is_told(write: Write) -> None:
    root = write(LEAKY)
    code = "import sys; from rewriter.cli.main import main; sys.stdout = None; sys.exit(main(['scan']))"
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, env=environment, check=False)
    assert done.returncode == 3
    assert done.stderr == b"unbake: the output cannot be written: standard output is closed\n"


def test_output_is_utf8_whatever_the_locale(write: Write) -> None:
    root = write({"caf\u00e9/Dockerfile": LEAKY["Dockerfile"]})
    environment = os.environ | {
        "LC_ALL": "C",
        "PYTHONCOERCECLOCALE": "0",
        "PYTHONUTF8": "0",
        "PYTHONIOENCODING": "ascii",
    }
    environment["PYTHONPATH"] = str(Path(__file__).parents[2])
    done = subprocess.run(
        [sys.executable, "-m", "rewriter", "scan", "."], cwd=root, capture_output=True, env=environment, check=False
    )
    assert done.returncode == 1
    assert "Dockerfile:2:5 high" in done.stdout.decode("utf-8")


def test_a_signal_interrupts(write: Write) -> None:
    files = {f"{number}/Dockerfile": LEAKY["Dockerfile"] for number in range(300)}
    process = start("scan", cwd=write(files), stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.read(1)  # it writes; there is more than the pipe holds, so it is not done
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err == b"unbake: interrupted\n"


def test_version_imports_hardly_anything() -> None:
    code = (
        "import sys; before = set(sys.modules); from rewriter.cli.main import main; main(['--version']);"
        "print(sorted(set(sys.modules) - before))"
    )
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True)
    loaded = set(eval(done.stdout.splitlines()[1]))  # a list of names, printed by the line above
    assert {name for name in loaded if name.startswith("rewriter")} == {
        "rewriter",
        "rewriter.cli",
        "rewriter.cli.main",
        "rewriter.cli.output",
    }
    assert not loaded & {"dataclasses", "msgspec", "argparse", "json", "tomllib", "inspect", "difflib"}
