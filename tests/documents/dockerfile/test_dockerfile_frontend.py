from __future__ import annotations

import pytest

from rewriter.documents.dockerfile import Frontend, frontend
from tests.documents.dockerfile.reading import read


def of(image: str) -> Frontend:
    return frontend(read(f"# syntax={image}\nFROM a\n"))


@pytest.mark.parametrize(
    ("image", "version", "newest", "labs", "has_env_mounts"),
    [
        pytest.param("docker/dockerfile:1", None, True, False, True, id="major"),
        pytest.param("docker/dockerfile", None, True, False, True, id="no-tag"),
        pytest.param("docker/dockerfile:latest", None, True, False, True, id="latest"),
        pytest.param("docker/dockerfile:1.4", (1, 4), False, False, False, id="minor"),
        pytest.param("docker/dockerfile:1.10.0", (1, 10, 0), False, False, True, id="patch"),
        pytest.param("docker/dockerfile:1.11-labs", (1, 11), False, True, True, id="minor-labs"),
        pytest.param("docker/dockerfile:1-labs", None, True, True, True, id="major-labs"),
        pytest.param("docker/dockerfile:labs", None, True, True, True, id="labs"),
        pytest.param("docker/dockerfile:1.10.0-rc1", (1, 10, 0), False, False, True, id="candidate"),
        pytest.param("docker/dockerfile-upstream:master", None, True, False, True, id="upstream"),
        pytest.param("docker.io/docker/dockerfile:1", None, True, False, True, id="with-the-host"),
        pytest.param("docker/dockerfile:1.7@sha256:ab", (1, 7), False, False, False, id="minor-and-digest"),
        pytest.param("docker/dockerfile:1@sha256:ab", None, False, False, None, id="major-and-digest"),
        pytest.param("docker/dockerfile@sha256:ab", None, False, False, None, id="digest"),
        pytest.param("docker/dockerfile:experimental", None, False, False, None, id="experimental"),
        pytest.param("docker/dockerfile:1.0-experimental", None, False, False, None, id="experimental-version"),
        pytest.param("mirror.example.com/docker/dockerfile:1.7", (1, 7), False, False, False, id="mirror"),
        pytest.param("mirror.example.com:5000/x/docker/dockerfile:1.12", (1, 12), False, False, True, id="mirror-port"),
        pytest.param("mirror.example.com/docker/dockerfile:1", None, False, False, None, id="mirror-major"),
        pytest.param("example/frontend:1.20", None, False, False, None, id="custom"),
        pytest.param("docker/dockerfile:1 // options", None, True, False, True, id="options-behind"),
    ],
)
def test_images(
    image: str,
    version: tuple[int, ...] | None,
    *,
    newest: bool,
    labs: bool,
    has_env_mounts: bool | None,
) -> None:
    found = of(image)
    assert found.image == image.partition(" ")[0]
    assert (found.version, found.newest, found.labs) == (version, newest, labs)
    assert found.at_least(1, 10) is has_env_mounts


@pytest.mark.parametrize(
    ("text", "image"),
    [
        pytest.param("FROM a", None, id="none"),
        pytest.param("# c\n# syntax=x\nFROM a", None, id="behind-a-comment"),
        pytest.param("# escape=`\n# syntax=x\nFROM a", "x", id="behind-another-directive"),
        pytest.param("\ufeff# syntax=x\r\nFROM a", "x", id="byte-order-mark-and-crlf"),
        pytest.param("#!/bin/sh\n# syntax=x\nFROM a", "x", id="behind-a-shebang"),
        pytest.param(" # syntax=x\nFROM a", None, id="indented"),
    ],
)
def test_where_the_directive_stands(text: str, image: str | None) -> None:
    found = frontend(read(text))
    assert found.image == image
    if found.directive:
        assert found.directive.value_span.of(text) == image
    else:
        assert found.at_least(1, 4) is None
