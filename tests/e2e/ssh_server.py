"""Stand in for a git host that is reached by ssh: one repository, one key that is let in, on a loopback port."""

from __future__ import annotations

import re
import socket
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from tests.e2e.engine import Engine

_DOCKERFILE: Final = """\
FROM unbake/small-tools:12
RUN mkdir -p -m 700 /run/sshd /root/.ssh \\
 && ssh-keygen -q -t ed25519 -N '' -f /key && cp /key.pub /root/.ssh/authorized_keys
RUN git init -q /work && cd /work && echo demo > README.md && git add README.md \\
 && git -c user.name=Demo -c user.email=demo@example.com commit -qm Begin && git clone -q --bare /work /srv/demo.git
"""


class SshServer:
    """Serve `ssh://root@HOST/srv/demo.git` to who has `key`; use it in a `with` statement."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        self._engine = engine
        self._folder = folder
        self._open = ExitStack()
        self._container = ""
        self.host = ""
        self.key = ""

    def __enter__(self) -> Self:
        self._folder.mkdir()
        (self._folder / "Dockerfile").write_text(_DOCKERFILE, encoding="utf-8")
        built = self._engine.build(self._folder, provenance=False)
        assert built.ok, built.log
        self.key = self._engine.run(built.image, ["cat", "/key"]).output
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = int(free.getsockname()[1])
        self.host = f"127.0.0.1:{port}"
        command = ["/usr/sbin/sshd", "-D", "-e", "-o", "ListenAddress=127.0.0.1", "-p", str(port)]
        running = self._engine.container(built.image, command, flags=["--network=host"])
        self._container = self._open.enter_context(running)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()

    @property
    def authorised(self) -> int:
        """Return how often somebody was let in."""
        told = self._engine.client("logs", self._container)
        return len(re.findall("^Accepted publickey for root", told.output + told.errors, re.MULTILINE))
