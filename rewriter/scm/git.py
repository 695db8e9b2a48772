"""Clone, commit and push by GitPython. A repository's own settings, hooks, filters and modules never act.

The credential is a header in the environment of the one git process that talks to the forge: it stands in no URL,
argument, configuration file or log. A commit is a pure function of its base and its files, so making it again after
a crash gives the very same one.
"""

from __future__ import annotations

import base64
import os
import tempfile
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import git
from git.exc import GitCommandError

from rewriter.model.patch import FileChange
from rewriter.model.text import encode
from rewriter.record import Record
from rewriter.scm.forge import RULE, ForbiddenError, ForgeError, TreeEntry
from rewriter.scm.tree import GitTreeRepository

AUTHOR: Final = "unbake"
EMAIL: Final = "unbake@users.noreply.github.com"
ID: Final = "Unbake-Id"
CHANGE: Final = "Unbake-Change"
TREE: Final = "Unbake-Tree"
BLOB_LIMIT: Final = "1m"
_REJECTED: Final = ("stale info", "[rejected]", "remote rejected", "fetch first", "non-fast-forward")
NO_WORKFLOWS: Final = "no-workflow-permission"
_FORBIDDEN: Final = (
    ("`workflow` scope", NO_WORKFLOWS),
    ("`workflows` permission", NO_WORKFLOWS),
    ("push declined due to repository rule violations", RULE),
    ("protected branch hook declined", RULE),
    ("pre-receive hook declined", RULE),
)


class Commit(Record):
    """Hold a commit that is ready to be sent; `change` names what it does, whatever it stands on."""

    sha: str
    tree: str
    change: str
    base: str
    base_tree: str
    message: str
    entries: tuple[TreeEntry, ...]


class RejectedError(ForgeError):
    """Report that the branch is not what it was when it was looked at, or that a rule of the forge forbids it."""


class Clone:
    """Hold one commit of a remote repository in a bare, shallow clone without large files."""

    def __init__(self, url: str, branch: str, folder: Path, credential: str) -> None:
        self._url: Final = url
        self._folder: Final = folder
        self._environment: Final = environment(url)
        self._online: Final = environment(url, credential)
        self._credential: Final = credential
        try:
            self._repo: Final = git.Repo.clone_from(
                url,
                folder,
                env=self._online,
                multi_options=[
                    "--bare",
                    "--depth=1",
                    "--single-branch",
                    "--no-tags",
                    f"--filter=blob:limit={BLOB_LIMIT}",
                ],
                branch=branch,
            )
        except GitCommandError as error:
            raise ForgeError(
                f"git clone failed (status {error.status}); check access and that the branch exists"
            ) from None
        self._repo.git.update_environment(**self._environment)
        self.head: Final = str(self._repo.git.rev_parse("HEAD"))

    def close(self) -> None:
        """End the processes that serve reads."""
        self._repo.close()

    def tree(self) -> GitTreeRepository:
        """Return the files of the commit."""
        listed = self._repo.git.ls_tree("-r", "-z", self.head, stdout_as_string=False)
        entries: dict[str, tuple[str, str]] = {}
        for row in listed.split(b"\0"):
            if row:
                head, _, path = row.partition(b"\t")
                mode, _, sha = head.decode("ascii").split(" ")
                entries[path.decode("utf-8", "surrogateescape")] = (mode, sha)
        return GitTreeRepository(entries, self._blob)

    def commit(self, files: Sequence[FileChange], message: str, identity: str) -> Commit:
        """Make the commit that changes `files`, on the commit that was cloned."""
        old = self.tree()
        rows = [(old.mode(one.path), old.blob(one.path), self._store(one), one.path) for one in files]
        parts = "\0".join(f"{mode} {before} {after} {path}" for mode, before, after, path in rows)
        change = sha256(parts.encode("utf-8", "surrogateescape")).hexdigest()[:32]
        with tempfile.TemporaryDirectory(dir=self._folder) as folder:
            index = {"GIT_INDEX_FILE": str(Path(folder, "index"))}
            self._repo.git.read_tree(self.head, env=index)
            listed = b"".join(
                f"{mode} {after} 0\t".encode() + os.fsencode(path) + b"\0" for mode, _, after, path in rows
            )
            self._feed("update_index", listed, "-z", "--index-info", extra=index)
            tree = str(self._repo.git.write_tree("--missing-ok", env=index))
        date = str(self._repo.git.show("-s", "--format=%ct +0000", self.head))
        people = {
            f"GIT_{who}_{what}": value
            for who in ("AUTHOR", "COMMITTER")
            for what, value in (("NAME", AUTHOR), ("EMAIL", EMAIL), ("DATE", date))
        }
        text = f"{message}\n\n{ID}: {identity}\n{CHANGE}: {change}\n{TREE}: {tree}\n"
        sha = self._feed("commit_tree", text.encode("utf-8"), tree, "-p", self.head, extra=people)
        return Commit(
            sha=sha,
            tree=tree,
            change=change,
            base=self.head,
            base_tree=str(self._repo.git.rev_parse("HEAD^{tree}")),
            message=text,
            entries=tuple(TreeEntry(one.path, old.mode(one.path), encode(one.after)) for one in files),
        )

    def push(self, commit: Commit, branch: str, expected: str, url: str = "") -> None:
        """Set a branch to a commit if it still is `expected` (empty: if it does not exist); raises `RejectedError`.

        `url` is that of a fork, where the branch is to be there.
        """
        try:
            self._repo.git.push(
                "--no-verify",
                "--porcelain",
                f"--force-with-lease=refs/heads/{branch}:{expected}",
                url or self._url,
                f"{commit.sha}:refs/heads/{branch}",
                env=environment(url, self._credential) if url else self._online,
            )
        except GitCommandError as error:
            said = f"{error.stdout} {error.stderr}"
            if reason := next((reason for words, reason in _FORBIDDEN if words in said), ""):
                raise ForbiddenError(f"the branch {branch} was refused: {reason}", reason) from None
            if any(word in said for word in _REJECTED):
                raise RejectedError(f"the branch {branch} was not taken", 409) from None
            raise ForgeError(f"git push failed (status {error.status})") from None

    def _blob(self, sha: str) -> bytes | None:
        try:
            data = self._repo.git.get_object_data(sha)[3]
        except (ValueError, OSError):
            self._repo.git.clear_cache()
            return None
        return bytes(data)

    def _store(self, change: FileChange) -> str:
        return self._feed("hash_object", encode(change.after), "-w", "--stdin")

    def _feed(self, command: str, data: bytes, *words: str, extra: Mapping[str, str] | None = None) -> str:
        with tempfile.TemporaryFile() as stream:
            stream.write(data)
            stream.seek(0)
            return str(getattr(self._repo.git, command)(*words, istream=stream, env=dict(extra or {})))


def environment(url: str, credential: str = "") -> dict[str, str]:
    """Return the environment of a git process: nobody's settings but these, the network only with a credential."""
    parts = urlsplit(url)
    settings = {
        "core.hooksPath": os.devnull,
        "core.fsmonitor": "false",
        "credential.helper": "",
        "fetch.recurseSubmodules": "false",
        "gc.auto": "0",
        "http.followRedirects": "initial",
        "maintenance.auto": "false",
        "protocol.allow": "never",
        "submodule.recurse": "false",
    }
    if credential:
        basic = base64.b64encode(f"x-access-token:{credential}".encode()).decode("ascii")
        settings[f"protocol.{parts.scheme}.allow"] = "always"
        settings[f"http.{parts.scheme}://{parts.netloc}/.extraHeader"] = f"Authorization: Basic {basic}"
    found = {
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_ASKPASS": "true",
        "GIT_LFS_SKIP_SMUDGE": "1",
        "GIT_CONFIG_COUNT": str(len(settings)),
    }
    for index, (key, value) in enumerate(settings.items()):
        found[f"GIT_CONFIG_KEY_{index}"] = key
        found[f"GIT_CONFIG_VALUE_{index}"] = value
    return found
