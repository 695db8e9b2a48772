"""Damage images at random: what comes of it is an inspection or an error that says what is wrong, and nothing else."""

from __future__ import annotations

import gzip
import io
import json
from contextlib import suppress

import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from rewriter.errors import InspectionError
from rewriter.inspect.archive import blobs_of_archive, gather
from rewriter.inspect.image import Known, inspection
from rewriter.inspect.look import judged
from rewriter.render import inspected, tree
from rewriter.render.page import page
from rewriter.render.paint import Paint
from tests.inspect.archives import NPMRC, config, docker_archive, layer, oci_layout

LAYERS = [layer({"root/.npmrc": NPMRC, "root/link": b""}), layer({"root/.wh..npmrc": b""})]
STATEMENT = json.dumps({"predicateType": "https://slsa.dev/provenance/v1", "predicate": {"args": {"build-arg:A": "b"}}})
IMAGES = (
    layer(docker_archive([gzip.compress(LAYERS[0], mtime=0), LAYERS[1]], config(LAYERS))),
    layer(dict(oci_layout([zstandard.compress(LAYERS[0]), LAYERS[1]], config(LAYERS), [STATEMENT.encode()]))),
)


@settings(max_examples=200, deadline=None)
@given(
    image=st.sampled_from(IMAGES),
    changes=st.lists(st.tuples(st.integers(0, 20_000), st.integers(0, 255)), max_size=20),
    cut=st.integers(0, 20_000) | st.none(),
)
def test_damaged_image(image: bytes, changes: list[tuple[int, int]], cut: int | None) -> None:
    data = bytearray(image[:cut])
    for at, byte in changes:
        if at < len(data):
            data[at] = byte
    with suppress(InspectionError):
        found = inspection("image", gather(blobs_of_archive(io.BytesIO(bytes(data))), judged), Known())
        json.loads(inspected.inspection(found))
        assert tree.inspection(found, Paint()).isascii() or page(found)


DOCUMENTS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=30),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                [
                    "config",
                    "history",
                    "rootfs",
                    "Env",
                    "Labels",
                    "Cmd",
                    "created_by",
                    "diff_ids",
                    "os",
                    "Healthcheck",
                    "Test",
                ]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=25,
)


@settings(max_examples=200, deadline=None)
@given(document=DOCUMENTS)
def test_any_configuration(document: object) -> None:
    data = layer(docker_archive(LAYERS, json.dumps(document).encode()))
    found = inspection("image", gather(blobs_of_archive(io.BytesIO(data)), judged), Known())
    json.loads(inspected.inspection(found))
    assert page(found)
