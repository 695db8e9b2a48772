from __future__ import annotations

import pytest

from rewriter.documents import shell
from rewriter.documents.shell import Means, parse


def first(text: str) -> shell.Command:
    return next(shell.commands(parse(text))).command


@pytest.mark.parametrize(
    ("text", "name", "args", "user", "opaque"),
    [
        ("npm ci", "npm", ["ci"], None, False),
        ("sudo npm ci", "npm", ["ci"], None, False),
        ("sudo -E -u app npm ci", "npm", ["ci"], "app", False),
        ("sudo -uapp -H npm ci", "npm", ["ci"], "app", False),
        ("sudo --user=app npm ci", "npm", ["ci"], "app", False),
        ("sudo --user app -- npm ci", "npm", ["ci"], "app", False),
        ("sudo -i npm ci", "sudo", ["-i", "npm", "ci"], None, True),
        ("/usr/bin/env npm ci", "npm", ["ci"], None, False),
        ("env -u A -i npm ci", "npm", ["ci"], None, False),
        ("env -S 'npm ci'", "env", ["-S", "npm ci"], None, True),
        ("env", "env", [], None, False),
        ("exec npm ci", "npm", ["ci"], None, False),
        ("command npm ci", "npm", ["ci"], None, False),
        ("command -v npm", "command", ["-v", "npm"], None, True),
        ("nice -n 5 nohup npm ci", "npm", ["ci"], None, False),
        ("nice -10 npm ci", "npm", ["ci"], None, False),
        ("timeout -k 5 --foreground 10m npm ci", "npm", ["ci"], None, False),
        ("time -f %e npm ci", "npm", ["ci"], None, False),
        ("gosu app npm ci", "npm", ["ci"], "app", False),
        ("su-exec app:app npm ci", "npm", ["ci"], "app:app", False),
        ("su - app -c 'npm ci'", "su", ["-", "app", "-c", "npm ci"], "app", True),
        ("su -c 'npm ci' app", "su", ["-c", "npm ci", "app"], "app", True),
        ("xargs -n 1 npm install", "npm", ["install"], None, True),
        ("$NPM ci", None, ["ci"], None, True),
        ("sudo $NPM ci", None, ["ci"], None, True),
        ("sudo -u $U npm ci", "npm", ["ci"], None, False),
        ("tini -g -- npm ci", "npm", ["ci"], None, False),
        ("stdbuf -oL npm ci", "npm", ["ci"], None, False),
        ("busybox sh -c a", "sh", ["-c", "a"], None, False),
        ("chroot /mnt npm ci", "npm", ["ci"], None, True),
        ("> a", None, [], None, False),
    ],
)
def test_unwrap(text: str, name: str | None, args: list[str], user: str | None, *, opaque: bool) -> None:
    unwrapped = shell.unwrap(first(text))
    assert unwrapped.name == name
    assert [word.value for word in unwrapped.args] == args
    assert unwrapped.user == user
    assert unwrapped.opaque is opaque


def test_unwrap_collects_the_environment() -> None:
    text = 'sudo A=1 env B="x$C" \'D=e f\' "G=h" npm ci I=j'
    unwrapped = shell.unwrap(first(text))
    assert [(one.name, one.value.value, one.value.span.of(text)) for one in unwrapped.environment] == [
        ("A", "1", "1"),
        ("B", None, '"x$C"'),
        ("D", "e f", "e f"),
        ("G", "h", "h"),
    ]
    assert unwrapped.wrappers == ("sudo", "env")
    assert unwrapped.program == "npm"


@pytest.mark.parametrize(
    ("text", "inner", "mapped"),
    [
        ("sh -c 'npm ci'", "npm ci", True),
        ('bash -lc "npm ci"', "npm ci", True),
        ("/bin/bash -euo pipefail -c 'npm ci' x y", "npm ci", True),
        ("bash -o errexit -l -c 'npm ci'", "npm ci", True),
        ('sh -c "echo \\$A"', "echo $A", False),
        ("sh -c 'a'\"b\"", "ab", False),
        ("sh -c npm", "npm", True),
        ("sudo -u x sh -c 'npm ci'", "npm ci", True),
        ("su - x -c 'npm ci'", "npm ci", True),
        ("runuser -u x -c 'npm ci'", "npm ci", True),
        ("eval 'npm ci'", "npm ci", True),
        ("eval npm ci", "npm ci", False),
        ("trap 'rm a' EXIT", "rm a", True),
        ("find . -exec sh -c 'rm a' \\;", "rm a", True),
        ("xargs sh -c 'rm a'", "rm a", True),
    ],
)
def test_nested_scripts(text: str, inner: str, *, mapped: bool) -> None:
    (nested,) = shell.nested_scripts(first(text))
    assert nested.script.text == inner
    command = next(shell.commands(nested.script)).command
    span = nested.outer(command.span)
    assert (None if span is None else span.of(text)) == (inner if mapped else None)


@pytest.mark.parametrize("text", ["npm ci", "sh a.sh", 'sh -c "$A"', "sh -c 'if'", "trap - EXIT", "su x", "sh -c"])
def test_no_nested_script(text: str) -> None:
    assert shell.nested_scripts(first(text)) == ()


def test_script_words_are_there_also_when_they_expand() -> None:
    assert [word.text for word in shell.script_words(first('sh -c "a $B"'))] == ['"a $B"']


@pytest.mark.parametrize(
    "text",
    [
        "set -x",
        "set -ex",
        "set -euxo pipefail",
        "set -o xtrace",
        "set -eo xtrace",
        "set $FLAGS",
        "set",
        "bash -x a.sh",
        "sh -exc 'a'",
        "env",
        "env -0",
        "sudo env",
        "env A=b",
        "printenv",
        "printenv TOKEN",
        "/usr/bin/printenv",
        "export",
        "export -p",
        "declare -p",
        "declare -x",
        "declare",
        "readonly -p",
        "cat /proc/self/environ",
        "tr a b < /proc/1/environ",
        "shopt -so xtrace",
    ],
)
def test_what_prints_the_environment(text: str) -> None:
    (span,) = shell.prints_environment(parse(text))
    assert span.of(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "set -e",
        "set +x",
        "set -- -x",
        "set -eu -o pipefail",
        "env A=b npm ci",
        "bash a.sh -x",
        "export A",
        "export A=b",
        "declare -f",
        "declare -A a",
        "echo 'set -x'",
        "bash -o pipefail -c a",
        "env --version",
    ],
)
def test_what_does_not_print_the_environment(text: str) -> None:
    assert shell.prints_environment(parse(text)) == ()


def test_printing_is_found_in_nested_scripts_and_shebangs() -> None:
    text = "#!/bin/bash -ex\nsh -c 'a; env'\nsh -c \"\\env\"\n"
    assert [span.of(text) for span in shell.prints_environment(parse(text))] == [
        "#!/bin/bash -ex",
        "env",
        "\\env",
    ]


def test_exports() -> None:
    text = 'export A=1 B "C=$D"; declare -x E=2; export -n F; G=3; set -a; H=4; set +a; I=5; export -p; readonly J=6'
    assert [(one.name, None if one.value is None else one.value.text) for one in shell.exports(parse(text))] == [
        ("A", "1"),
        ("B", None),
        ("C", "$D"),
        ("E", "2"),
        ("H", "4"),
    ]


def test_assignments() -> None:
    text = "A=1; B=2 c; export D=3; readonly E=4; for F in g; do h; done; read I J; : ${K:=5}; unset L"
    text += "; printf -v M x; N[1]=2"
    assert [(one.name, one.means) for one in shell.assignments(parse(text))] == [
        ("A", Means.PLAIN),
        ("B", Means.PREFIX),
        ("D", Means.DECLARED),
        ("E", Means.DECLARED),
        ("F", Means.LOOP),
        ("I", Means.READ),
        ("J", Means.READ),
        ("K", Means.DEFAULT),
        ("L", Means.UNSET),
        ("M", Means.READ),
        ("N", Means.PLAIN),
    ]
