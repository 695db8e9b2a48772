"""The cheap test never clears a command in which a credential is found."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rewriter.commands.credentials import command_secrets
from rewriter.documents import dockerfile
from rewriter.documents.run import read_run, written
from rewriter.judgement import (
    Assignment,
    Certainty,
    command_credentials,
    credential_file,
    file_table,
    is_harmless,
    judge_name,
    judge_pair,
    may_hold_credential,
    piped_password,
)
from rewriter.judgement import name_words as names
from rewriter.judgement.name_table import NAMES
from rewriter.judgement.pipes import _READERS
from rewriter.judgement.suspicion import _MEMORY
from rewriter.judgement.tool_row import Row
from rewriter.judgement.tool_table import ALIASES, ROWS
from rewriter.model.text import Source, decode

from .shellwords import words
from .test_commands import LITERAL, VARIABLE
from .test_laws import TEXT
from .tokens import TOKENS

CORPUS = Path(__file__).parents[2] / "corpus"
STEMS = sorted(
    {f"{stem}{ending}" for ending in names.ENDINGS for stem in ("", "my_", "root")}
    | names.PASSWORD_WORDS
    | {f"db_{word}" for word in names.SHORT_PASSWORD_WORDS}
    | {f"{stem}_key" for stem in names.KEY_YES}
    | {f"{stem}key" for stem in names.KEY_STEMS}
    | {f"{stem}pw" for stem in names.PASS_STEMS}
    | {f"{word}_url" for word in names.DATABASE_WORDS | names.MAYBE_DATABASE_WORDS | names.INDEX_WORDS}
    | {"CI_JWT", "GITHUB_PAT", "ADMIN_MACAROON", "WALLET_MNEMONIC", "npm_auth", "SQLALCHEMY_CONN", "SLACK_WEBHOOK"}
    | {"BUNDLE_GEMS__EXAMPLE__COM", "NuGetPackageSourceCredentials_feed", "DB_CONNECTION_STRING", "CONNSTR"}
)


@pytest.mark.parametrize("command", [line for line, *_ in (*LITERAL, *VARIABLE)])
def test_every_known_way_is_suspected(command: str) -> None:
    assert may_hold_credential(command)


@pytest.mark.parametrize("name", [name for name in (*NAMES, *STEMS) if judge_name(name).secret])
@pytest.mark.parametrize("form", ["tool --x ${}", "tool --x ${{{}}}", "{}=abc tool"])
def test_every_telling_name_is_suspected(name: str, form: str) -> None:
    assert may_hold_credential(form.format(name))


@pytest.mark.parametrize("name", [*file_table.NAMES, *(f"x{ending}" for ending in file_table.ENDINGS)])
def test_every_file_that_is_a_credential_by_its_name_is_suspected(name: str) -> None:
    found = credential_file(f"/srv/{name}")
    sure = found is not None and found.certainty is Certainty.NAME_ALONE and not is_harmless(f"/srv/{name}")
    assert not sure or may_hold_credential(f'echo "$X" > /srv/{name}')


@pytest.mark.parametrize(
    "path", ["/root/.kube/config", "/root/.config/gh/hosts.yml", "~/.aws/credentials", "/x/key.json"]
)
def test_every_file_that_is_a_credential_in_its_folder_is_suspected(path: str) -> None:
    found = credential_file(path)
    assert found is not None
    assert may_hold_credential(f'echo "$X" > {path}')


@pytest.mark.parametrize("token", list(TOKENS.values()), ids=list(TOKENS))
def test_every_provider_token_is_suspected(token: str) -> None:
    assert may_hold_credential(f"tool {token}")


@pytest.mark.parametrize("reader", [f"{tool} {word}x" for tool, (word, _) in _READERS.items()])
def test_every_reader_of_a_pipe_is_suspected(reader: str) -> None:
    tool, *rest = reader.split()
    rest = [word.removesuffix("x") for word in rest if word != "x"]
    assert piped_password(tuple(words("abc9x")), tool, tuple(words(" ".join(rest))))
    assert may_hold_credential(" ".join(("echo abc9x |", tool, *rest)))


def test_every_recorded_run_with_a_credential_is_suspected() -> None:
    seen = 0
    for path in sorted(CORPUS.glob("*/*/before/**/*ockerfile*")):
        if path.is_file():
            seen += _agree(decode(path.read_bytes()))
    assert seen > 20


def _agree(text: str) -> int:
    try:
        file = dockerfile.parse(Source("Dockerfile", text))
    except Exception:  # noqa: BLE001 - hostile cases are for others
        return 0
    found = 0
    for entry in file.instructions:
        if entry.keyword == "RUN" and command_secrets(read_run(file.source, entry)):
            assert may_hold_credential(written(file.source, entry)), entry.command.text
            found += 1
    return found


@st.composite
def commands(draw: st.DrawFn) -> str:
    row: Row = draw(st.sampled_from(ROWS))
    tool = draw(st.sampled_from([*row.tools, *[alias for alias, real in ALIASES.items() if real in row.tools]]))
    options = [option.rstrip("*") for option in row.options]
    pieces = [tool, *row.words, *row.needs]
    pieces += draw(st.lists(st.sampled_from([*options, *row.valued, "-v", "k9x", "user:k9x", "$X", "a=b"]), max_size=6))
    return " ".join(pieces) + draw(TEXT)


@settings(deadline=None)
@given(commands())
@example("curl.exe -fsSLu bob:k9x h")
@example("/usr/bin/mysql -uroot -pk9x")
def test_no_command_with_a_credential_is_cleared(command: str) -> None:
    split = words(command)
    if split and command_credentials(split[0].text, tuple(split[1:])):
        assert may_hold_credential(command)


QUOTED = (
    '"a;b"',
    "'a|b'",
    "it\\'s",
    '"$(a; b)"',
    "$(a; b)",
    "`a; b`",
    "$'it\\'s;'",
    '"a\\"; b"',
    "# it's",
    "a&b",
    "<(a; b)",
    '""',
)


@st.composite
def scripts(draw: st.DrawFn) -> str:
    """Draw commands between plain ones, with words in which a command may seem to end."""
    parts = draw(st.lists(st.one_of(commands(), st.sampled_from(["echo a", "set -eu", "su", "tar x"])), max_size=3))
    words = [word for part in parts for word in (*part.split(" "), draw(st.sampled_from(["&&", ";", "|"])))][:-1]
    for piece in draw(st.lists(st.sampled_from(QUOTED), max_size=3)):
        words.insert(draw(st.integers(0, len(words))), piece)
    return " ".join(words)


@settings(deadline=None, max_examples=300)
@given(scripts())
@example('curl -H "a;b" -u bob:k9xtigers https://example.com')
@example("curl $(echo a; echo b) -u bob:k9xtigers https://example.com")
@example('curl -H "$(curl "x; y" -d z)" -u bob:k9xtigers https://example.com')
@example("echo it\\'s; curl -H 'a;b' -u bob:k9xtigers https://example.com")
@example("curl -H $'it\\'s; x' -u bob:k9xtigers https://example.com 'z'")
def test_no_script_with_a_credential_is_cleared(script: str) -> None:
    if "\n" not in script and script.isprintable():
        _agree(f"FROM a\nRUN {script}\n")


def test_words_are_judged_anew_when_too_many_are_remembered() -> None:
    for number in range(_MEMORY + 2):
        assert not may_hold_credential(f"w{number}")
    assert may_hold_credential("w1 --password x")
    assert may_hold_credential("--password")


@pytest.mark.parametrize(
    "command",
    [
        "apt-get update && apt-get install -y --no-install-recommends curl git",
        "curl -fsSL https://example.com/x.tar.gz | tar -xz -C /opt",
        "apt-key adv --keyserver keys.example.com --recv-keys ABCDEF01",
        "npm ci && npm run build",
        "adduser -D app && chown -R app /srv",
        "pip install --no-cache-dir -r requirements.txt",
        'curl -fsSL "https://example.com/$V/x" -o /x; set -eux; sudo tar -xf /x',
        "EXTENSION_BUNDLE_FILENAME=x wget https://example.com/keys/x.asc",
        "pip install https://files-us-west-2.example.com/x grpcio-status",
    ],
)
def test_plain_work_is_cleared(command: str) -> None:
    assert not may_hold_credential(command)


@settings(deadline=None)
@given(st.one_of(TEXT, st.sampled_from(list(TOKENS.values()))), st.sampled_from(list(Assignment)))
@example("postgres://u:k9xtigers@db/x", Assignment.FIXED)
@example("-Duser=u -Dpassword=k9xtigers", Assignment.FIXED)
def test_no_value_that_is_a_credential_by_itself_is_cleared(value: str, how: Assignment) -> None:
    if judge_pair("NEUTRAL", value, assignment=how).secret:
        assert may_hold_credential(value)
