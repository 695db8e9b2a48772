"""Hold a repository of the stand-in: a real bare one, and what GitHub knows of it besides."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

Row = dict[str, object]

GIT = {
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "PATH": os.environ["PATH"],
    **{f"GIT_{who}_{what}": value for who in ("AUTHOR", "COMMITTER") for what, value in
       (("NAME", "Someone"), ("EMAIL", "someone@example.com"), ("DATE", "1700000000 +0000"))},
}  # fmt: skip


class RefusedError(Exception):
    """Carry an answer that is an error."""

    def __init__(self, status: int, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.headers = dict(headers or {})


@dataclass
class Repo:
    """Hold one repository: the bare one on disk, and what GitHub knows besides."""

    id: int
    name: str
    path: Path
    facts: dict[str, object]
    notes: list[Row] = field(default_factory=list)
    comments: list[Row] = field(default_factory=list)
    labels: set[str] = field(default_factory=set)
    checks: list[Row] = field(default_factory=list)
    analyses: list[Row] = field(default_factory=list)
    signed: set[str] = field(default_factory=set)
    parent: int = 0
    pending: int = 0
    moments: dict[int, tuple[str, str]] = field(default_factory=dict)
    sources: dict[int, Repo] = field(default_factory=dict)
    now: Callable[[], float] = time.time
    pushed: float = 0.0

    @property
    def owner(self) -> str:
        return self.name.partition("/")[0]

    @classmethod
    def made(
        cls, path: Path, identity: int, name: str, facts: Mapping[str, object], now: Callable[[], float] = time.time
    ) -> Self:
        """Make an empty one on disk."""
        (path / "refs" / "heads").mkdir(parents=True)
        (path / "objects").mkdir()
        (path / "HEAD").write_text("ref: refs/heads/main\n")
        (path / "config").write_text(
            "[core]\n\trepositoryformatversion = 0\n\tbare = true\n[http]\n\treceivepack = true\n"
            "[uploadpack]\n\tallowFilter = true\n\tallowAnySHA1InWant = true\n[gc]\n\tauto = 0\n"
        )
        return cls(identity, name, path, dict(facts), now=now)

    def git(self, *words: str, data: bytes | None = None, extra: Mapping[str, str] | None = None) -> str:
        done = subprocess.run(
            ["git", f"--git-dir={self.path}", *words],
            input=data,
            capture_output=True,
            check=True,
            env=GIT | dict(extra or {}),
        )
        return done.stdout.decode("utf-8", "surrogateescape").rstrip("\n")

    def ref(self, branch: str) -> str:
        try:
            return self.git("rev-parse", "--verify", "-q", f"refs/heads/{branch}")
        except subprocess.CalledProcessError:
            return ""

    def refs(self) -> str:
        """Return every branch with its commit."""
        return self.git("for-each-ref", "--format=%(refname) %(objectname)")

    def commit(self, files: Mapping[str, str], branch: str = "main", *, message: str = "a person's commit") -> str:
        """Commit as a person does."""
        parent = self.ref(branch)
        lines = [f"commit refs/heads/{branch}", "committer Someone <someone@example.com> 1700000000 +0000"]
        text = "\n".join(lines) + f"\ndata {len(message.encode())}\n{message}\n"
        text += f"from {parent}\n" if parent else ""
        for path, content in files.items():
            text += f"M 100644 inline {path}\ndata {len(content.encode('utf-8', 'surrogateescape'))}\n{content}\n"
        self.git("fast-import", "--quiet", "--force", data=text.encode("utf-8", "surrogateescape"))
        self.pushed = self.now()
        return self.ref(branch)

    def show(self, path: str, ref: str = "main") -> str:
        return self.git("show", f"{ref}:{path}")

    def pulls(self, state: str = "open") -> list[Row]:
        return [row for row in self.notes if "head" in row and state in ("all", row["state"])]

    def issues(self) -> list[Row]:
        return [row for row in self.notes if "head" not in row]

    def note(self, number: str) -> Row:
        """Return an issue or pull request."""
        for row in self.notes:
            if str(row["number"]) == number:
                return row
        raise RefusedError(404, "Not Found")

    def source(self, row: Row) -> Repo:
        """Return where the branch of a pull request lies."""
        return self.sources.get(int(str(row["number"])), self)

    def moment(self, row: Row, *, made: bool = False) -> None:
        """Note when an issue or pull request was made or changed."""
        now = datetime.fromtimestamp(self.now(), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        number = int(str(row["number"]))
        self.moments[number] = (now if made else self.moments[number][0], now)

    def changed(self) -> None:
        """Note that a branch was set."""
        self.pushed = self.now()
        self.refresh()

    def refresh(self) -> None:
        """Let pull requests follow their branches, as GitHub does after each push."""
        for row in self.pulls():
            head = self.source(row).ref(str(row["head"]))
            if not head:
                row["state"] = "closed"
            row["sha"] = head or row["sha"]
