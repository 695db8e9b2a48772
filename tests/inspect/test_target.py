"""Tell what an argument of `unbake verify` names."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from rewriter.errors import InspectionError, UsageError
from rewriter.inspect.engine import Engine
from rewriter.inspect.target import Named, Sort, named
from tests.inspect.archives import config, docker_archive, lay_out, layer, oci_layout, write

LAYERS = [layer({"x": b"y"})]


def engine(folder: Path, *, images: str = "", containers: str = "") -> Engine:
    """Return a client that knows these images and containers by name."""
    script = folder / "docker"
    script.write_text(
        "#!/bin/sh\n"
        f'case "$1 $5" in "image {images}"|"container {containers}") echo "{{}}" ;;\n'
        '*) echo "Error: No such object: $5" >&2; exit 1 ;; esac\n',
        "utf-8",
    )
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    return Engine(environment={"PATH": f"{folder}:{os.environ['PATH']}"})


def test_paths(tmp_path: Path) -> None:
    client = engine(tmp_path)
    archive = write(tmp_path / "image.tar", docker_archive(LAYERS))
    packed = write(tmp_path / "image.tar.gz", docker_archive(LAYERS), compress=True)
    layout = lay_out(tmp_path / "layout", oci_layout(LAYERS, config(LAYERS)))
    dockerfile = tmp_path / "Dockerfile"
    dockerfile.write_text("FROM scratch\n", "utf-8")
    sorts = {str(path): named(str(path), client).sort for path in (archive, packed, layout, dockerfile, tmp_path)}
    assert list(sorts.values()) == [Sort.ARCHIVE, Sort.ARCHIVE, Sort.LAYOUT, Sort.REPOSITORY, Sort.REPOSITORY]
    assert named(f"oci:{layout}", client) == Named(Sort.LAYOUT, str(layout))
    assert named(f"oci:{archive}", client) == Named(Sort.ARCHIVE, str(archive))
    assert named(f"path:{layout}", client) == Named(Sort.REPOSITORY, str(layout))


def test_names_on_the_engine(tmp_path: Path) -> None:
    client = engine(tmp_path, images="app:1", containers="web")
    assert named("app:1", client) == Named(Sort.IMAGE, "app:1")
    assert named("web", client) == Named(Sort.CONTAINER, "web")
    assert named("image:app:1", client) == Named(Sort.IMAGE, "app:1")
    with pytest.raises(UsageError, match="no such file or folder, and no image or container"):
        named("other", client)
    with pytest.raises(UsageError, match="no such container"):
        named("container:app:1", client)


def test_what_names_two_things_needs_a_prefix(tmp_path: Path) -> None:
    client = engine(tmp_path, images="app", containers="app")
    with pytest.raises(UsageError, match="container:app or image:app"):
        named("app", client)
    assert named("container:app", client).sort is Sort.CONTAINER


@pytest.mark.parametrize("argument", ["", "image:", "a\0b", "archive:missing.tar", "oci:missing"])
def test_nothing_is_named(argument: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        named(argument, engine(tmp_path))


def test_a_layout_has_an_index(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no OCI layout"):
        named(f"oci:{tmp_path}", engine(tmp_path))


def test_client_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InspectionError, match="not on the PATH"):
        named("app", Engine(environment={"PATH": str(tmp_path)}))
