"""Bring a commit to the forge by its interface, so that the forge signs it; the branch is compared before it is set.

GitHub's interface can force a branch, but not "only if it still is this commit". What it does compare is whether the
new commit descends from the old one. So a branch that has one of our commits gets the next one on top of it, joined
with the base that it is made for: somebody else's push meanwhile makes that fail, and nothing is lost.
"""

from __future__ import annotations

from rewriter.scm.forge import Forge, ForgeError
from rewriter.scm.git import Commit


def send(forge: Forge, name: str, commit: Commit, branch: str, expected: str) -> None:
    """Set a branch to the content of a commit if it still is `expected` (empty: if it does not exist)."""
    tree = forge.objects.make_tree(name, commit.base_tree, commit.entries)
    if tree != commit.tree:
        raise ForgeError(f"{name}: the forge made another tree than the one that was checked")
    if not expected:
        made = forge.objects.make_commit(name, commit.message, tree, (commit.base,))
        forge.objects.create_branch(name, branch, made)
        return
    parents = (expected,) if commit.base in forge.commit(name, expected).parents else (expected, commit.base)
    made = forge.objects.make_commit(name, commit.message, tree, parents)
    forge.objects.advance_branch(name, branch, made)
