"""Look into images of every form that an archive or a folder can have, good ones and hostile ones."""

from __future__ import annotations

import base64
import gzip
import io
import json
import os
import tarfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
import zstandard

from rewriter.errors import InspectionError
from rewriter.inspect.image import Known
from rewriter.inspect.selection import selected
from rewriter.model.inspection import Inspection, Leak, Part
from rewriter.model.secret import Severity
from rewriter.settings import Settings
from tests.inspect.archives import (
    NPMRC,
    TOKEN,
    Link,
    add,
    config,
    docker_archive,
    lay_out,
    layer,
    looked,
    oci_layout,
    write,
)

LAYERS = (
    layer({"etc/": None, "etc/os-release": b"NAME=x\n"}),
    layer({"root/.npmrc": NPMRC}),
    layer({"root/.wh..npmrc": b""}),
)


def only(found: Inspection) -> Leak:
    (leak,) = found.leaks
    return leak


def plain(data: bytes) -> bytes:
    return data


@pytest.mark.parametrize("pack", [plain, gzip.compress, zstandard.compress], ids=["plain", "gzip", "zstd"])
@pytest.mark.parametrize("form", ["docker", "oci-archive", "oci-folder"])
def test_each_form_is_read(form: str, pack: Callable[[bytes], bytes], tmp_path: Path) -> None:
    blobs = [pack(each) for each in LAYERS]
    members: Mapping[str, bytes | Link | None]
    if form == "docker":
        path = write(tmp_path / "image.tar", docker_archive(blobs, config(LAYERS)))
    else:
        files = oci_layout(blobs, config(LAYERS))
        members = dict(files)
        path = lay_out(tmp_path / "layout", files) if form == "oci-folder" else write(tmp_path / "image.tar", members)
    leak = only(looked(path))
    assert (leak.part, leak.where, leak.kind) == (Part.LAYER, "/root/.npmrc", "npmrc")
    assert (leak.layer, leak.step, leak.removed_layer, leak.removed_step) == (1, 1, 2, 2)
    assert leak.severity is Severity.HIGH


def test_archive_that_is_compressed_as_a_whole(tmp_path: Path) -> None:
    assert only(looked(write(tmp_path / "image.tar.gz", docker_archive(LAYERS), compress=True))).layer == 1


def test_layer_that_old_archives_share_by_a_link(tmp_path: Path) -> None:
    members = docker_archive(LAYERS)
    members["shared/layer.tar"] = members.pop("1/layer.tar")
    members["1/layer.tar"] = Link("../shared/layer.tar", hard=False)
    assert only(looked(write(tmp_path / "image.tar", members))).layer == 1


HIDDEN: dict[str, tuple[dict[str, bytes | Link | None], bool]] = {
    "whiteout": ({"root/.wh..npmrc": b""}, True),
    "whiteout-of-the-folder": ({".wh.root": b""}, True),
    "opaque-folder": ({"root/.wh..wh..opq": b""}, True),
    "opaque-root": ({".wh..wh..opq": b""}, True),
    "replaced-by-a-file": ({"root/.npmrc": b"registry=https://registry.example.com/\n"}, True),
    "folder-replaced-by-a-link": ({"root": Link("/srv", hard=False)}, True),
    "another-file-deleted": ({"root/.wh..npmrc2": b""}, False),
    "folder-again": ({"root/": None, "root/other": b"x"}, False),
}


@pytest.mark.parametrize("name", HIDDEN)
def test_what_hides_a_file(name: str, tmp_path: Path) -> None:
    above, gone = HIDDEN[name]
    layers = [LAYERS[1], layer(above)]
    leak = only(looked(write(tmp_path / "image.tar", docker_archive(layers))))
    assert leak.layer == 0
    assert leak.gone is gone
    assert leak.severity is (Severity.HIGH if gone else Severity.CRITICAL)


def test_hard_link_keeps_a_deleted_file(tmp_path: Path) -> None:
    layers = [layer({"srv/one": NPMRC, "srv/two": Link("srv/one")}), layer({"srv/.wh.one": b""})]
    leak = only(looked(write(tmp_path / "image.tar", docker_archive(layers))))
    assert (leak.where, leak.links, leak.gone) == ("/srv/two", ("/srv/one",), False)


def test_hard_link_whose_name_says_it_all(tmp_path: Path) -> None:
    layers = [layer({"srv/data": b"some words", "root/.ssh/id_rsa": Link("srv/data")})]
    leak = only(looked(write(tmp_path / "image.tar", docker_archive(layers))))
    assert (leak.where, leak.kind, leak.confidence.value) == ("/root/.ssh/id_rsa", "ssh-key", "medium")


@pytest.mark.parametrize(
    ("name", "data", "where", "form"),
    [
        ("srv/a.gz", gzip.compress(NPMRC), "/srv/a.gz", "gzip"),
        ("srv/a.zst", zstandard.compress(NPMRC), "/srv/a.zst", "zstd"),
        ("srv/.npmrc.gz", gzip.compress(b"//h/:_authToken=Vk3x9QpLw7\n"), "/srv/.npmrc.gz", "gzip"),
        ("srv/a.tar", layer({"home/.npmrc": NPMRC}), "/srv/a.tar!home/.npmrc", "tar"),
        ("srv/a.tgz", gzip.compress(layer({"home/.npmrc": NPMRC})), "/srv/a.tgz!home/.npmrc", "gzip"),
        ("srv/a.txt", base64.b64encode(b"my token: " + TOKEN.encode()), "/srv/a.txt", "base64"),
    ],
)
def test_packed_inside_a_layer(name: str, data: bytes, where: str, form: str, tmp_path: Path) -> None:
    leak = only(looked(write(tmp_path / "image.tar", docker_archive([layer({name: data})]))))
    assert (leak.where, leak.form) == (where, form)


KEY = "-----BEGIN PRIVATE {}-----\n".format("KEY").encode() + b"MIIEvQIBADANBgkqhkiG9w0BAQEF\n" * 9
CLEAN: dict[str, bytes] = {
    "usr/share/doc/openssl/examples/key.pem": KEY,
    "etc/ssl/private/ssl-cert-snakeoil.key": KEY,
    "usr/lib/python3.11/test/keycert.pem": KEY,
    "usr/lib/x86_64-linux-gnu/libtls.so.1": b"\x7fELF" + bytes(20) + KEY,
    "app/node_modules/x/test/fixtures/id_rsa": KEY,
    "root/.npmrc": b"//registry.example.com/:_authToken=${NPM_TOKEN}\n",
    "app/.env": b"PORT=8080\nDEBUG=false\n",
    "app/.env.example": b"DB_PASSWORD=Vk3x9QpLw7\n",
    "etc/ssl/certs/ca.pem": b"-----BEGIN CERTIFICATE-----\nMIID\n-----END CERTIFICATE-----\n",
    "etc/pip.conf": b"[global]\nindex-url = https://pypi.example.com/simple\n",
}


def test_what_everybody_has_is_no_finding(tmp_path: Path) -> None:
    assert looked(write(tmp_path / "image.tar", docker_archive([layer(CLEAN)]))).leaks == ()


def test_a_key_of_ones_own_is_one(tmp_path: Path) -> None:
    layers = [layer({"etc/nginx/tls/site.key": KEY, "srv/settings.txt": KEY})]
    found = looked(write(tmp_path / "image.tar", docker_archive(layers)))
    assert {leak.where for leak in found.leaks} == {"/etc/nginx/tls/site.key", "/srv/settings.txt"}


def test_provenance_and_its_dockerfile(tmp_path: Path) -> None:
    text = f"FROM scratch AS build\n# the old token was {TOKEN}\nARG API_TOKEN\n"
    statement = {
        "predicateType": "https://slsa.dev/provenance/v1",
        "predicate": {
            "buildDefinition": {
                "externalParameters": {"request": {"args": {"build-arg:API_TOKEN": "Vk3x9QpLw7Zt5mRb"}}},
            },
            "source": {"infos": [{"filename": "Dockerfile", "data": base64.b64encode(text.encode()).decode()}]},
        },
    }
    files = oci_layout([LAYERS[0]], config(LAYERS[:1]), [json.dumps(statement).encode()])
    found = looked(lay_out(tmp_path / "layout", files))
    assert found.images[0].attestations == ("https://slsa.dev/provenance/v1",)
    placed = {(leak.part, leak.where, leak.line) for leak in found.leaks}
    assert placed == {(Part.PROVENANCE, "API_TOKEN", 3), (Part.PROVENANCE, "comment", 2)}


def hostile(tmp_path: Path, members: Mapping[str, bytes | Link | None]) -> Path:
    return write(tmp_path / "image.tar", members)


def test_entry_that_leads_out_is_told_and_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    layers = [layer({f"../../..{outside}": NPMRC, "/abs/.npmrc": NPMRC, "srv/link": Link("/etc", hard=False)})]
    before = sorted(tmp_path.iterdir())
    path = hostile(tmp_path, docker_archive(layers))
    found = looked(path)
    assert any("leads out of the image" in note for note in found.notes)
    assert "/abs/.npmrc" in {leak.where for leak in found.leaks}
    assert sorted(tmp_path.iterdir()) == sorted([*before, path])


def test_manifest_that_names_files_of_this_machine(tmp_path: Path) -> None:
    members = docker_archive(LAYERS)
    manifest = [{"Config": "config.json", "Layers": ["../../etc/passwd", "/etc/shadow", "1/layer.tar"]}]
    members["manifest.json"] = json.dumps(manifest).encode()
    found = looked(hostile(tmp_path, members))
    assert sum("is not there" in note for note in found.notes) == 2


def test_link_out_of_a_folder_is_not_followed(tmp_path: Path) -> None:
    folder = lay_out(tmp_path / "layout", oci_layout([LAYERS[0]], config(LAYERS[:1])))
    (tmp_path / "secret").write_bytes(layer({"root/.npmrc": NPMRC}))
    (folder / "blobs/sha256" / ("0" * 64)).symlink_to(tmp_path / "secret")
    (folder / "pipe").parent.mkdir(exist_ok=True)
    os.mkfifo(folder / "pipe")
    assert looked(folder).leaks == ()


def test_indexes_that_name_each_other_are_looked_into_once(tmp_path: Path) -> None:
    digests = [f"{number:064x}" for number in range(6)]
    indexes = [json.dumps({"manifests": [{"digest": f"sha256:{digest}"}] * 60}).encode() for digest in digests]
    below = zip(digests, indexes[1:], strict=False)
    members: dict[str, bytes | Link | None] = {f"blobs/sha256/{digest}": index for digest, index in below}
    found = looked(write(tmp_path / "image.tar", {**members, "index.json": indexes[0], "oci-layout": b"{}"}))
    assert found.images == ()


def test_more_images_than_anybody_saves(tmp_path: Path) -> None:
    images = json.dumps([{"Config": "config.json", "RepoTags": [], "Layers": []}] * 3_000).encode()
    with pytest.raises(InspectionError, match="more than 2,000 images"):
        looked(write(tmp_path / "image.tar", {"config.json": b"{}", "manifest.json": images}))


def test_more_layers_than_any_engine_takes(tmp_path: Path) -> None:
    image = json.dumps([{"Config": "config.json", "RepoTags": [], "Layers": ["0/layer.tar"] * 3_000}]).encode()
    members = {**docker_archive([layer({})]), "manifest.json": image}
    with pytest.raises(InspectionError, match=r"image\.tar: an image of 3,000 layers"):
        looked(write(tmp_path / "image.tar", members))


def test_device_nodes_are_passed_over(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for kind in (tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE):
            info = tarfile.TarInfo(f"dev/{kind!r}")
            info.type, info.devmajor, info.size = kind, 1, 99
            archive.addfile(info)
        add(archive, "root/.npmrc", NPMRC)
    assert only(looked(hostile(tmp_path, docker_archive([buffer.getvalue()])))).where == "/root/.npmrc"


BROKEN: dict[str, tuple[Callable[[], bytes], str]] = {
    "empty": (lambda: b"", "it is empty"),
    "text": (lambda: b"no archive at all\n" * 100, "no tar archive"),
    "truncated": (lambda: layer(docker_archive(LAYERS))[:3000], "truncated"),
    "truncated-layer": (lambda: layer(docker_archive([gzip.compress(LAYERS[1])[:-20]])), "truncated"),
    "garbage-layer": (lambda: layer(docker_archive([LAYERS[1][:600] + b"\x01" * 5000])), "broken|truncated"),
    "bomb": (lambda: layer(docker_archive([gzip.compress(layer({"zero": bytes(1 << 22)}))])), ""),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_archive_is_a_clear_error(name: str, tmp_path: Path) -> None:
    make, message = BROKEN[name]
    (tmp_path / "image.tar").write_bytes(make())
    if not message:
        assert looked(tmp_path / "image.tar").leaks == ()
        return
    with pytest.raises(InspectionError, match=message) as caught:
        looked(tmp_path / "image.tar")
    assert "image.tar" in str(caught.value)


def test_bomb_of_gigabytes_is_refused(tmp_path: Path) -> None:
    info = tarfile.TarInfo("zero")
    info.size = 1 << 40
    packer = gzip.GzipFile(tmp_path / "image.tar", "wb", compresslevel=1)
    with packer:
        packer.write(info.tobuf(tarfile.GNU_FORMAT))
    whole = gzip.compress(bytes(1 << 24)) * 70
    with (tmp_path / "image.tar").open("ab") as stream:
        stream.write(whole)
    with pytest.raises(InspectionError, match="bomb"):
        looked(tmp_path / "image.tar")


def test_what_grows_too_large_inside_of_a_layer_is_noted(tmp_path: Path) -> None:
    bomb = gzip.compress(bytes(1 << 25))
    found = looked(write(tmp_path / "a.tar", docker_archive([layer({"srv/data.gz": bomb, "srv/note": b"nothing"})])))
    assert not found.leaks
    (note,) = found.notes
    assert note.startswith("layer 0: srv/data.gz: ")
    assert "not read further" in note


@pytest.mark.parametrize("what", ["/dev/zero", "folder"])
def test_no_device_is_read(what: str, tmp_path: Path) -> None:
    path = tmp_path if what == "folder" else Path(what)
    with pytest.raises(InspectionError):
        looked(path) if what != "folder" else looked(tmp_path / "missing")


def test_json_nested_too_deep_is_no_document(tmp_path: Path) -> None:
    members = docker_archive(LAYERS)
    members["manifest.json"] = b"[" * 200_000
    found = looked(hostile(tmp_path, members))
    assert found.images == ()
    assert found.notes


def test_base_image_is_told_apart(tmp_path: Path) -> None:
    history = [{"created_by": f"COPY {number} / # buildkit"} for number in range(3)]
    path = write(tmp_path / "image.tar", docker_archive(LAYERS, config(LAYERS, history)))
    ids = json.loads(config(LAYERS))["rootfs"]["diff_ids"]
    assert only(looked(path)).base is False
    assert only(looked(path, Known(base=tuple(ids[:2]), base_steps=2))).base is True
    assert only(looked(path, Known(base=tuple(ids[:1]), base_steps=1))).base is False
    assert only(looked(path, Known(base=("sha256:other",), base_steps=2))).base is False


def test_settings_leave_out(tmp_path: Path) -> None:
    found = looked(write(tmp_path / "image.tar", docker_archive(LAYERS)))
    assert selected(found, Settings(exclude=("root/**",))).leaks == ()
    assert selected(found, Settings(exclude=("/srv",))).leaks == found.leaks
    assert selected(found, Settings(min_severity=Severity.CRITICAL)).leaks == ()
