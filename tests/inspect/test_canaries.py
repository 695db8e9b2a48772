"""Show that invented values take the place of literals, and only there."""

from __future__ import annotations

from pathlib import Path

import pytest

from rewriter.inspect.building import Handed
from rewriter.inspect.canaries import Planted, copy_tree, invented, needles, planted, put
from rewriter.inspect.needles import Scanner
from rewriter.inspect.trial import Given
from rewriter.judgement import provider_token
from rewriter.model.masked import Masked
from rewriter.scan.scanning import scan
from rewriter.settings import Settings
from rewriter.tree.repository import DirectoryRepository
from tests.judgement.tokens import TOKENS


@pytest.mark.parametrize("label", ["github-pat", "npm", "stripe", "vault", "digitalocean", "aws", "sonar"])
def test_token_keeps_its_shape(label: str) -> None:
    value = invented(TOKENS[label])
    assert value != TOKENS[label]
    (match,) = provider_token(value)
    assert match.provider == label


def test_other_values_are_of_one_kind() -> None:
    assert invented("hunter2").startswith("cnry")
    assert invented("hunter2") != invented("hunter2")


def test_literals_are_replaced_in_every_file_that_holds_them(tmp_path: Path) -> None:
    secret = "Vk3x9QpLw7Zt5mRb"
    (tmp_path / "Dockerfile").write_text(
        f"FROM busybox:1\nARG DB_PASSWORD={secret}\nRUN login --password {secret}\nCOPY .npmrc /root/.npmrc\n", "utf-8"
    )
    (tmp_path / ".npmrc").write_text(f"//registry.example.com/:_authToken={TOKENS['npm']}\n", "utf-8")
    (tmp_path / "notes").write_text(secret, "utf-8")
    repository = DirectoryRepository(tmp_path)
    found = planted(repository, scan(repository, Settings()).findings)
    assert set(found.files) == {"Dockerfile", ".npmrc"}
    assert not any(secret.encode() in data or TOKENS["npm"].encode() in data for data in found.files.values())
    assert found.of(Masked(secret)).reveal().encode() in found.files["Dockerfile"]
    assert found.of(Masked("other")) == Masked("other")


def test_tree_is_copied_without_touching_it(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    (one / "sub").mkdir(parents=True)
    (one / "sub/file").write_text("as it was", "utf-8")
    (one / "sub/file").chmod(0o750)
    (one / "link").symlink_to("/etc/passwd")
    copy_tree(one, two)
    put(two, {"sub/file": b"new"})
    assert (one / "sub/file").read_text("utf-8") == "as it was"
    assert (two / "sub/file").read_text("utf-8") == "new"
    assert (two / "sub/file").stat().st_mode & 0o777 == 0o750
    assert (two / "link").is_symlink()


def test_needles_reach_into_urls() -> None:
    url = "https://user:Vk3x9QpLw7@pypi.example.com/simple"
    found = needles({"index": (Masked(url),), "short": (Masked("abc"),)})
    assert sorted(found.values()) == sorted([url.encode(), b"Vk3x9QpLw7"])


def test_what_holds_values_does_not_show_them() -> None:
    held = (
        Given(real={"a": b"cnry-value"}, variables={"A": "cnry-value"}),
        Handed(("--secret=id=a,env=A",), {"A": "cnry-value"}),
        Planted({"a.txt": b"cnry-value"}, {}),
        Scanner({"raw": b"cnry-value"}),
    )
    assert not any("cnry-value" in repr(each) for each in held)
