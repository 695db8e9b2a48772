"""Show how keys come to ssh's agent for a build, and that a key is known again in pieces and in other formats."""

from __future__ import annotations

import base64
import shutil
import socket
import subprocess
from pathlib import Path
from typing import Final

import pytest

from rewriter.documents import dockerfile
from rewriter.errors import InspectionError, UsageError
from rewriter.inspect import pem
from rewriter.inspect.agent import Agent, asked, new_key, read_agent
from rewriter.inspect.building import handed_over
from rewriter.inspect.hunt import Hunter
from rewriter.model.text import Source

SEED: Final = bytes(range(7, 39))
PUBLIC: Final = bytes(range(100, 132))


def armoured(kind: str, data: bytes) -> bytes:
    text = base64.b64encode(data).decode()
    body = "\n".join(text[start : start + 70] for start in range(0, len(text), 70))
    return f"-----BEGIN {kind}PRIVATE {'KEY'}-----\n{body}\n-----END {kind}PRIVATE {'KEY'}-----\n".encode()


def sized(data: bytes) -> bytes:
    return len(data).to_bytes(4) + data


def openssh(seed: bytes = SEED) -> bytes:
    """Return a key as OpenSSH writes it, its numbers invented."""
    public = sized(b"ssh-ed25519") + sized(PUBLIC)
    private = b"\x11\x22\x33\x44" * 2 + public + sized(seed + PUBLIC) + sized(b"demo")
    private += bytes(range(1, 1 + -len(private) % 8))
    head = b"openssh-key-v1\0" + sized(b"none") + sized(b"none") + sized(b"") + (1).to_bytes(4)
    return armoured("OPENSSH ", head + sized(public) + sized(private))


def found(key: bytes, text: bytes) -> set[str]:
    return {form for _, form in Hunter({"key": key}).text(text.decode("utf-8", "surrogateescape"))}


def test_each_line_of_a_key_is_known_again() -> None:
    key = openssh()
    lines = key.splitlines()[1:-1]
    for line in lines[1:-1]:
        assert found(key, b"#8 0.123 + echo " + line)
    assert found(key, b"".join(lines))
    assert found(key, base64.b64encode(key))


def test_what_all_keys_have_in_common_is_no_trace() -> None:
    key, other = openssh(), openssh(bytes(32))
    assert key.splitlines()[1] == other.splitlines()[1]
    assert found(key, other.splitlines()[1]) == set()
    assert found(key, b"ssh-ed25519 " + base64.b64encode(sized(b"ssh-ed25519") + sized(PUBLIC))) == set()


@pytest.mark.parametrize("form", [bytes.fromhex("302e020100300506032b657004220420") + SEED, b"raw " + SEED + b"."])
def test_key_in_another_format_is_known_again(form: bytes) -> None:
    assert found(openssh(), base64.b64encode(form))
    assert found(openssh(), form)
    assert not found(openssh(bytes(32)), form)


def test_key_of_another_kind() -> None:
    key = armoured("RSA ", bytes((index * 7919) % 251 for index in range(1200)))
    for line in key.splitlines()[1:-1]:
        assert found(key, line)
    assert pem.seed(key) is None


@pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="no ssh-keygen on the PATH")
def test_new_keys_leave_no_file(tmp_path: Path) -> None:
    path = {"PATH": str(Path(shutil.which("ssh-keygen") or "").parent)}
    key = new_key(tmp_path, path)
    assert list(tmp_path.iterdir()) == []
    assert key != new_key(tmp_path, path)
    assert pem.is_key(key)
    seed = pem.seed(key)
    assert seed is not None
    assert len(seed) == 32
    (tmp_path / "key").touch(mode=0o600)
    (tmp_path / "key").write_bytes(key)
    subprocess.run(["ssh-keygen", "-y", "-f", str(tmp_path / "key")], check=True, capture_output=True, timeout=20)


def test_without_openssh_it_is_said_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(InspectionError, match=r"ssh-keygen.*install OpenSSH's client"):
        new_key(tmp_path, {"PATH": str(tmp_path)})


def test_options_are_read_as_buildx_does(tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_bytes(openssh())
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "socket"))
        agent = {"SSH_AUTH_SOCK": str(tmp_path / "socket")}
        assert read_agent("default", agent) == ("default", Agent(""))
        assert read_agent(f"other={tmp_path}/socket", {}) == ("other", Agent(f"{tmp_path}/socket"))
        with pytest.raises(UsageError, match="one socket, or keys alone"):
            read_agent(f"default={key},{tmp_path}/socket", {})
    assert read_agent(f"default={key},{key}", {}) == ("default", Agent(f"{key},{key}", (openssh(), openssh())))


@pytest.mark.parametrize("word", ["", "=x", "default=", "default", "default=/nowhere"])
def test_options_that_buildx_does_not_take(word: str) -> None:
    with pytest.raises(UsageError, match="--ssh"):
        read_agent(word, {})


def test_ids_that_steps_ask_for() -> None:
    text = "FROM a\nRUN --mount=type=ssh --mount=type=ssh,id=git x\nRUN --mount=type=secret,id=s,env=S y\n"
    assert asked(dockerfile.parse(Source("Dockerfile", text))) == ("default", "git")


def test_keys_are_handed_over_in_files_that_go(tmp_path: Path) -> None:
    agents = {"default": Agent(keys=(b"one", b"two")), "said": Agent("/a,/b", (b"three",)), "own": Agent("")}
    with handed_over({}, tmp_path, agents) as handed:
        names = [tmp_path / "key-0", tmp_path / "key-1"]
        assert handed.flags == (f"--ssh=default={names[0]},{names[1]}", "--ssh=said=/a,/b", "--ssh=own")
        assert [path.read_bytes() for path in sorted(tmp_path.iterdir())] == [b"one", b"two"]
        assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}
    assert list(tmp_path.iterdir()) == []
    assert "three" not in repr(agents)
