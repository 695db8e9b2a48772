from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from rewriter.cli import fix, scan
from rewriter.cli.options import Parser
from rewriter.errors import UsageError
from rewriter.model.secret import Severity
from rewriter.settings import Color, FixLevel, Format, Layer


def test_nothing_said_sets_nothing() -> None:
    for parser in (scan.parser(), fix.parser()):
        arguments = parser.parse([])
        assert arguments.path == "."
        assert arguments.layer() == Layer()


def test_every_option_is_read() -> None:
    words = "app --diff --fix=safe --format json --rule a --rule b --exclude x/** --min-severity high --color never -q"
    arguments = fix.parser().parse([*words.split(), "--baseline", "b.json"])
    assert arguments.path == "app"
    assert arguments.diff
    assert arguments.layer() == Layer(
        fix=FixLevel.SAFE,
        rules=("a", "b"),
        exclude=("x/**",),
        min_severity=Severity.HIGH,
        baseline="b.json",
        format=Format.JSON,
        color=Color.NEVER,
        quiet=True,
    )


@pytest.mark.parametrize(
    ("make", "words", "fault"),
    [
        (scan.parser, ["--formt", "json"], "unknown option '--formt'; did you mean --format?"),
        (scan.parser, ["--min-severty=low"], "unknown option '--min-severty'; did you mean --min-severity?"),
        (scan.parser, ["--diff"], "unknown option '--diff'; `unbake scan --help` lists the options"),
        (scan.parser, ["--form=json"], "unknown option '--form'"),
        (scan.parser, ["-x"], "unknown option '-x'"),
        (scan.parser, ["a", "b"], "unexpected argument 'b'; one PATH is taken at a time"),
        (scan.parser, ["--format", "jsn"], "one of text, json, sarif, github, junit; did you mean json?"),
        (scan.parser, ["--color", "sometimes"], "one of auto, always, never"),
        (scan.parser, ["--min-severity", "hgh"], "did you mean high?"),
        (scan.parser, ["--rule"], "expected one argument; `unbake scan --help` explains the options"),
        (fix.parser, ["--fix"], "expected one argument"),
        (fix.parser, ["--fix", "everything"], "--fix is 'everything'; it has to be one of safe, review, all"),
    ],
)
def test_a_slip_is_named(make: Callable[[], Parser], words: list[str], fault: str) -> None:
    with pytest.raises(UsageError, match=re.escape(fault)):
        make().parse(words)


def test_help_has_examples_and_where_settings_come_from(capsys: pytest.CaptureFixture[str]) -> None:
    for parser in (scan.parser(), fix.parser()):
        with pytest.raises(SystemExit) as done:
            parser.parse(["--help"])
        assert done.value.code == 0
        shown = capsys.readouterr().out
        assert "examples:\n  unbake " in shown
        assert ".unbake.toml" in shown
        assert all(len(line) <= 120 for line in shown.splitlines())


def test_only_takes_several_secrets() -> None:
    arguments = fix.parser().parse(["--only", "one", "--only=two"])
    assert arguments.only == ["one", "two"]
