"""Make commits by GitHub's interface to git's objects: one made by an App, with no author of its own, is signed there.

https://docs.github.com/en/authentication/managing-commit-signature-verification/about-commit-signature-verification
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Final
from urllib.parse import quote

from rewriter.scm import json
from rewriter.scm.forge import ForbiddenError, ForgeError, TreeEntry
from rewriter.scm.git import NO_WORKFLOWS
from rewriter.scm.wire import Wire, repo

WORKFLOWS: Final = ".github/workflows/"
_HIDDEN: Final = (403, 404)


class GitObjects:
    """Make objects and set branches of a repository on GitHub."""

    def __init__(self, wire: Wire, *, workflows: bool = True) -> None:
        self._wire: Final = wire
        self._workflows: Final = workflows

    def make_tree(self, name: str, base: str, entries: Sequence[TreeEntry]) -> str:
        """Make the tree that has these files besides those of `base`; making it again gives the same."""
        guarded = any(one.path.startswith(WORKFLOWS) for one in entries)
        if guarded and not self._workflows:
            raise ForbiddenError(f"{name}: workflows may not be changed", NO_WORKFLOWS)
        rows = [{"path": one.path, "mode": one.mode, "type": "blob", **self._content(name, one)} for one in entries]
        try:
            found = self._wire.write("POST", f"{_git(name)}/trees", {"base_tree": base, "tree": rows})
        except ForgeError as error:
            if error.status in _HIDDEN and guarded:
                raise ForbiddenError(f"{name}: workflows may not be changed", NO_WORKFLOWS) from None
            raise
        return json.text(found, "sha")

    def make_commit(self, name: str, message: str, tree: str, parents: Sequence[str]) -> str:
        """Make a commit whose author is whoever the credential belongs to."""
        wanted = {"message": message, "tree": tree, "parents": list(parents)}
        return json.text(self._wire.write("POST", f"{_git(name)}/commits", wanted), "sha")

    def create_branch(self, name: str, branch: str, sha: str) -> None:
        """Make a branch; 422 where there is one."""
        self._wire.write("POST", f"{_git(name)}/refs", {"ref": f"refs/heads/{branch}", "sha": sha})

    def advance_branch(self, name: str, branch: str, sha: str) -> None:
        """Set a branch to a commit that descends from the one it has; 422 where it has another by now."""
        url = f"{_git(name)}/refs/{quote(f'heads/{branch}', safe='')}"
        self._wire.write("PATCH", url, {"sha": sha, "force": False})

    def _content(self, name: str, entry: TreeEntry) -> dict[str, str]:
        try:
            return {"content": entry.data.decode("utf-8")}
        except UnicodeDecodeError:
            text = base64.b64encode(entry.data).decode("ascii")
            found = self._wire.write("POST", f"{_git(name)}/blobs", {"content": text, "encoding": "base64"})
            return {"sha": json.text(found, "sha")}


def _git(name: str) -> str:
    return f"{repo(name)}/git"
