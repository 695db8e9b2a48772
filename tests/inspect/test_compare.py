"""Show what counts as a difference between two images, and what does not."""

from __future__ import annotations

import pytest

from rewriter.inspect import tar
from rewriter.inspect.compare import config_differences, file_differences
from rewriter.inspect.hunt import File, Seen
from rewriter.record import replace

FILE = File(tar.Type.FILE, 0o644, 0, 0, 3, "abc")
FOLDER = File(tar.Type.DIRECTORY, 0o755, 0, 0, 0, "")


@pytest.mark.parametrize(
    ("was", "now", "found"),
    [
        ({"srv/x": FILE}, {"srv/x": FILE}, ()),
        ({"srv/x": FILE}, {"srv/x": replace(FILE, digest="other")}, ("/srv/x has other bytes",)),
        ({"srv/x": FILE}, {"srv/x": replace(FILE, mode=0o600)}, ("/srv/x has mode 600 instead of 644",)),
        ({"srv/x": FILE}, {"srv/x": replace(FILE, uid=5)}, ("/srv/x belongs to 5:0 instead of 0:0",)),
        ({"srv/x": FILE}, {}, ("/srv/x is gone",)),
        ({}, {"srv/x": FILE}, ("/srv/x is new",)),
        ({"srv/x": FILE}, {"srv/x": None}, ("/srv/x is there in one of the two only",)),
        ({"srv/x": None}, {}, ()),
        ({"srv": FOLDER}, {}, ()),
        ({"root/.npmrc": FILE}, {}, ()),
        ({"root/.npmrc": FILE}, {"root/.npmrc": replace(FILE, digest="other")}, ()),
        ({"srv/x": FILE}, {"srv/x": replace(FILE, type=tar.Type.SYMLINK)}, ("/srv/x is a different kind of file",)),
    ],
)
def test_files(was: dict[str, File | None], now: dict[str, File | None], found: tuple[str, ...]) -> None:
    assert file_differences(Seen({}, was), Seen({}, now), frozenset({".npmrc"})) == (found, 0)


def test_caches_are_told_apart() -> None:
    was, now = Seen({}, {"var/cache/x": FILE}), Seen({}, {"var/cache/x": replace(FILE, digest="other")})
    assert file_differences(was, now, frozenset()) == ((), 1)


@pytest.mark.parametrize(
    "path", ["root/.ssh/known_hosts", "etc/ssh/ssh_known_hosts", "etc/ssh/ssh_host_ed25519_key.pub"]
)
def test_hosts_are_known_after_each_build_but_not_in_the_same_order(path: str) -> None:
    was = Seen({}, {path: FILE})
    assert file_differences(was, Seen({}, {path: replace(FILE, digest="other", size=9)}), frozenset()) == ((), 1)
    assert file_differences(was, Seen({}, {}), frozenset()) == ((f"/{path} is gone",), 0)
    assert file_differences(was, Seen({}, {path: replace(FILE, mode=0o600)}), frozenset())[0]


def test_configuration() -> None:
    was = Seen({"config": {"Env": ["PATH=/bin", "TOKEN=x", "A=1"], "User": "app", "Cmd": ["a"]}})
    now = Seen({"config": {"Env": ["PATH=/bin", "A=2"], "User": "", "Cmd": ["a"]}})
    assert list(config_differences(was, now, frozenset({"TOKEN"}))) == [
        "User is not the same",
        "variable A has another value",
    ]
    assert list(config_differences(was, now, frozenset())) == [
        "User is not the same",
        "variable A has another value",
        "variable TOKEN is gone",
    ]
