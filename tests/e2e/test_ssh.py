"""Clone over ssh with a key that the build was given, before and after `fix`."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from rewriter.model.patch import Patched
from rewriter.pipeline import fix
from rewriter.repository import DirectoryRepository
from rewriter.settings import Settings
from rewriter.writer import write
from tests.e2e.engine import Engine
from tests.e2e.images import BaseImages
from tests.e2e.search import Channel, channels

_SERVER = """\
FROM unbake/small-tools:12
RUN mkdir -p -m 700 /run/sshd /root/.ssh \\
 && ssh-keygen -q -t ed25519 -N '' -f /key && cp /key.pub /root/.ssh/authorized_keys
RUN git init -q /work && cd /work && echo demo > README.md && git add README.md \\
 && git -c user.name=Demo -c user.email=demo@example.com commit -qm Begin && git clone -q --bare /work /srv/demo.git
"""
_CLIENT = """\
FROM unbake/userland:12
ARG SSH_PRIVATE_KEY
RUN mkdir -p ~/.ssh && echo "$SSH_PRIVATE_KEY" > ~/.ssh/id_ed25519 && chmod 600 ~/.ssh/id_ed25519 \\
 && ssh-keyscan -p {port} 127.0.0.1 >> ~/.ssh/known_hosts
RUN git clone ssh://root@127.0.0.1:{port}/srv/demo.git /opt/demo
RUN rm ~/.ssh/id_ed25519
"""


@pytest.fixture
def server(engine: Engine, base_images: BaseImages, tmp_path: Path) -> Iterator[tuple[int, str]]:
    """Run an ssh server on a loopback port; yield the port and the private key that it lets in."""
    folder = tmp_path / "server"
    folder.mkdir()
    (folder / "Dockerfile").write_text(_SERVER, encoding="utf-8")
    built = engine.build(folder, provenance=False)
    assert built.ok, built.log
    key = engine.run(built.image, ["cat", "/key"]).output
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    command = ["/usr/sbin/sshd", "-D", "-e", "-o", "ListenAddress=127.0.0.1", "-p", str(port)]
    with engine.container(built.image, command, flags=["--network=host"]):
        yield port, key


def test_key_of_an_argument_becomes_that_of_an_agent(engine: Engine, server: tuple[int, str], tmp_path: Path) -> None:
    port, key = server
    folder = tmp_path / "repository"
    folder.mkdir()
    (folder / "Dockerfile").write_text(_CLIENT.format(port=port), encoding="utf-8")
    canary = key.splitlines()[2].encode()

    before = engine.build(folder, build_args={"SSH_PRIVATE_KEY": key})
    assert before.ok, before.log
    assert {Channel.HISTORY, Channel.LAYER} <= channels(engine.leaks(canary, before))

    outcome = fix(DirectoryRepository(folder), Settings())
    assert isinstance(outcome, Patched), outcome
    assert not outcome.report.refusals
    assert {secret.flag for secret in outcome.patch.secrets} == {"--ssh default"}
    write(folder, outcome.patch.files, outcome.patch.values)

    file = tmp_path / "key"
    file.write_text(key, encoding="utf-8")
    file.chmod(0o600)
    after = engine.build(folder, flags=[f"--ssh=default={file}"], export_cache=engine.keeps_provenance)
    assert after.ok, after.log
    assert engine.leaks(canary, after) == ()
    listed = [engine.run(image, ["ls", "/opt/demo"]).output for image in (before.image, after.image)]
    assert listed == ["README.md\n"] * 2
    assert not engine.build(folder).ok
